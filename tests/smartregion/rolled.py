"""Raw rows with their marks, as the writer leaves them, and what the rollups hold afterwards."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from smartregion.store.queries import load
from smartregion.store.rollups import KINDS, Refreshed, refresh
from tests.smartregion.small_district import NOW, add_device, count, tell

ZONE = "Europe/Berlin"


def measure(
    connection: psycopg.Connection, device: str, quantity: str, values: Sequence[tuple[dt.datetime, float]]
) -> None:
    """Readings and their mark."""
    tell(connection, device, quantity, values)
    series = connection.execute(
        "SELECT e.id FROM sr.series e JOIN sr.quantity q ON q.id = e.quantity"
        " JOIN sr.device d ON d.id = e.device WHERE d.name = %s AND q.key = %s",
        (device, quantity),
    ).fetchall()[0][0]
    mark(connection, "reading", int(series), [time for time, _ in values])


def drive_past(
    connection: psycopg.Connection,
    device: str,
    lane: int,
    intervals: Sequence[tuple[dt.datetime, int, int]],
    **columns: Any,
) -> None:
    """Lane intervals (begin, length in s, vehicles) and their mark."""
    count(connection, device, lane, intervals, **columns)
    mark(connection, "lane", add_device(connection, device), [time for time, _, _ in intervals])


def mark(connection: psycopg.Connection, kind: str, ident: int, times: Sequence[dt.datetime]) -> None:
    """The mark of one batch."""
    days: dict[dt.date, list[dt.datetime]] = {}
    for time in times:
        days.setdefault(time.astimezone(dt.UTC).date(), []).append(time)
    connection.execute(
        load("rollups")["mark"],
        {
            "kind": kind,
            "idents": [ident] * len(days),
            "firsts": [min(found) for found in days.values()],
            "lasts": [max(found) for found in days.values()],
        },
    )


def roll_up(connection: psycopg.Connection, zone: str = ZONE, now: dt.datetime = NOW) -> Refreshed:
    """One refresh."""
    return refresh(connection, now, zone)


def places(connection: psycopg.Connection) -> dict[tuple[Any, ...], str]:
    """Where each rollup row lies in its table: a row that is written again lies elsewhere."""
    found: dict[tuple[Any, ...], str] = {}
    for kind in KINDS:
        lane = "lane" if kind == "count" else "0"
        rows = connection.execute(
            f"SELECT span::text, object, {lane}, bucket, tableoid || ' ' || ctid FROM sr.{kind}_rollup"  # noqa: S608
        )
        found |= {(kind, *row[:-1]): row[-1] for row in rows}
    return found


def rows(connection: psycopg.Connection, kind: str, span: str) -> list[dict[str, Any]]:
    """Rollup rows of a span by object (and lane) and bucket."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            f"SELECT * FROM sr.{kind}_rollup WHERE span = %s ORDER BY object, bucket",  # noqa: S608
            (span,),
        ).fetchall()
