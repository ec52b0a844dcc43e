"""Import of exported files: readings, lane intervals, tracks; all or nothing, and the books stay balanced."""

import dataclasses
import datetime as dt
import pathlib
import re
from collections.abc import Iterator
from typing import Literal

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from smartregion.errors import InvalidInput, SmartRegionError
from smartregion.store import incoming
from smartregion.store.database import Connection
from smartregion.store.queries import load

Kind = Literal["readings", "lane_intervals", "tracks"]
_INGEST = {"readings": "reading", "lane_intervals": "lane", "tracks": "track"}
"""How the queries of ingest call each kind; inserting and `latest` follow the same rules."""
_NEEDED = {
    "readings": ("device", "quantity", "time", "value"),
    "lane_intervals": ("device", "lane", "time", "interval_s"),
    "tracks": ("device", "time", "lon", "lat"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """Rows of a file: new ones and those that were there already."""

    new: int
    known: int


def take_file(connection: Connection, kind: Kind, path: pathlib.Path, now: dt.datetime) -> Taken:
    """Take an exported file (.csv, .parquet, .geojson): what is there stays, one that differs is refused.

    A file without receipts (column message) gets new ones. Raises InvalidInput with line and column,
    SmartRegionError for unknown devices and for values that differ from the stored ones.
    """
    sql, ingest, part = load("transfer"), load("ingest"), _INGEST[kind]
    with connection.transaction():
        connection.execute(ingest["hold_devices"])
        connection.execute(sql[f"incoming_{kind}"])
        columns = [str(name) for (name,) in connection.execute(sql["incoming_columns"]).fetchall()]
        with incoming.opened(path, columns) as (head, blocks):
            total = _read(connection, kind, path.name, head, blocks)
        _refuse_unknown(connection, path.name)
        connection.execute(sql["incoming_receipts"], {"now": now})
        connection.execute(sql["incoming_months"])
        if kind == "readings":
            connection.execute(sql["incoming_quantities"])
            connection.execute(sql["incoming_series"])
        connection.execute(ingest["stage"])
        connection.execute(sql[f"stage_{kind}"])
        _refuse_differing(connection, kind, path.name)
        connection.execute(sql["incoming_packets"])
        new = connection.execute(ingest[f"insert_{part}"]).rowcount
        if new and part == "track":
            connection.execute(load("roads")["mark_staged_tracks"])
        elif new:
            connection.execute(load("rollups")[f"mark_{part}"])
        connection.execute(sql[f"owners_{kind}"])
        connection.execute(sql["book"])
        newest = connection.cursor(row_factory=dict_row).execute(sql[f"newest_{kind}"]).fetchone()
        connection.execute(ingest[f"latest_{part}"], newest)
        connection.execute(sql["clear_incoming"])
    return Taken(new, total - new)


def _read(connection: Connection, kind: Kind, name: str, head: list[str], blocks: Iterator[bytes]) -> int:
    for needed in _NEEDED[kind]:
        if needed not in head:
            raise InvalidInput(f"{name}: column", needed, f"in the head ({', '.join(head)[:120]})")
    statement = SQL(load("transfer")["copy_incoming"])
    cursor = connection.cursor()
    try:
        with cursor.copy(statement.format(columns=SQL(", ").join(map(Identifier, head)))) as copy:
            for block in blocks:
                copy.write(block)
    except psycopg.errors.UndefinedColumn as error:
        raise InvalidInput(
            f"{name}: head", ", ".join(head), f"made of known columns: {_first(error)}"
        ) from error
    except psycopg.DataError as error:
        place = re.search(r"line (\d+)(?:, column (\w+))?", str(error))
        line = f" line {int(place[1]) + 1}" + (f", {place[2]}" if place[2] else "") if place else ""
        raise SmartRegionError(f"{name}{line}: {_first(error)}, nothing imported") from error
    return cursor.rowcount


def _refuse_unknown(connection: Connection, name: str) -> None:
    unknown = connection.execute(load("transfer")["incoming_unknown"]).fetchall()
    if unknown:
        shown = ", ".join(f"{device!r}" for device, _ in unknown)
        raise SmartRegionError(
            f"{name} line {unknown[0][1] + 1}: not registered: {shown}; import the registry first"
        )


def _refuse_differing(connection: Connection, kind: Kind, name: str) -> None:
    row = connection.execute(load("transfer")[f"differing_{kind}"]).fetchone()
    if row is not None:
        device, time, what = row
        raise SmartRegionError(
            f"{name}: device {device} at {time:%Y-%m-%dT%H:%M:%SZ}: {what}, nothing imported"
        )


def _first(error: Exception) -> str:
    return str(error).splitlines()[0]
