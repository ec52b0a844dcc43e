"""Import of a registry file, all or nothing, and its undo."""

import dataclasses
import datetime as dt
import pathlib
from collections.abc import Iterable
from typing import Any

from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier

from smartregion.errors import InvalidInput, NotFound, SmartRegionError
from smartregion.registry.mountings import Mounting, settle
from smartregion.registry.objects import fractions, municipalities
from smartregion.registry.rows import Content, Known, content
from smartregion.registry.table import Fault, read
from smartregion.store.database import Connection
from smartregion.store.queries import load

_KEYS = {
    "municipality": ["id"],
    "site": ["id"],
    "depot": ["id"],
    "disposal_site": ["id"],
    "container": ["id"],
    "station": ["id"],
    "lane": ["station", "lane"],
    "vehicle": ["id"],
    "device": ["name"],
    "mounting": ["device", "valid_from"],
}
"""Tables in an order that foreign keys allow."""


class FileRefusedError(SmartRegionError):
    """The file has faults; nothing was written."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        super().__init__(f"{name}: {len(faults)} Fehler, nichts geschrieben")
        self.faults = faults


@dataclasses.dataclass(frozen=True, slots=True)
class Count:
    """Rows of one table that an import made, changed or found as they were."""

    made: int
    changed: int
    same: int


@dataclasses.dataclass(frozen=True, slots=True)
class Imported:
    """The number of an import and its rows by table; a dry run has the number 0."""

    number: int
    counts: dict[str, Count]


def import_file(
    connection: Connection, path: pathlib.Path, now: dt.datetime, dry_run: bool = False
) -> Imported:
    """Take a CSV file into the registry in one transaction; a dry run rolls it back.

    Raises FileRefusedError with every fault, InvalidInput when the file cannot be opened.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput("file", path, f"a readable CSV file ({error.strerror})") from error
    lines, faults = read(data)
    found, more = content(lines, _known(connection))
    faults = sorted(faults + more)
    with connection.transaction(force_rollback=dry_run):
        connection.execute(load("registry")["lock_imports"])
        mountings, more = settle(found.mountings, _mountings(connection, found))
        if faults or more:
            raise FileRefusedError(path.name, sorted(faults + more))
        rows = sum(len(part) for part in found.rows.values())
        number = _value(connection, "new_import", {"file": path.name, "now": now, "rows": rows})
        counts = {
            kind: _take(connection, number, kind, found.rows[kind]) for kind in _KEYS if kind != "mounting"
        }
        counts["mounting"] = _take(connection, number, "mounting", _numbered(connection, mountings))
        connection.execute(load("registry")["drop_stages"])
    return Imported(0 if dry_run else number, counts)


def undo(connection: Connection, number: int, now: dt.datetime) -> dict[str, tuple[int, int]]:
    """Take an import back; rows removed and restored by table.

    Raises NotFound, or SmartRegionError when it is undone already or a later import built on it.
    """
    sql = load("registry")
    with connection.transaction():
        connection.execute(sql["lock_imports"])
        row = connection.execute(sql["import"], {"import": number}).fetchone()
        if row is None:
            raise NotFound(
                f"import {number}: does not exist (`smartregion devices list --imports` shows all)"
            )
        if row[4] is not None:
            raise SmartRegionError(f"import {number}: was undone already at {row[4]:%Y-%m-%d %H:%M} UTC")
        later = _value(connection, "later_change", {"import": number})
        if later is not None:
            raise SmartRegionError(
                f"import {number}: import {later} changed the same rows later, undo that first"
            )
        done = {}
        for kind in reversed(_KEYS):
            counts = connection.execute(
                sql["undo_rows"], {"import": number, "kind": kind, "keys": _KEYS[kind]}
            ).fetchone()
            if counts and any(counts):
                done[kind] = (int(counts[0]), int(counts[1]))
        connection.execute(sql["close_import"], {"import": number, "now": now})
    return done


def _known(connection: Connection) -> Known:
    ids = connection.execute(load("registry")["known_ids"]).fetchall()
    fraction_words = {
        word.lower(): fraction.key
        for fraction in fractions(connection)
        for word in (fraction.key, fraction.name_de, fraction.name_en)
    }
    municipality_words = {word.lower(): m.id for m in municipalities(connection) for word in (m.name, m.id)}
    return Known(
        frozenset(key for kind, key in ids if kind == "site"),
        frozenset(key for kind, key in ids if kind == "depot"),
        municipality_words,
        fraction_words,
    )


def _mountings(connection: Connection, found: Content) -> list[Mounting]:
    parameters = {
        "devices": [want.device for want in found.mountings],
        "containers": [want.object for want in found.mountings if want.object_kind == "container"],
    }
    with connection.cursor(row_factory=_mounting_row) as cursor:
        return cursor.execute(load("registry")["mountings"], parameters).fetchall()


def _mounting_row(cursor: Any) -> Any:
    return lambda values: Mounting(*values)


def _numbered(connection: Connection, mountings: list[Mounting]) -> list[tuple[Any, ...]]:
    names = [mounting.device for mounting in mountings]
    numbers: dict[str, int] = dict(
        connection.execute(load("registry")["device_numbers"], {"names": names}).fetchall()
    )
    return [
        (
            numbers[m.device],
            m.object_kind,
            m.object,
            m.valid_from or "-infinity",
            m.valid_to or "infinity",
            m.empty_distance_m,
            m.full_distance_m,
        )
        for m in mountings
    ]


def _take(connection: Connection, number: int, kind: str, rows: Iterable[tuple[Any, ...]]) -> Count:
    sql = load("registry")
    connection.execute(sql[f"new_{kind}"])
    with connection.cursor().copy(SQL(sql["copy_stage"]).format(stage=Identifier(f"new_{kind}"))) as copy:
        for row in rows:
            copy.write_row(row)
    with connection.cursor(row_factory=class_row(Count)) as cursor:
        parameters = {"import": number, "kind": kind, "keys": _KEYS[kind]}
        count = cursor.execute(sql["import_rows"], parameters).fetchone()
    assert count is not None  # noqa: S101 - a function always answers
    return count


def _value(connection: Connection, query: str, parameters: dict[str, Any]) -> Any:
    row = connection.execute(load("registry")[query], parameters).fetchone()
    return row[0] if row else None
