"""Import of exported files: readings, lane intervals, tracks; all or nothing, and the books stay balanced."""

import csv
import dataclasses
import datetime as dt
import io
import pathlib
import re
from typing import IO, Literal

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from smartregion.errors import InvalidInput, SmartRegionError
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
_BLOCK = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """Rows of a file: new ones and those that were there already."""

    new: int
    known: int


def import_csv(connection: Connection, kind: Kind, path: pathlib.Path, now: dt.datetime) -> Taken:
    """Take an exported CSV file: what is there already stays, a file that differs from it is refused.

    A file without receipts (column message) gets new ones. Raises InvalidInput with line and column,
    SmartRegionError for unknown devices and for values that differ from the stored ones.
    """
    sql, ingest, part = load("transfer"), load("ingest"), _INGEST[kind]
    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidInput("file", path, f"a readable CSV file ({error.strerror})") from error
    with file, connection.transaction():
        connection.execute(sql[f"incoming_{kind}"])
        total = _read(connection, kind, path.name, file)
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


def _read(connection: Connection, kind: Kind, name: str, file: IO[bytes]) -> int:
    head = next(csv.reader(io.StringIO(file.readline().decode("utf-8-sig", "replace"))), [])
    for needed in _NEEDED[kind]:
        if needed not in head:
            raise InvalidInput(f"{name}: column", needed, f"in the head ({', '.join(head)[:120]})")
    statement = SQL(load("transfer")["copy_incoming"])
    cursor = connection.cursor()
    try:
        with cursor.copy(statement.format(columns=SQL(", ").join(map(Identifier, head)))) as copy:
            while block := file.read(_BLOCK):
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
