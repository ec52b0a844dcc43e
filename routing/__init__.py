"""Room of the optimiser: which vehicle goes where, in which order, home by when.

A pure library on arrays: it knows stops, vehicles, disposal sites and matrices, and nothing of waste,
databases or messages. `solve` makes a plan, `violations` checks one without sharing any code with the search.

    problem = Problem(stops, vehicles, distance_m, duration_s, disposal_sites)
    plan = solve(problem, MaxSeconds(10), seed=1)
    assert not violations(problem, plan)
"""

from typing import TYPE_CHECKING

from routing.check import Violation, not_checked, violations
from routing.errors import RoutingError
from routing.explain import Explanation, explain
from routing.plan import Plan, Tour, Unserved, Visit
from routing.problem import (
    Chamber,
    DisposalSite,
    DrivingBreaks,
    Load,
    Lock,
    LunchBreak,
    Objective,
    Problem,
    Profile,
    Stop,
    Straight,
    UnderWay,
    Vehicle,
    WorkBreaks,
)
from routing.reasons import impossible
from routing.stop import FirstOf, MaxIterations, MaxSeconds, StopCondition

if TYPE_CHECKING:
    from routing.search import Parameters, Progress, solve
    from routing.warming import Warmth, warm_up

__all__ = [
    "Chamber",
    "DisposalSite",
    "DrivingBreaks",
    "Explanation",
    "FirstOf",
    "Load",
    "Lock",
    "LunchBreak",
    "MaxIterations",
    "MaxSeconds",
    "Objective",
    "Parameters",
    "Plan",
    "Problem",
    "Profile",
    "Progress",
    "RoutingError",
    "Stop",
    "StopCondition",
    "Straight",
    "Tour",
    "UnderWay",
    "Unserved",
    "Vehicle",
    "Violation",
    "Visit",
    "Warmth",
    "WorkBreaks",
    "explain",
    "impossible",
    "not_checked",
    "solve",
    "violations",
    "warm_up",
]

_COMPILED = {
    "Parameters": "search",
    "Progress": "search",
    "solve": "search",
    "Warmth": "warming",
    "warm_up": "warming",
}


def __getattr__(name: str) -> object:
    """Import numba only when something is to be solved: describing and checking need not wait for it."""
    if name not in _COMPILED:
        raise AttributeError(f"module 'routing' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"routing.{_COMPILED[name]}"), name)
