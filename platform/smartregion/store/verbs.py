"""Verb `db`, and those of the store in modules of their own."""

import argparse
import dataclasses
import datetime as dt
import json
import math
import pathlib

from smartregion.settings import settings
from smartregion.store import bench_verbs, transfer_verbs


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `db`, `export`, `import` and `bench store`."""
    transfer_verbs.register(verbs)
    bench_verbs.register(verbs)
    db = verbs.add_parser("db", help="schema, size, backup and policies of the database")
    subs = db.add_subparsers(metavar="WHAT", required=True)
    subs.add_parser("migrate", help="bring the schema to this version").set_defaults(run=_migrate)
    status = subs.add_parser("status", help="engine, schema, rows and bytes, age of the last backup")
    status.add_argument("--json", action="store_true", help="as one JSON object")
    status.set_defaults(run=_status)
    backup = subs.add_parser("backup", help="save the whole database to a file")
    backup.add_argument("file", type=pathlib.Path, metavar="FILE")
    backup.set_defaults(run=_backup)
    restore = subs.add_parser("restore", help="fill an empty database from a backup")
    restore.add_argument("file", type=pathlib.Path, metavar="FILE")
    restore.set_defaults(run=_restore)
    policies = subs.add_parser("run-policies", help="partitions, retention and jobs of TimescaleDB, now")
    policies.set_defaults(run=_run_policies)


def _migrate(args: argparse.Namespace) -> int:
    from smartregion.store import database
    from smartregion.store.migrate import migrate

    applied = migrate(database.require_url(settings()))
    for name in applied:
        print(f"applied {name}")
    if not applied:
        print("nothing to apply: the schema is up to date")
    return 0


def _status(args: argparse.Namespace) -> int:
    from smartregion.store import database
    from smartregion.store.health import health

    found = health(database.require_url(settings()))
    if args.json:
        print(json.dumps(dataclasses.asdict(found), default=_iso))
        return 0
    server, migrations = found.server, found.migrations
    engine = f"TimescaleDB {server.timescaledb} on " if server.timescaledb else ""
    print(f"database    {server.name}, {_size(server.bytes)}, {engine}PostgreSQL {server.version}")
    latest = migrations.applied[-1][0] if migrations.applied else "none"
    pending = f", to apply: {', '.join(migrations.pending)}" if migrations.pending else ", up to date"
    print(f"schema      {latest}{pending}")
    if found.last_backup is None:
        print("backup      never: `smartregion db backup FILE`")
    else:
        hours = (dt.datetime.now(dt.UTC) - found.last_backup).total_seconds() / 3600
        print(f"backup      {hours:.1f} h ago, at {found.last_backup:%Y-%m-%d %H:%M:%S}Z")
    width = max((len(table.name) for table in found.tables), default=5)
    print(f"\n{'table':{width}} {'rows':>12} {'size':>10} {'parts':>5}")
    for table in found.tables:
        if not table.rows and not table.partitions:
            continue
        parts = table.partitions or ""
        print(f"{table.name:{width}} {table.rows:>12,} {_size(table.bytes):>10} {parts:>5}")
    return 0


def _backup(args: argparse.Namespace) -> int:
    from smartregion.store import backup, database

    size = backup.backup(database.require_url(settings()), args.file, dt.datetime.now(dt.UTC))
    print(f"{args.file}: {_size(size)}")
    return 0


def _restore(args: argparse.Namespace) -> int:
    from smartregion.store import backup, database, migrate

    url = database.require_url(settings())
    backup.restore(url, args.file)
    pending = migrate.status(url).pending
    print(f"{args.file}: restored")
    if pending:
        print(f"schema is older than this program ({', '.join(pending)}): run `smartregion db migrate`")
    return 0


def _run_policies(args: argparse.Namespace) -> int:
    from smartregion.store import database
    from smartregion.store.policies import run_policies

    done = run_policies(database.require_url(settings()), dt.datetime.now(dt.UTC))
    for policy in done:
        print(f"{policy.name}: {'failed: ' if policy.failed else ''}{policy.result}")
    return 1 if any(policy.failed for policy in done) else 0


def _size(number: float) -> str:
    """Bytes for people, in steps of 1000."""
    power = min(4, int(math.log10(max(1, number)) // 3))
    return f"{number / 1000**power:.{min(power, 1)}f} {('B', 'kB', 'MB', 'GB', 'TB')[power]}"


def _iso(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)
