"""Days of a scenario through MQTT, database and API: the same plans as in process."""

# kernels: plans compile the optimiser

import datetime as dt
import json
import pathlib

import numpy as np
import pytest

from simulators.whatif.through import DayPlans, table
from simulators.whatif.tours import Drive, Driven, Stop
from smartregion.program import main

_SIX = dt.datetime(2026, 3, 2, 5, tzinfo=dt.UTC)

_SCENARIO = """
start = 2026-03-02
weeks = 1
seeds = [1]
scale = 0.02
median_days = 6
iterations = 30
history_days = 21
warm_up_days = 7
[[policy]]
name = "ours"
kind = "forecast"
sensors = {sensors}
"""


def _scenario(folder: pathlib.Path, **changes: str) -> pathlib.Path:
    path = folder / "scenario.toml"
    text = _SCENARIO.format(sensors=0.7)
    for name, value in changes.items():
        text = text.replace(f"{name} = ", f"{name} = {value} #")
    path.write_text(text, encoding="utf-8")
    return path


def test_days_through_the_platform_have_the_same_plans(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["whatif", str(_scenario(tmp_path)), "--through-platform", "--days", "4", "--json"]) == 0
    days = json.loads(capsys.readouterr().out)
    assert [day["date"] for day in days] == [f"2026-03-0{k}" for k in range(2, 6)]
    assert all(day["same"] for day in days)
    assert all(day["km"] == day["km_through"] for day in days)
    assert sum(day["lifts"] for day in days) >= 8


def test_plans_that_differ_are_told() -> None:
    stops = (Stop("start", "B1", ()), Stop("site", "S1", ("S1-PA",)), Stop("end", "B1", ()))
    drive = Drive("F04-1", _SIX, _SIX + dt.timedelta(hours=2), 31_000.0, stops)
    other = drive._replace(stops=(stops[0], Stop("site", "S1", ("S1-PA2",)), stops[2]))
    mine, theirs = (Driven(np.ones(1, dtype=bool), 31_000.0, 7200.0, 1, 0, [one]) for one in (drive, other))
    assert DayPlans(_SIX.date(), mine, mine).same
    assert DayPlans(_SIX.date(), None, None).same
    differing = [DayPlans(_SIX.date(), mine, theirs), DayPlans(_SIX.date(), mine, None)]
    assert not any(day.same for day in differing)
    assert table(differing).count("DIFFERENT") == 2


def test_days_to_come_are_refused(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(_scenario(tmp_path, start="2126-03-04"))
    assert main(["whatif", path, "--through-platform", "--days", "9"]) == 2
    assert main(["whatif", path, "--through-platform"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 2
    assert "days ago" in told
