"""The job queue: which tasks there are, and how to ask for one."""

import datetime as dt
import functools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import procrastinate
from procrastinate.jobs import Job, Status

from routing.errors import RoutingError
from smartregion.errors import SmartRegionError
from smartregion.jobs.interrupted import Interrupted
from smartregion.jobs.keeping import Keeping, add_tasks
from smartregion.store import database
from smartregion.store.database import Connection

if TYPE_CHECKING:
    # Pages ask for jobs without waiting for the optimiser's imports.
    from smartregion.jobs.warming import Warming
    from smartregion.waste.plan_run import Options

PLAN_QUEUE = "plans"
CARE_QUEUE = "care"
EVERY_MINUTE = "* * * * *"
EVERY_HOUR = "17 * * * *"
EVERY_NIGHT = "41 2 * * *"
RECOUNTED = dt.timedelta(days=1)
"""How far back the books are recounted each hour."""
_STALLED_AFTER_S = 30.0

_log = logging.getLogger("smartregion.jobs")


@dataclass(frozen=True)
class Work:
    """What the tasks of one worker process need."""

    url: str
    zone: ZoneInfo
    clock: Callable[[], dt.datetime]
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the process is asked to end: long tasks raise Interrupted."""
    warming: "Warming | None" = None
    """The compilation that this process began; a plan begins one when there is none."""
    state: str = "BB"
    """Federal state of public holidays, as the setting of that name."""
    school_free: frozenset[dt.date] = frozenset()
    """Days of school holidays."""
    keeping: Keeping | None = None
    """Nightly backups and drills, where the settings name a folder for them."""
    options: "Options | None" = None
    """How plans are made where not as usual; `state` and `school_free` do not count then."""


class _AgainWhenInterrupted(procrastinate.BaseRetryStrategy):
    """Only a stop of the worker puts a job back; an error stands."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> procrastinate.RetryDecision | None:
        return procrastinate.RetryDecision() if isinstance(exception, Interrupted) else None


def make_app(work: Work) -> procrastinate.App:
    """The application of a worker; nothing is opened yet."""
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=work.url, min_size=1, max_size=4)
    )
    again = _AgainWhenInterrupted()
    if work.keeping is not None:
        add_tasks(app, work.keeping, CARE_QUEUE)

    @app.task(name="plan_tours", queue=PLAN_QUEUE, retry=again)
    def plan_tours(plan_id: int) -> None:
        try:
            from smartregion.waste.plan_run import Options, run_plan

            run_plan(
                work.url,
                plan_id,
                work.zone,
                work.clock,
                work.stopping.is_set,
                work.warming,
                work.options or Options(state=work.state, school_free=work.school_free),
            )
        except (SmartRegionError, RoutingError) as error:
            # The plan itself says why it failed; to the queue its job is done.
            _log.warning("plan %d: %s", plan_id, error)
        except Interrupted:
            raise
        except Exception as error:
            _give_up(work, plan_id, error)
            raise

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name="assign_segments", queue=CARE_QUEUE, lock="segments", queueing_lock="assign_segments")
    def assign_segments(timestamp: int) -> None:
        from smartregion.roads.condition import refresh

        with database.connect(work.url) as connection:
            refresh(connection, work.clock())

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name="refresh_rollups", queue=CARE_QUEUE, lock="rollups", queueing_lock="refresh_rollups")
    def refresh_rollups(timestamp: int) -> None:
        from smartregion.store.rollups import refresh

        with database.connect(work.url, autocommit=True) as connection:
            refresh(connection, work.clock(), work.zone.key)

    @app.periodic(cron=EVERY_NIGHT)
    @app.task(name="prove_rollups", queue=CARE_QUEUE, lock="rollups", queueing_lock="prove_rollups")
    def prove_rollups(timestamp: int) -> None:
        from smartregion.store.rollup_proof import prove

        with database.connect(work.url, autocommit=True) as connection:
            # Another sample every night.
            proof = prove(connection, work.clock(), work.zone, seed=timestamp)
        if not proof.holds:
            _log.error(
                "rollups: %d of %d are not what raw rows give", proof.sampled - proof.equal, proof.sampled
            )

    @app.periodic(cron=EVERY_HOUR)
    @app.task(name="forecast", queue=CARE_QUEUE, queueing_lock="forecast")
    def forecast(timestamp: int) -> None:
        from smartregion.waste.forecasts import refresh

        with database.connect(work.url) as connection:
            refresh(connection, work.clock(), work.zone, work.state)

    @app.periodic(cron=EVERY_HOUR)
    @app.task(name="policies", queue=CARE_QUEUE, queueing_lock="policies")
    def policies(timestamp: int) -> None:
        from smartregion.store.policies import run_policies

        url = work.url if work.keeping is None else work.keeping.owner_url
        for done in run_policies(url, work.clock()):
            _log.log(logging.WARNING if done.failed else logging.INFO, "%s: %s", done.name, done.result)

    @app.periodic(cron=EVERY_HOUR)
    @app.task(name="recount", queue=CARE_QUEUE, queueing_lock="recount")
    def recount(timestamp: int) -> None:
        from smartregion.books import keep_recount

        now = work.clock()
        with database.connect(work.url) as connection:
            found = keep_recount(connection, now - RECOUNTED, now)
        if found.wrong:
            _log.error("books: %d of %d lines do not balance", found.wrong, found.lines)

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name="sweep", queue=CARE_QUEUE, queueing_lock="sweep")
    async def sweep(timestamp: int) -> None:
        await sweep_stalled(app, work)

    return app


def _give_up(work: Work, plan_id: int, error: Exception) -> None:
    """A plan must not wait for ever because its job broke before the plan began."""
    from smartregion.waste import plan_store

    with database.connect(work.url) as connection:
        plan_store.fail(connection, plan_id, f"unexpected {type(error).__name__}: {error}", work.clock())


async def sweep_stalled(app: procrastinate.App, work: Work) -> int:
    """Settle what dead workers left: running plans fail, jobs of plans run again, others are given up.

    The job of a failed plan finds nothing to do; that of a queued plan makes it. Returns the number of jobs.
    """
    from smartregion.waste.plan_store import fail_lost

    with database.connect(work.url) as connection:
        fail_lost(connection, work.clock())
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER_S))
    for job in stalled:
        if job.task_name == "plan_tours":
            await app.job_manager.retry_job(job)
        else:
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
    return len(stalled)


def defer_plan(connection: Connection, plan_id: int) -> None:
    """Put a stored plan into the queue, in the transaction of `connection`."""
    task = _asking().configure_task("plan_tours", queue=PLAN_QUEUE, connection=connection)
    task.defer(plan_id=plan_id)


@functools.cache
def _asking() -> procrastinate.App:
    """An application that only asks: every job goes through a connection of the caller."""
    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
