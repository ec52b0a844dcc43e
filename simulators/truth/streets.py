"""The generator's own road graph: what vehicles drive on between places, and the streets inside them."""

import heapq
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulators import draws
from simulators.draws import Float
from simulators.region.build import Region
from simulators.region.plane import lengths_m

Int = NDArray[np.int64]

_KMH: Mapping[str, float] = {
    "motorway": 88, "motorway_link": 48, "primary": 76, "secondary": 70, "tertiary": 58, "unclassified": 48,
    "residential": 26, "living_street": 12, "service": 14,
}  # fmt: skip
_SURFACE_KMH: Mapping[str, float] = {"sett": 30, "compacted": 32, "concrete:plates": 45, "paving_stones": 40}
_ROUGHNESS: Mapping[str, float] = {
    "asphalt": 0.55, "concrete:plates": 0.95, "paving_stones": 0.9, "sett": 2.1, "compacted": 1.5,
    "gravel": 2.4,
    "ground": 2.6, "sand": 2.2,
}  # fmt: skip
"""Usual RMS of vertical acceleration at 50 km/h by surface, m/s2: our own model."""
REFERENCE_MPS = 50 / 3.6
SPEED_EXPONENT = 0.7
"""az_rms grows with speed to this power, between the 0.5 of theory and 1."""
_BETWEEN = ("motorway", "motorway_link", "primary", "secondary", "tertiary", "unclassified", "service")


class Streets:
    """Pieces of road between neighbouring points, each with its way, usual speed and roughness."""

    def __init__(self, region: Region) -> None:
        self.lonlat = region.lonlat
        xy = region.roads.xy()
        ways = region.roads.ways
        self.speed_mps: Float = np.array([_way_kmh(way.tags) / 3.6 for way in ways])
        usual = np.array([_ROUGHNESS[way.tags.get("surface", "asphalt")] for way in ways])
        wear = np.exp(0.38 * draws.normal(region.seed, "roughness", np.arange(len(ways))))
        self.roughness: Float = np.round(usual * wear, 3)
        """Truth a way: RMS of vertical acceleration of the mean vehicle at 50 km/h, m/s2."""
        self.pieces: dict[tuple[int, int], tuple[int, float, float]] = {}
        """From one point to the next: way, length in m, usual time in s."""
        self._between: dict[int, list[tuple[int, float]]] = {}
        self._inside: dict[int, dict[int, list[int]]] = {}
        for number, way in enumerate(ways):
            if way.tags["highway"] == "track" or "maxweight" in way.tags:
                continue
            steps_m = lengths_m(xy[way.nodes]).tolist()
            both = way.tags.get("oneway") != "yes"
            for a, b, step_m in zip(way.nodes[:-1], way.nodes[1:], steps_m, strict=True):
                for here, there in ((a, b), (b, a)) if both else ((a, b),):
                    seconds = step_m / float(self.speed_mps[number])
                    self.pieces[here, there] = (number, step_m, seconds)
                    if way.tags["highway"] in _BETWEEN and (
                        way.place < 0 or way.tags.get("source:maxspeed") == "DE:urban"
                    ):
                        self._between.setdefault(there, []).append((here, seconds))
                    if way.place >= 0:
                        self._inside.setdefault(way.place, {}).setdefault(here, []).append(there)
        self._towards: dict[int, dict[int, int]] = {}
        self._home: dict[tuple[int, int], dict[int, int]] = {}

    def neighbours(self, place: int, node: int) -> list[int]:
        """Points one may drive to from `node` inside a place."""
        return self._inside.get(place, {}).get(node, [])

    def route(self, start: int, end: int) -> list[int]:
        """Quickest points from `start` to `end` over the roads between places.

        Only [start] where there is no way.
        """
        tree = self._towards.get(end)
        if tree is None:
            tree = self._towards[end] = _quickest(self._between, end)
        return _followed(tree, start, end)

    def back(self, place: int, start: int, end: int) -> list[int]:
        """Points from `start` back to `end` inside a place, by the fewest corners.

        Only [start] where there is no way.
        """
        tree = self._home.get((place, end))
        if tree is None:
            reverse: dict[int, list[tuple[int, float]]] = {}
            for here, listed in self._inside.get(place, {}).items():
                for there in listed:
                    reverse.setdefault(there, []).append((here, 1.0))
            tree = self._home[place, end] = _quickest(reverse, end)
        return _followed(tree, start, end)


def _way_kmh(tags: Mapping[str, str]) -> float:
    kmh = min(_KMH.get(tags["highway"], 12.0), _SURFACE_KMH.get(tags.get("surface", ""), 200.0))
    limit = tags.get("maxspeed", "")
    return min(kmh, 0.9 * float(limit)) if limit.isdigit() else kmh


def _quickest(arrivals: Mapping[int, list[tuple[int, float]]], end: int) -> dict[int, int]:
    """For each point the next one on the quickest way to `end` (Dijkstra, backwards)."""
    onward: dict[int, int] = {}
    cost = {end: 0.0}
    queue = [(0.0, end)]
    while queue:
        so_far, node = heapq.heappop(queue)
        if so_far > cost[node]:
            continue
        for before, seconds in arrivals.get(node, ()):
            reached = so_far + seconds
            if reached < cost.get(before, np.inf):
                cost[before] = reached
                onward[before] = node
                heapq.heappush(queue, (reached, before))
    return onward


def _followed(tree: Mapping[int, int], start: int, end: int) -> list[int]:
    nodes = [start]
    while nodes[-1] != end:
        after = tree.get(nodes[-1])
        if after is None:
            return [start]
        nodes.append(after)
    return nodes
