"""Verb `bench store`."""

import argparse
import dataclasses
import json
import pathlib
import shutil
import sys
from typing import TYPE_CHECKING

from smartregion.program import shared_parser
from smartregion.settings import settings

if TYPE_CHECKING:
    from smartregion.store.bench import Result

_YEAR, _MONTH = 365, 30
_CALLS = 100
_ENGINES = {"plain": "PostgreSQL", "timescaledb": "TimescaleDB"}
_SERVER = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "wal_level": "minimal",
}
"""More memory than a laptop's default, and no replica waits for the log."""


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `bench store`."""
    parser = shared_parser(verbs, "bench", "measure against a peer or a limit").add_parser(
        "store", help="a seeded year of a district in an embedded database, and the questions of the pages"
    )
    parser.add_argument("--quick", action="store_true", help="a month instead of a year")
    parser.add_argument("--days", type=int, help="another length, in days")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--folder", type=pathlib.Path, help="where an unfinished run is kept and goes on (in the data folder)"
    )
    parser.add_argument("--keep", action="store_true", help="keep the database of a finished run, too")
    parser.add_argument(
        "--json", action="store_true", help="the result as JSON on stdout, the table on stderr"
    )
    parser.set_defaults(run=_bench)


def _bench(args: argparse.Namespace) -> int:
    from smartregion.demo import ports, postgres
    from smartregion.demo.secret_file import load_or_make
    from smartregion.demo.servants import choose_servant, owned_folder, state_folder
    from smartregion.store.bench import measure
    from smartregion.store.scratch import beside

    def report(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    day_count = args.days or (_MONTH if args.quick else _YEAR)
    folder = args.folder or settings().data_dir / f"bench-store-{day_count}-{args.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    servant = choose_servant()
    cluster = owned_folder(state_folder(folder, servant) / "postgres", servant)
    password = load_or_make(folder / "secrets.json").database_owner
    settings_ = _SERVER | {"max_wal_senders": "0"}
    with postgres.running(cluster, ports.free_port(), password, settings_) as server:
        results = {"plain": measure(server.url, day_count, _CALLS, args.seed, report, folder / "result.json")}
    if native := settings().test_timescale_url:
        with beside(native.get_secret_value(), "bench") as url:
            results["timescaledb"] = measure(url, day_count, _CALLS, args.seed, report)
    if not args.keep:
        shutil.rmtree(cluster.parent)
        shutil.rmtree(folder)
    print(tables(results), file=sys.stderr if args.json else sys.stdout)
    if args.json:
        print(json.dumps({engine: dataclasses.asdict(result) for engine, result in results.items()}))
    return 0


def tables(results: "dict[str, Result]") -> str:
    """The results by engine for people."""
    parts = [f"{_ENGINES[engine]}: {table(result)}" for engine, result in results.items()]
    if "timescaledb" not in results:
        parts.append("TimescaleDB: not measured (SMARTREGION_TEST_TIMESCALE_URL names no native server)")
    return "\n\n".join(parts)


def table(result: "Result") -> str:
    """One engine's result for people."""
    filled = result.filled
    total = sum(filled.rows.values())
    speed = total / max(filled.seconds, 1e-9)
    lines = [
        f"{result.days} days, {total:,} rows, written and rolled up in {filled.seconds / 60:.1f} minutes"
        f" ({speed:,.0f} rows/s)",
        "",
        f"{'bytes a row':28}{'rows':>12}{'ours':>8}{'naive':>8}{'ratio':>8}",
    ]
    for name, rows in filled.rows.items():
        ours, naive = filled.bytes_per_row[name], filled.naive_bytes_per_row[name]
        lines.append(f"{name:28}{rows:>12,}{ours:>8.0f}{naive:>8.0f}{naive / ours:>8.1f}")
    lines.append(f"{'rollups, by raw row':28}{'':12}{filled.bytes_per_row['rollups']:>8.1f}")
    heads = f"{'p50 ms':>10}{'p95 ms':>10}{'limit ms':>10}{'p95 CPU':>10}"
    lines += ["", f"{'asked beside a writer':28}{'rows':>8}{heads}"]
    for name, timing in result.queries.items():
        cpu = "-" if timing.p95_cpu_ms is None else f"{timing.p95_cpu_ms:.1f}"
        times = f"{timing.p50_ms:>10.1f}{timing.p95_ms:>10.1f}{timing.limit_ms:>10.0f}{cpu:>10}"
        lines.append(f"{name:28}{timing.rows:>8}{times}{_mark(timing.p95_ms, timing.limit_ms)}")
    worst_s = max(result.late_batches_s)
    lines += [
        "",
        f"written beside: {result.writer_rows_per_s:,.0f} rows/s",
        f"late batch of 10,000 rows rolled up: {worst_s:.2f} s at most of {len(result.late_batches_s)}"
        f" (limit 5 s){_mark(worst_s, 5)}",
    ]
    return "\n".join(lines)


def _mark(value: float, limit: float) -> str:
    return "" if value <= limit else "  over the limit"
