"""Verbs of `db` that keep the data: backup, restore, drill, retention, run-policies."""

import argparse
import datetime as dt
import pathlib
import sys

from smartregion.settings import settings


def register(subs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add them to `db`."""
    backup = subs.add_parser("backup", help="save the whole database to a file, or with --jobs to a folder")
    backup.add_argument("file", type=pathlib.Path, metavar="FILE")
    backup.add_argument("--jobs", type=int, metavar="N", help="a folder, written by N processes at once")
    backup.add_argument("--overwrite", action="store_true", help="in the place of a backup of this name")
    backup.set_defaults(run=_backup)
    restore = subs.add_parser("restore", help="fill an empty database from a backup")
    restore.add_argument("file", type=pathlib.Path, metavar="FILE")
    restore.add_argument("--jobs", type=int, metavar="N", help="N processes at once")
    restore.add_argument(
        "--overwrite", action="store_true", help="in the place of what is there, once all is restored"
    )
    restore.set_defaults(run=_restore)
    drill = subs.add_parser(
        "drill", help="restore a backup (default: one taken now) into a scratch database and compare"
    )
    drill.add_argument("file", type=pathlib.Path, metavar="FILE", nargs="?")
    drill.set_defaults(run=_drill)
    retention = subs.add_parser("retention", help="how long each kind of data stays, and why")
    retention.add_argument(
        "--dry-run", action="store_true", help="rows and bytes that each rule would delete"
    )
    retention.add_argument(
        "--set", nargs=2, metavar=("KIND", "DAYS"), dest="change", help="other days, or `keep`"
    )
    retention.set_defaults(run=_retention)
    policies = subs.add_parser("run-policies", help="partitions, retention and jobs of TimescaleDB, now")
    policies.set_defaults(run=_run_policies)


def _backup(args: argparse.Namespace) -> int:
    from smartregion.store import backup, database
    from smartregion.store.verbs import size

    url, now = database.require_url(settings()), dt.datetime.now(dt.UTC)
    taken = backup.backup(
        url, args.file, now, jobs=args.jobs, overwrite=args.overwrite, report=_Show("backup")
    )
    held = taken.manifest
    print(f"{args.file}: {size(taken.bytes)}, {held.rows:,} rows of {len(held.tables)} tables")
    return 0


def _restore(args: argparse.Namespace) -> int:
    from smartregion.store import backup, database, migrate

    url = database.require_url(settings())
    backup.restore(url, args.file, jobs=args.jobs, overwrite=args.overwrite, report=_Show("restore"))
    pending = migrate.status(url).pending
    print(f"{args.file}: restored")
    if pending:
        print(f"schema is older than this program ({', '.join(pending)}): run `smartregion db migrate`")
    return 0


def _drill(args: argparse.Namespace) -> int:
    from smartregion.store import database
    from smartregion.store.drill import drill

    url = database.require_url(settings())
    found = drill(url, args.file, dt.datetime.now(dt.UTC), _Show("drill"))
    if found.error is not None:
        print(f"drill failed: {found.error}", file=sys.stderr)
        return 1
    for difference in found.different:
        print(f"different: {difference}")
    result = "all equal" if found.passed else f"{len(found.different)} differ"
    print(
        f"{found.file}: {found.rows:,} rows of {found.tables} tables compared in {found.days} pieces, "
        f"by table and day: {result} ({found.seconds:.1f} s)"
    )
    return 0 if found.passed else 1


def _retention(args: argparse.Namespace) -> int:
    from smartregion.errors import InvalidInput
    from smartregion.store import database
    from smartregion.store.health import bytes_by_kind
    from smartregion.store.retention import due, rules, set_rule
    from smartregion.store.verbs import size

    with database.connect(database.require_url(settings())) as connection:
        if args.change is not None:
            kind, days = args.change
            if days != "keep" and not days.isdecimal():
                raise InvalidInput("DAYS", days, "a whole number from 1 up, or keep")
            known = rules(connection).get(kind)
            set_rule(connection, kind, None if days == "keep" else int(days), known.most if known else None)
            connection.commit()
        counted = due(connection, dt.datetime.now(dt.UTC)) if args.dry_run else {}
        weights = bytes_by_kind(connection) if args.dry_run else {}
        for rule in rules(connection).values():
            limits = [
                f"{rule.days} days" if rule.days else "",
                f"at most {rule.most:,} rows" if rule.most else "",
            ]
            print(f"{rule.kind:14} {', '.join(filter(None, limits)) or 'kept'}")
            if args.dry_run:
                rows = counted[rule.kind]
                print(f"{'':14} would delete {rows:,} rows, about {size(rows * weights.get(rule.kind, 0))}")
            print(f"{'':14} {rule.reason_en}")
    return 0


def _run_policies(args: argparse.Namespace) -> int:
    from smartregion.store import database
    from smartregion.store.policies import run_policies

    done = run_policies(database.require_url(settings()), dt.datetime.now(dt.UTC))
    for policy in done:
        print(f"{policy.name}: {'failed: ' if policy.failed else ''}{policy.result}")
    return 1 if any(policy.failed for policy in done) else 0


class _Show:
    """Progress on stderr: a line that grows on a terminal, else one for each tenth."""

    def __init__(self, what: str) -> None:
        self._what, self._told = what, -1

    def __call__(self, share: float, table: str) -> None:
        tenth = int(share * 10)
        if sys.stderr.isatty():
            print(f"\r{self._what} {share * 100:3.0f} % {table:50.50}", end="", file=sys.stderr, flush=True)
        elif tenth > self._told:
            print(f"{self._what} {share * 100:.0f} % {table}", file=sys.stderr, flush=True)
        self._told = max(self._told, tenth)
