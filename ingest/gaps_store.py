"""Counters that were seen, in the database: one row a batch, written with the batch, never changed."""

from collections.abc import Iterable

from ingest.arrays import bigint_array, text_array, time_array
from ingest.outcome import Fault
from smartregion.gaps import Point
from smartregion.store.database import Connection
from smartregion.store.queries import load


def note_counters(connection: Connection, first_receipt: int, points: Iterable[Point]) -> None:
    """Keep what a batch showed, in the caller's transaction."""
    kept = list(points)
    if kept:
        devices, times, counters = zip(*kept, strict=True)
        connection.execute(
            load("gaps")["note_counters"],
            {
                "message": first_receipt,
                "devices": text_array(devices),
                "times": time_array(times),
                "counters": bigint_array(counters),
            },
        )


def note_flags(connection: Connection, flags: Iterable[tuple[int, str, Fault]]) -> None:
    """Keep faulty fields of stored messages by (message, device), in the caller's transaction."""
    kept = list(flags)
    if kept:
        messages, devices, faults = (list(column) for column in zip(*kept, strict=True))
        connection.execute(
            load("gaps")["note_flags"],
            {
                "messages": messages,
                "devices": devices,
                "fields": [fault.field for fault in faults],
                "values": [fault.value for fault in faults],
                "expectations": [fault.expected for fault in faults],
            },
        )
