"""The queue on a real database: asking, rolling back, sweeping up after dead workers, retention."""

import asyncio
import dataclasses
import datetime as dt
import json
import pathlib
import uuid
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from smartregion.errors import InvalidInput, SmartRegionError
from smartregion.jobs.app import Work, make_app, sweep_stalled
from smartregion.jobs.keeping import Keeping
from smartregion.store import manifest
from smartregion.store.drill import last_drill
from smartregion.store.retention import forget_kind, rules
from smartregion.waste import plan_run, plan_store, plans

_NOW = dt.datetime(2026, 6, 2, 10, tzinfo=dt.UTC)
_DATE = dt.date(2026, 6, 3)


def _work(url: str) -> Work:
    return Work(url, ZoneInfo("Europe/Berlin"), lambda: _NOW)


def _jobs(connection: psycopg.Connection) -> list[tuple[str, str, dict[str, int]]]:
    rows = connection.execute(
        "SELECT task_name, status::text, args FROM procrastinate_jobs ORDER BY id"
    ).fetchall()
    return [(name, status, args) for name, status, args in rows]


def _forget_tracks(connection: psycopg.Connection) -> int:
    return forget_kind(connection, _NOW, rules(connection)["track"]).rows


def test_plan_and_job_are_there_together(connection: psycopg.Connection) -> None:
    plan_id = plans.request_plan(connection, _DATE, 5, _NOW)
    assert _jobs(connection) == [("plan_tours", "todo", {"plan_id": plan_id})]
    state = plans.plan(connection, plan_id)
    assert (state.state, state.seconds, state.progress) == ("queued", 5, {"phase": "queued"})
    connection.rollback()
    assert _jobs(connection) == []
    assert plans.plans_of_date(connection, _DATE) == []


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), 3601.0])
def test_impossible_search_times_are_refused(connection: psycopg.Connection, seconds: float) -> None:
    with pytest.raises(InvalidInput, match="seconds"):
        plans.request_plan(connection, _DATE, seconds, _NOW)


def test_running_plan_without_its_process_is_told_as_failed(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as reader:
        plan_id = plans.new_plan(reader, _DATE, 5, _NOW)
        with (
            psycopg.connect(database_url, autocommit=True) as worker,
            plan_store.holding(worker, plan_id) as held,
        ):
            assert held
            assert plan_store.begin(worker, plan_id) == plan_store.Begun(_DATE, 5.0, None, None, None)
            assert plans.plan(reader, plan_id).state == "running"
            assert plan_store.fail_lost(reader, _NOW) == []
            with plan_store.holding(reader, plan_id) as also_held:
                assert not also_held
        told = plans.plan(reader, plan_id)
        assert (told.state, told.error) == ("failed", plans.LOST)
        assert plan_store.fail_lost(reader, _NOW) == [plan_id]
        assert plan_store.begin(reader, plan_id) is None


def test_sweep_runs_jobs_of_dead_workers_again_and_gives_up_the_others(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        plan_id = plans.request_plan(connection, _DATE, 5, _NOW)

        async def die_with_jobs() -> int:
            app = make_app(_work(database_url))
            async with app.open_async():
                await app.configure_task("policies", queue="care").defer_async(timestamp=0)
                worker_id = await app.job_manager.register_worker()
                for _ in range(2):
                    assert await app.job_manager.fetch_job(queues=None, worker_id=worker_id) is not None
                assert await sweep_stalled(app, _work(database_url)) == 0
                connection.execute(
                    "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
                )
                return await sweep_stalled(app, _work(database_url))

        assert asyncio.run(die_with_jobs()) == 2
        assert _jobs(connection) == [
            ("plan_tours", "todo", {"plan_id": plan_id}),
            ("policies", "failed", {"timestamp": 0}),
        ]


def test_job_that_breaks_before_its_plan_begins_fails_the_plan(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise ImportError("half an installation")

    monkeypatch.setattr(plan_run, "run_plan", broken)
    with psycopg.connect(database_url, autocommit=True) as connection:
        plan_id = plans.request_plan(connection, _DATE, 5, _NOW)
        with pytest.raises(ImportError):
            make_app(_work(database_url)).tasks["plan_tours"](plan_id=plan_id)
        told = plans.plan(connection, plan_id)
        assert (told.state, told.error) == ("failed", "unexpected ImportError: half an installation")


def _message(received: dt.datetime) -> int:
    since = received - dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    return int(since / dt.timedelta(microseconds=1)) << 10


def test_retention_forgets_positions_and_counts_their_packets(connection: psycopg.Connection) -> None:
    name = f"truck-{uuid.uuid4()}"
    row = connection.execute("INSERT INTO sr.device (name) VALUES (%s) RETURNING id", [name]).fetchone()
    assert row is not None
    limit = _NOW - dt.timedelta(days=14)
    times = [limit - dt.timedelta(minutes=40), limit - dt.timedelta(seconds=1), limit, _NOW]
    connection.execute("SELECT sr.ensure_partitions(%s, %s)", [min(times), max(times)])
    old, across, new = (_message(limit + dt.timedelta(hours=hours)) for hours in (1, 2, 3))
    for time, message in zip(times, (old, across, across, new), strict=True):
        connection.execute(
            "INSERT INTO sr.track (time, message, lon, lat, device) VALUES (%s, %s, 14, 51, %s)",
            [time, message, row[0]],
        )
    assert _forget_tracks(connection) == 2
    left = connection.execute("SELECT message FROM sr.track ORDER BY time").fetchall()
    assert left == [(across,), (new,)]
    counted = connection.execute("SELECT device, quarter, messages FROM sr.forgotten").fetchall()
    assert counted == [(name, limit + dt.timedelta(hours=1), 1)]
    assert _forget_tracks(connection) == 0


def test_the_hourly_job_keeps_the_house(database_url: str) -> None:
    """Partitions ahead, old rows gone, sizes noted: with the rights of the worker, not the owner's."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER ROLE sr_web LOGIN PASSWORD 'worker'")
        url = make_conninfo(database_url, user="sr_web", password="worker")
        connection.execute("SELECT sr.ensure_partitions(%s, %s)", [_NOW - dt.timedelta(days=40), _NOW])
        connection.execute(
            "INSERT INTO sr.track (time, message, lon, lat, device) VALUES (%s, 1, 14, 51, 1)",
            [_NOW - dt.timedelta(days=40)],
        )
        make_app(_work(url)).tasks["policies"](timestamp=0)
        connection.execute("ALTER ROLE sr_web NOLOGIN PASSWORD NULL")
        assert connection.execute("SELECT count(*) FROM sr.track").fetchone() == (0,)
        ahead = (_NOW + dt.timedelta(days=59)).strftime("sr.reading_%Y_%m")
        assert connection.execute("SELECT to_regclass(%s) IS NOT NULL", [ahead]).fetchone() == (True,)
        days = connection.execute("SELECT DISTINCT day FROM sr.size").fetchall()
        assert days == [(_NOW.date(),)]


def test_the_worker_saves_each_night_and_tries_a_restore_each_week(
    database_url: str, tmp_path: pathlib.Path
) -> None:
    now = dt.datetime(2026, 11, 21, 1, 23, tzinfo=dt.UTC)
    keeping = Keeping(database_url, tmp_path / "backups", lambda: now)
    app = make_app(dataclasses.replace(_work(database_url), keeping=keeping))
    planned = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert (planned["backup"], planned["drill"]) == ("23 1 * * *", "23 3 * * 0")
    app.tasks["backup"](timestamp=0)
    app.tasks["drill"](timestamp=0)
    with psycopg.connect(database_url) as connection:
        held = last_drill(connection)
    assert held is not None
    assert (held.file, held.passed, held.drilled_at) == ("nightly-2026-11-21.dump", True, now)
    file = tmp_path / "backups" / held.file
    told = json.loads(manifest.path_of(file).read_text())
    told["tables"]["sr.quantity"] = {"": [1, "17"]}
    manifest.path_of(file).write_text(json.dumps(told))
    with pytest.raises(SmartRegionError, match="drill: 1 differ"):
        app.tasks["drill"](timestamp=0)


def test_worker_may_forget_tracks_but_not_change_them(connection: psycopg.Connection) -> None:
    connection.execute("SET ROLE sr_web")
    assert _forget_tracks(connection) == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM sr.track")
