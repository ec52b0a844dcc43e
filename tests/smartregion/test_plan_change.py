"""Changes of a plan by its dispatcher: little is disturbed, what is done stays, every rule is kept."""

import dataclasses
import datetime as dt
import pathlib
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from smartregion.errors import InvalidInput
from smartregion.waste import plan_run, plans
from smartregion.waste.plan_edits import Edits, Halt, edits_of
from smartregion.waste.plan_solve import Effort
from smartregion.waste.plans import TourSheet
from smartregion.waste.ticks import tick_stops
from tests.smartregion.plan_town import BLOCKS, NOW, TODAY, fill_registry, fill_roads, tell_levels

pytestmark = pytest.mark.usefixtures("kernels")
_BERLIN = ZoneInfo("Europe/Berlin")
_OPTIONS = plan_run.Options(effort=Effort(iterations=200, threads=1))
_NOON = dt.datetime(2026, 6, 2, 10, tzinfo=dt.UTC)


@pytest.fixture
def town(connection: psycopg.Connection, tmp_path: pathlib.Path) -> psycopg.Connection:
    """The town with all paper due, some glass, and a third vehicle in reserve."""
    fill_registry(connection, tmp_path)
    fill_roads(connection, tmp_path)
    tell_levels(connection, {f"dp{number}": 0.95 for number in range(BLOCKS)} | {"dg3": 0.9, "dg1": 0.2})
    connection.execute(
        "INSERT INTO sr.vehicle (id, name, purpose, depot, fractions, capacity_kg, capacity_l, shift_from,"
        " shift_to) VALUES ('V3', 'Ersatz', 'waste', 'D', '{paper}', 8000, 20000, '06:00', '18:00')"
    )
    connection.commit()
    return connection


@pytest.fixture
def url(database_url: str) -> str:
    """The database with the rights that the worker process has."""
    return f"{database_url}?options=-c%20role%3Dsr_web"


def _made(town: psycopg.Connection, url: str, plan_id: int, now: dt.datetime = NOW) -> dict[str, TourSheet]:
    town.commit()
    plan_run.run_plan(url, plan_id, _BERLIN, lambda: now, options=_OPTIONS)
    rows = plans.tours_of_plan(town, plan_id)
    return {row.vehicle: plans.tour_sheet(town, row.id) for row in rows}


def _first(town: psycopg.Connection, url: str) -> tuple[int, str, str, dict[str, TourSheet]]:
    """Id of a plan from levels, its vehicles for paper and glass, its sheets."""
    town.execute("UPDATE sr.vehicle SET fractions = '{}' WHERE id = 'V3'")
    plan_id = plans.new_plan(town, TODAY, 1.0, NOW)
    sheets = _made(town, url, plan_id)
    town.execute("UPDATE sr.vehicle SET fractions = '{paper}' WHERE id = 'V3'")
    paper = next(name for name, sheet in sheets.items() if sheet.tour.fraction == "paper")
    glass = next(name for name, sheet in sheets.items() if sheet.tour.fraction == "glass_white")
    return plan_id, paper, glass, sheets


def _change(
    town: psycopg.Connection, url: str, base: int, edits: Edits, at: dt.datetime | None = None
) -> tuple[dict[str, TourSheet], dict[str, Any]]:
    plan_id = plans.new_change(town, base, edits, at, 1.0, at or NOW)
    sheets = _made(town, url, plan_id, at or NOW)
    return sheets, plans.plan(town, plan_id).summary


def _lifted(sheet: TourSheet) -> list[str]:
    return [one["id"] for stop in sheet.stops for one in stop.containers]


def test_a_stop_is_left_out_and_a_container_added(town: psycopg.Connection, url: str) -> None:
    base, paper, glass, before = _first(town, url)
    edits = Edits(exclude=(Halt("S2", "paper"),), add=("G1",))
    after, summary = _change(town, url, base, edits)
    assert sorted(_lifted(after[paper])) == ["P0", "P1", "P3", "P4"]
    assert sorted(_lifted(after[glass])) == ["G1", "G3"]
    assert _lifted(after[paper]) == [id for id in _lifted(before[paper]) if id != "P2"], "order is kept"
    assert (summary["base"]["lifts"], summary["lifts"], summary["changed"]) == (6, 6, 0)
    assert summary["base"]["plan"] == base
    assert edits_of(plans.plan(town, base + 1).edits or {}) == edits


def test_one_vehicle_drives_in_place_of_another(town: psycopg.Connection, url: str) -> None:
    base, paper, glass, before = _first(town, url)
    after, summary = _change(town, url, base, Edits(swap={paper: "V3"}, lock=(glass,)))
    assert set(after) == {"V3", glass}
    assert sorted(_lifted(after["V3"])) == sorted(_lifted(before[paper]))
    assert summary["changed"] == 5
    mine, old = (
        [dataclasses.replace(stop) for stop in sheet.stops] for sheet in (after[glass], before[glass])
    )
    assert mine == old, "a locked tour stays to the second"


def test_a_stop_moves_to_another_vehicle(town: psycopg.Connection, url: str) -> None:
    base, paper, _, _ = _first(town, url)
    after, summary = _change(town, url, base, Edits(move={Halt("S4", "paper"): "V3"}))
    assert _lifted(after["V3"]) == ["P4"]
    assert sorted(_lifted(after[paper])) == ["P0", "P1", "P2", "P3"]
    assert summary["changed"] == 1


def test_what_is_done_at_noon_stays_when_a_vehicle_breaks_down(town: psycopg.Connection, url: str) -> None:
    base, paper, glass, before = _first(town, url)
    sites = [stop for stop in before[paper].stops if stop.kind == "site"]
    noon = sites[1].depart_at
    tick_stops(town, before[paper].tour.id, [sites[0].seq, sites[1].seq], [sites[0].seq, sites[1].seq], noon)
    after, summary = _change(town, url, base, Edits(out=(paper,)), noon)
    done = [stop for stop in after[paper].stops if stop.kind == "site"]
    assert [stop.place for stop in done] == [sites[0].place, sites[1].place]
    assert all(stop.done_at == noon for stop in done)
    assert sorted(_lifted(after["V3"])) == sorted(one["id"] for stop in sites[2:] for one in stop.containers)
    assert all(stop.arrive_at >= noon for stop in after["V3"].stops)
    assert summary["lifts"] == summary["base"]["lifts"]
    assert summary["changed"] == 3
    assert _lifted(after[glass]) == _lifted(before[glass])


def test_a_tour_under_way_keeps_what_has_begun(town: psycopg.Connection, url: str) -> None:
    base, paper, _, before = _first(town, url)
    sites = [stop for stop in before[paper].stops if stop.kind == "site"]
    at = sites[2].arrive_at
    begun, last = Halt(sites[0].place, "paper"), Halt(sites[-1].place, "paper")
    after, _ = _change(town, url, base, Edits(exclude=(begun, last)), at)
    kept = [stop.place for stop in after[paper].stops if stop.kind == "site"]
    assert kept == [stop.place for stop in sites[:-1]], "the begun one cannot be left out any more"
    assert [stop.arrive_at for stop in after[paper].stops if stop.kind == "site"][:3] == [
        stop.arrive_at for stop in sites[:3]
    ]


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        (Edits(), "at least one change"),
        (Edits(exclude=(Halt("S9", "paper"),)), "exclude: 'S9 paper' is not a stop of this plan"),
        (Edits(add=("X",)), "add: 'X' is not a container"),
        (Edits(lock=("V9",)), "lock: 'V9' is not a vehicle of this plan"),
        (Edits(out=("V1",), lock=("V1",)), "lock: 'V1' is not a vehicle that no other wish changes"),
        (Edits(swap={"V1": "V2"}), "swap: 'V2' is not a vehicle that has no tour yet"),
        (Edits(move={Halt("S1", "paper"): "V9"}), "move: 'V9' is not a vehicle that can be planned"),
    ],
)
def test_wishes_that_do_not_fit_are_named(
    town: psycopg.Connection, url: str, edits: Edits, reason: str
) -> None:
    base, *_ = _first(town, url)
    with pytest.raises(InvalidInput) as refused:
        plans.new_change(town, base, edits, None, 1.0, NOW)
    assert reason in str(refused.value)


def test_only_a_finished_plan_can_be_changed(town: psycopg.Connection) -> None:
    waiting = plans.new_plan(town, TODAY, 1.0, NOW)
    with pytest.raises(plans.PlanNotFinished):
        plans.new_change(town, waiting, Edits(lock=("V1",)), None, 1.0, NOW)
