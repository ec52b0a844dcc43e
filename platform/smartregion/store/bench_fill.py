"""The seeded district written day by day, each in one transaction, so that a run can resume."""

import dataclasses
import datetime as dt
import time
from collections.abc import Callable

from psycopg.sql import SQL, Identifier

from smartregion.store import database
from smartregion.store.bench_rows import Rows, binary, days
from smartregion.store.health import has_timescale
from smartregion.store.queries import load
from smartregion.store.rollups import refresh

FIRST_DAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
ZONE = "Europe/Berlin"
TABLES = {"reading": "sr.reading", "lane": "sr.lane_interval", "track": "sr.track"}
_VALUES = {"reading": 1, "lane": 10, "track": 4}
"""Values of a row: a naive table has a row for each."""
_REFRESH_DAYS = 7
_NAIVE_DAYS = 3

Report = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Filled:
    """What was written and what it takes."""

    rows: dict[str, int]
    """Raw rows by kind."""
    seconds: float
    """Time to write and roll up all of them, also of earlier runs."""
    bytes_per_row: dict[str, float]
    """Table, partitions and indexes, by kind; `rollups` are all rollup tables by raw row."""
    naive_bytes_per_row: dict[str, float]
    """The same rows with one naive row a value, names as text, and a plain index."""


def fill(connection: database.Connection, day_count: int, seed: int, report: Report) -> None:
    """Write the days that are missing and roll them up; `connection` is in autocommit mode."""
    sql = load("bench_store")
    if not connection.execute(sql["started"]).fetchall()[0][0]:
        with connection.transaction():
            connection.execute(sql["registry"])
    until = FIRST_DAY + dt.timedelta(days=day_count + 2)
    times = [FIRST_DAY + dt.timedelta(days=20 * step) for step in range(day_count // 20 + 1)]
    connection.execute(load("ingest")["ensure_partitions"], {"times": [*times, until]})
    connection.execute(sql["stage_passed"])
    written = int(connection.execute(sql["days"]).fetchall()[0][0])
    begun = time.perf_counter()
    for number, day in enumerate(days(FIRST_DAY, day_count, seed, written), start=written):
        started = time.perf_counter()
        begin = FIRST_DAY + dt.timedelta(days=number)
        with connection.transaction():
            for name in TABLES:
                copy(connection, sql[f"copy_{name}"], getattr(day, name))
            copy(connection, sql["copy_passed"], day.passed)
            connection.execute(sql["passes"], {"day": begin})
            connection.execute(sql["mark"], {"day": begin})
            if (number + 1) % _REFRESH_DAYS == 0 or number + 1 == day_count:
                refresh(connection, begin + dt.timedelta(days=1), ZONE)
            connection.execute(sql["done"], {"number": number, "seconds": time.perf_counter() - started})
        left_s = (time.perf_counter() - begun) / (number + 1 - written) * (day_count - number - 1)
        report(f"written {number + 1} of {day_count} days, about {left_s / 60:.1f} minutes left")
    connection.execute(sql["newest"], {"until": FIRST_DAY + dt.timedelta(days=day_count)})


def pack(connection: database.Connection, until: dt.datetime, report: Report) -> None:
    """Move what ended a week before `until` into TimescaleDB's columnstore, as its policy would by then."""
    if not has_timescale(connection):
        return
    for name, table in TABLES.items():
        values = {"table": table, "before": until - dt.timedelta(days=7)}
        moved = len(connection.execute(load("bench_store")["pack"], values).fetchall())
        report(f"moved {moved} chunks of {name} into the columnstore")


def sizes(connection: database.Connection, report: Report) -> Filled:
    """Rows and bytes of what is there, beside a naive table of three of its days."""
    sql = load("bench_store")
    report("counting rows and bytes")
    connection.execute(sql["analyze"])
    rows = {name: _rows(connection, table) for name, table in TABLES.items()}
    each = {name: _bytes(connection, table) / rows[name] for name, table in TABLES.items()}
    rollups = sum(_bytes(connection, f"sr.{kind}_rollup") for kind in ("count", "level", "energy", "road"))
    each["rollups"] = rollups / sum(rows.values())
    seconds = float(connection.execute(sql["days"]).fetchall()[0][1])
    return Filled(rows, seconds, each, _naive(connection))


def _naive(connection: database.Connection) -> dict[str, float]:
    sql = load("bench_store")
    found = {}
    span = {"since": FIRST_DAY, "until": FIRST_DAY + dt.timedelta(days=_NAIVE_DAYS)}
    with connection.transaction(force_rollback=True):
        connection.execute(sql["naive_table"])
        for name in TABLES:
            count = connection.execute(sql[f"naive_{name}"], span).rowcount
            found[name] = _bytes(connection, "public.bench_naive") / (count / _VALUES[name])
            connection.execute(sql["empty_naive"])
    return found


def copy(connection: database.Connection, statement: str, rows: Rows) -> None:
    """Binary COPY of rows."""
    if rows.size:
        with connection.cursor().copy(statement) as target:
            target.write(binary(rows))


def _rows(connection: database.Connection, table: str) -> int:
    statement = SQL(load("bench_store")["rows"]).format(table=Identifier(*table.split(".")))
    return int(connection.execute(statement).fetchall()[0][0])


def _bytes(connection: database.Connection, table: str) -> int:
    sql, found = load("bench_store"), None
    if has_timescale(connection):
        found = connection.execute(sql["hypertable_bytes"], {"table": table}).fetchall()[0][0]
    return int(found or connection.execute(sql["bytes"], {"table": table}).fetchall()[0][0])
