"""When a search ends: small callables that say how much of the budget is used."""

from dataclasses import dataclass
from typing import Protocol

from routing.errors import RoutingError


class StopCondition(Protocol):
    """Share of the budget used after so many iterations and seconds: 0 at the start, 1 or more means stop."""

    def __call__(self, iterations: int, seconds: float) -> float: ...


@dataclass(frozen=True)
class MaxIterations:
    """Stop after `count` iterations: the same plan on every run with the same seed."""

    count: int

    def __post_init__(self) -> None:
        if self.count < 0:
            raise RoutingError(f"iterations: {self.count}: expected a number >= 0")

    def __call__(self, iterations: int, seconds: float) -> float:
        return iterations / self.count if self.count else 1.0


@dataclass(frozen=True)
class MaxSeconds:
    """Stop after `seconds` of wall time."""

    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds >= 0:
            raise RoutingError(f"seconds: {self.seconds}: expected a number >= 0")

    def __call__(self, iterations: int, seconds: float) -> float:
        return seconds / self.seconds if self.seconds else 1.0


@dataclass(frozen=True)
class FirstOf:
    """Stop as soon as one of the conditions says so."""

    conditions: tuple[StopCondition, ...]

    def __post_init__(self) -> None:
        if not self.conditions:
            raise RoutingError("stop: no condition: expected at least one")

    def __call__(self, iterations: int, seconds: float) -> float:
        return max(condition(iterations, seconds) for condition in self.conditions)
