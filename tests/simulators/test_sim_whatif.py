"""Comparing policies: reproducible, and in the order that reason demands."""

import json
import pathlib

import numpy as np
import pytest

import simulators
from simulators.errors import BadArgument
from simulators.region.district import District
from simulators.truth.filling import growth_of
from simulators.whatif.compare import compare, table
from simulators.whatif.policies import best_rhythm
from simulators.whatif.scenario import Scenario, read_scenario
from simulators.whatif.tours import TourMeter
from smartregion.program import main

_EXAMPLE = pathlib.Path(simulators.__file__).parent / "scenarios" / "thirteen-weeks.toml"


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """The example with fewer weeks and containers."""
    path = tmp_path_factory.mktemp("scenario") / "short.toml"
    text = _EXAMPLE.read_text(encoding="utf-8")
    path.write_text(
        text.replace("weeks = 13", "weeks = 5").replace("scale = 1.0", "scale = 0.2"), encoding="utf-8"
    )
    return read_scenario(path)


def test_policies_differ_as_they_should(scenario: Scenario) -> None:
    outcomes = list(compare(scenario))
    assert outcomes == list(compare(scenario))
    by_name = {outcome.policy: outcome for outcome in outcomes}
    rhythm, perfect = by_name["operator's rhythm"], by_name["perfect knowledge"]
    threshold, forecast = by_name["threshold 80 %"], by_name["forecast a day ahead"]
    assert perfect.overflow_percent < 0.3
    assert perfect.lifts < 0.85 * rhythm.lifts
    assert forecast.overflow_container_days < threshold.overflow_container_days
    assert threshold.lifts < rhythm.lifts
    assert all(0.4 < outcome.fill_at_lift < 1.05 for outcome in outcomes)
    assert len({round(outcome.tonnes / rhythm.tonnes, 1) for outcome in outcomes}) == 1
    shown = table(scenario, outcomes)
    assert "straight lines x 1.3" in shown
    assert all(policy.name in shown for policy in scenario.policy)


def test_growth_is_the_truth_that_sensors_see(small: District) -> None:
    growth = growth_of(1, small.containers)
    early, late = growth.daily(20_000, 50), growth.daily(20_030, 5)
    assert (early[:, 30:35] == late).all()
    mean = growth.daily(20_000, 365).mean(axis=1) / 1e6
    assert np.median(mean * growth.days_to_full) == pytest.approx(1, abs=0.05)


def test_best_rhythm_is_the_longest_that_fits() -> None:
    assert best_rhythm(np.array([0.5, 3.0, 9.0, 40.0]), 0.85).tolist() == [1, 2, 7, 28]


def test_tours_grow_with_lifts_and_need_none_without(small: District) -> None:
    meter = TourMeter(small)
    level = np.full(len(small.containers), 0.9)
    few, all_ = np.arange(len(level)) % 9 == 0, np.ones(len(level), dtype=bool)
    assert meter.metres(~all_, level) == 0
    assert 10_000 < meter.metres(few, level) < meter.metres(all_, level)
    # A heavier load needs more visits to the disposal site.
    assert meter.metres(all_, level) > meter.metres(all_, 0.1 * level)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("start = 2026-03-02\nweeks = 1\n", "policy"),  # nothing to compare
        ('start = 2026-03-02\nweeks = 0\n[[policy]]\nname="a"\nkind="rhythm"\n', "weeks"),
        ('start = "soon"\nweeks = 1\n[[policy]]\nname="a"\nkind="rhythm"\n', "start"),
        ('start = 2026-03-02\nweeks = 1\n[[policy]]\nname="a"\nkind="luck"\n', "kind"),
        ('start = 2026-03-02\nweeks = 1\n[[policy]]\nname="a"\nkind="rhythm"\nlvl=1\n', "lvl"),
        ('start = 2026-03-02\nweeks = 1\n[[policy]]\nname="a"\nkind="rhythm"\n' * 1 + "x", "TOML"),
        ("start = 2026-03-02\nweeks = 1\n" + '[[policy]]\nname="a"\nkind="rhythm"\n' * 2, "different"),
    ],
)
def test_a_wrong_scenario_is_told_in_one_line(tmp_path: pathlib.Path, text: str, complaint: str) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadArgument, match=complaint) as caught:
        read_scenario(path)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_the_verb_prints_a_table_and_json(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(
        'start = 2026-03-02\nweeks = 1\nscale = 0.05\n[[policy]]\nname = "a"\nkind = "rhythm"\n',
        encoding="utf-8",
    )
    assert main(["whatif", str(path)]) == 0
    assert "overflow" in capsys.readouterr().out
    assert main(["whatif", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["outcomes"][0]["policy"] == "a"
    assert main(["whatif", str(tmp_path / "absent.toml")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
