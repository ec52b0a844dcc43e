"""The worker process: runs jobs until it is told to end, and then ends within seconds."""

import asyncio
import logging
import os
import signal
import threading

import procrastinate
import psycopg

from smartregion.errors import DatabaseUnavailable
from smartregion.jobs.app import CARE_QUEUE, PLAN_QUEUE, Work, make_app, sweep_stalled
from smartregion.store import database

_CONCURRENCY = 3
_GRACE_S = 1.5
_LAST_S = 2.4
_AGAIN_S = 2.0
_NICE = 5

_log = logging.getLogger("smartregion.jobs")


def run(work: Work) -> int:
    """Work until SIGTERM or SIGINT; survives a restart of the database. Returns the exit code.

    Raises DatabaseUnavailable when the database does not answer at the start.
    """
    database.connect(work.url).close()
    if work.warming is not None:
        work.warming.start()
    # Tours may take their time: messages and pages go first.
    os.nice(_NICE)
    asyncio.run(_until_stopped(work))
    return 0


async def _until_stopped(work: Work) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()

    def stop() -> None:
        work.stopping.set()
        stopped.set()
        # A job that cannot stop (a compilation) must not keep the process: the server lets go of its plan.
        threading.Thread(target=_end_hard, name="last-resort", daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    while not stopped.is_set():
        try:
            await _work(work, stopped)
        except (procrastinate.exceptions.ConnectorException, psycopg.Error, DatabaseUnavailable) as error:
            _log.warning("work: %s; trying again", " ".join(str(error.__cause__ or error).split()))
            await _sleep(stopped, _AGAIN_S)


async def _work(work: Work, stopped: asyncio.Event) -> None:
    # A pool waits long for a database that is away; one connection tells at once.
    await asyncio.to_thread(lambda: database.connect(work.url).close())
    app = make_app(work)
    async with app.open_async():
        await sweep_stalled(app, work)
        worker = asyncio.create_task(
            app.run_worker_async(
                queues=[PLAN_QUEUE, CARE_QUEUE],
                name="work",
                concurrency=_CONCURRENCY,
                install_signal_handlers=False,
                shutdown_graceful_timeout=_GRACE_S,
                delete_jobs="successful",
            )
        )
        _log.info("work: ready for jobs")
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait({worker, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        worker.cancel()
        try:
            await worker
        except asyncio.CancelledError:
            return


async def _sleep(stopped: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopped.wait(), seconds)
    except TimeoutError:
        return


def _end_hard() -> None:
    threading.Event().wait(_LAST_S)
    os._exit(0)
