"""The road network between the places of a plan: matrices, and lines to draw."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from routing.roads import RoadNetwork, matrices, paths, snap
from smartregion.waste.plan_problem import Region, Roads
from smartregion.waste.plan_tours import Line

FAR_M = 500.0
"""A place further than this from any road of the network cannot be planned, m."""


@dataclass(frozen=True)
class RoadPlan:
    """Matrices between all places of a plan, and the lines between them on demand."""

    roads: Roads
    leg_lines: Callable[[Sequence[tuple[int, int]]], Sequence[Line]]


def places(region: Region, sites: Iterable[str]) -> dict[tuple[str, str], tuple[float, float]]:
    """(lon, lat) of the sites of these ids and of every depot and disposal site, by (kind, id)."""
    found = {("depot", one.id): (one.lon, one.lat) for one in region.depots.values()}
    found |= {("disposal", one.id): (one.lon, one.lat) for one in region.disposal_sites.values()}
    return found | {("site", id): (region.sites[id].lon, region.sites[id].lat) for id in sites}


def road_plan(
    network: RoadNetwork, wanted: dict[tuple[str, str], tuple[float, float]], far_m: float = FAR_M
) -> RoadPlan:
    """Distances and times on the roads between places that lie within `far_m` of one."""
    keys = sorted(wanted)
    snapped = snap(network, np.array([wanted[key] for key in keys]).reshape(-1, 2))
    near = np.flatnonzero(~snapped.far(far_m))
    on_road = snapped[near]
    distance_m, duration_s = matrices(network, on_road) if len(near) else (np.zeros((0, 0)), np.zeros((0, 0)))
    roads = Roads(
        row={keys[place]: row for row, place in enumerate(near)},
        distance_m=distance_m,
        duration_s=duration_s,
        positions=[wanted[keys[place]] for place in near],
    )

    def leg_lines(legs: Sequence[tuple[int, int]]) -> Sequence[Line]:
        return [found.lonlat for found in paths(network, on_road, legs)]

    return RoadPlan(roads, leg_lines)
