"""Comparing policies: reproducible, on real ways, and in the order that reason demands."""

import dataclasses
import datetime as dt
import html
import json
import pathlib

import msgspec
import numpy as np
import pytest

import simulators
from simulators.errors import BadArgument
from simulators.region.district import District
from simulators.truth.filling import growth_of
from simulators.whatif.compare import Outcome, compare
from simulators.whatif.registered import announced, date_of, equipped, registered
from simulators.whatif.report import chart, means, reference, table
from simulators.whatif.rhythm import PATTERNS, Calendar, pattern_of
from simulators.whatif.roads import roads_of
from simulators.whatif.scenario import Policy, Scenario, read_scenario
from simulators.whatif.tours import Tours
from simulators.whatif.world import World
from smartregion.program import main
from smartregion.waste.plan_lifts import Lift, lift_of
from smartregion.waste.rules import event_days
from smartregion.waste.workdays import WorkDays

_SCENARIOS = pathlib.Path(simulators.__file__).parent / "scenarios"
_SHORT = {"weeks": 2, "seeds": [1], "scale": 0.0625, "iterations": 60, "history_days": 28, "warm_up_days": 14}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """The scenario that ships, over two weeks on a hundred containers."""
    return msgspec.structs.replace(read_scenario(_SCENARIOS / "thirteen-weeks.toml"), **_SHORT)


@pytest.fixture(scope="module")
def outcomes(scenario: Scenario) -> list[Outcome]:
    """Computed once."""
    return list(compare(scenario))


@pytest.fixture(scope="module")
def bins(small: District) -> District:
    """The small district with a sensor of one kind in each container."""
    return equipped(small, 14.0)


@pytest.fixture(scope="module")
def tours(bins: District) -> Tours:
    """Tours on the roads of the small district."""
    return Tours(registered(bins, []), roads_of(bins), 100)


def _filling_in(district: District, days: float) -> District:
    full = [dataclasses.replace(bin_, days_to_full=days) for bin_ in equipped(district, 14.0).containers]
    return dataclasses.replace(district, containers=full)


def _timeless(outcome: Outcome) -> Outcome:
    return msgspec.structs.replace(outcome, seconds=0.0, speed=0.0)


def test_policies_differ_as_they_should(scenario: Scenario, outcomes: list[Outcome]) -> None:
    found = {outcome.policy: outcome for outcome in outcomes}
    assert list(found) == [policy.name for policy in scenario.policy]
    fixed, ours = found["best fixed rhythm"], found["ours"]
    assert ours.lifts < 0.9 * fixed.lifts
    assert ours.km < fixed.km
    assert ours.overflow_container_days < found["threshold 80 %"].overflow_container_days
    assert all(0.4 < outcome.fill_at_lift < 1.05 for outcome in outcomes)


def test_who_knows_what_comes_hardly_overflows_or_drives_less(scenario: Scenario) -> None:
    all_seeing = [
        Policy(name="with duty", kind="perfect"),
        Policy(name="without", kind="perfect", must_probability=1.0),
    ]
    duty, free = compare(msgspec.structs.replace(scenario, policy=all_seeing))
    assert duty.overflow_percent < 0.5
    assert free.km < duty.km


def test_the_same_scenario_gives_the_same_outcomes(scenario: Scenario, outcomes: list[Outcome]) -> None:
    ours = msgspec.structs.replace(scenario, policy=[each for each in scenario.policy if each.name == "ours"])
    again = list(compare(ours))
    assert [_timeless(each) for each in again] == [
        _timeless(each) for each in outcomes if each.policy == "ours"
    ]


def test_the_report_names_what_it_compares(scenario: Scenario, outcomes: list[Outcome]) -> None:
    shown = table(scenario, outcomes)
    assert "on the district's roads" in shown
    assert reference(scenario) == "best fixed rhythm"
    drawn = chart(scenario, outcomes)
    for policy, row in zip(scenario.policy, means(scenario, outcomes), strict=True):
        assert policy.name in shown
        assert html.escape(policy.name) in drawn
        assert f"{row.km:.0f}" in drawn
    fixed = next(row for row in means(scenario, outcomes) if row.policy == "best fixed rhythm")
    assert (fixed.lifts_change, fixed.km_change) == (0.0, 0.0)


def test_growth_is_the_truth_that_sensors_see(small: District) -> None:
    growth = growth_of(1, small.containers)
    early, late = growth.daily(20_000, 50), growth.daily(20_030, 5)
    assert (early[:, 30:35] == late).all()
    mean = growth.daily(20_000, 365).mean(axis=1) / 1e6
    assert np.median(mean * growth.days_to_full) == pytest.approx(1, abs=0.05)
    fairs = growth.events(20_000, 728)
    assert 0.3 * 3 / 7 * 0.02 < fairs.mean() < 3 * 3 / 7 * 0.02


def test_full_containers_spill_to_the_next_of_their_kind(small: District) -> None:
    world = World(_filling_in(small, 4.0), 20_000, 12)
    for _ in range(12):
        world.end_day(np.zeros(world.count, dtype=bool))
    level = world.micro(np.arange(world.count), np.full(world.count, world.morning_s(0.0))) / 1e6
    brought = world.growth[:, :12].sum() + world._midnight[:, 0].sum()
    assert level.sum() == pytest.approx(brought, rel=1e-6)
    assert (level > 1.0).all()


def test_lifts_empty_at_ten_and_sensors_see_it(small: District) -> None:
    world = World(_filling_in(small, 8.0), 20_000, 5)
    before_s = world.morning_s(9.9)
    lifted = np.arange(world.count) % 2 == 0
    expected = world.level()
    world.end_day(lifted)
    number = np.arange(world.count)
    early, late = (world.micro(number, np.full(world.count, t)) / 1e6 for t in (before_s, before_s + 3600.0))
    assert np.abs(early - expected).max() < 0.02
    assert late[lifted].max() < 0.15
    assert (late[~lifted] >= early[~lifted]).all()
    told = world.readings(before_s - 8 * 3600, before_s + 10 * 3600)
    assert set(told.container.tolist()) <= set(range(world.count))
    assert (world.told_level(told) <= np.float32(1.2)).all()


def test_calendars_keep_their_gaps_and_shift_at_holidays(small: District) -> None:
    pattern = pattern_of(np.linspace(1.0, 40.0, len(small.containers)))
    assert pattern.min() == 0
    assert pattern.max() == len(PATTERNS) - 1
    calendar = Calendar(small, pattern, WorkDays())
    first = dt.date(2026, 6, 1)
    visits = np.array([calendar.visits(first + dt.timedelta(days=k)) for k in range(84)])
    for number, (name, gap) in enumerate(PATTERNS):
        days = [np.diff(np.flatnonzero(column)) for column in visits[:, pattern == number].T]
        assert max(int(each.max()) for each in days) == gap, name
    easter = calendar.visits(dt.date(2026, 4, 6))
    assert not easter.any()
    assert calendar.visits(dt.date(2026, 4, 11)).sum() > 0


def _lifts(tours: Tours, prize: dict[int, float | None]) -> list[Lift]:
    """Lifts at a level of 0.9 by place in the registry; None must be."""
    states, fractions = tours.known.states, tours.known.region.fractions
    plain = {place: lift_of(states[place], fractions[states[place].fraction], 0.9) for place in prize}
    return [dataclasses.replace(lift, prize=prize[place]) for place, lift in plain.items()]


def test_tours_follow_the_roads_and_leave_out_what_does_not_pay(tours: Tours) -> None:
    count, date = len(tours.known.states), dt.date(2026, 6, 2)
    must: dict[int, float | None] = dict.fromkeys(range(0, count, 9))
    duty = tours.drive(_lifts(tours, must), date)
    assert (np.flatnonzero(duty.lifted) == np.sort(tours.known.number[list(must)])).all()
    assert duty.metres > 10_000
    assert duty.metres == pytest.approx(sum(drive.distance_m for drive in duty.drives), abs=1.0)
    nothing = tours.drive([], date)
    assert (nothing.metres, nothing.tours) == (0.0, 0)
    may: dict[int, float | None] = dict.fromkeys(range(count), 8.0)
    along = tours.drive(_lifts(tours, may | must), date)
    assert along.lifted[duty.lifted].all()
    assert duty.lifted.sum() < along.lifted.sum() < count
    assert along.left_out == 0


def test_the_registry_knows_the_district_by_id_with_its_events(bins: District) -> None:
    held = World(bins, 20_000, 200).events
    known = registered(bins, announced(bins, held, 20_000))
    assert [state.id for state in known.states] == sorted(bin_.id for bin_ in bins.containers)
    assert [bins.containers[number].id for number in known.number] == [state.id for state in known.states]
    sites = [known.region.sites[state.site] for state in known.states]
    days = event_days(known.region.rules.events, sites, date_of(20_000), 200)
    assert days is not None
    assert (days == held[known.number]).all()
    assert all(len(vehicle.fractions) == 1 for vehicle in known.region.vehicles.values())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("start = 2026-03-02\nweeks = 1\n", "policy"),  # nothing to compare
        ('start = 2026-03-02\nweeks = 0\n[[policy]]\nname="a"\nkind="rhythm"\n', "weeks"),
        ('start = "soon"\nweeks = 1\n[[policy]]\nname="a"\nkind="rhythm"\n', "start"),
        ('start = 2026-03-02\nweeks = 1\n[[policy]]\nname="a"\nkind="luck"\n', "kind"),
        ('start = 2026-03-02\nweeks = 1\n[[policy]]\nname="a"\nkind="rhythm"\nlvl=1\n', "lvl"),
        ('start = 2026-03-02\nweeks = 1\n[[policy]]\nname="a"\nkind="forecast"\nsensors=1.1\n', "sensors"),
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


def test_all_scenarios_that_ship_can_be_read() -> None:
    found = {path.stem: read_scenario(path) for path in _SCENARIOS.glob("*.toml")}
    assert {round(scenario.median_days) for scenario in found.values()} == {10, 14, 20}
    assert all(scenario.policy == found["thirteen-weeks"].policy for scenario in found.values())


def test_prices_of_a_policy_are_the_platforms() -> None:
    assert Policy("ours", "forecast").prices() == Policy("perfect", "perfect").prices()
    assert Policy("ours", "forecast", merging=0.0).prices().merging == 0.0


def test_the_verb_prints_a_table_a_chart_and_json(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(
        "start = 2026-03-02\nweeks = 1\nscale = 0.05\niterations = 20\nhistory_days = 14\nwarm_up_days = 0\n"
        '[[policy]]\nname = "a"\nkind = "rhythm"\n',
        encoding="utf-8",
    )
    assert main(["whatif", str(path), "--svg", str(tmp_path / "chart.svg")]) == 0
    assert "overflow" in capsys.readouterr().out
    assert (tmp_path / "chart.svg").read_text(encoding="utf-8").startswith("<svg")
    assert main(["whatif", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["outcomes"][0]["policy"] == "a"
    assert main(["whatif", str(tmp_path / "absent.toml")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
