"""Ways between places in words, and how far a truck gets, on the network in use."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.roads import (
    FAR_M,
    Isochrone,
    RoadNetwork,
    Snapped,
    Step,
    arrivals_s,
    directions,
    isochrones,
    path,
    reach,
    texts,
)
from smartregion.errors import InvalidInput, NotFound
from smartregion.roads.store import load_network, load_roads
from smartregion.store import queries
from smartregion.store.database import Connection

Position = tuple[float, float]
"""(lon, lat) in degrees."""
_LONGEST_MIN = 240.0


@dataclass(frozen=True)
class Route:
    """The fastest way from one place to another."""

    distance_m: float
    duration_s: float
    steps: tuple[Step, ...]
    texts: tuple[str, ...]
    """The steps in words."""
    line: tuple[Position, ...]
    far_m: tuple[float, float]
    """How far start and end lie from the nearest road, m."""

    def warnings(self) -> tuple[str, ...]:
        """A line for each end that lies far from any road."""
        return tuple(
            f"{name} lies {away_m:.0f} m from the nearest road"
            for name, away_m in zip(("start", "end"), self.far_m, strict=True)
            if away_m > FAR_M
        )


@dataclass(frozen=True)
class OnRoad:
    """A place that vehicles drive to, and where it lies on the roads."""

    kind: str
    """depot, disposal or site."""
    id: str
    name: str
    distance_m: float
    """From the nearest road, m."""
    street: str
    """That road's name or number, empty when it has none."""
    place: str
    """Town or village by the extract, empty when none is near."""

    @property
    def far(self) -> bool:
        """So far away that position or network should be looked at."""
        return self.distance_m > FAR_M


@dataclass(frozen=True)
class Reach:
    """An isochrone and what stands within its time."""

    isochrone: Isochrone
    sites: int
    containers: int

    @property
    def minutes(self) -> float:
        """Its time in min."""
        return self.isochrone.limit_s / 60.0


def route(network: RoadNetwork, start: Position, end: Position, language: str = "de") -> Route:
    """The fastest way from `start` to `end` with its turns in words (de or en)."""
    snapped = network.snap([start, end])
    found = path(network, snapped[0], snapped[1])
    steps = directions(network, found, end)
    line = tuple((float(lon), float(lat)) for lon, lat in found.lonlat.round(6).tolist())
    far_m = float(snapped.distance_m[0]), float(snapped.distance_m[1])
    return Route(found.distance_m, found.duration_s, steps, texts(steps, language), line, far_m)


def places_on_roads(connection: Connection) -> list[OnRoad]:
    """All depots, disposal sites and sites on the network in use, the furthest from any road first."""
    network = load_network(connection)
    rows = connection.execute(queries.load("roads")["places"]).fetchall()
    if not rows:
        return []
    snapped = network.snap([(lon, lat) for *_, lon, lat in rows])
    ways = network.piece_way[snapped.piece].tolist()
    found = [
        OnRoad(kind, id, name, away_m, network.name_of(way), network.place_of(lon, lat))
        for (kind, id, name, lon, lat), away_m, way in zip(
            rows, snapped.distance_m.tolist(), ways, strict=True
        )
    ]
    return sorted(found, key=lambda one: -one.distance_m)


def legs_between(
    connection: Connection,
    places: Sequence[Position],
    language: str = "de",
    truck: str | None = None,
    on_the_right: Sequence[bool] = (),
) -> list[tuple[str, ...]]:
    """What a driver is told from each place to the next; nothing where both are one, or without a network.

    truck: whose roads, None those of the network itself. on_the_right: which places must lie to the right of
    the vehicle, none where nothing is said.
    """
    try:
        network = load_roads(connection, truck).network
    except NotFound:
        return []
    if not places:
        return []
    snapped = network.snap(places, np.array(on_the_right or [False] * len(places)))
    return [
        _leg(network, snapped, place, places[place + 1], language) if here != places[place + 1] else ()
        for place, here in enumerate(places[:-1])
    ]


def _leg(network: RoadNetwork, snapped: Snapped, place: int, end: Position, language: str) -> tuple[str, ...]:
    """What a driver is told from a place to the next."""
    return texts(directions(network, path(network, snapped[place], snapped[place + 1]), end), language)


def reach_of(connection: Connection, start: Position, minutes: Sequence[float]) -> tuple[list[Reach], float]:
    """What is reached from `start` in each time, the longest first; and how far from a road that is, m."""
    for one in minutes:
        if not 0 < one <= _LONGEST_MIN:
            raise InvalidInput("minutes", one, f"a time above 0 and up to {_LONGEST_MIN:.0f} min")
    network = load_network(connection)
    here = network.snap(start)
    found = isochrones(network, here, [60.0 * one for one in minutes])
    sites = connection.execute(queries.load("roads")["sites_with_containers"]).fetchall()
    at_s = np.full(len(sites), np.inf)
    if sites:
        snapped = network.snap([(lon, lat) for _, lon, lat, _ in sites])
        at_s = arrivals_s(network, reach(network, here, found[0].limit_s), snapped)
        at_s[snapped.far()] = np.inf
    containers = np.array([count for *_, count in sites], dtype=np.int64)
    reached = [
        Reach(one, int((at_s <= one.limit_s).sum()), int(containers[at_s <= one.limit_s].sum()))
        for one in found
    ]
    return reached, float(here.distance_m[0])
