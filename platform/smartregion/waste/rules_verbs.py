"""Verb `waste`: the operator's tables from files and back."""

import argparse
import pathlib

from smartregion.program import shared_parser

_KINDS = ("shifts", "contracts", "chambers", "closures", "events")


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `waste import` and `waste list`."""
    subs = shared_parser(
        verbs, "waste", "what an operator knows beside the registry; the coming week; figures"
    )
    take = subs.add_parser("import", help="put a CSV file in the place of a table")
    take.add_argument("kind", choices=_KINDS, metavar="KIND", help=", ".join(_KINDS))
    take.add_argument("file", type=pathlib.Path, metavar="FILE.csv")
    take.set_defaults(run=_import)
    show = subs.add_parser("list", help="print a table as CSV")
    show.add_argument("kind", choices=_KINDS, metavar="KIND", help=", ".join(_KINDS))
    show.set_defaults(run=_list)


def _import(args: argparse.Namespace) -> int:
    from smartregion.settings import settings
    from smartregion.store import database
    from smartregion.waste.rules_store import import_file

    with database.connect(database.require_url(settings())) as connection:
        print(f"{args.kind}: {import_file(connection, args.kind, args.file)} rows")
    return 0


def _list(args: argparse.Namespace) -> int:
    from smartregion.settings import settings
    from smartregion.store import database
    from smartregion.waste.rules_file import write_rules
    from smartregion.waste.rules_store import table

    with database.connect(database.require_url(settings())) as connection:
        print(write_rules(args.kind, table(connection, args.kind)), end="")
    return 0
