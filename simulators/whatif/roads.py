"""The roads of a simulated district: ways between its sites, depots and disposal sites, as trucks drive."""

import pathlib
import tempfile
from dataclasses import dataclass

import numpy as np

from routing.roads import matrices, read_osm, snap
from simulators.draws import Float
from simulators.region.district import District
from simulators.region.extract import write_extract


@dataclass(frozen=True)
class Roads:
    """Matrices over sites first, then the yards of the region."""

    distance_m: Float
    duration_s: Float
    first_yard: int


def roads_of(district: District) -> Roads:
    """Read the district's own extract as any other and measure all ways on it."""
    lonlat = [(site.lon, site.lat) for site in district.sites]
    lonlat += [tuple(district.region.lonlat[yard.node].tolist()) for yard in district.region.yards]
    with tempfile.TemporaryDirectory(prefix="whatif-") as folder:
        extract = pathlib.Path(folder) / "region.osm.pbf"
        write_extract(district.region, extract)
        network = read_osm(extract)
    distance_m, duration_s = matrices(network, snap(network, np.array(lonlat)))
    return Roads(distance_m, duration_s, len(district.sites))
