"""Verb `db`, and those of the store in modules of their own."""

import argparse
import dataclasses
import datetime as dt
import json
import math
import pathlib
from typing import TYPE_CHECKING

from smartregion.settings import settings
from smartregion.store import bench_verbs, keeping_verbs, rollup_verbs, transfer_verbs

if TYPE_CHECKING:
    from smartregion.store.health import Columnstore, Health


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `db`, `export`, `import` and `bench store`."""
    transfer_verbs.register(verbs)
    bench_verbs.register(verbs)
    db = verbs.add_parser("db", help="schema, size, backup and policies of the database")
    subs = db.add_subparsers(metavar="WHAT", required=True)
    migrate = subs.add_parser("migrate", help="bring the schema to this version, after a backup")
    migrate.add_argument(
        "--backup", type=pathlib.Path, metavar="FILE", help="where to (default: data_dir/backups)"
    )
    migrate.add_argument("--no-backup", action="store_true", help="when there is one already")
    migrate.set_defaults(run=_migrate)
    status = subs.add_parser("status", help="engine, schema, rows and bytes, age of the last backup")
    status.add_argument("--json", action="store_true", help="as one JSON object")
    status.set_defaults(run=_status)
    keeping_verbs.register(subs)
    rollup_verbs.register(subs)


def _migrate(args: argparse.Namespace) -> int:
    from smartregion.store import backup, database
    from smartregion.store.migrate import migrate, status

    url, now = database.require_url(settings()), dt.datetime.now(dt.UTC)
    found = status(url)
    if found.applied and found.pending and not args.no_backup:
        file = args.backup
        if file is None:
            folder = settings().data_dir / "backups"
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = folder / f"before-{found.pending[-1]}-{now:%Y%m%dT%H%M%SZ}.dump"
        backup.backup(url, file, now)
        print(f"backup before the migration: {file}")
    applied = migrate(url)
    for name in applied:
        print(f"applied {name}")
    if not applied:
        print("nothing to apply: the schema is up to date")
    return 0


def _status(args: argparse.Namespace) -> int:
    from smartregion.store import database
    from smartregion.store.health import health

    known = settings()
    found = health(database.require_url(known), dt.datetime.now(dt.UTC), known.database_disk_bytes)
    if args.json:
        print(json.dumps(dataclasses.asdict(found), default=_iso))
        return 0
    server, migrations = found.server, found.migrations
    engine = f"TimescaleDB {server.timescaledb} on " if server.timescaledb else ""
    print(f"database    {server.name}, {size(server.bytes)}, {engine}PostgreSQL {server.version}")
    latest = migrations.applied[-1][0] if migrations.applied else "none"
    pending = f", to apply: {', '.join(migrations.pending)}" if migrations.pending else ", up to date"
    print(f"schema      {latest}{pending}")
    _print_keeping(found)
    print(f"\n{'kind':14} {'rows':>14} {'size':>10} {'bytes/row':>10}")
    for kind in found.kinds:
        per_row = "" if kind.bytes_per_row is None else f"{kind.bytes_per_row:.0f}"
        packed = "" if kind.compression is None else f"  compressed to 1/{kind.compression:.1f}"
        print(f"{kind.name:14} {kind.rows:>14,} {size(kind.bytes):>10} {per_row:>10}{packed}")
    width = max((len(table.name) for table in found.tables), default=5)
    print(f"\n{'table':{width}} {'rows':>12} {'size':>10} {'parts':>5}")
    for table in found.tables:
        if not table.rows and not table.partitions:
            continue
        parts = table.partitions or ""
        print(f"{table.name:{width}} {table.rows:>12,} {size(table.bytes):>10} {parts:>5}")
    return 0


def _print_keeping(found: "Health") -> None:
    """Ages of backup, drill and proof; room and growth."""
    now = dt.datetime.now(dt.UTC)

    def age(moment: dt.datetime) -> str:
        return f"{(now - moment).total_seconds() / 3600:.1f} h ago, at {moment:%Y-%m-%d %H:%M:%S}Z"

    backup, drill, proof, disk = found.last_backup, found.last_drill, found.last_proof, found.disk
    print(f"backup      {age(backup) if backup else 'never: `smartregion db backup FILE`'}")
    result = "" if drill is None else "all equal" if drill.passed else drill.error or "DIFFERENT"
    print(f"drill       {f'{age(drill.drilled_at)}: {result}' if drill else 'never: `smartregion db drill`'}")
    told = f"{age(proof.proved_at)}: {proof.equal:,} of {proof.sampled:,} equal" if proof else "never"
    print(f"proof       {told}")
    free = (
        "the server is elsewhere: set database_disk_bytes" if disk.free is None else f"{size(disk.free)} free"
    )
    growth = "" if disk.growth_per_day is None else f", grows by {size(max(0, disk.growth_per_day))} a day"
    full = "" if disk.full_on is None else f", disk full on {disk.full_on}"
    print(f"disk        {free}{growth}{full}")
    if found.columnstore is not None:
        print(f"columnstore {_by_column(found.columnstore)}")
    for job in found.jobs:
        good = age(job.last_success) if job.last_success else "never"
        print(f"{job.source:11} {job.name}: last success {good}, {job.failures} failures")


def _by_column(found: "Columnstore") -> str:
    if found.in_use:
        return f"{found.packed} of {found.chunks} chunks, older than a week"
    return f"off: this build of TimescaleDB (license {found.license}) does not offer it"


def size(number: float) -> str:
    """Bytes for people, in steps of 1000."""
    power = min(4, int(math.log10(max(1, number)) // 3))
    return f"{number / 1000**power:.{min(power, 1)}f} {('B', 'kB', 'MB', 'GB', 'TB')[power]}"


def _iso(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)
