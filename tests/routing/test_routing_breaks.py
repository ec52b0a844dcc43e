"""Breaks of both laws: the checker accepts what the search calls feasible, and the search misses nothing."""

import numpy as np
import pytest

from routing import DrivingBreaks, Problem, Stop, Vehicle, WorkBreaks
from tests.routing.rich_problems import HOUR, least_cost, solved

pytestmark = pytest.mark.usefixtures("compiled")

_RULES = (WorkBreaks(), DrivingBreaks(), DrivingBreaks(driving_s=3 * HOUR))


@pytest.mark.parametrize("seed", range(12))
def test_long_days_are_planned_as_well_as_their_breaks_allow(seed: int) -> None:
    problem = _long_day(seed)
    assert solved(problem, 300).cost == pytest.approx(least_cost(problem), rel=1e-5)


def _long_day(seed: int) -> Problem:
    """Four stops so far apart that the order of driving, service and breaks decides what can be done."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 100, (6, 2)).round()
    km = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)).round()
    quarters = np.round(km / (25.0 if seed % 2 else 40.0) * 4)
    stops = []
    for k in range(4):
        opens, closes = float(rng.integers(5, 14)), float(rng.integers(15, 20))
        windows = ((opens * HOUR, closes * HOUR),) if k % 2 else ()
        stops.append(Stop(1 + k, service_s=float(rng.integers(1, 8)) * 900.0, windows=windows))
    car = Vehicle(0, 0, shift=(5 * HOUR, 20 * HOUR), breaks=_RULES[seed % 3], cost_per_s=0.001)
    return Problem(stops, [car], km, quarters * 900.0)
