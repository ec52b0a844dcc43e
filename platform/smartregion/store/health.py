"""What the database holds and how long that goes well: rows and bytes by kind, growth, disk, drills."""

import dataclasses
import datetime as dt
import shutil
from typing import Any

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
_FAILURES_OVER = dt.timedelta(days=7)
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
class Columnstore:
    """Chunks of our hypertables, how many lie by column, and whether old ones move there by themselves."""

    chunks: int
    packed: int
    in_use: bool
    license: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """Something that runs by itself: a task of the worker, a policy, or a background job of TimescaleDB.

    `failures` are those of the last week (worker), since the last success (policy), or all (timescaledb).
    """

    source: str
    name: str
    last_success: dt.datetime | None
    failures: int


@dataclasses.dataclass(frozen=True, slots=True)
class Health:
    """All that `db status` shows; `columnstore` is None on plain PostgreSQL."""

    server: Server
    migrations: migrate.Status
    tables: list[Table]
    kinds: list[Kind]
    columnstore: Columnstore | None
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
            _columnstore(connection) if server.timescaledb else None,
            disk(connection, now, disk_bytes) if whole else Disk(None, None, None),
            last[0] if last else None,
            drill.last_drill(connection) if whole else None,
            rollup_proof.last_proof(connection) if whole else None,
            _jobs(connection, now, server) if whole else [],
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


def has_timescale(connection: Connection) -> bool:
    """Whether this database has the extension."""
    return bool(connection.execute(load("store")["server"]).fetchall()[0][0] == "timescaledb")


def _full_on(free: int | None, growth: float | None, now: dt.datetime) -> dt.date | None:
    if free is None or growth is None or growth <= 0:
        return None
    days = free / growth
    return (now + dt.timedelta(days=days)).date() if days < 36_500 else None


def _tables(connection: Connection) -> list[Table]:
    """The largest first; TimescaleDB tells more of a hypertable than its partitions do."""
    with connection.cursor(row_factory=class_row(Table)) as cursor:
        tables = {table.name: table for table in cursor.execute(load("store")["tables"]).fetchall()}
    for name, rows, size, chunks, *_ in _hypertables(connection):
        tables[name] = Table(name, rows, size, chunks)
    return sorted(tables.values(), key=lambda table: (-table.bytes, table.name))


def _hypertables(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(load("store")["hypertables"]).fetchall() if has_timescale(connection) else []


def _columnstore(connection: Connection) -> Columnstore:
    found = _hypertables(connection)
    known = connection.execute(load("store")["license"]).fetchone()
    return Columnstore(
        sum(row[3] for row in found),
        sum(row[4] for row in found),
        any(row[5] for row in found),
        known[0] if known else None,
    )


def _compression(connection: Connection) -> dict[str, float]:
    if not has_timescale(connection):
        return {}
    rows = connection.execute(load("store")["compression"]).fetchall()
    return {str(table): float(before) / float(after) for table, before, after in rows if after}


def _jobs(connection: Connection, now: dt.datetime, server: Server) -> list[Job]:
    sql = load("store")
    with connection.cursor(row_factory=class_row(Job)) as cursor:
        found = cursor.execute(sql["worker_health"], {"since": now - _FAILURES_OVER}).fetchall()
        found += cursor.execute(sql["policy_health"]).fetchall()
        if server.timescaledb:
            found += cursor.execute(sql["background_health"]).fetchall()
    return found
