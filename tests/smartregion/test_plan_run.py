"""A plan from the database and back: figures, tours, sheets, acceptance, and every way it can fail."""

import datetime as dt
import json
import pathlib
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

import routing
from smartregion.errors import NotFound, SmartRegionError
from smartregion.jobs.interrupted import Interrupted
from smartregion.program import main
from smartregion.waste import plan_run, plans
from smartregion.waste.plan_solve import Effort
from tests.smartregion.plan_town import NOW, TODAY, fill_registry, fill_roads, tell_levels

pytestmark = pytest.mark.usefixtures("kernels")
_BERLIN = ZoneInfo("Europe/Berlin")
_FULL = {"dp0": 0.9, "dp1": 0.95, "dp2": 0.1, "dg3": 0.85, "dg4": 0.2}
_SECONDS = 2.0
_OPTIONS = plan_run.Options(effort=Effort(iterations=200, threads=1))


def _run(url: str, plan_id: int, **changes: Any) -> plan_run.Made | None:
    return plan_run.run_plan(url, plan_id, _BERLIN, lambda: NOW, options=_OPTIONS, **changes)


def _ask(connection: psycopg.Connection, date: dt.date = TODAY) -> int:
    plan_id = plans.new_plan(connection, date, _SECONDS, NOW)
    connection.commit()
    return plan_id


@pytest.fixture
def url(database_url: str) -> str:
    """The database with the rights that the worker process has."""
    return f"{database_url}?options=-c%20role%3Dsr_web"


@pytest.fixture
def town(connection: psycopg.Connection, tmp_path: pathlib.Path) -> psycopg.Connection:
    """Registry, streets and levels of the town: two paper and one glass container are due."""
    fill_registry(connection, tmp_path)
    fill_roads(connection, tmp_path)
    tell_levels(connection, _FULL)
    connection.commit()
    return connection


def test_plan_is_stored_with_tours_and_sheets(town: psycopg.Connection, url: str) -> None:
    plan_id = _ask(town)
    seen: list[str] = []
    assert _run(url, plan_id, watch=lambda progress: seen.append(progress["phase"])) is not None
    assert list(dict.fromkeys(seen)) == [
        "loading network",
        "matrices",
        "searching",
        "comparing",
        "drawing",
        "storing",
        "done",
    ]
    state = plans.plan(town, plan_id)
    assert (state.state, state.error, state.finished_at) == ("done", None, NOW)
    found = state.summary
    assert (found["lifts"], found["stops"], found["tours"], found["unserved"]) == (3, 3, 2, [])
    rows = sorted(plans.tours(town, TODAY), key=lambda row: row.fraction)
    assert [(row.fraction, row.lifts, row.accepted) for row in rows] == [
        ("glass_white", 1, False),
        ("paper", 2, False),
    ]
    assert sorted(row.number for row in rows) == [1, 2]
    assert sum(row.distance_m for row in rows) / 1000 == pytest.approx(found["km"], abs=0.1)
    assert {row.vehicle for row in rows} == {"V1", "V2"}
    sheet = plans.tour_sheet(town, rows[1].id)
    assert sheet.date == TODAY
    assert [stop.kind for stop in sheet.stops] == ["start", "site", "site", "disposal", "end"]
    assert {stop.place for stop in sheet.stops[1:3]} == {"S0", "S1"}
    lifted = {one["id"]: one for stop in sheet.stops for one in stop.containers}
    assert lifted["P0"] == {
        "id": "P0",
        "fraction": "paper",
        "volume_l": 1100,
        "level": pytest.approx(0.9, abs=0.01),
        "kg": pytest.approx(74.2, abs=1),
    }
    assert len(rows[1].geometry) >= 4


def test_accepting_replaces_the_plan_of_the_day(town: psycopg.Connection, url: str) -> None:
    first, second = _ask(town), _ask(town)
    for plan_id in (first, second):
        _run(url, plan_id)
    assert {row.plan for row in plans.tours(town, TODAY)} == {second}
    assert plans.accept_plan(town, first, NOW).accepted_at == NOW
    assert {(row.plan, row.accepted) for row in plans.tours(town, TODAY)} == {(first, True)}
    plans.accept_plan(town, second, NOW + dt.timedelta(hours=1))
    assert plans.plan(town, first).accepted_at is None
    later = plans.accept_plan(town, second, NOW + dt.timedelta(hours=2))
    assert later.accepted_at == NOW + dt.timedelta(hours=1)
    assert [one.id for one in plans.plans_of_date(town, TODAY)] == [second, first]


def test_only_a_finished_plan_can_be_accepted(town: psycopg.Connection) -> None:
    with pytest.raises(plans.PlanNotFinished, match="queued, expected a finished plan"):
        plans.accept_plan(town, _ask(town), NOW)
    with pytest.raises(NotFound, match="plan: 99"):
        plans.accept_plan(town, 99, NOW)
    with pytest.raises(NotFound, match="tour: 99"):
        plans.tour_sheet(town, 99)


def test_finished_plan_is_not_made_again(town: psycopg.Connection, url: str) -> None:
    plan_id = _ask(town)
    assert _run(url, plan_id) is not None
    assert _run(url, plan_id) is None
    assert len(plans.tours_of_plan(town, plan_id)) == 2


def test_fixed_calendar_is_compared_on_its_day(town: psycopg.Connection, url: str) -> None:
    made = []
    for ahead in range(28):
        plan_id = _ask(town, TODAY + dt.timedelta(days=ahead))
        town.execute("UPDATE sr.container SET rhythm_days = 7")
        town.commit()
        _run(url, plan_id)
        made.append(plans.plan(town, plan_id).summary["fixed"])
        if made[-1]["lifts"]:
            break
    fixed = made[-1]
    assert fixed["lifts"] == 5  # all of one fraction on one day
    assert fixed["lifts_a_day"] == pytest.approx(10 / 7, abs=0.05)
    assert fixed["km"] > 0
    assert fixed["search_s"] == pytest.approx(_SECONDS * plan_run.FIXED_SHARE)


def test_nothing_due_is_an_empty_plan(town: psycopg.Connection, url: str) -> None:
    town.execute("UPDATE sr.latest SET value = 0.1")
    town.execute("DELETE FROM sr.road_network")
    plan_id = _ask(town)
    _run(url, plan_id)
    state = plans.plan(town, plan_id)
    assert (state.state, state.summary["lifts"], state.summary["tours"]) == ("done", 0, 0)
    assert plans.tours(town, TODAY) == []


def _fails(connection: psycopg.Connection, url: str, error: type[Exception], reason: str) -> None:
    plan_id = _ask(connection)
    with pytest.raises(error, match=reason):
        _run(url, plan_id)
    state = plans.plan(connection, plan_id)
    assert state.state == "failed"
    assert state.error is not None
    assert reason in state.error
    assert "\n" not in state.error
    assert plans.tours_of_plan(connection, plan_id) == []


def test_without_roads_the_plan_fails_politely(town: psycopg.Connection, url: str) -> None:
    town.execute("DELETE FROM sr.road_network")
    _fails(town, url, NotFound, "smartregion roads import")


def test_without_vehicles_the_plan_fails_politely(town: psycopg.Connection, url: str) -> None:
    town.execute("UPDATE sr.vehicle SET removed_at = now()")
    _fails(town, url, plan_run.CannotPlan, "waste vehicles: the registry has none")


def test_incomplete_vehicles_are_named(town: psycopg.Connection, url: str) -> None:
    town.execute("UPDATE sr.vehicle SET capacity_kg = NULL")
    _fails(town, url, plan_run.CannotPlan, "waste vehicles: none of 2 can be used")


def test_failing_solver_fails_the_plan(
    town: psycopg.Connection, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError("no luck")

    monkeypatch.setattr(routing, "solve", broken)
    _fails(town, url, ZeroDivisionError, "no luck")


def test_broken_rule_stores_no_tour(
    town: psycopg.Connection, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "violations", lambda problem, plan: ["tour 1: home late"])
    _fails(town, url, SmartRegionError, "tour 1: home late")


def test_stopped_plan_waits_again(town: psycopg.Connection, url: str) -> None:
    plan_id = _ask(town)
    with pytest.raises(Interrupted):
        _run(url, plan_id, stopping=lambda: True)
    assert plans.plan(town, plan_id).state == "queued"
    assert _run(url, plan_id) is not None


def test_container_without_vehicle_is_told(town: psycopg.Connection, url: str) -> None:
    town.execute("UPDATE sr.vehicle SET fractions = '{paper}'")
    plan_id = _ask(town)
    _run(url, plan_id)
    (left,) = plans.plan(town, plan_id).summary["unserved"]
    assert (left["site"], left["fraction"], left["containers"], left["reason"]) == (
        "S3",
        "glass_white",
        ["G3"],
        "no_vehicle",
    )


@pytest.mark.usefixtures("own_settings")
def test_verb_prints_table_and_json(
    town: psycopg.Connection, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    town.execute("UPDATE sr.latest SET time = %s", [dt.datetime.now(dt.UTC)])
    town.commit()
    call = ["plan", "--date", "tomorrow", "--seconds", "0.4"]
    assert main(call) == 0
    assert "3 lifts, 2 tours" in capsys.readouterr().out
    out = tmp_path / "out"
    assert main([*call, "--json", "--export", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["state"] == "done"
    assert [tour["stops"][0]["kind"] for tour in told["tours"]] == ["start", "start"]
    stems = [out / f"{told['date']}-{name}" for name in ("glass_white", "paper")]
    pairs = [[f"{stem}.{kind}.json" for kind in ("problem", "solution")] for stem in stems]
    assert sorted(map(str, out.iterdir())) == sorted(path for pair in pairs for path in pair)
    for pair in pairs:
        assert main(["route", "check", *pair]) == 0


@pytest.mark.usefixtures("own_settings")
def test_verb_says_what_is_wrong(capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path) -> None:
    assert main(["plan", "--date", "31.12.2026"]) == 2
    assert capsys.readouterr().err.startswith("smartregion: --date: '31.12.2026' is not a date like ")
    assert main(["plan", "--date", "today", "--seconds", "0"]) == 1
    assert capsys.readouterr().err == "smartregion: seconds: '0.0' is not a number above 0, at most 3600\n"
    (tmp_path / "file").touch()
    assert main(["plan", "--date", "today", "--export", str(tmp_path / "file")]) == 1
    assert "is not a folder that can be written" in capsys.readouterr().err
