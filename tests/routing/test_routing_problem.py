"""Problems refuse nonsense when they are made, in one line that names field, value and expectation."""

import math
from typing import Any

import numpy as np
import pytest

from routing import DisposalSite, LunchBreak, Problem, RoutingError, Stop, Vehicle, WorkBreaks

_SQUARE = np.ones((3, 3))


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
