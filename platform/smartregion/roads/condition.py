"""Road condition by segment: tracks become passes, hour by hour, and passes become the state of today."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from smartregion.errors import NotFound
from smartregion.kept import Kept
from smartregion.roads.passes import passes, points_from_rows
from smartregion.roads.store import Roads, load_roads
from smartregion.roads.winter import SLIPPERY
from smartregion.store import queries
from smartregion.store.database import Connection

JUDGED_OVER = dt.timedelta(days=14)
"""Passes of this long tell how rough a segment is, as far as they are kept."""
STATE_HOLDS = dt.timedelta(hours=3)
"""What was measured on the surface longer ago says nothing about now."""
_POINTS_AT_ONCE = 20_000


@dataclass(frozen=True)
class SegmentState:
    """A segment over which vehicles drove."""

    id: str
    name: str
    class_: str
    surface: str
    """As tagged in OpenStreetMap; setts are rough by nature: grade against it."""
    length_m: float
    ride_index: float | None
    """Median over its passes, m/s²; relative: for ranking and change over time."""
    passes: int
    last_time: dt.datetime
    surface_temp_c: float | None
    state: str | None
    """slippery, freezing, frosty, wet, moist or dry in the last hours; None when nobody measured it."""
    lon: list[float]
    lat: list[float]


_states: Kept[list[SegmentState]] = Kept()


def segment_states(connection: Connection, now: dt.datetime, limit: int = 5000) -> list[SegmentState]:
    """Segments with passes of the last 14 days, slippery first, then the roughest; a minute old at most."""
    slot = now.replace(second=0, microsecond=0)
    return _states.get(connection, limit, slot, lambda: _segment_states(connection, now, limit))


def _segment_states(connection: Connection, now: dt.datetime, limit: int) -> list[SegmentState]:
    values = {
        "since": now - JUDGED_OVER,
        "state_since": now - STATE_HOLDS,
        "now": now,
        "slippery": list(SLIPPERY),
        "limit": limit,
    }
    with connection.cursor(row_factory=class_row(SegmentState)) as cursor:
        return cursor.execute(queries.load("roads")["segment_states"], values).fetchall()


def refresh(connection: Connection, now: dt.datetime) -> int:
    """Assign marked positions to segments; returns the passes. Commits as it goes; a crash costs nothing,
    because marks go last.

    Whole hours of a vehicle are made anew from all their positions, so that the order of arrival leaves no
    trace. Without a road network there is nothing to do.
    """
    sql = queries.load("roads")
    try:
        roads = load_roads(connection)
    except NotFound:
        connection.execute(sql["drop_old_track_marks"], {"now": now})
        connection.commit()
        return 0
    marks = [number for (number,) in connection.execute(sql["track_marks"])]
    ask = {"marks": marks, "now": now}
    hours = connection.execute(sql["dirty_hours"], ask).fetchall()
    written = 0
    for bundle in _bundles(hours):
        written += _renew(connection, roads, bundle)
        connection.commit()
    connection.execute(sql["drop_track_marks"], ask)
    connection.commit()
    return written


def _bundles(hours: Sequence[tuple[int, dt.datetime, int]]) -> Iterator[list[tuple[int, dt.datetime]]]:
    """Hours of vehicles in bundles of about 20,000 positions, so that memory and transactions stay small."""
    bundle: list[tuple[int, dt.datetime]] = []
    points = 0
    for device, hour, count in hours:
        bundle.append((device, hour))
        points += count
        if points >= _POINTS_AT_ONCE:
            yield bundle
            bundle, points = [], 0
    if bundle:
        yield bundle


def _renew(connection: Connection, roads: Roads, hours: list[tuple[int, dt.datetime]]) -> int:
    sql = queries.load("roads")
    values = {"devices": [device for device, _ in hours], "hours": [hour for _, hour in hours]}
    rows = connection.execute(sql["tracks"], values).fetchall()
    found = list(passes(roads.network, roads.segments, points_from_rows(rows)))
    mark = queries.load("rollups")["mark_segments"]
    connection.execute(mark, values)
    connection.execute(sql["forget_passes_of_hours"], values)
    connection.execute(
        sql["add_passes"],
        {
            "segments": [roads.segment_ids[one.segment] for one in found],
            "devices": [one.device for one in found],
            "times": [one.time for one in found],
            "speeds": [one.speed_mps for one in found],
            "ride_indices": [one.ride_index for one in found],
            "surface_temps": [one.surface_temp_c for one in found],
            "waters": [one.water_um for one in found],
            "states": [one.state for one in found],
        },
    )
    connection.execute(mark, values)
    return len(found)
