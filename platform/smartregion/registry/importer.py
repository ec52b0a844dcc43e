"""Import of a registry file, all or nothing unless asked otherwise, and its undo."""

import dataclasses
import datetime as dt
import pathlib
from collections.abc import Iterable
from typing import Any

from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier

from smartregion.errors import InvalidInput, NotFound, SmartRegionError
from smartregion.registry.faults import Fault
from smartregion.registry.hung import Measures
from smartregion.registry.known import Known, read_known
from smartregion.registry.mountings import Mounting, settle
from smartregion.registry.outlines import place
from smartregion.registry.rows import Content, content
from smartregion.registry.table import Line, read
from smartregion.store import export, incoming
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
    "building": ["id"],
    "device": ["name"],
    "mounting": ["device", "valid_from"],
}
"""Tables in an order that foreign keys allow."""
_PATIENCE_S = 5.0
"""Messages wait as long as an undo waits."""


class FileRefusedError(SmartRegionError):
    """The file has faults; nothing was written."""

    def __init__(self, name: str, faults: list[Fault], notes: list[Fault]) -> None:
        super().__init__(f"{name}: {len(faults)} Fehler, nichts geschrieben")
        self.faults = faults
        self.notes = notes


@dataclasses.dataclass(frozen=True, slots=True)
class Choices:
    """How a file is taken."""

    dry_run: bool = False
    """Check and count, write nothing."""
    skip_bad_rows: bool = False
    """Take the rows without fault, and not those that need a faulty one."""
    anywhere: bool = False
    """Take positions far from all others."""
    state: str = "BB"
    """Federal state, for the zone of UTM coordinates that name none."""


@dataclasses.dataclass(frozen=True, slots=True)
class Count:
    """Rows of one table that an import made, changed or found as they were."""

    made: int
    """Rows that were not there."""
    changed: int
    """Rows that said something else."""
    same: int
    """Rows that said the same."""


@dataclasses.dataclass(frozen=True, slots=True)
class Imported:
    """The number of an import and its rows by table; a dry run has the number 0."""

    number: int
    counts: dict[str, Count]
    left_out: list[Fault] = dataclasses.field(default_factory=list)
    """Faults of rows that were left out, as asked."""
    notes: list[Fault] = dataclasses.field(default_factory=list)
    """What was not read or was made besides."""


@dataclasses.dataclass(frozen=True, slots=True)
class PastImport:
    """An import or adoption, and what it did."""

    number: int
    """Number for an undo."""
    file: str
    """Name of the file, or of the adoption."""
    imported_at: dt.datetime
    """When, UTC."""
    rows: int
    """Rows it held."""
    undone_at: dt.datetime | None
    """When it was taken back, UTC."""
    made: int
    """Rows it made."""
    changed: int
    """Rows it changed."""


def import_file(
    connection: Connection, path: pathlib.Path, now: dt.datetime, choices: Choices | None = None
) -> Imported:
    """Take a file into the registry: CSV of any dress, or an exported Parquet or GeoJSON.

    Raises as `import_bytes`, and InvalidInput for an unreadable one.
    """
    if path.suffix in (".parquet", ".geojson", ".json"):
        columns = [name for name, _ in export.columns(connection, "registry")]
        with incoming.opened(path, columns) as (head, blocks):
            data = ",".join(head).encode() + b"\n" + b"".join(blocks)
    else:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InvalidInput("file", path, f"a readable CSV file ({error.strerror})") from error
    return import_bytes(connection, path.name, data, now, choices)


def import_bytes(
    connection: Connection, name: str, data: bytes, now: dt.datetime, choices: Choices | None = None
) -> Imported:
    """Take the bytes of a CSV file into the registry in one transaction; a dry run rolls it back.

    Raises FileRefusedError with every fault.
    """
    wish = choices or Choices()
    with connection.transaction(force_rollback=wish.dry_run):
        connection.execute(load("registry")["lock_imports"])
        known = read_known(connection, wish.state)
        table = read(data, known.fractions)
        sound = _Sound(connection, known, wish.anywhere, table.lines)
        sound.faults += table.faults
        notes = sorted(table.notes + sound.notes)
        if not table.readable or (sound.faults and not wish.skip_bad_rows):
            raise FileRefusedError(name, sorted(sound.faults), notes)
        number, counts = take(connection, name, sound.content, sound.mountings, now)
        place(connection)
    return Imported(0 if wish.dry_run else number, counts, sorted(sound.faults), notes)


def take(
    connection: Connection, name: str, found: Content, mountings: list[Mounting], now: dt.datetime
) -> tuple[int, dict[str, Count]]:
    """Write rows under a new import, in the caller's transaction; its number and the counts by table."""
    sql = load("registry")
    rows = sum(len(part) for part in found.rows.values())
    number = int(_value(connection, "new_import", {"file": name, "now": now, "rows": rows}))
    devices = _with_profiles(connection, found.rows["device"])
    staged = found.rows | {"device": devices}
    counts = {kind: _take(connection, number, kind, staged[kind]) for kind in _KEYS if kind != "mounting"}
    counts["mounting"] = _take(connection, number, "mounting", _numbered(connection, mountings))
    connection.execute(sql["change_devices"])
    connection.execute(sql["drop_stages"])
    return number, counts


def undo(
    connection: Connection, number: int, now: dt.datetime, patience_s: float = _PATIENCE_S
) -> dict[str, tuple[int, int]]:
    """Take an import back; rows removed and restored by table.

    Raises NotFound, or SmartRegionError when it is undone already or something later builds on it;
    psycopg.errors.LockNotAvailable when another import or the storing of messages takes longer than patience.
    """
    sql = load("registry")
    with connection.transaction():
        connection.execute(sql["patience"], {"wait_ms": round(1000 * patience_s)})
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
        user = connection.execute(sql["import_users"], {"import": number}).fetchone()
        if user is not None:
            raise SmartRegionError(
                f"import {number}: {user[0]} {user[1]} needs {user[2]} {user[3]} of this import, "
                "undo the import that made it first"
            )
        connection.execute(sql["lock_devices"])
        connection.execute(sql["change_devices"])
        done = {}
        for kind in reversed(_KEYS):
            counts = connection.execute(
                sql["undo_rows"], {"import": number, "kind": kind, "keys": _KEYS[kind]}
            ).fetchone()
            if counts and any(counts):
                done[kind] = (int(counts[0]), int(counts[1]))
        connection.execute(sql["close_import"], {"import": number, "now": now})
    return done


def past_imports(connection: Connection, limit: int = 100) -> list[PastImport]:
    """Imports and adoptions, newest first."""
    with connection.cursor(row_factory=class_row(PastImport)) as cursor:
        return cursor.execute(load("registry")["imports"], {"limit": limit}).fetchall()


class _Sound:
    """The rows of a file without fault: lines with a fault leave until none of the others has one."""

    def __init__(self, connection: Connection, known: Known, anywhere: bool, lines: list[Line]) -> None:
        self.faults: list[Fault] = []
        self.notes: list[Fault] = []
        while True:
            self.content, faults, self.notes = content(lines, known, anywhere)
            if not faults:
                self.mountings, faults = settle(
                    self.content.mountings, known_mountings(connection, self.content)
                )
            if not faults:
                return
            self.faults += faults
            bad = {fault.line for fault in faults}
            lines = [line for line in lines if line.number not in bad]


def known_mountings(connection: Connection, found: Content) -> list[Mounting]:
    """Mountings of the devices and objects that these rows speak of."""
    parameters = {
        "devices": [want.device for want in found.mountings],
        "kinds": [want.object_kind for want in found.mountings],
        "objects": [want.object for want in found.mountings],
    }
    with connection.cursor(row_factory=_mounting_row) as cursor:
        return cursor.execute(load("registry")["mountings"], parameters).fetchall()


def _mounting_row(cursor: Any) -> Any:
    return lambda values: Mounting(*(*values[:5], Measures(*values[5:])))


def _with_profiles(connection: Connection, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """A file that names no profile leaves the one that a device has."""
    names = [name for name, profile, _ in rows if profile is None]
    known: dict[str, str] = dict(
        connection.execute(load("registry")["device_profiles"], {"names": names}).fetchall()
    )
    return [(name, profile or known.get(name), removed_at) for name, profile, removed_at in rows]


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
            *dataclasses.astuple(m.measures),
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
