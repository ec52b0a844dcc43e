"""Explanations tell what is true: slack, room, and what skipping or moving a stop costs."""

from dataclasses import replace

import pytest

from routing import (
    DisposalSite,
    LunchBreak,
    Plan,
    Problem,
    Stop,
    Unserved,
    Vehicle,
    explain,
    violations,
)
from routing.members import Step
from routing.timetable import timetable
from tests.routing.rich_problems import HOUR, line

_LINE = line(0, 100, 200, 300, 400)


def _plan(problem: Problem, *tours: list[Step]) -> Plan:
    made = tuple(timetable(problem, vehicle, steps) for vehicle, steps in enumerate(tours) if steps)
    return Plan(made, (), sum(tour.cost for tour in made))


def _problem(**vehicle: object) -> Problem:
    car = Vehicle(0, 0, (10.0,), (0.0, 2000.0), **vehicle)  # type: ignore[arg-type]
    stops = [Stop(1, (4.0,), windows=((0.0, 500.0),)), Stop(3, (3.0,), 60.0), Stop(4, (3.0,))]
    return Problem(stops, [car, car], _LINE, _LINE, [DisposalSite(2)])


def test_room_slack_and_saving_are_those_of_the_tour() -> None:
    problem = _problem()
    plan = _plan(problem, [("stop", 0), ("stop", 1), ("stop", 2)])
    first, second, third = explain(problem, plan)
    assert [one.load for one in (first, second, third)] == [(4.0,), (7.0,), (10.0,)]
    assert [one.room for one in (first, second, third)] == [(6.0,), (3.0,), (0.0,)]
    assert first.slack_s == pytest.approx(500.0 - first.arrival_s)  # its window closes
    assert third.slack_s == pytest.approx(2000.0 - plan.tours[0].end_s)  # the shift ends
    assert [one.skipping_saves for one in (first, second, third)] == pytest.approx([0.0, 0.0, 200.0])


def test_arriving_as_late_as_the_slack_allows_keeps_every_rule_and_no_later() -> None:
    problem = _problem()
    plan = _plan(problem, [("stop", 0), ("stop", 1), ("stop", 2)])
    for one in explain(problem, plan):
        for late_s, good in ((one.slack_s - 1.0, True), (one.slack_s + 1.0, False)):
            tour = plan.tours[0]
            shifted = [
                visit
                if place < one.position
                else replace(
                    visit,
                    arrival_s=visit.arrival_s + (late_s if place > one.position else 0.0),
                    start_s=visit.start_s + late_s,
                    departure_s=visit.departure_s + late_s,
                )
                for place, visit in enumerate(tour.visits)
            ]
            end_s = tour.end_s + late_s
            late = replace(tour, visits=tuple(shifted), end_s=end_s, duration_s=end_s - tour.start_s)
            assert (violations(problem, replace(plan, tours=(late,))) == []) is good


def test_the_nearest_place_that_keeps_every_rule_is_named_with_its_price() -> None:
    problem = _problem()
    plan = _plan(problem, [("stop", 0), ("stop", 1)], [("stop", 2)])
    moved = explain(problem, plan, {1})[0].move
    assert moved is not None
    assert moved.vehicle == 1
    other = _plan(problem, [("stop", 0)], [("stop", 1), ("stop", 2)])
    assert moved.costs == pytest.approx(other.cost - plan.cost)


def test_a_stop_alone_frees_its_vehicle_when_skipped() -> None:
    problem = _problem(fixed_cost=70.0)
    plan = _plan(problem, [("stop", 0), ("stop", 1)], [("stop", 2)])
    assert explain(problem, plan, {2})[0].skipping_saves == pytest.approx(870.0)


def test_lunch_bounds_the_slack_before_it() -> None:
    lunch = LunchBreak(0.2 * HOUR, 0.3 * HOUR, 600.0)
    problem = Problem(
        [Stop(1, service_s=700.0), Stop(4, service_s=700.0)],
        [Vehicle(0, 0, shift=(0.0, 9000.0), breaks=lunch)],
        _LINE,
        _LINE,
    )
    plan = _plan(problem, [("stop", 0), ("stop", 1)])
    assert violations(problem, plan) == []
    first = explain(problem, plan)[0]
    assert 0.0 < first.slack_s <= 0.3 * HOUR - first.arrival_s


def test_an_explanation_is_one_line_and_one_object() -> None:
    problem = _problem()
    plan = replace(_plan(problem, [("stop", 0), ("stop", 1)]), unserved=(Unserved(2, "no time"),))
    one = explain(problem, plan)[0]
    assert str(one).startswith("stop 1: vehicle 0, place 1; arrives at ")
    assert "4 on board, room for 6" in str(one)
    assert "\n" not in str(one)
    told = one.as_json()
    assert (told["stop"], told["tour"], told["position"]) == (1, 1, 1)
    assert told["text"] == str(one)
