"""How fast the store writes and answers, beside plain COPY and a naive table in the same run."""

import dataclasses
import datetime as dt
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from smartregion.store import database
from smartregion.store.bench_rows import FIRST_VEHICLE, Rows, binary, days, readings
from smartregion.store.migrate import migrate
from smartregion.store.queries import load

FIRST_DAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
_BATCH = 20_000
_WRITER_ROWS_PER_S = 2000
_LATE_ROWS = 10_000
_PARTS = {"reading": "copy_reading", "lane": "copy_lane", "track": "copy_track"}
_TABLES = {"reading": "sr.reading", "lane": "sr.lane_interval", "track": "sr.track"}
_LIMITS_MS = {
    "containers_now": 200,
    "latest_all": 50,
    "container_series": 300,
    "station_quarters": 300,
    "station_band": 100,
    "dtv": 2000,
    "vehicle_day": 300,
    "fleet_days": 1000,
}
"""What pages can wait, by query."""


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """One query over many calls; the limit is what a page can wait."""

    rows: int
    p50_ms: float
    p95_ms: float
    limit_ms: float


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """Rows/s by way of writing, bytes by row and table, timings by query."""

    days: int
    rows: int
    write_rows_per_s: dict[str, float]
    bytes_per_row: dict[str, float]
    naive_bytes_per_row: float
    late_batch_s: float
    queries: dict[str, Timing]
    timescaledb: str = "not measured"


def measure(url: str, day_count: int, calls: int, seed: int, report: Callable[[str], None]) -> Result:
    """Fill an empty database with `day_count` days, then ask each query `calls` times beside a writer."""
    migrate(url)
    with database.connect(url, autocommit=True) as connection:
        connection.execute(load("bench_store")["registry"])
        written = _write(connection, day_count, seed, report)
        connection.execute(load("bench_store")["analyze"])
        sizes = {name: _bytes(connection, table) / written.rows[name] for name, table in _TABLES.items()}
        connection.execute(load("bench_store")["naive_table"])
        naive = _bytes(connection, "public.bench_naive") / written.rows["reading"]
        queries = _ask(url, connection, day_count, calls, report)
        late_s = _late(connection, seed)
    speeds = {name: written.rows[name] / seconds for name, seconds in written.seconds.items()}
    rows = sum(written.rows[name] for name in _PARTS)
    return Result(day_count, rows, speeds, sizes, naive, late_s, queries)


@dataclasses.dataclass(slots=True)
class _Written:
    rows: dict[str, int]
    seconds: dict[str, float]


def _write(
    connection: database.Connection, day_count: int, seed: int, report: Callable[[str], None]
) -> _Written:
    connection.execute(load("bench_store")["plain_table"])
    until = FIRST_DAY + dt.timedelta(days=day_count + 1)
    connection.execute(load("ingest")["ensure_partitions"], {"times": [FIRST_DAY, until]})
    written = _Written(dict.fromkeys(("plain COPY", *_PARTS), 0), dict.fromkeys(("plain COPY", *_PARTS), 0.0))
    for number, day in enumerate(days(FIRST_DAY, day_count, seed)):
        for name in _PARTS:
            rows: Rows = getattr(day, name)
            for batch in np.array_split(rows, max(1, -(-rows.size // _BATCH))) if rows.size else ():
                _timed(written, name, batch.size, lambda b=batch, n=name: store(connection, n, b))  # type: ignore[misc]
                if name == "reading":
                    _timed(written, "plain COPY", batch.size, lambda b=batch: _plain(connection, b))  # type: ignore[misc]
        report(f"written {number + 1} of {day_count} days")
    return written


def _timed(written: _Written, name: str, rows: int, work: Callable[[], None]) -> None:
    started = time.perf_counter()
    work()
    written.seconds[name] += time.perf_counter() - started
    written.rows[name] += rows


def store(connection: database.Connection, part: str, rows: Rows) -> None:
    """The write path of ingest: staging, then one insert, one commit."""
    ingest, copies = load("ingest"), load("ingest") if part == "reading" else load("bench_store")
    with connection.transaction():
        connection.execute(ingest["stage"])
        _copy(connection, copies[_PARTS[part]], rows)
        connection.execute(ingest[f"insert_{part}"])
        connection.execute(ingest[f"latest_{part}"])


def _plain(connection: database.Connection, rows: Rows) -> None:
    with connection.transaction():
        _copy(connection, load("bench_store")["plain_copy"], rows)


def _copy(connection: database.Connection, statement: str, rows: Rows) -> None:
    with connection.cursor().copy(statement) as copy:
        copy.write(binary(rows))


def _bytes(connection: database.Connection, table: str) -> int:
    row = connection.execute(load("bench_store")["bytes"], {"table": table}).fetchone()
    return int(row[0]) if row else 0


def _ask(
    url: str, connection: database.Connection, day_count: int, calls: int, report: Callable[[str], None]
) -> dict[str, Timing]:
    until = FIRST_DAY + dt.timedelta(days=day_count)
    timings = {}
    with _Writer(url, until):
        for name, limit_ms in _LIMITS_MS.items():
            taken, rows = [], 0
            for call in range(calls):
                parameters = _parameters(call, until, day_count)
                started = time.perf_counter()
                rows = len(connection.execute(load("bench_store")[name], parameters).fetchall())
                taken.append((time.perf_counter() - started) * 1000)
            p50_ms, p95_ms = (float(value) for value in np.percentile(taken, (50, 95)))
            timings[name] = Timing(rows, p50_ms, p95_ms, limit_ms)
            report(f"asked {name}: {p95_ms:.0f} ms")
    return timings


def _parameters(call: int, until: dt.datetime, day_count: int) -> Mapping[str, Any]:
    """Another object in each call, so that nothing is fast only because it was just read."""
    return {
        "container": f"C{call * 37 % 1600 + 1}",
        "station": f"Z{call * 37 % 100 + 1}",
        "device": FIRST_VEHICLE + call % 30,
        "day": FIRST_DAY + dt.timedelta(days=call % min(day_count, 5)),
        "since": FIRST_DAY,
        "until": until,
    }


class _Writer:
    """Writes 2,000 rows/s in the background, as ingest does on a busy day."""

    def __init__(self, url: str, day: dt.datetime) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(url, day), daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self, url: str, day: dt.datetime) -> None:
        rows = next(iter(days(day, 1, 1))).reading
        with database.connect(url, autocommit=True) as connection:
            position = 0
            while not self._stop.wait(0.5):
                batch = rows[position : position + _WRITER_ROWS_PER_S // 2].copy()
                position = (position + batch.size) % (rows.size - _WRITER_ROWS_PER_S)
                batch["time"] += position
                store(connection, "reading", batch)


def _late(connection: database.Connection, seed: int) -> float:
    """Seconds for 10,000 rows of weeks ago, half of which are there already."""
    day_us = (FIRST_DAY - dt.datetime(2000, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
    rows = readings(np.random.default_rng(seed), day_us, 1 << 60, 0)[:_LATE_ROWS].copy()
    rows["time"][::2] += 7_000_000
    started = time.perf_counter()
    store(connection, "reading", rows)
    return time.perf_counter() - started
