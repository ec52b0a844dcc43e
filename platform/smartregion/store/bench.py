"""What a district's history takes and how fast it answers while ingest writes; every result is kept."""

import dataclasses
import datetime as dt
import json
import pathlib
from typing import Any

from smartregion.store import bench_ask, bench_fill, database
from smartregion.store.bench_ask import Timing
from smartregion.store.bench_fill import FIRST_DAY, Filled, Report
from smartregion.store.migrate import migrate


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What was written, what it takes, how fast it answers."""

    days: int
    filled: Filled
    queries: dict[str, Timing]
    writer_rows_per_s: float
    """What was written beside the questions."""
    late_batches_s: list[float]
    """Seconds to roll up each late batch of 10,000 rows."""


def measure(
    url: str, day_count: int, calls: int, seed: int, report: Report, kept: pathlib.Path | None = None
) -> Result:
    """Fill an empty database with `day_count` days, then ask each question `calls` times beside a writer.

    What was measured is written to `kept` at once; a run that finds it, and days in the database, goes on.
    On TimescaleDB all but the last week lies by column when the questions begin.
    """
    known: dict[str, Any] = json.loads(kept.read_text("utf-8")) if kept is not None and kept.exists() else {}

    def keep(name: str, value: Any) -> None:
        known[name] = value
        if kept is not None:
            kept.write_text(json.dumps(known, indent=2), encoding="utf-8")

    migrate(url)
    until = FIRST_DAY + dt.timedelta(days=day_count)
    with database.connect(url, autocommit=True) as connection:
        bench_fill.fill(connection, day_count, seed, report)
        if "filled" not in known:
            bench_fill.pack(connection, until, report)
            keep("filled", dataclasses.asdict(bench_fill.sizes(connection, report)))
        missing = [name for name in bench_ask.QUESTIONS if name not in known.get("queries", {})]
        if missing:
            with bench_ask.Writer(url, until) as writer:
                for name in missing:
                    timing = bench_ask.ask(connection, name, until, calls)
                    keep("queries", known.get("queries", {}) | {name: dataclasses.asdict(timing)})
                    report(f"asked {calls} times: {name}: {timing.p95_ms:.0f} ms")
            keep("writer_rows_per_s", round(writer.rows_per_s))
        if "late_batches_s" not in known:
            keep("late_batches_s", bench_ask.late(connection, until, seed, report))
    return Result(
        day_count,
        Filled(**known["filled"]),
        {name: Timing(**known["queries"][name]) for name in bench_ask.QUESTIONS},
        known["writer_rows_per_s"],
        known["late_batches_s"],
    )
