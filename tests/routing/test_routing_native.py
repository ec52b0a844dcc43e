"""The project's own JSON: everything a problem can say, and one clear line for each fault."""

import json
import math
import pathlib

import numpy as np
import pytest

from routing import (
    Chamber,
    DrivingBreaks,
    Load,
    Lock,
    Objective,
    RoutingError,
    Straight,
    UnderWay,
    WorkBreaks,
)
from routing.instances import to_native
from tests.routing.small_files import read_text

_NATIVE = {
    "name": "mine",
    "unit": "EUR",
    "distance_m": [[0, 5, None], [5, 0, 4], [6, 4, 0]],
    "duration_s": [[0, 5, 9], [5, 0, 4], [6, 4, 0]],
    "stops": [{"location": 1, "demand": [3], "windows": [[0, 50]]}],
    "vehicles": [{"start": 0, "end": 0, "capacity": [9], "breaks": {"kind": "work"}, "count": 2}],
    "disposal_sites": [{"location": 2, "service_s": 3}],
}


def test_the_projects_own_json(tmp_path: pathlib.Path) -> None:
    problem = read_text(tmp_path, json.dumps(_NATIVE), "mine.json").problem
    assert problem.name == "mine"
    assert problem.stops[0].windows == ((0, 50),)
    assert len(problem.vehicles) == 2
    assert problem.vehicles[0].breaks == WorkBreaks()
    assert math.isinf(problem.distance_m[0, 2])


_WIDE = {
    "positions": [[13.0, 52.0], [13.1, 52.0], [13.0, 52.1]],
    "straight": {"factor": 1.3, "speed_mps": 10, "geographic": True},
    "stops": [
        {
            "location": 1,
            "loads": [{"fraction": "glass", "amounts": [3]}],
            "limits": {"length_m": 9},
            "skills": ["crane"],
            "group": "a",
            "days": [1],
        },
        {"location": 2, "demand": [1], "after": 0},
    ],
    "vehicles": [
        {
            "start": 0,
            "end": 0,
            "capacity": [9],
            "max_duration_s": None,
            "chambers": [{"fractions": ["glass"], "capacity": [5]}],
            "breaks": {"kind": "driving", "driving_s": 9000, "work": {"stretch_s": 10000}},
            "under_way": {"loads": [{"fraction": "glass", "amounts": [2]}], "worked_s": 60},
            "sizes": {"length_m": 8},
        }
    ],
    "disposal_sites": [{"location": 2, "weighing_s": 60, "fractions": ["glass"]}],
    "objective": {"vehicles_first": True, "stability": 3},
    "press_factors": {"glass": [1.5]},
    "locks": [{"vehicle": 0, "steps": [1, "D1", 2]}],
}


def test_the_projects_own_json_says_everything(tmp_path: pathlib.Path) -> None:
    problem = read_text(tmp_path, json.dumps(_WIDE), "wide.json").problem
    car = problem.vehicles[0]
    assert problem.demands.tolist() == [[2.0], [1.0]]
    assert problem.stops[0].limits == (("length_m", 9),)
    assert car.chambers == (Chamber(("glass",), (5,)),)
    assert car.breaks == DrivingBreaks(9000, work=WorkBreaks(10000))
    assert car.under_way == UnderWay(loads=(Load("glass", (2,)),), worked_s=60)
    assert math.isinf(car.max_duration_s)
    assert problem.disposal_sites[0].fractions == ("glass",)
    assert problem.objective == Objective(vehicles_first=True, stability=3)
    assert problem.locks == (Lock(0, (("stop", 0), ("disposal", 0), ("stop", 1))),)
    assert isinstance(problem.distance_m, Straight)
    assert problem.distance_m[0, 2] == pytest.approx(1.3 * 11_119.5, rel=1e-4)
    assert problem.duration_s[0, 2] == pytest.approx(0.13 * 11_119.5, rel=1e-4)


def test_what_is_written_reads_back_the_same(tmp_path: pathlib.Path) -> None:
    lunch = {"kind": "lunch", "opens_s": 5, "closes_s": 9, "length_s": 3}
    more = {
        "vehicles": [*_WIDE["vehicles"], {"start": 0, "end": 1, "breaks": lunch, "shift": [3, None]}],
        "profiles": [{"distance_m": [[0, 1, 2]] * 3, "duration_s": [[0, None, 2]] * 3}],
    }
    problem = read_text(tmp_path, json.dumps(_WIDE | more), "wide.json").problem
    again = read_text(tmp_path, json.dumps(to_native(problem), allow_nan=False), "again.json").problem
    for name in ("name", "positions", "stops", "vehicles", "disposal_sites", "objective", "locks"):
        assert getattr(again, name) == getattr(problem, name), name
    assert again.press_factors == problem.press_factors
    np.testing.assert_array_equal(again.distance_m[:], problem.distance_m[:])
    np.testing.assert_array_equal(again.profiles[0].duration_s[:], problem.profiles[0].duration_s[:])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"straight": {"speed_mps": 0}}, "straight.speed_mps: 0"),
        ({"straight": {"speed": 3}}, "straight.speed: unknown"),
        ({"straight": {}, "positions": []}, "positions: missing"),
        (
            {"stops": [{"location": 1, "loads": [{"fraction": "glass"}]}]},
            "stops[0].loads[0].amounts: missing",
        ),
        ({"stops": [{"location": 1, "loads": 3}]}, "loads: int: expected a list"),
        ({"stops": [{"location": 1, "skills": "crane"}]}, "stop.skills: 'crane'"),
        ({"objective": {"beauty": 3}}, "objective.beauty: unknown"),
        ({"press_factors": {"glass": [0]}}, "press_factors[glass]"),
        ({"press_factors": {"glass": 3}}, "problem: "),
        ({"locks": [{"vehicle": 0, "steps": ["home"]}]}, "locks[0].steps: 'home'"),
        ({"locks": [{"vehicle": 0, "steps": [9]}]}, "locks[0].steps: 8: expected 0..1"),
        ({"profiles": [{"distance_m": [[0]]}]}, "profiles[0].duration_s: missing"),
    ],
)
def test_broken_wide_json_gets_one_line(
    tmp_path: pathlib.Path, change: dict[str, object], words: str
) -> None:
    with pytest.raises(RoutingError) as refusal:
        read_text(tmp_path, json.dumps(_WIDE | change), "wide.json")
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stops": [{"demand": [3]}]}, "stops[0].location: missing"),
        ({"stops": [{"location": 1, "weight": 3}]}, "stops[0].weight: unknown"),
        ({"stops": {"location": 1}}, "stops: dict: expected a list"),
        ({"stops": [{"location": "one"}]}, "stops[0]"),
        ({"stops": [7]}, "stops[0]: int: expected an object"),
        ({"vehicles": [{"start": 0, "end": 0, "count": 0}]}, "vehicles[0].count: 0"),
        ({"vehicles": [{"start": 0, "end": 0, "breaks": {"kind": "nap"}}]}, "vehicles[0].breaks"),
        ({"distance_m": [[0, 1], [2]]}, "distance_m"),
        ({"distance_m": "far"}, "distance_m"),
        ({"colour": "red"}, "problem.colour: unknown"),
        ({"duration_s": None}, "duration_s"),
    ],
)
def test_broken_json_gets_one_line(tmp_path: pathlib.Path, change: dict[str, object], words: str) -> None:
    with pytest.raises(RoutingError) as refusal:
        read_text(tmp_path, json.dumps(_NATIVE | change), "mine.json")
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
