"""The road network between the places of a plan, for each kind of vehicle: matrices, and lines to draw."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.roads import RoadNetwork, Snapped, matrices, paths, snap
from smartregion.registry.objects import Vehicle
from smartregion.waste.plan_problem import Drives, Region, Roads, drives
from smartregion.waste.plan_tours import LegLines, Line

FAR_M = 500.0
"""A place further than this from any road of the network cannot be planned, m."""
FURTHER_M = 50.0
"""A vehicle whose roads end so much further from a place than those of others does not serve it, m."""

_ALL: Drives = (None, "both")
Networks = Mapping[str | None, RoadNetwork]
"""Roads by name of the truck, those of all others under None."""


@dataclass(frozen=True)
class RoadPlan:
    """Matrices between all places of a plan, and the lines between them on demand."""

    roads: Roads
    leg_lines: LegLines


def places(region: Region, sites: Iterable[str]) -> dict[tuple[str, str], tuple[float, float]]:
    """(lon, lat) of the sites of these ids and of every depot and disposal site, by (kind, id)."""
    found = {("depot", one.id): (one.lon, one.lat) for one in region.depots.values()}
    found |= {("disposal", one.id): (one.lon, one.lat) for one in region.disposal_sites.values()}
    return found | {("site", id): (region.sites[id].lon, region.sites[id].lat) for id in sites}


def road_plan(
    networks: Networks,
    wanted: dict[tuple[str, str], tuple[float, float]],
    vehicles: Iterable[Vehicle] = (),
    far_m: float = FAR_M,
) -> RoadPlan:
    """Distances and times on the roads between places that lie within `far_m` of one.

    vehicles: whose ways are asked for beside those of the network itself. A side loader stops only where a
    site lies to its right; into depots and disposal sites everybody turns from both sides.
    """
    keys = sorted(wanted)
    lonlat = np.array([wanted[key] for key in keys]).reshape(-1, 2)
    is_site = np.array([kind == "site" for kind, _ in keys], dtype=np.bool_)
    kinds = {_ALL} | {drives(one) for one in vehicles}
    missing = {truck for truck, _ in kinds if truck not in networks}
    snapped = {kind: _snap(networks, kind, lonlat, is_site) for kind in kinds if kind[0] not in missing}
    nearest_m = np.min([one.distance_m for one in snapped.values()], axis=0)
    near = np.flatnonzero(nearest_m <= far_m)
    on_road = {kind: one[near] for kind, one in snapped.items()}
    distance_m, duration_s = _between(networks[None], on_road[_ALL])
    others = {}
    for kind, here in on_road.items():
        gone = here.distance_m > np.where(is_site[near], nearest_m[near] + FURTHER_M, far_m)
        if kind != _ALL or gone.any():
            own = (distance_m, duration_s) if kind == _ALL else _between(networks[kind[0]], here)
            others[kind] = (_without(own[0], gone), _without(own[1], gone))
    roads = Roads(
        row={keys[place]: row for row, place in enumerate(near)},
        distance_m=distance_m,
        duration_s=duration_s,
        positions=[wanted[keys[place]] for place in near],
        others=others,
        missing=frozenset(truck for truck in missing if truck is not None),
    )

    def leg_lines(kind: Drives, legs: Sequence[tuple[int, int]]) -> Sequence[Line]:
        return [found.lonlat for found in paths(networks[kind[0]], on_road[kind], legs)]

    return RoadPlan(roads, leg_lines)


def _snap(
    networks: Networks, kind: Drives, lonlat: NDArray[np.float64], is_site: NDArray[np.bool_]
) -> Snapped:
    truck, side = kind
    network = networks[truck]
    return snap(network, lonlat, is_site & (network.right_side or side == "right"))


def _between(network: RoadNetwork, snapped: Snapped) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return matrices(network, snapped) if len(snapped) else (np.zeros((0, 0)), np.zeros((0, 0)))


def _without(matrix: NDArray[np.float64], gone: NDArray[np.bool_]) -> NDArray[np.float64]:
    """No way leads to or from places that a vehicle cannot reach."""
    return np.where((gone[:, None] | gone) & ~np.eye(len(gone), dtype=np.bool_), np.inf, matrix)
