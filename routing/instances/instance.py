"""What every reader answers, and the one way in which readers complain."""

from dataclasses import dataclass
from typing import NoReturn

from routing.errors import RoutingError
from routing.problem import Problem


@dataclass(frozen=True)
class Instance:
    """A problem as a file states it.

    published_scales: factors by which published solutions of the same format print their cost.
    depot_reloads: 0 within a published route means reloading at the depot.
    """

    problem: Problem
    published_scales: tuple[float, ...] = (1.0,)
    depot_reloads: bool = False


def refuse(source: str, field: str, value: object, expected: str) -> NoReturn:
    """Complain in one line: file, section or field, what stands there, what was expected."""
    raise RoutingError(f"{source}: {field}: {value}: expected {expected}")
