"""Figures beside the fixed schedule: sums of rows that stand there, with their completeness."""

import datetime as dt
import json
import pathlib
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pytest

from smartregion.errors import InvalidInput
from smartregion.waste import ticks
from smartregion.waste.kpi import hours_above, kpis
from smartregion.waste.rates import Levels
from smartregion.waste.workdays import WorkDays
from tests.dashboards.pages_district import TODAY, client, fill, tour_id
from tests.smartregion.small_district import HOUR, NOW

_BERLIN = ZoneInfo("Europe/Berlin")
_FIGURES = {
    "lifts": 6, "km": 40.0, "hours": 5.0, "load_kg": 2000.0, "diesel_l": 18.0, "co2_kg": 47.7,
    "fixed": {"lifts": 9, "km": 60.0, "hours": 8.0, "load_kg": 2000.0, "diesel_l": 27.0, "co2_kg": 71.6},
}  # fmt: skip


def test_a_level_holds_until_the_next_but_a_day_at_most() -> None:
    read = Levels(
        np.array([0, 0, 0, 1]),
        np.array([0, 2, 5, 10], dtype=np.int64) * 3600,
        np.array([0.9, 1.05, 0.1, 1.2]),
    )
    above, watched = hours_above(read, 3, 48.0)
    assert above.tolist() == [3.0, 24.0, 0.0]
    assert watched.tolist() == [2 + 3 + 24, 24.0, 0.0]


def test_figures_are_sums_of_the_rows(
    connection: psycopg.Connection, tmp_path: pathlib.Path, database_url: str
) -> None:
    fill(connection, tmp_path)
    connection.execute("UPDATE sr.plan SET accepted_at = %s, summary = %s", (NOW, json.dumps(_FIGURES)))
    tour = tour_id(connection)
    ticks.note(connection, tour, [ticks.Note(1, "B1", level=0.75)], NOW - 2 * HOUR)
    ticks.tick_stops(connection, tour, [1], [1], NOW - HOUR)
    connection.commit()
    first = TODAY - dt.timedelta(days=6)
    found = kpis(connection, first, TODAY, NOW, _BERLIN, WorkDays())
    by_name = {one.name: one for one in found.figures}
    working = sum(WorkDays().works(first + dt.timedelta(days=k)) for k in range(7))
    assert (by_name["lifts"].value, by_name["lifts"].fixed) == (6, 9)
    assert by_name["lifts"].completeness == pytest.approx(1 / working, abs=0.001)
    assert by_name["ticked"].value == 1
    assert (by_name["km_per_t"].value, by_name["km_per_t"].fixed) == (20.0, 30.0)
    assert by_name["fill_at_lift"].value == 0.75
    assert by_name["fill_at_lift"].completeness == pytest.approx(1 / 6, abs=0.001)
    assert by_name["co2_kg"].value == 47.7
    assert sum(row.km for row in found.days) == by_name["km"].value
    assert 0 < by_name["overflow_hours"].completeness < 1
    with client(database_url) as browser:
        page = browser.get(f"/de/abfall/kennzahlen?first={first}&last={TODAY}").text
        assert "−33,3" in page
        assert browser.get(f"/de/abfall/kennzahlen?first={TODAY}&last={first}").status_code == 422
        told = browser.get(f"/api/v1/kpi?first={first}&last={TODAY}").json()
        assert [one["name"] for one in told["figures"]] == [one.name for one in found.figures]


def test_nothing_known_is_no_figure(connection: psycopg.Connection) -> None:
    found = kpis(connection, TODAY, TODAY, NOW, _BERLIN, WorkDays())
    assert all(one.value is None for one in found.figures)
    assert all(one.completeness == 0 for one in found.figures)
    with pytest.raises(InvalidInput, match="at most 400 days later"):
        kpis(connection, TODAY, TODAY - dt.timedelta(days=1), NOW, _BERLIN, WorkDays())
