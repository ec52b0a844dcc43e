"""Problems refuse nonsense when they are made, in one line that names field, value and expectation."""

import math
from typing import Any

import numpy as np
import pytest

from routing import (
    Chamber,
    DisposalSite,
    DrivingBreaks,
    Load,
    Lock,
    LunchBreak,
    Objective,
    Problem,
    Profile,
    RoutingError,
    Stop,
    Straight,
    UnderWay,
    Vehicle,
    WorkBreaks,
    impossible,
)

_SQUARE = np.ones((3, 3))
_LOAD = Load("paper", (1.0,))
_CHAMBER = Chamber(("paper",), (1.0,))


def _problem(**changes: Any) -> Problem:
    parts: dict[str, Any] = {
        "stops": [Stop(1), Stop(2)],
        "vehicles": [Vehicle(0, 0)],
        "distance_m": _SQUARE,
        "duration_s": _SQUARE,
    }
    return Problem(**(parts | changes))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Stop(-1), "stop.location: -1"),
        (lambda: Stop(1, (-5.0,)), "stop.demand: -5"),
        (lambda: Stop(1, ()), "stop.demand: empty"),
        (lambda: Stop(1, (math.nan,)), "stop.demand: nan"),
        (lambda: Stop(1, service_s=-1), "stop.service_s: -1"),
        (lambda: Stop(1, windows=((9.0, 8.0),)), "stop.windows: 9..8"),
        (lambda: Stop(1, windows=((5.0, 9.0), (8.0, 12.0))), "without overlap"),
        (lambda: Stop(1, prize=-1.0), "stop.prize: -1"),
        (lambda: Vehicle(0, -1), "vehicle.end: -1"),
        (lambda: Vehicle(0, 0, shift=(5.0, 4.0)), "vehicle.shift: 5..4"),
        (lambda: Vehicle(0, 0, cost_per_m=-0.1), "vehicle.cost_per_m: -0.1"),
        (lambda: Vehicle(0, 0, max_stops=-1), "vehicle.max_stops: -1"),
        (lambda: DisposalSite(0, -1.0), "disposal_site.service_s: -1"),
        (lambda: WorkBreaks(part_s=3600.0), "breaks.first_break_s: 1800"),
        (lambda: WorkBreaks(stretch_s=0.0), "breaks.stretch_s: 0"),
        (lambda: LunchBreak(5.0, 4.0, 60.0), "lunch: 5..4"),
        (lambda: _problem(vehicles=[]), "problem.vehicles: none"),
        (lambda: _problem(distance_m=np.ones((3, 2))), "problem.distance_m: shape (3, 2)"),
        (lambda: _problem(duration_s=np.ones((4, 4))), "problem.duration_s: (4, 4)"),
        (lambda: _problem(distance_m=-_SQUARE), "problem.distance_m[0, 0]: -1.0"),
        (lambda: _problem(duration_s=_SQUARE * math.nan), "problem.duration_s[0, 0]: nan"),
        (lambda: _problem(stops=[Stop(3)]), "stops[0].location: 3: expected 0..2"),
        (lambda: _problem(stops=[Stop(1, (1.0, 2.0))]), "stops[0].demand: 2 dimensions"),
        (lambda: _problem(vehicles=[Vehicle(0, 7)]), "vehicles[0].end: 7"),
        (lambda: _problem(vehicles=[Vehicle(0, 0, home_empty=True)]), "vehicles[0].home_empty"),
        (lambda: _problem(vehicles=[Vehicle(0, 0, disposal_sites=(0,))]), "vehicles[0].disposal_sites: 0"),
        (lambda: _problem(positions=[(0.0, 0.0)]), "problem.positions: 1"),
        (lambda: Stop(1, priority=6), "stop.priority: 6"),
        (lambda: Stop(1, (1.0,), loads=(_LOAD,)), "stop.demand: given beside loads"),
        (lambda: Stop(1, side="up"), "stop.side: 'up'"),  # type: ignore[arg-type]
        (lambda: Stop(1, skills="crane"), "stop.skills: 'crane'"),  # type: ignore[arg-type]
        (lambda: Stop(1, limits=(("length_m", -1.0),)), "stop.limits.length_m: -1"),
        (lambda: Stop(1, lifts=-1), "stop.lifts: -1"),
        (lambda: Stop(1, release_s=math.nan), "stop.release_s: nan"),
        (lambda: Load("", (1.0,)), "load.fraction"),
        (lambda: Chamber(("paper",), (-1.0,)), "chamber.capacity: -1"),
        (lambda: Vehicle(0, 0, sides=()), "vehicle.sides: ()"),
        (lambda: Vehicle(0, 0, setup_s=-1.0), "vehicle.setup_s: -1"),
        (lambda: Vehicle(0, 0, chambers=(_CHAMBER, _CHAMBER)), "vehicle.chambers: paper in two"),
        (lambda: UnderWay((1.0,), loads=(_LOAD,)), "under_way.load: given beside loads"),
        (lambda: UnderWay(worked_s=-1.0), "under_way.worked_s: -1"),
        (lambda: DisposalSite(0, weighing_s=-1.0), "disposal_site.weighing_s: -1"),
        (lambda: Objective(stability=-1.0), "objective.stability: -1"),
        (lambda: DrivingBreaks(driving_s=0.0), "breaks.driving_s: 0"),
        (lambda: DrivingBreaks(second_part_s=3600.0), "breaks.break_s: 2700"),
        (lambda: _problem(stops=[Stop(1, vehicles=(3,))]), "stops[0].vehicles: 3"),
        (lambda: _problem(stops=[Stop(1, usual_vehicle=3)]), "stops[0].vehicles: 3"),
        (lambda: _problem(stops=[Stop(1, after=7)]), "stops[0].after: 7"),
        (lambda: _problem(stops=[Stop(1, after=0)]), "stops[0].after: leads back to itself"),
        (lambda: _problem(stops=[Stop(1, after=1), Stop(2, after=0)]), "stops[0].after: leads back"),
        (lambda: _problem(stops=[Stop(1, loads=(Load("paper", (1.0, 2.0)),))]), "stops[0].loads: 2 dim"),
        (lambda: _problem(vehicles=[Vehicle(0, 0, profile=1)]), "vehicles[0].profile: 1"),
        (lambda: _problem(vehicles=[Vehicle(0, 0, area=9)]), "vehicles[0].area: 9"),
        (lambda: _problem(vehicles=[Vehicle(0, 0, cost_per_m=0.0, max_distance_m=9.0)]), "max_distance_m"),
        (lambda: _problem(vehicles=[Vehicle(0, 0, under_way=UnderWay((1.0, 2.0)))]), "under_way: 2 dim"),
        (lambda: _problem(profiles=[Profile(_SQUARE, -_SQUARE)]), "profiles[0].duration_s[0, 0]: -1.0"),
        (lambda: _problem(profiles=[Profile(np.ones((2, 2)), _SQUARE)]), "profiles[0].distance_m: (2, 2)"),
        (lambda: _problem(press_factors={"paper": (0.0,)}), "press_factors[paper]"),
        (lambda: _problem(locks=[Lock(1, ())]), "locks[0].vehicle: 1"),
        (lambda: _problem(locks=[Lock(0, ()), Lock(0, ())]), "locks[1].vehicle: 0 twice"),
        (lambda: _problem(locks=[Lock(0, (("disposal", 0),))]), "locks[0].steps: 0"),
        (lambda: Straight(np.ones((3, 2))), "positions: shape (3, 2)"),
        (lambda: Straight.plane([(0.0, 1.0)], 0.0), "positions.factor: 0"),
    ],
)
def test_nonsense_is_refused_in_one_line(make: Any, words: str) -> None:
    with pytest.raises(RoutingError) as refusal:
        make()
    assert words in str(refusal.value)
    assert "expected" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_place_without_a_way_is_allowed() -> None:
    matrix = _SQUARE.copy()
    matrix[0, 2] = math.inf
    assert len(_problem(distance_m=matrix).stops) == 2


def test_straight_lines_read_like_a_matrix() -> None:
    straight = Straight.plane([(0.0, 0.0), (3.0, 4.0), (6.0, 8.0)], 2.0)
    assert straight.shape == (3, 3)
    assert straight[0, 2] == 20.0
    assert straight[1].tolist() == [10.0, 0.0, 10.0]
    assert straight[:].tolist() == [[0.0, 10.0, 20.0], [10.0, 0.0, 10.0], [20.0, 10.0, 0.0]]
    assert straight.rows(np.array([2, 0]), np.array([1])).tolist() == [[10.0], [10.0]]
    assert straight.scaled(0.5)[0, 1] == 5.0


def test_straight_lines_on_the_sphere_are_those_of_the_earth() -> None:
    # a degree along a meridian of the mean sphere is 111.195 km
    straight = Straight.sphere([(13.4, 52.0), (13.4, 52.1), (13.5, 52.0)])
    assert straight[0, 1] == pytest.approx(11_119.5, rel=1e-5)
    assert straight[0, 2] == pytest.approx(11_119.5 * math.cos(math.radians(52.0)), rel=1e-5)


_FAR = np.array([[0.0, 10.0, math.inf], [10.0, 0.0, 5.0], [5.0, 5.0, 0.0]])


@pytest.mark.parametrize(
    ("stop", "vehicle", "words"),
    [
        ({"demand": (9.0,)}, {"capacity": (8.0,)}, "demand 9 is more than any vehicle takes (8)"),
        ({"demand": (9.0,)}, {"max_load": (8.0,)}, "demand 9 is more than any vehicle takes (8)"),
        ({"loads": (_LOAD,)}, {"chambers": (Chamber(("paper",), (0.5,)),)}, "no chamber of any vehicle"),
        ({"loads": (_LOAD,)}, {"chambers": (Chamber(("glass",), (9.0,)),)}, "no chamber takes paper"),
        ({"location": 2}, {}, "no way leads there and back"),
        ({"windows": ((0.0, 9.0),)}, {}, "before its last window closes (at 9 s)"),
        ({"windows": ((0.0, 50.0),), "release_s": 45.0}, {}, "before its last window closes (at 50 s)"),
        ({"service_s": 90.0}, {}, "no vehicle is home from it before its shift ends"),
        ({}, {"max_driving_s": 15.0}, "longest day or driving"),
        ({"lifts": 3}, {"lift_s": 10.0, "max_duration_s": 45.0}, "longest day or driving"),
        ({"skills": ("crane",)}, {}, "no vehicle may serve it: it needs crane"),
        ({"vehicles": ()}, {}, "no vehicle may serve it: none is named"),
        ({"loads": (_LOAD,)}, {"home_empty": True}, "no disposal site accepts its load"),
    ],
)
def test_what_no_vehicle_can_do_is_named_without_a_search(
    stop: dict[str, Any], vehicle: dict[str, Any], words: str
) -> None:
    shift: dict[str, Any] = {"shift": (0.0, 100.0)}
    place: dict[str, Any] = {"location": 1}
    car = Vehicle(0, 0, **(shift | vehicle))
    stops = [Stop(**(place | stop)), Stop(1)]
    problem = Problem(stops, [car], _FAR, _FAR, [DisposalSite(0, fractions=("glass",))])
    found = impossible(problem)
    assert [left.stop for left in found if left.stop == 0] == [0]
    assert words in found[0].reason
    assert "\n" not in found[0].reason


def test_what_one_of_several_vehicles_can_do_is_possible() -> None:
    cars = [Vehicle(0, 0, (5.0,)), Vehicle(0, 0, (9.0,), skills=("crane",))]
    problem = _problem(stops=[Stop(1, (8.0,)), Stop(1, (4.0,), skills=("crane",))], vehicles=cars)
    assert impossible(problem) == []
