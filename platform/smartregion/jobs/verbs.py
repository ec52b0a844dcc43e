"""Verb of the jobs: `work`."""

import argparse


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `work`."""
    parser = verbs.add_parser("work", help="run jobs: plans, road segments, retention")
    parser.set_defaults(run=_work)


def _work(args: argparse.Namespace) -> int:
    import datetime as dt
    import logging
    import sys

    from smartregion.jobs.app import Work
    from smartregion.jobs.warming import Warming
    from smartregion.jobs.worker import run
    from smartregion.settings import settings
    from smartregion.store.database import require_url

    chosen = settings()
    logging.basicConfig(stream=sys.stderr, level=chosen.log_level, format="%(asctime)s %(message)s")
    # The queue tells of every periodic job; only what goes wrong there is news.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    work = Work(
        require_url(chosen),
        chosen.zone,
        lambda: dt.datetime.now(dt.UTC),
        warming=Warming(chosen.kernel_cache_dir),
        state=chosen.state,
    )
    return run(work)
