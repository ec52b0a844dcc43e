"""What a search answers: tours with their visits, times, loads and costs, and the stops left out."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["stop", "disposal", "break"]


@dataclass(frozen=True)
class Visit:
    """One thing a vehicle does: serve a stop, empty at a disposal site, or take a break.

    index: of the stop or disposal site in the problem; of a break its number in the tour.
    location: row of the matrices; of a break where the vehicle stands, or None while it is under way.
    arrival_s <= start_s <= departure_s: service lasts from start to departure.
    load: on board when the visit ends, one number a dimension.
    """

    kind: Kind
    index: int
    location: int | None
    arrival_s: float
    start_s: float
    departure_s: float
    load: tuple[float, ...]


@dataclass(frozen=True)
class Tour:
    """One vehicle's day from `start_s` to `end_s`; `cost` includes its fixed cost."""

    vehicle: int
    visits: tuple[Visit, ...]
    start_s: float
    end_s: float
    distance_m: float
    duration_s: float
    cost: float

    @property
    def stops(self) -> tuple[int, ...]:
        """Indices of the stops in order of service."""
        return tuple(visit.index for visit in self.visits if visit.kind == "stop")


@dataclass(frozen=True)
class Unserved:
    """A stop that no tour serves, and why, in words for people."""

    stop: int
    reason: str


@dataclass(frozen=True)
class Plan:
    """A whole answer.

    cost: of all tours plus the prizes of optional stops left out; a mandatory stop left out costs nothing
    here but stands in `unserved`. seconds, cpu_seconds: of the search without loading and compiling.
    """

    tours: tuple[Tour, ...]
    unserved: tuple[Unserved, ...]
    cost: float
    iterations: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def distance_m(self) -> float:
        """Metres driven by all vehicles."""
        return sum(tour.distance_m for tour in self.tours)
