"""The worker process for real: makes a plan, gives it back when told to end, leaves a trace when killed."""

import datetime as dt
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from smartregion.waste import plans
from tests.smartregion.plan_town import fill_registry, fill_roads, tell_levels

_PATIENCE_S = 90.0
"""A first compilation of the kernels on a busy machine."""
_LONG_S = 300.0
_DATE = dt.date(2030, 6, 4)


@pytest.fixture
def town(connection: psycopg.Connection, tmp_path: pathlib.Path) -> psycopg.Connection:
    """A town with containers to lift."""
    fill_registry(connection, tmp_path)
    fill_roads(connection, tmp_path)
    tell_levels(connection, {"dp0": 0.9, "dp1": 0.95, "dp2": 0.9}, dt.datetime.now(dt.UTC))
    connection.commit()
    connection.autocommit = True
    return connection


@pytest.fixture
def start(
    database_url: str, smartregion: str, tmp_path: pathlib.Path, kernels: pathlib.Path
) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start workers; whatever still runs afterwards is killed."""
    begun: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        # The rights that the demo and the compose file give this process.
        url = f"{database_url}?options=-c%20role%3Dsr_web"
        environment = os.environ | {
            "SMARTREGION_DATABASE_URL": url,
            "SMARTREGION_KERNEL_CACHE_DIR": str(kernels),
        }
        with (tmp_path / "work.log").open("a") as log:
            begun.append(
                subprocess.Popen([smartregion, "work"], env=environment, cwd=tmp_path, stderr=log, text=True)
            )
        return begun[-1]

    yield begin
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.wait()


def _until(
    connection: psycopg.Connection, plan_id: int, reached: Callable[[plans.PlanState], bool]
) -> plans.PlanState:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        state = plans.plan(connection, plan_id)
        if reached(state):
            return state
        time.sleep(0.1)
    pytest.fail(f"plan is still {state.state}: {state.progress}")


def _searching(state: plans.PlanState) -> bool:
    return state.state == "running" and state.progress.get("phase") == "searching"


def _ask(connection: psycopg.Connection, seconds: float) -> int:
    return plans.request_plan(connection, _DATE, seconds, dt.datetime.now(dt.UTC))


def test_stopped_worker_gives_its_plan_back_and_the_next_one_makes_it(
    town: psycopg.Connection, start: Callable[[], subprocess.Popen[str]]
) -> None:
    plan_id = _ask(town, _LONG_S)
    first = start()
    running = _until(town, plan_id, _searching)
    assert running.progress["best_cost"] > 0
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=20) == 0
    assert plans.plan(town, plan_id).state == "queued"
    town.execute("UPDATE sr.plan SET seconds = 0.5")
    second = start()
    done = _until(town, plan_id, lambda state: state.state in ("done", "failed"))
    assert (done.state, done.summary["lifts"]) == ("done", 3)
    second.send_signal(signal.SIGINT)
    assert second.wait(timeout=20) == 0


def test_killed_worker_leaves_a_failed_plan(
    town: psycopg.Connection, start: Callable[[], subprocess.Popen[str]]
) -> None:
    plan_id = _ask(town, _LONG_S)
    worker = start()
    _until(town, plan_id, _searching)
    worker.kill()
    worker.wait()
    lost = _until(town, plan_id, lambda state: state.state == "failed")
    assert lost.error == plans.LOST


def test_worker_without_database_says_so(smartregion: str, tmp_path: pathlib.Path, free_port: int) -> None:
    environment = os.environ | {"SMARTREGION_DATABASE_URL": f"postgresql://u:secret@127.0.0.1:{free_port}/x"}
    done = subprocess.run(
        [smartregion, "work"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"127.0.0.1:{free_port}" in done.stderr
    assert "secret" not in done.stderr
