"""Verb `waste`: the operator's tables from files and back, and the coming week."""

import argparse
import pathlib

from smartregion.program import shared_parser

_KINDS = ("shifts", "contracts", "chambers", "closures", "events")


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `waste import`, `waste list` and `waste week`."""
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
    ahead = subs.add_parser("week", help="what has to be lifted on each of the next seven days")
    ahead.set_defaults(run=_week)


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


def _week(args: argparse.Namespace) -> int:
    import datetime as dt

    from smartregion.settings import settings
    from smartregion.store import database
    from smartregion.waste.plan_week import week
    from smartregion.waste.rules_store import school_free

    chosen = settings()
    free = school_free(chosen.state, chosen.school_holidays)
    with database.connect(database.require_url(chosen)) as connection:
        days = week(connection, dt.datetime.now(dt.UTC), chosen.zone, chosen.state, free)
    print(f"{'day':<12}{'must':>6}{'may':>6}{'kg':>9}{'fixed':>7}{'accepted':>10}")
    for day in days:
        accepted = "-" if day.accepted is None else str(day.accepted)
        rest = "" if day.working else "  no working day"
        print(
            f"{day.date!s:<12}{day.must:>6}{day.may:>6}{day.load_kg:>9.0f}{day.fixed:>7}{accepted:>10}{rest}"
        )
    return 0
