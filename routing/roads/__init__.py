"""The road network of a region for trucks: import, snapping, matrices, paths, segments, matching."""

from routing.roads.building import read_osm
from routing.roads.directions import Step, directions, texts
from routing.roads.matching import Matched, match
from routing.roads.matrix import matrices
from routing.roads.network import Example, ImportReport, RoadNetwork
from routing.roads.paths import Path, path, paths
from routing.roads.profile import ROAD_CLASSES, TRUCK_26T, TruckProfile, read_profile
from routing.roads.reach import Isochrone, Reached, arrivals_s, isochrones, reach
from routing.roads.segments import Segments, segments
from routing.roads.snapping import FAR_M, Snapped, snap

__all__ = [
    "FAR_M",
    "ROAD_CLASSES",
    "TRUCK_26T",
    "Example",
    "ImportReport",
    "Isochrone",
    "Matched",
    "Path",
    "Reached",
    "RoadNetwork",
    "Segments",
    "Snapped",
    "Step",
    "TruckProfile",
    "arrivals_s",
    "directions",
    "isochrones",
    "match",
    "matrices",
    "path",
    "paths",
    "reach",
    "read_osm",
    "read_profile",
    "segments",
    "snap",
    "texts",
]
