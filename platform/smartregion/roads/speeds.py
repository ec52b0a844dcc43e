"""Durations from measured traffic: how fast our own vehicles drove along each segment."""

import datetime as dt
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from routing.roads import RoadNetwork, Segments
from smartregion.roads.store import load_roads, trucks
from smartregion.store import queries
from smartregion.store.database import Connection

LEAST_PASSES = 5
"""A segment driven less often keeps the speed of its class."""
_RECENT = dt.timedelta(days=14)
_FASTEST_KMH = 80.0
_SLOWEST_KMH = 5.0


def load_driven(connection: Connection, now: dt.datetime, truck: str | None = None) -> RoadNetwork:
    """The network in use, with measured speeds where vehicles drove often; NotFound when there is none.

    truck: whose roads, None those of the network itself.
    """
    roads = load_roads(connection, truck)
    ask = {"since": now - _RECENT, "now": now, "least": LEAST_PASSES}
    measured: dict[str, float] = dict(
        connection.execute(queries.load("roads")["segment_speeds"], ask).fetchall()
    )
    if not measured:
        return roads.network
    speed_mps = np.array([measured.get(id, np.nan) for id in roads.segment_ids])
    return with_speeds(roads.network, roads.segments, speed_mps)


def load_trucks(
    connection: Connection, now: dt.datetime, wanted: Iterable[str | None]
) -> dict[str | None, RoadNetwork]:
    """As `load_driven` by name of the truck, the network's own under None; one without roads is missing."""
    known = set(trucks(connection))
    own = {truck for truck in wanted if truck is not None and truck in known}
    return {truck: load_driven(connection, now, truck) for truck in (None, *sorted(own))}


def with_speeds(network: RoadNetwork, segments: Segments, speed_mps: NDArray[np.float64]) -> RoadNetwork:
    """The network with durations from measured speeds of its segments [k], m/s, NaN where nobody measured.

    A truck drives no faster than 80 km/h or the posted limit, however fast the vehicle was that measured.
    """
    limit_kmh = np.fmin(network.way_limit_kmh[segments.way], _FASTEST_KMH)
    bounded = np.clip(speed_mps, _SLOWEST_KMH / 3.6, np.maximum(limit_kmh, _SLOWEST_KMH) / 3.6)
    return network.with_durations(segments.durations_s(bounded))
