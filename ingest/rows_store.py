"""Rows of a batch into their tables, inside the caller's transaction: new ones by one insert, taken places
by rule."""

import datetime as dt
import operator
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ingest.arrays import bigint_array, since_2000_us, time_array
from ingest.batch import (
    LANE_FIELDS,
    TRACK_FIELDS,
    Batch,
    Conflict,
    Effects,
    LaneKey,
    ReadingKey,
    TrackKey,
    Wide,
    fold_lane,
    fold_track,
)
from ingest.marks import mark, spans
from ingest.registry import Registry
from smartregion.store.database import Connection
from smartregion.store.queries import load

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = struct.pack("!h", -1)
_READING_ROW = struct.Struct("!hiqiqidii")
_LANE_TYPES = (
    "timestamptz",
    "int8",
    "int4",
    "int2",
    "int4",
    "float4",
    "float4",
    *(["int4"] * (len(LANE_FIELDS) - 3)),
)
_key = operator.itemgetter(0)

Place = tuple[ReadingKey, tuple[float, int]]
"""Where a reading belongs, its value and message."""
Folded = tuple[Wide, bool, Effects]
"""A wide row, whether a later message of the batch changed it, and what else that did."""

_TRACK_TYPES = ("timestamptz", "int8", "int4", "float8", "float8", *(["float4"] * (len(TRACK_FIELDS) - 2)))


class Inserted(NamedTuple):
    """What writing a batch did."""

    owners: set[int]
    """Messages that own a row or a lost value."""
    merged: set[int]
    """Messages of which a field joined the row of another."""
    all_new: bool
    """Whether every place was free."""
    later: list[Callable[[], None]]
    """Statements without an answer that belong to the same transaction, to be sent together with others."""


def insert_new_rows(connection: Connection, _registry: Registry, batch: Batch) -> Inserted:
    """Write rows straight into their tables, half the work of `insert_rows`.

    Raises psycopg.errors.UniqueViolation when a place is taken: the transaction is void then, and
    `insert_rows` has to settle it in another one.
    """
    sql = load("ingest")
    owners: set[int] = set()
    effects = Effects(list(batch.effects.conflicts))
    later: list[Callable[[], None]] = []
    if batch.readings:
        places = sorted(batch.readings.items())
        _write(connection, sql["copy_new_reading"], _pack_readings(places))
        later.append(lambda: _tell_readings(connection, places))
        owners |= {message for _, (_, message) in places}
    if batch.lanes:
        lanes = _folded_lanes(batch)
        _copy(connection, sql["copy_new_lane"], _LANE_TYPES, _lane_rows(lanes))
        later.append(lambda: _tell_lanes(connection, lanes))
        owners |= _own_untaken(lanes, set(), effects)
    if batch.tracks:
        tracks = _folded_tracks(batch)
        _copy(connection, sql["copy_new_track"], _TRACK_TYPES, _track_rows(tracks))
        later.append(lambda: _tell_tracks(connection, tracks))
        owners |= _own_untaken(tracks, set(), effects)
    owners |= _insert_conflicts(connection, effects.conflicts)
    return Inserted(owners, effects.merged, True, later)


def insert_rows(connection: Connection, registry: Registry, batch: Batch) -> Inserted:
    """Write rows by way of staging, settle places that are taken, write the values that lost."""
    owners: set[int] = set()
    effects = Effects(list(batch.effects.conflicts))
    displaced: list[Conflict] = []
    taken = 0
    if batch.readings:
        found, clashes = _insert_readings(connection, registry, batch, effects, displaced)
        owners |= found
        taken += clashes
    if batch.lanes:
        found, clashes = _insert_lanes(connection, batch, effects)
        owners |= found
        taken += clashes
    if batch.tracks:
        found, clashes = _insert_tracks(connection, batch, effects)
        owners |= found
        taken += clashes
    # What a stored row loses comes first: it may be all that is left of its message.
    owners |= _insert_conflicts(connection, [*displaced, *effects.conflicts])
    return Inserted(owners, effects.merged, taken == 0, [])


def _insert_readings(
    connection: Connection, registry: Registry, batch: Batch, effects: Effects, displaced: list[Conflict]
) -> tuple[set[int], int]:
    sql = load("ingest")
    places = sorted(batch.readings.items())
    _write(connection, sql["copy_reading"], _pack_readings(places))
    new = connection.execute(sql["insert_reading"]).rowcount
    taken: set[tuple[int, dt.datetime]] = set()
    updates: list[dict[str, Any]] = []
    if new < len(places):
        for series, time, value, message in connection.execute(sql["clash_reading"]).fetchall():
            taken.add((series, time))
            new_value, new_message = batch.readings[series, time]
            device, key = registry.place(series)
            if new_value > value:
                updates.append({"series": series, "time": time, "value": new_value, "message": new_message})
                displaced.append(Conflict(device, key, time, value, message))
            elif new_value < value:
                effects.conflicts.append(Conflict(device, key, time, new_value, new_message))
    _update(connection, sql["update_reading"], updates)
    _tell_readings(connection, places)
    owners = {message for place, (_, message) in places if place not in taken}
    return owners | {update["message"] for update in updates}, len(taken)


def _insert_lanes(connection: Connection, batch: Batch, effects: Effects) -> tuple[set[int], int]:
    sql = load("ingest")
    folded = _folded_lanes(batch)
    _copy(connection, sql["copy_lane"], _LANE_TYPES, _lane_rows(folded))
    new = connection.execute(sql["insert_lane"]).rowcount
    taken: set[LaneKey] = set()
    updates: list[dict[str, Any]] = []
    if new < len(folded):
        for device, lane, time, message, *values in connection.execute(sql["clash_lane"]).fetchall():
            key = (device, lane, time)
            taken.add(key)
            wide, changed, found = fold_lane(key, [Wide(message, values), *batch.lanes[key]])
            effects.add(found)
            if changed:
                place = {"device": device, "lane": lane, "time": time, "message": message}
                updates.append(place | dict(zip(LANE_FIELDS, wide.values, strict=True)))
    _update(connection, sql["update_lane"], updates)
    _tell_lanes(connection, folded)
    return _own_untaken(folded, taken, effects), len(taken)


def _insert_tracks(connection: Connection, batch: Batch, effects: Effects) -> tuple[set[int], int]:
    sql = load("ingest")
    folded = _folded_tracks(batch)
    _copy(connection, sql["copy_track"], _TRACK_TYPES, _track_rows(folded))
    new = connection.execute(sql["insert_track"]).rowcount
    taken: set[TrackKey] = set()
    updates: list[dict[str, Any]] = []
    if new < len(folded):
        for device, time, message, *values in connection.execute(sql["clash_track"]).fetchall():
            key = (device, time)
            taken.add(key)
            wide, changed, found = fold_track(key, [Wide(message, values), *batch.tracks[key]])
            effects.add(found)
            if changed:
                place = {"device": device, "time": time, "message": message}
                updates.append(place | dict(zip(TRACK_FIELDS, wide.values, strict=True)))
    _update(connection, sql["update_track"], updates)
    _tell_tracks(connection, folded)
    return _own_untaken(folded, taken, effects), len(taken)


def _folded_lanes(batch: Batch) -> dict[LaneKey, Folded]:
    """In key order, so that two workers never wait for each other in a circle."""
    return {key: fold_lane(key, rows) for key, rows in sorted(batch.lanes.items(), key=_key)}


def _folded_tracks(batch: Batch) -> dict[TrackKey, Folded]:
    return {key: fold_track(key, rows) for key, rows in sorted(batch.tracks.items(), key=_key)}


def _by_device(lanes: Iterable[LaneKey]) -> list[tuple[int, dt.datetime]]:
    return sorted((device, time) for device, _, time in lanes)


def _lane_rows(folded: Mapping[LaneKey, Folded]) -> Iterator[Sequence[Any]]:
    for (device, lane, time), (wide, _, _) in folded.items():
        yield time, wide.message, device, lane, *wide.values


def _track_rows(folded: Mapping[TrackKey, Folded]) -> Iterator[Sequence[Any]]:
    for (device, time), (wide, _, _) in folded.items():
        yield time, wide.message, device, *wide.values


def _tell_readings(connection: Connection, places: Sequence[Place]) -> None:
    """Keep `latest`, and mark what has to be rolled up."""
    newest = {series: time for (series, time), _ in places}  # sorted: the last one of a series stays
    arguments = {
        "series": bigint_array(list(newest)),
        "times": time_array(list(newest.values())),
    }
    connection.execute(load("ingest")["latest_reading"], arguments)
    mark(connection, "reading", map(_key, places))


def _tell_lanes(connection: Connection, folded: Mapping[LaneKey, Folded]) -> None:
    newest = {(device, lane): (time, row) for (device, lane, time), (row, _, _) in folded.items()}
    arguments = {
        "devices": [device for device, _ in newest],
        "lanes": [lane for _, lane in newest],
        "times": [time for time, _ in newest.values()],
        "messages": [row.message for _, row in newest.values()],
    }
    connection.execute(load("ingest")["latest_lane"], arguments)
    mark(connection, "lane", _by_device(folded))


def _tell_tracks(connection: Connection, folded: Mapping[TrackKey, Folded]) -> None:
    newest = {device: (time, row) for (device, time), (row, _, _) in folded.items()}
    arguments = {
        "devices": list(newest),
        "times": [time for time, _ in newest.values()],
        "messages": [row.message for _, row in newest.values()],
    }
    connection.execute(load("ingest")["latest_track"], arguments)
    devices, firsts, lasts = spans(folded)
    spanned = {"devices": devices, "firsts": firsts, "lasts": lasts}
    connection.execute(load("roads")["mark_tracks"], spanned)


def _own_untaken(folded: Mapping[Any, Folded], taken: set[Any], effects: Effects) -> set[int]:
    owners = set()
    for key, (wide, _, found) in folded.items():
        if key not in taken:
            owners.add(wide.message)
            effects.add(found)
    return owners


def _insert_conflicts(connection: Connection, conflicts: Sequence[Conflict]) -> set[int]:
    if not conflicts:
        return set()
    arguments = {
        "devices": [conflict.device for conflict in conflicts],
        "fields": [conflict.field for conflict in conflicts],
        "times": [conflict.time for conflict in conflicts],
        "values": [conflict.value for conflict in conflicts],
        "messages": [conflict.message for conflict in conflicts],
    }
    return {row[0] for row in connection.execute(load("ingest")["insert_conflicts"], arguments)}


def _update(connection: Connection, query: str, updates: list[dict[str, Any]]) -> None:
    if updates:
        with connection.cursor() as cursor:
            cursor.executemany(query, updates)


def _copy(connection: Connection, query: str, types: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor().copy(query) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _write(connection: Connection, query: str, data: bytes) -> None:
    with connection.cursor().copy(query) as copy:
        copy.write(data)


def _pack_readings(places: Sequence[Place]) -> bytes:
    """Binary COPY of (time, message, value, series): fixed width, three times as fast as row by row."""
    pack = _READING_ROW.pack
    parts = [_HEADER]
    parts += [
        pack(4, 8, since_2000_us(time), 8, message, 8, value, 4, series)
        for (series, time), (value, message) in places
    ]
    parts.append(_TRAILER)
    return b"".join(parts)
