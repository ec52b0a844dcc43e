"""What the database holds and how long that goes well: rows and bytes by kind, growth, disk, drills."""

import dataclasses
import datetime as dt
import shutil

import psycopg
from psycopg.rows import class_row

from smartregion.store import database, drill, migrate, rollup_proof, scratch
from smartregion.store.database import Connection
from smartregion.store.queries import load

_KINDS = {
    "reading": ("reading",),
    "lane_interval": ("lane_interval",),
    "track": ("track",),
    "rollup": ("count_rollup", "level_rollup", "energy_rollup", "road_rollup"),
    "quarantine": ("quarantine",),
    "conflict": ("conflict",),
    "message_note": ("message_note",),
    "message_flag": ("message_flag",),
    "counter_seen": ("counter_seen",),
    "books": ("book", "forgotten"),
    "roads": ("road_network", "road_network_part", "segment", "segment_pass"),
    "plans": ("plan", "tour", "tour_stop"),
}
_JOBS = "public.procrastinate_"
_GROWTH_OVER = dt.timedelta(days=30)
_LEAST_FREE = 64 << 20
"""Bytes that the server's own log needs: with less the disk counts as full."""


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """Engine (plain or timescaledb), versions, name and bytes of the database."""

    engine: str
    version: str
    timescaledb: str | None
    name: str
    bytes: int


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A table with its partitions; rows as the server counts them."""

    name: str
    rows: int
    bytes: int
    partitions: int


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """Rows and bytes of a kind of data; `compression` is bytes before by bytes after, on TimescaleDB."""

    name: str
    rows: int
    bytes: int
    compression: float | None = None

    @property
    def bytes_per_row(self) -> float | None:
        """With indexes; None without rows."""
        return self.bytes / self.rows if self.rows else None


@dataclasses.dataclass(frozen=True, slots=True)
class Disk:
    """Free bytes (None: the server is elsewhere), growth a day (None on the first day), when it is full."""

    free: int | None
    growth_per_day: float | None
    full_on: dt.date | None


@dataclasses.dataclass(frozen=True, slots=True)
class Keeping:
    """Room, the last backup and the last drill."""

    disk: Disk
    last_backup: dt.datetime | None
    last_drill: drill.Drill | None


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """A background job of TimescaleDB."""

    number: int
    name: str
    last_run: dt.datetime | None
    failures: int


@dataclasses.dataclass(frozen=True, slots=True)
class Health:
    """All that `db status` shows."""

    server: Server
    migrations: migrate.Status
    tables: list[Table]
    kinds: list[Kind]
    disk: Disk
    last_backup: dt.datetime | None
    last_drill: drill.Drill | None
    last_proof: rollup_proof.Proof | None
    jobs: list[Job]


def health(url: str, now: dt.datetime, disk_bytes: int | None = None) -> Health:
    """Look at the database; changes nothing. `disk_bytes`: size of its disk, where that is elsewhere."""
    migrations = migrate.status(url)
    sql = load("store")
    with database.connect(url) as connection:
        with connection.cursor(row_factory=class_row(Server)) as cursor:
            server = cursor.execute(sql["server"]).fetchall()[0]
        tables = _tables(connection)
        whole = not migrations.pending
        last = connection.execute(sql["last_backup"]).fetchone() if whole else None
        return Health(
            server,
            migrations,
            tables,
            kinds(connection),
            disk(connection, now, disk_bytes) if whole else Disk(None, None, None),
            last[0] if last else None,
            drill.last_drill(connection) if whole else None,
            rollup_proof.last_proof(connection) if whole else None,
            _jobs(connection) if server.timescaledb else [],
        )


def kinds(connection: Connection) -> list[Kind]:
    """Rows and bytes by kind of data, the largest first; what belongs to no other kind is `other`."""
    kind_of = {f"sr.{table}": kind for kind, tables in _KINDS.items() for table in tables}
    found = {kind: [0, 0] for kind in (*_KINDS, "job", "other")}
    for table in _tables(connection):
        other = "job" if table.name.startswith(_JOBS) else "other"
        counts = found[kind_of.get(table.name, other)]
        counts[0] += table.rows
        counts[1] += table.bytes
    packed = _compression(connection)
    made = [Kind(kind, rows, size, packed.get(kind)) for kind, (rows, size) in found.items()]
    return sorted(made, key=lambda kind: -kind.bytes)


def bytes_by_kind(connection: Connection) -> dict[str, float]:
    """Bytes of a row, with indexes, of each kind that has rows."""
    return {kind.name: kind.bytes_per_row for kind in kinds(connection) if kind.bytes_per_row is not None}


def note_sizes(connection: Connection, now: dt.datetime) -> None:
    """Keep today's rows and bytes by kind: the growth is what they were before."""
    for kind in kinds(connection):
        parameters = {"day": now.astimezone(dt.UTC).date(), "kind": kind.name}
        connection.execute(load("store")["note_size"], parameters | {"rows": kind.rows, "bytes": kind.bytes})


def disk(connection: Connection, now: dt.datetime, disk_bytes: int | None = None) -> Disk:
    """Room that is left and how long it lasts at the growth of the last month."""
    since = (now - _GROWTH_OVER).date()
    row = connection.execute(load("store")["growth"], {"since": since}).fetchone()
    growth = float(row[0]) if row and row[0] is not None else None
    folder = scratch.data_disk(connection)
    free = shutil.disk_usage(folder).free if folder is not None else None
    if free is None and disk_bytes is not None:
        free = max(0, disk_bytes - int(connection.execute(load("store")["server"]).fetchall()[0][4]))
    return Disk(free, growth, _full_on(free, growth, now))


def keeping_state(connection: Connection, now: dt.datetime, disk_bytes: int | None = None) -> Keeping:
    """What the engineering page shows; needs the schema of this version."""
    last = connection.execute(load("store")["last_backup"]).fetchone()
    found = disk(connection, now, disk_bytes)
    return Keeping(found, last[0] if last else None, drill.last_drill(connection))


def disk_is_full(connection: Connection) -> bool:
    """Whether nothing more can be written. Leaves the connection's transaction as it was."""
    folder = scratch.data_disk(connection)
    if folder is not None and shutil.disk_usage(folder).free < _LEAST_FREE:
        return True
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(load("store")["least_memory"])
            connection.execute(load("store")["disk_probe"])
    except psycopg.errors.DiskFull:
        return True
    return False


def _full_on(free: int | None, growth: float | None, now: dt.datetime) -> dt.date | None:
    if free is None or growth is None or growth <= 0:
        return None
    days = free / growth
    return (now + dt.timedelta(days=days)).date() if days < 36_500 else None


def _tables(connection: Connection) -> list[Table]:
    with connection.cursor(row_factory=class_row(Table)) as cursor:
        return cursor.execute(load("store")["tables"]).fetchall()


def _compression(connection: Connection) -> dict[str, float]:
    sql = load("store")
    if connection.execute(sql["server"]).fetchall()[0][0] != "timescaledb":
        return {}
    rows = connection.execute(sql["compression"]).fetchall()
    return {str(table): float(before) / float(after) for table, before, after in rows if after}


def _jobs(connection: Connection) -> list[Job]:
    with connection.cursor(row_factory=class_row(Job)) as cursor:
        return cursor.execute(load("store")["job_health"]).fetchall()
