"""Room of the optimiser: which vehicle goes where, in which order, home by when.

A pure library on arrays: it knows stops, vehicles, disposal sites and matrices, and nothing of waste,
databases or messages. `solve` makes a plan, `violations` checks one without sharing any code with the search.

    problem = Problem(stops, vehicles, distance_m, duration_s, disposal_sites)
    plan = solve(problem, MaxSeconds(10), seed=1)
    assert not violations(problem, plan)
"""

from typing import TYPE_CHECKING

from routing.check import Violation, violations
from routing.errors import RoutingError
from routing.plan import Plan, Tour, Unserved, Visit
from routing.problem import DisposalSite, LunchBreak, Problem, Stop, Vehicle, WorkBreaks
from routing.stop import FirstOf, MaxIterations, MaxSeconds, StopCondition

if TYPE_CHECKING:
    from routing.search import Parameters, Progress, solve
    from routing.warming import Warmth, warm_up

__all__ = [
    "DisposalSite",
    "FirstOf",
    "LunchBreak",
    "MaxIterations",
    "MaxSeconds",
    "Parameters",
    "Plan",
    "Problem",
    "Progress",
    "RoutingError",
    "Stop",
    "StopCondition",
    "Tour",
    "Unserved",
    "Vehicle",
    "Violation",
    "Visit",
    "Warmth",
    "WorkBreaks",
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
