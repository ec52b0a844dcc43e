"""What pages ask of a long history, asked many times beside a writer, and late batches rolled up."""

import dataclasses
import datetime as dt
import math
import pathlib
import threading
import time
from collections.abc import Callable, Sized
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from smartregion.store import database
from smartregion.store.bench_fill import FIRST_DAY, ZONE, Report, copy
from smartregion.store.bench_rows import FIRST_VEHICLE, STATIONS, Rows, days
from smartregion.store.queries import load
from smartregion.store.rollups import refresh
from smartregion.traffic.curves import day_curve
from smartregion.traffic.day_groups import school_holidays
from smartregion.traffic.dtv import dtv
from smartregion.traffic.series import station_series
from smartregion.waste.levels import level_series

WRITER_ROWS_PER_S = 2000
LATE_ROWS = 10_000
_LATE_BATCHES = 6
_BEAT_S = 0.5
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_BERLIN = ZoneInfo(ZONE)

Ask = Callable[[database.Connection, dt.datetime, int], Sized]
"""Ask a database whose rows end at a moment for the n-th time; what came back."""


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """One question over many calls; the limit is what a page can wait."""

    rows: int
    p50_ms: float
    p95_ms: float
    limit_ms: float
    p95_cpu_ms: float | None = None
    """On the processor, client and server together: what other processes do leaves no trace in it."""


def _station_chart(connection: database.Connection, until: dt.datetime, call: int) -> Sized:
    return station_series(connection, _station(call), FIRST_DAY, until)


def _station_band(connection: database.Connection, until: dt.datetime, call: int) -> Sized:
    date = (until - dt.timedelta(days=1)).date()
    return day_curve(connection, _station(call), date, _BERLIN, until).times


def _latest(connection: database.Connection, until: dt.datetime, call: int) -> Sized:
    return connection.cursor(binary=True).execute(load("bench_store")["latest_all"]).fetchall()


def _fleet_month(connection: database.Connection, until: dt.datetime, call: int) -> Sized:
    moment = FIRST_DAY + (until - FIRST_DAY) * (call % 10) / 10
    return connection.execute(load("bench_store")["fleet_month"], {"moment": moment, "zone": ZONE}).fetchall()


def _dtv(connection: database.Connection, until: dt.datetime, call: int) -> Sized:
    return dtv(connection, FIRST_DAY.date(), until.date(), _BERLIN, "BB", school_holidays("BB"))


def _container_series(connection: database.Connection, until: dt.datetime, call: int) -> Sized:
    return level_series(connection, f"C{call * 37 % 1600 + 1}", FIRST_DAY, until)


def _vehicle_day(connection: database.Connection, until: dt.datetime, call: int) -> Sized:
    day = FIRST_DAY + dt.timedelta(days=call % 5)
    values = {"device": FIRST_VEHICLE + call % 30, "day": day}
    return connection.execute(load("bench_store")["vehicle_day"], values).fetchall()


def _station(call: int) -> str:
    return f"Z{call * 37 % STATIONS + 1}"


QUESTIONS: dict[str, tuple[Ask, float]] = {
    "station, whole time": (_station_chart, 300),
    "day against its band": (_station_band, 100),
    "latest of 10,000 devices": (_latest, 50),
    "fleet month by segment": (_fleet_month, 1000),
    "DTV of 200 stations": (_dtv, 2000),
    "container, whole time": (_container_series, 300),
    "vehicle, one day": (_vehicle_day, 300),
}
"""Each with the most milliseconds that 95 of 100 calls may take."""


def ask(connection: database.Connection, name: str, until: dt.datetime, calls: int) -> Timing:
    """One question `calls` times, each time about another object, after a pass that fills the caches."""
    question, limit_ms = QUESTIONS[name]
    for call in range(calls):
        question(connection, until, call)
    taken, spent, rows = [], [], 0
    for call in range(calls):
        started, busy_s = time.perf_counter(), _busy_s(connection)
        rows = len(question(connection, until, call))
        taken.append((time.perf_counter() - started) * 1000)
        spent.append((_busy_s(connection) - busy_s) * 1000)
    p50_ms, p95_ms = (float(value) for value in np.percentile(taken, (50, 95)))
    cpu_ms = None if math.isnan(spent[0]) else round(float(np.percentile(spent, 95)), 1)
    return Timing(rows, round(p50_ms, 1), round(p95_ms, 1), limit_ms, cpu_ms)


def _busy_s(connection: database.Connection) -> float:
    """Processor time of this thread and of its server process; NaN where the system does not tell."""
    try:
        told = pathlib.Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text("ascii")
    except OSError:
        return math.nan
    return time.thread_time() + int(told.split()[0]) / 1e9


def late(connection: database.Connection, until: dt.datetime, seed: int, report: Report) -> list[float]:
    """Seconds to roll up each of a few batches of 10,000 old rows, readings and intervals by turns."""
    refresh(connection, until, ZONE)
    taken = []
    for number in range(_LATE_BATCHES):
        day = next(iter(days(FIRST_DAY + dt.timedelta(days=number), 1, seed)))
        kind, rows = ("lane", day.lane) if number % 2 else ("reading", day.reading)
        rows = rows[:LATE_ROWS].copy()
        rows["time"] += 7 * 60_000_000 + _run_offset_us()
        with connection.transaction():
            copy(connection, load("bench_store")[f"copy_{kind}"], rows)
            mark(connection, kind, rows)
        started = time.perf_counter()
        refresh(connection, until, ZONE)
        taken.append(round(time.perf_counter() - started, 2))
        report(f"late batch of {rows.size:,} {kind} rows: {taken[-1]:.2f} s")
    return taken


def _run_offset_us() -> int:
    """A resumed run writes other moments than the one before."""
    return time.time_ns() // 1000 % 60_000_000


def mark(connection: database.Connection, kind: str, rows: Rows) -> None:
    """The mark that ingest writes with such rows."""
    idents: npt.NDArray[np.int64] = np.unique(rows["series" if kind == "reading" else "device"]).astype(
        np.int64
    )
    first, last = (
        _EPOCH + dt.timedelta(microseconds=int(edge)) for edge in (rows["time"].min(), rows["time"].max())
    )
    count = len(idents)
    values = {"kind": kind, "idents": idents.tolist(), "firsts": [first] * count, "lasts": [last] * count}
    connection.execute(load("rollups")["mark"], values)


class Writer:
    """Writes 2,000 rows/s in the background, as ingest does on a busy day; counts what it wrote."""

    def __init__(self, url: str, day: dt.datetime) -> None:
        self.rows = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(url, day), daemon=True)
        self._started_s = 0.0
        self.rows_per_s = 0.0

    def __enter__(self) -> "Writer":
        self._started_s = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.rows_per_s = self.rows / (time.perf_counter() - self._started_s)

    def _run(self, url: str, day: dt.datetime) -> None:
        rows = next(iter(days(day, 1, 1))).reading
        size = int(WRITER_ROWS_PER_S * _BEAT_S)
        offset_us = time.time_ns() // 1000 % 1_000_000
        with database.connect(url, autocommit=True) as connection:
            due_s = time.perf_counter()
            while not self._stop.wait(max(0.0, due_s - time.perf_counter())):
                due_s += _BEAT_S
                place = self.rows % (rows.size - size)
                batch = rows[place : place + size].copy()
                batch["time"] += offset_us + self.rows // (rows.size - size) * 1_000_003 + self.rows
                self._write(connection, batch)
                self.rows += batch.size

    def _write(self, connection: database.Connection, batch: Rows) -> None:
        times = [_EPOCH + dt.timedelta(microseconds=int(value)) for value in batch["time"]]
        with connection.transaction():
            copy(connection, load("bench_store")["copy_reading"], batch)
            mark(connection, "reading", batch)
            connection.execute(
                load("ingest")["latest_reading"], {"series": batch["series"].tolist(), "times": times}
            )
