"""Verbs of the store."""

import argparse

from smartregion.settings import settings


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `db`."""
    db = verbs.add_parser("db", help="schema, size, backup and policies of the database")
    subs = db.add_subparsers(metavar="WHAT", required=True)
    migrate = subs.add_parser("migrate", help="bring the schema to this version")
    migrate.set_defaults(run=_migrate)


def _migrate(args: argparse.Namespace) -> int:
    from smartregion.store import database
    from smartregion.store.migrate import migrate

    applied = migrate(database.require_url(settings()))
    for name in applied:
        print(f"applied {name}")
    if not applied:
        print("nothing to apply: the schema is up to date")
    return 0
