"""What stops and vehicles may ask for: the search finds the least cost that counting through finds."""

from dataclasses import replace

import numpy as np
import pytest

from routing import (
    Chamber,
    DisposalSite,
    DrivingBreaks,
    Load,
    Lock,
    MaxIterations,
    Objective,
    Plan,
    Problem,
    Profile,
    Progress,
    Stop,
    UnderWay,
    Vehicle,
    WorkBreaks,
    solve,
    violations,
)
from routing.locking import accustomed, replan
from routing.timetable import timetable
from tests.routing.rich_problems import HOUR, least_cost, line, solved

pytestmark = pytest.mark.usefixtures("compiled")

_LINE = line(0, 100, 200, 300, 400, 250, 1000)


def _problem(
    stops: list[Stop], vehicles: list[Vehicle], sites: tuple[DisposalSite, ...] = (), **more: object
) -> Problem:
    return Problem(stops, vehicles, _LINE, _LINE, sites, **more)  # type: ignore[arg-type]


_GLASS = (Load("white", (3.0,)), Load("green", (3.0,)))
_PROBLEMS = {
    "skills": _problem(
        [Stop(1, skills=("crane",)), Stop(2), Stop(3)],
        [Vehicle(0, 0), Vehicle(6, 6, skills=("crane", "low"))],
    ),
    "sizes": _problem(
        [Stop(1, limits=(("length_m", 9.0),)), Stop(2), Stop(3)],
        [Vehicle(0, 0, sizes=(("length_m", 10.0),)), Vehicle(6, 6, sizes=(("length_m", 8.0),))],
    ),
    "sides": _problem([Stop(1, side="left"), Stop(2)], [Vehicle(0, 0, sides=("right",)), Vehicle(4, 4)]),
    "fixed vehicle": _problem([Stop(1, vehicles=(1,)), Stop(2)], [Vehicle(0, 0)] * 3),
    "fixed day": _problem(
        [Stop(1, days=(2,)), Stop(2, days=(1, 2)), Stop(3, days=(1,))],
        [Vehicle(0, 0, day=1), Vehicle(0, 0, day=2)],
    ),
    "one of a group": _problem([Stop(1, group="a"), Stop(4, group="a"), Stop(3)], [Vehicle(0, 0)]),
    "a group that is not worth it": _problem(
        [Stop(6, group="a", prize=100.0), Stop(4, group="a", prize=90.0), Stop(3)], [Vehicle(0, 0)]
    ),
    "linked order": _problem([Stop(1, after=1), Stop(4, after=2), Stop(2)], [Vehicle(0, 0), Vehicle(3, 3)]),
    "release": _problem(
        [Stop(1, release_s=1000.0), Stop(4, (3.0,), windows=((0.0, 900.0),)), Stop(2)],
        [Vehicle(0, 0, (5.0,))],
        (DisposalSite(0),),
    ),
    "overtime": _problem(
        [Stop(k, service_s=500.0) for k in (1, 2, 3)],
        [Vehicle(0, 0, regular_s=1200.0, cost_per_overtime_s=10.0, fixed_cost=100.0)] * 2,
    ),
    "balance": _problem(
        [Stop(1, service_s=5000.0), Stop(2, service_s=5000.0), Stop(3, service_s=500.0)],
        [Vehicle(0, 0)] * 2,
        objective=Objective(balance_per_h2=500.0),
    ),
    "different ends": _problem([Stop(1), Stop(6)], [Vehicle(0, 6), Vehicle(6, 0), Vehicle(0, 0)]),
    "chambers": _problem(
        [Stop(1, loads=_GLASS), Stop(2, loads=_GLASS[1:]), Stop(3, loads=_GLASS[:1])],
        [
            Vehicle(
                0,
                0,
                (20.0,),
                chambers=(Chamber(("white",), (7.0,)), Chamber(("green",), (5.0,))),
                home_empty=True,
            )
        ],
        (DisposalSite(5),),
    ),
    "accepted fractions": _problem(
        [
            Stop(1, loads=(Load("paper", (3.0,)),)),
            Stop(2, loads=(Load("glass", (4.0,)),)),
            Stop(3, loads=(Load("paper", (4.0,)),)),
        ],
        [Vehicle(0, 0, (20.0,), home_empty=True)],
        (DisposalSite(5, fractions=("paper",)), DisposalSite(6, fractions=("glass",))),
    ),
    "press factors": _problem(
        [Stop(1, loads=(Load("paper", (8.0,)),)), Stop(2, loads=(Load("glass", (8.0,)),)), Stop(3, (2.0,))],
        [Vehicle(0, 0, (10.0,), home_empty=True)],
        (DisposalSite(5),),
        press_factors={"paper": (8.0,), "glass": (1.0,)},
    ),
    "longest driving": _problem(
        [Stop(1), Stop(6)], [Vehicle(0, 0, max_driving_s=1000.0), Vehicle(5, 5, max_driving_s=1600.0)]
    ),
    "longest way": _problem(
        [Stop(1), Stop(6)], [Vehicle(0, 0, max_distance_m=1000.0), Vehicle(5, 5, max_distance_m=1600.0)]
    ),
    "profiles": _problem(
        [Stop(1), Stop(4)],
        [Vehicle(0, 0, profile=1, max_duration_s=2000.0), Vehicle(0, 0)],
        profiles=[Profile(_LINE * 0.4, _LINE * 3.0)],
    ),
    "set-up and time a lift": _problem(
        [Stop(1, lifts=2), Stop(4, lifts=5)],
        [
            Vehicle(0, 0, setup_s=100.0, lift_s=50.0, cost_per_s=1.0),
            Vehicle(0, 0, cost_per_s=3.0, cost_per_m=0.5),
        ],
    ),
    "weighbridge": _problem(
        [Stop(1, (5.0,)), Stop(2, (5.0,))],
        [Vehicle(0, 0, (9.0,), cost_per_s=1.0, home_empty=True)],
        (DisposalSite(5, weighing_s=600.0), DisposalSite(6)),
    ),
    "under way and loaded": _problem(
        [Stop(1, (5.0,)), Stop(4, (6.0,))],
        [
            Vehicle(
                3, 0, (10.0,), (500.0, 9000.0), under_way=UnderWay((6.0,), departed_s=100.0), home_empty=True
            ),
            Vehicle(0, 0, (10.0,), fixed_cost=5000.0, home_empty=True),
        ],
        (DisposalSite(5), DisposalSite(6)),
    ),
    "under way with part of its break behind it": _problem(
        [Stop(k, service_s=0.7 * HOUR) for k in (1, 2, 3)],
        [
            Vehicle(
                4,
                0,
                shift=(12 * HOUR, 24 * HOUR),
                cost_per_s=1.0,
                breaks=WorkBreaks(),
                under_way=UnderWay(worked_s=5 * HOUR, rested_s=900.0, stretch_s=600.0, departed_s=6 * HOUR),
            )
        ],
    ),
    "under way with nothing left to do": _problem(
        [Stop(1, (5.0,), vehicles=(1,))],
        [
            Vehicle(3, 6, (10.0,), (500.0, 9000.0), under_way=UnderWay((6.0,)), home_empty=True),
            Vehicle(0, 0, (10.0,), home_empty=True),
        ],
        (DisposalSite(5), DisposalSite(6)),
    ),
    "stability": _problem(
        [Stop(1, usual_vehicle=0), Stop(2, usual_vehicle=1), Stop(3, usual_vehicle=1)],
        [Vehicle(0, 0)] * 2,
        objective=Objective(stability=700.0),
    ),
    "compactness": _problem(
        [Stop(1), Stop(2), Stop(6)],
        [Vehicle(0, 0, area=1), Vehicle(0, 0, area=6)],
        objective=Objective(compactness_per_m=3.0),
    ),
    "priority": _problem(
        [Stop(1, (1.0,)), Stop(4, (1.0,), priority=2), Stop(2, (1.0,)), Stop(3, (3.0,), priority=1)],
        [Vehicle(0, 0, (4.0,))],
    ),
}


@pytest.mark.parametrize("name", _PROBLEMS)
def test_the_least_cost_is_found(name: str) -> None:
    assert solved(_PROBLEMS[name]).cost == pytest.approx(least_cost(_PROBLEMS[name]))


def test_the_more_important_stops_are_served() -> None:
    assert {left.stop for left in solved(_PROBLEMS["priority"]).unserved} == {0, 2}


def test_vehicles_come_before_any_cost_when_asked() -> None:
    problem = _problem([Stop(1), Stop(6)], [Vehicle(0, 0), Vehicle(6, 6)])
    assert len(solved(problem).tours) == 2
    course: list[Progress] = []
    plan = solved(replace(problem, objective=Objective(vehicles_first=True)), progress=course.append)
    assert len(plan.tours) == 1
    assert plan.cost == pytest.approx(1800.0)
    assert course[-1].cost == pytest.approx(1800.0)  # not what the search adds for each tour


@pytest.mark.parametrize("seed", range(6))
def test_random_problems_with_everything_keep_every_rule(seed: int) -> None:
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 20_000, (26, 2))
    metres = np.round(
        np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) * rng.uniform(1, 1.3, (26, 26)), 1
    )
    fractions = ("paper", "glass")
    stops = [
        Stop(
            1 + k,
            loads=(Load(fractions[k % 2], (float(rng.integers(50, 300)), float(rng.integers(500, 3000)))),),
            service_s=60.0,
            lifts=int(rng.integers(1, 4)),
            windows=() if k % 4 else ((7 * HOUR, 11 * HOUR), (12 * HOUR, 15 * HOUR)),
            skills=("crane",) if k % 6 == 0 else (),
            group=f"group {k // 2}" if k in (8, 9, 10, 11) else "",
            after=k - 1 if k in (5, 15) else None,
            prize=40.0 if k == 7 else None,
            release_s=8 * HOUR if k == 13 else 0.0,
            usual_vehicle=k % 3,
        )
        for k in range(22)
    ]
    breaks = DrivingBreaks(driving_s=1.5 * HOUR) if seed % 2 else WorkBreaks(stretch_s=3 * HOUR)
    cars = [
        Vehicle(
            0,
            23 if k == 1 else 0,
            (1500.0, 16_000.0),
            (6 * HOUR, 17 * HOUR),
            fixed_cost=20.0,
            cost_per_m=0.001,
            cost_per_s=0.005,
            breaks=breaks,
            home_empty=True,
            chambers=(Chamber(("paper",), (900.0, 9000.0)), Chamber(("glass",), (900.0, 7000.0)))
            if k
            else (),
            skills=("crane",) if k < 2 else (),
            setup_s=30.0 * k,
            lift_s=40.0,
            regular_s=7 * HOUR,
            cost_per_overtime_s=0.01,
            profile=int(k == 2),
        )
        for k in range(3)
    ]
    problem = Problem(
        stops,
        cars,
        metres,
        np.round(metres / 11.0, 1),
        [
            DisposalSite(24, 600.0, ((6 * HOUR, 16 * HOUR),), weighing_s=120.0),
            DisposalSite(25, fractions=("glass",)),
        ],
        profiles=[Profile(metres, np.round(metres / 8.0, 1))],
        press_factors={"paper": (1.0, 4.0)},
        objective=Objective(balance_per_h2=0.5, stability=1.0),
    )
    plan = solved(problem, 150)
    assert sum(len(tour.stops) for tour in plan.tours) >= 17
    again = solve(problem, MaxIterations(0), start=plan)
    assert again.cost == pytest.approx(plan.cost)
    middle = sorted(visit.start_s for tour in plan.tours for visit in tour.visits)[10]
    part = replan(problem, plan, middle)
    later = part.put_back(solved(part.problem, 100))
    assert [str(one) for one in violations(problem, later) if one.rule != "unserved"] == []
    new = {tour.vehicle: tour for tour in later.tours}
    for old in plan.tours:
        done = [visit for visit in old.visits if visit.departure_s <= middle]
        assert list(new[old.vehicle].visits[: len(done)]) == done
        assert new[old.vehicle].start_s == old.start_s


def test_a_new_stop_goes_to_a_vehicle_that_is_still_out() -> None:
    problem = _problem([Stop(1), Stop(4), Stop(2)], [Vehicle(0, 0), Vehicle(4, 4, fixed_cost=5000.0)])
    tours = (timetable(problem, 0, [("stop", 0), ("stop", 1)]),)
    plan = Plan(tours, (), tours[0].cost)
    part = replan(problem, plan, 50.0)  # on the way to its first stop
    later = part.put_back(solved(part.problem))
    assert [(tour.stops[0], set(tour.stops)) for tour in later.tours] == [(0, {0, 1, 2})]
    assert later.cost == pytest.approx(800.0)
    assert violations(problem, later) == []
    part = replan(problem, plan, 500.0)  # on the way home: it stays on it
    later = part.put_back(solved(part.problem))
    assert [(tour.vehicle, tour.stops) for tour in later.tours] == [(0, (0, 1)), (1, (2,))]
    assert violations(problem, later) == []


def test_promised_steps_come_first_and_locked_tours_stay() -> None:
    problem = _problem([Stop(1), Stop(4), Stop(2)], [Vehicle(0, 0), Vehicle(3, 3)])
    plan = solved(replace(problem, locks=[Lock(1, (("stop", 0), ("stop", 1)))]))
    assert [tour.stops for tour in plan.tours] == [(0, 1, 2)]
    plan = solved(replace(problem, locks=[Lock(1, (("stop", 0),), whole=True)]))
    assert [(tour.vehicle, set(tour.stops)) for tour in plan.tours] == [(0, {1, 2}), (1, {0})]


def test_a_search_can_begin_with_a_plan_and_keeps_what_is_right_of_it() -> None:
    problem = _problem([Stop(k, (3.0,)) for k in (1, 2, 3, 4)], [Vehicle(0, 0, (6.0,))] * 2)
    plan = solved(problem)
    assert solve(problem, MaxIterations(0), start=plan).cost == pytest.approx(plan.cost)
    fuller = replace(
        problem, stops=[*problem.stops[:3], Stop(4, (5.0,))], vehicles=[*problem.vehicles, Vehicle(0, 0)]
    )
    assert solved(fuller, 300, start=plan).cost == pytest.approx(least_cost(fuller))


def test_yesterday_decides_who_serves_what() -> None:
    problem = _problem([Stop(1), Stop(2), Stop(3)], [Vehicle(0, 0), Vehicle(0, 0)])
    yesterday = solved(
        replace(problem, stops=[replace(stop, vehicles=(k % 2,)) for k, stop in enumerate(problem.stops)])
    )
    habits = replace(accustomed(problem, yesterday), objective=Objective(stability=1000.0))
    plan = solved(habits)
    assert [(tour.vehicle, set(tour.stops)) for tour in plan.tours] == [(0, {0, 2}), (1, {1})]


def test_driving_breaks_split_in_the_order_of_the_law() -> None:
    hours = _LINE * 36.0  # 100 m take an hour
    problem = Problem(
        [Stop(k, service_s=600.0) for k in (1, 2, 3, 4)],
        [Vehicle(0, 0, shift=(0.0, 20 * HOUR), breaks=DrivingBreaks())],
        _LINE,
        hours,
    )
    plan = solved(problem)
    rests = [v.departure_s - v.start_s for v in plan.tours[0].visits if v.kind == "break"]
    assert sum(rests) == 45 * 60.0
    assert plan.cost == pytest.approx(least_cost(problem))


def test_full_vehicles_without_time_take_no_more() -> None:
    stops = [Stop(1 + k % 5, (3.0,), service_s=400.0) for k in range(30)]
    car = Vehicle(0, 0, (10.0,), (0.0, 4000.0), home_empty=True)
    plan = solved(_problem(stops, [car, car], (DisposalSite(6),)), 0)
    assert len(plan.unserved) > 10
