"""The checker finds each rule beyond room and time that a plan breaks."""

from dataclasses import replace

import pytest

from routing import (
    Chamber,
    DisposalSite,
    DrivingBreaks,
    Load,
    Lock,
    LunchBreak,
    Objective,
    Plan,
    Problem,
    Stop,
    UnderWay,
    Unserved,
    Vehicle,
    WorkBreaks,
    not_checked,
    violations,
)
from routing.members import Step
from routing.timetable import timetable
from tests.routing.rich_problems import HOUR, line

_LINE = line(0, 100, 200, 300)
_SITES = (DisposalSite(3, fractions=("paper",)), DisposalSite(0))
_GLASS = (Load("glass", (4.0,)),)


def _rules(
    stops: list[Stop],
    vehicle: dict[str, object],
    steps: list[Step],
    left: tuple[int, ...] = (),
    **more: object,
) -> set[str]:
    """Rules that a tour of one vehicle through the steps breaks."""
    car = Vehicle(0, 0, (10.0,), **vehicle)  # type: ignore[arg-type]
    problem = Problem(stops, [car], _LINE, _LINE, _SITES, **more)  # type: ignore[arg-type]
    tour = timetable(replace(problem, locks=()), 0, steps)
    unserved = tuple(Unserved(stop, "left out") for stop in left)
    cost = tour.cost + sum(problem.stops[stop].prize or 0.0 for stop in left)
    return {one.rule for one in violations(problem, Plan((tour,), unserved, cost))}


_BOTH: list[Step] = [("stop", 0), ("stop", 1)]
_FAST = {"shift": (0.0, 24 * HOUR)}


@pytest.mark.parametrize(
    ("rule", "stops", "vehicle", "steps"),
    [
        ("skill", [Stop(1, skills=("crane",)), Stop(2)], {"skills": ("low",)}, _BOTH),
        ("size", [Stop(1, limits=(("length_m", 8.0),)), Stop(2)], {"sizes": (("length_m", 9.0),)}, _BOTH),
        ("size", [Stop(1, limits=(("length_m", 8.0),)), Stop(2)], {}, _BOTH),
        ("side", [Stop(1, side="left"), Stop(2)], {"sides": ("right",)}, _BOTH),
        ("day", [Stop(1, days=(3,)), Stop(2)], {"day": 2}, _BOTH),
        ("vehicle", [Stop(1, vehicles=()), Stop(2)], {}, _BOTH),
        ("order", [Stop(1, after=1), Stop(2)], {}, _BOTH),
        ("group", [Stop(1, group="a"), Stop(2, group="a")], {}, _BOTH),
        ("chamber", [Stop(1, loads=_GLASS), Stop(2)], {"chambers": (Chamber(("paper",), (9.0,)),)}, _BOTH),
        ("chamber", [Stop(1, loads=_GLASS), Stop(2)], {"chambers": (Chamber(("glass",), (3.0,)),)}, _BOTH),
        ("fraction", [Stop(1, loads=_GLASS), Stop(2)], {}, [*_BOTH, ("disposal", 0)]),
        ("driving", [Stop(1), Stop(2)], {"max_driving_s": 399.0}, _BOTH),
        ("distance", [Stop(1), Stop(2)], {"max_distance_m": 399.0}, _BOTH),
        ("capacity", [Stop(1, (6.0,)), Stop(2, (3.0,))], {"under_way": UnderWay((2.0,))}, _BOTH),
        (
            "day load",
            [Stop(1, (6.0,)), Stop(2)],
            {"max_load": (7.0,), "under_way": UnderWay(day_load=(2.0,))},
            _BOTH,
        ),
        ("day stops", [Stop(1), Stop(2)], {"max_stops": 4, "under_way": UnderWay(stops=3)}, _BOTH),
        (
            "duration",
            [Stop(1), Stop(2)],
            {"max_duration_s": 500.0, "under_way": UnderWay(departed_s=-200.0)},
            _BOTH,
        ),
        (
            "driving",
            [Stop(1), Stop(2)],
            {"max_driving_s": 500.0, "under_way": UnderWay(driven_s=200.0)},
            _BOTH,
        ),
        (
            "distance",
            [Stop(1), Stop(2)],
            {"max_distance_m": 500.0, "under_way": UnderWay(driven_m=200.0)},
            _BOTH,
        ),
        (
            "break",
            [Stop(1), Stop(2)],
            {"breaks": WorkBreaks(), "under_way": UnderWay(worked_s=10 * HOUR)},
            _BOTH,
        ),
    ],
)
def test_each_broken_rule_is_found(
    rule: str, stops: list[Stop], vehicle: dict[str, object], steps: list[Step]
) -> None:
    assert rule in _rules(stops, _FAST | vehicle, steps)


@pytest.mark.parametrize(
    ("stops", "vehicle", "steps"),
    [
        ([Stop(1, skills=("crane",)), Stop(2)], {"skills": ("crane", "low")}, _BOTH),
        ([Stop(1, limits=(("length_m", 9.0),)), Stop(2)], {"sizes": (("length_m", 9.0),)}, _BOTH),
        ([Stop(1), Stop(2, after=0)], {}, _BOTH),
        ([Stop(1, group="a"), Stop(2, group="a")], {}, [("stop", 1)]),
        ([Stop(1, loads=_GLASS), Stop(2)], {"chambers": (Chamber(("glass",), (4.0,)),)}, _BOTH),
        ([Stop(1, loads=_GLASS), Stop(2)], {"home_empty": True}, [*_BOTH, ("disposal", 1)]),
        (
            [Stop(1, release_s=50.0), Stop(2, release_s=900.0)],
            {},
            [("stop", 0), ("disposal", 1), ("stop", 1)],
        ),
        ([Stop(1), Stop(2)], {"under_way": UnderWay((2.0,), departed_s=-3600.0, worked_s=3600.0)}, _BOTH),
    ],
)
def test_what_keeps_every_rule_passes(
    stops: list[Stop], vehicle: dict[str, object], steps: list[Step]
) -> None:
    assert _rules(stops, _FAST | vehicle, steps) == set()


def test_a_trip_that_leaves_before_its_release_is_found() -> None:
    problem = Problem([Stop(1), Stop(2, release_s=900.0)], [Vehicle(0, 0)], _LINE, _LINE)
    early = timetable(replace(problem, stops=[Stop(1), Stop(2)]), 0, _BOTH)
    assert {one.rule for one in violations(problem, Plan((early,), (), early.cost))} == {"release"}


def test_a_group_left_out_must_be_named_and_may_only_be_optional() -> None:
    optional = [Stop(1, group="a", prize=7.0), Stop(2, group="a", prize=5.0), Stop(3)]
    tour: list[Step] = [("stop", 2)]
    problem = Problem(optional, [Vehicle(0, 0)], _LINE, _LINE)
    made = timetable(problem, 0, tour)
    left = (Unserved(0, "far"), Unserved(1, "far"))
    assert violations(problem, Plan((made,), left, made.cost + 5.0)) == []
    assert {one.rule for one in violations(problem, Plan((made,), (), made.cost))} == {"group"}
    must = replace(problem, stops=[Stop(1, group="a"), *optional[1:]])
    assert {one.rule for one in violations(must, Plan((made,), left, made.cost))} == {"unserved"}


def test_a_vehicle_under_way_must_come_home_and_go_on_at_once() -> None:
    car = Vehicle(1, 0, shift=(500.0, 9000.0), under_way=UnderWay(departed_s=100.0))
    problem = Problem([Stop(2)], [car, Vehicle(0, 0)], _LINE, _LINE)
    other = timetable(problem, 1, [("stop", 0)])
    assert {one.rule for one in violations(problem, Plan((other,), (), other.cost))} == {"vehicle"}
    home = timetable(problem, 0, [])
    plan = Plan((home, other), (), home.cost + other.cost)
    assert violations(problem, plan) == []
    waits = replace(home, start_s=600.0, end_s=home.end_s + 100.0)
    assert "time" in {one.rule for one in violations(problem, replace(plan, tours=(waits, other)))}


@pytest.mark.parametrize(
    ("steps", "whole", "good"), [(_BOTH, False, True), (_BOTH, True, True), (_BOTH[1:], False, False)]
)
def test_locked_steps_come_first_and_locked_tours_alone(steps: list[Step], whole: bool, good: bool) -> None:
    locks = [Lock(0, tuple(steps), whole)]
    assert ("lock" not in _rules([Stop(1), Stop(2)], {}, _BOTH, locks=locks)) is good
    locked = [Lock(0, (("stop", 0),), whole=True)]
    assert "lock" in _rules([Stop(1), Stop(2)], {}, _BOTH, locks=locked)


def test_what_the_objective_adds_is_counted() -> None:
    stops = [Stop(1, usual_vehicle=1), Stop(3)]
    cars = [Vehicle(0, 0, area=2, regular_s=400.0, cost_per_overtime_s=2.0), Vehicle(0, 0)]
    objective = Objective(balance_per_h2=9.0, compactness_per_m=0.5, stability=40.0)
    problem = Problem(stops, cars, _LINE, _LINE, objective=objective)
    tour = timetable(problem, 0, _BOTH)
    # 600 m and s: 200 s of overtime, a sixth of an hour squared, 100 m each from the area, one stop moved
    assert tour.cost == pytest.approx(600.0 + 400.0 + 9.0 / 36.0 + 0.5 * 200.0 + 40.0)
    assert violations(problem, Plan((tour,), (), tour.cost)) == []


def _driving(hours: tuple[float, ...], rests: dict[int, float]) -> set[str]:
    """Rules broken by drives of so many hours with breaks (s) before the visits given."""
    count = len(hours)
    places = [0.0]
    for drive in hours:
        places.append(places[-1] + drive * HOUR)
    matrix = line(*places)
    rule = DrivingBreaks(
        work=WorkBreaks(first_over_s=90 * HOUR, second_over_s=90 * HOUR, stretch_s=90 * HOUR, day_s=90 * HOUR)
    )
    steps: list[Step] = [("stop", k) for k in range(count)]
    stops = [Stop(k + 1) for k in range(count)]
    free = Problem(stops, [Vehicle(0, count)], matrix, matrix)
    tour = timetable(free, 0, steps)
    visits, late_s = [], 0.0
    for index, visit in enumerate(tour.visits):
        moved = replace(
            visit,
            arrival_s=visit.arrival_s + late_s,
            start_s=visit.start_s + late_s,
            departure_s=visit.departure_s + late_s,
        )
        visits.append(moved)
        if index in rests:
            begin_s = moved.departure_s
            late_s += rests[index]
            rest = replace(
                moved, kind="break", arrival_s=begin_s, start_s=begin_s, departure_s=begin_s + rests[index]
            )
            visits.append(rest)
    end_s = tour.end_s + late_s
    driven = replace(tour, visits=tuple(visits), end_s=end_s, duration_s=end_s - tour.start_s)
    problem = replace(free, vehicles=[replace(free.vehicles[0], breaks=rule)])
    return {one.rule for one in violations(problem, Plan((driven,), (), driven.cost))}


@pytest.mark.parametrize(
    ("hours", "rests", "good"),
    [
        ((4.5, 0.1), {0: 2700.0}, True),
        ((4.4, 0.2), {}, False),
        ((4.6, 0.1), {0: 2700.0}, False),
        ((2.0, 2.5, 2.0), {0: 900.0, 1: 1800.0}, True),
        ((2.0, 2.5, 2.0), {0: 1800.0, 1: 900.0}, False),  # fifteen minutes first, then thirty
        ((2.0, 2.5, 2.0), {0: 1800.0, 1: 1800.0}, True),  # thirty are fifteen as well
        ((2.0, 2.5, 2.0), {0: 2700.0, 1: 900.0}, True),
        ((2.0, 2.5, 2.0, 2.5, 0.2), {0: 2700.0, 1: 900.0, 3: 1800.0}, False),  # nine hours a day
        ((2.0, 2.5, 2.0, 2.4), {0: 900.0, 1: 1800.0, 2: 900.0}, True),
        ((2.0, 2.4, 2.0, 2.4, 0.1), {0: 900.0, 1: 1800.0, 2: 900.0}, True),
        (
            (2.0, 2.4, 2.3, 2.3),
            {0: 900.0, 1: 1800.0, 2: 900.0},
            False,
        ),  # the second half of the day needs its own
    ],
)
def test_driving_breaks_are_those_of_the_law(
    hours: tuple[float, ...], rests: dict[int, float], good: bool
) -> None:
    assert _driving(hours, rests) == (set() if good else {"driving"})


def test_week_rules_are_said_to_be_unchecked() -> None:
    matrix = line(0.0)
    for breaks, said in ((WorkBreaks(), 1), (DrivingBreaks(), 1), (LunchBreak(0.0, 1.0, 1.0), 0), (None, 0)):
        problem = Problem([], [Vehicle(0, 0, breaks=breaks)], matrix, matrix)
        assert len(not_checked(problem)) == said
