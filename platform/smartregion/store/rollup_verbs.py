"""Verbs `db refresh` and `db prove`."""

import argparse
import dataclasses
import datetime as dt
import json
import sys

from smartregion.settings import settings


def register(subs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `db refresh` and `db prove`."""
    refresh = subs.add_parser(
        "refresh", help="roll up what was written since the last time, as the worker does"
    )
    refresh.add_argument("--all", action="store_true", help="everything anew, not only what is marked")
    refresh.set_defaults(run=_refresh)
    prove = subs.add_parser("prove", help="compute a sample of rollups once more from raw rows and compare")
    prove.add_argument("--sample", type=int, default=5000, metavar="N", help="about how many rollups (5000)")
    prove.add_argument("--seed", type=int, default=0, help="another number draws another sample")
    prove.add_argument("--json", action="store_true", help="as one JSON object")
    prove.set_defaults(run=_prove)


def _refresh(args: argparse.Namespace) -> int:
    from smartregion.store import database
    from smartregion.store.rollups import mark_all, refresh

    url, zone = database.require_url(settings()), settings().zone
    with database.connect(url, autocommit=True) as connection:
        if args.all:
            mark_all(connection)
        found = refresh(connection, dt.datetime.now(dt.UTC), zone.key)
    print(f"{found.days} days of objects looked at, {found.rows} rollups changed")
    return 0


def _prove(args: argparse.Namespace) -> int:
    from smartregion.store import database
    from smartregion.store.rollup_proof import prove

    url, zone = database.require_url(settings()), settings().zone
    with database.connect(url, autocommit=True) as connection:
        proof = prove(connection, dt.datetime.now(dt.UTC), zone, args.sample, args.seed)
    if args.json:
        print(json.dumps(dataclasses.asdict(proof), default=str))
    else:
        kinds = ", ".join(f"{kind} {equal} of {sampled}" for kind, (sampled, equal) in proof.by_kind.items())
        print(
            f"rollup = recomputed, {100 * proof.share:.4g} % of {proof.sampled:,} ({kinds}),"
            f" {proof.seconds:.1f} s"
        )
    for one in proof.differing:
        print(
            "{kind} {span} {object} {bucket}: stored {stored}, recomputed {recomputed}".format(**one),
            file=sys.stderr,
        )
    return 0 if proof.holds else 1
