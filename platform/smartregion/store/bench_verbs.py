"""Verb `bench store`."""

import argparse
import dataclasses
import json
import pathlib
import secrets
import sys
import tempfile
from typing import TYPE_CHECKING

from smartregion.program import shared_parser

if TYPE_CHECKING:
    from smartregion.store.bench import Result


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `bench store`."""
    parser = shared_parser(verbs, "bench", "measure against a peer or a limit").add_parser(
        "store", help="a seeded month of a district into an embedded database, and the queries of the pages"
    )
    parser.add_argument("--quick", action="store_true", help="a week instead of a month")
    parser.add_argument("--days", type=int, help="another length, in days")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--json", action="store_true", help="the result as JSON on stdout, the table on stderr"
    )
    parser.set_defaults(run=_bench)


def _bench(args: argparse.Namespace) -> int:
    from smartregion.demo import ports, postgres
    from smartregion.demo.servants import choose_servant, owned_folder
    from smartregion.store.bench import measure

    def report(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="smartregion-bench-") as name:
        folder = pathlib.Path(name) / "cluster"
        pathlib.Path(name).chmod(0o755)
        owned_folder(folder, choose_servant())
        with postgres.running(folder, ports.free_port(), secrets.token_hex(8), {}) as server:
            result = measure(server.url, args.days or (7 if args.quick else 30), 100, args.seed, report)
    print(table(result), file=sys.stderr if args.json else sys.stdout)
    if args.json:
        print(json.dumps(dataclasses.asdict(result)))
    return 0


def table(result: "Result") -> str:
    """The result for people."""
    plain = result.write_rows_per_s["plain COPY"]
    lines = [
        f"{result.days} days, {result.rows:,} rows",
        "",
        f"{'written by':28}{'rows/s':>10}{'of plain COPY':>15}",
    ]
    lines += [
        f"{name:28}{speed:>10,.0f}{speed / plain:>14.0%}" for name, speed in result.write_rows_per_s.items()
    ]
    lines += ["", f"{'bytes a row':28}{'ours':>10}{'naive':>10}"]
    for name, size in result.bytes_per_row.items():
        lines.append(
            f"{name:28}{size:>10.0f}" + (f"{result.naive_bytes_per_row:>10.0f}" * (name == "reading"))
        )
    lines += ["", f"{'asked, 100 calls':28}{'rows':>8}{'p50 ms':>10}{'p95 ms':>10}{'limit ms':>10}"]
    for name, timing in result.queries.items():
        mark = "" if timing.p95_ms <= timing.limit_ms else "  over the limit"
        times = f"{timing.p50_ms:>10.1f}{timing.p95_ms:>10.1f}{timing.limit_ms:>10.0f}"
        lines.append(f"{name:28}{timing.rows:>8}{times}{mark}")
    lines += ["", f"a late batch of 10,000 rows: {result.late_batch_s:.2f} s (limit 5 s)"]
    lines.append(f"TimescaleDB: {result.timescaledb}")
    return "\n".join(lines)
