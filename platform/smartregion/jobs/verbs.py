"""Verb of the jobs: `work`."""

import argparse
import datetime as dt


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `work`."""
    parser = verbs.add_parser("work", help="run jobs: plans, road segments, retention")
    parser.set_defaults(run=_work)


def _work(args: argparse.Namespace) -> int:
    import logging
    import sys

    from smartregion.jobs.app import Work
    from smartregion.jobs.keeping import Keeping
    from smartregion.jobs.warming import Warming
    from smartregion.jobs.worker import run
    from smartregion.settings import settings
    from smartregion.store.database import require_url
    from smartregion.waste.plan_settings import options_of

    chosen = settings()
    logging.basicConfig(stream=sys.stderr, level=chosen.log_level, format="%(asctime)s %(message)s")
    # The queue tells of every periodic job; only what goes wrong there is news.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    url, owner = require_url(chosen), chosen.owner_url
    owner_url = owner.get_secret_value() if owner is not None else url
    work = Work(
        url,
        chosen.zone,
        _now,
        warming=Warming(chosen.kernel_cache_dir),
        state=chosen.state,
        options=options_of(chosen),
        keeping=Keeping(owner_url, chosen.backup_dir, _now) if chosen.backup_dir is not None else None,
    )
    return run(work)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
