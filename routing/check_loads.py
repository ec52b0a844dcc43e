"""Checking what is on board: in the vehicle, in its chambers, over the day, and where it may be emptied."""

from collections.abc import Iterable, Iterator

from routing.plan import Tour, Visit
from routing.problem import Load, Problem, Vehicle

_SHARE = 1e-6
"""Amounts may differ by this share without being wrong."""


class _Board:
    """What a vehicle has on board, counted along its tour."""

    def __init__(self, problem: Problem, vehicle: Vehicle) -> None:
        self._problem = problem
        self._vehicle = vehicle
        self.empty()
        now = vehicle.under_way
        self.day = list(now.day_load) if now and now.day_load else [0.0] * len(vehicle.capacity)
        if now:
            self._add(now.load)
            self.take(now.loads)

    def empty(self) -> None:
        self.load = [0.0] * len(self._vehicle.capacity)
        self.chambers = [[0.0] * len(chamber.capacity) for chamber in self._vehicle.chambers]
        self.fractions: set[str] = set()

    def serve(self, index: int) -> None:
        stop, before = self._problem.stops[index], list(self.load)
        if stop.loads:
            self.take(stop.loads)
        else:
            self._add(stop.demand)
        self.day = [d + a - b for d, a, b in zip(self.day, self.load, before, strict=True)]

    def take(self, loads: Iterable[Load]) -> None:
        for load in loads:
            factors = self._problem.press_factors.get(load.fraction, (1.0,) * len(load.amounts))
            amounts = [amount / factor for amount, factor in zip(load.amounts, factors, strict=True)]
            self._add(amounts)
            self.fractions.add(load.fraction)
            for chamber, held in zip(self._vehicle.chambers, self.chambers, strict=True):
                if load.fraction in chamber.fractions:
                    held[:] = [a + b for a, b in zip(held, amounts, strict=True)]

    def _add(self, amounts: Iterable[float]) -> None:
        for k, amount in enumerate(amounts):
            self.load[k] += amount


def loads(problem: Problem, tour: Tour) -> Iterator[tuple[str, str]]:
    """Faults of loads along a tour: rule and sentence."""
    vehicle = problem.vehicles[tour.vehicle]
    board = _Board(problem, vehicle)
    for visit in tour.visits:
        if visit.kind == "disposal":
            yield from _emptied(problem, vehicle, board, visit)
            board.empty()
        elif visit.kind == "stop":
            board.serve(visit.index)
            yield from _overfull(vehicle, board, visit)
            yield from _homeless(problem, vehicle, visit)
        if any(abs(a - b) > _SHARE * (1 + abs(a)) for a, b in zip(board.load, visit.load, strict=True)):
            yield "load", f"{visit.load} stated after {_name(visit)}, {tuple(board.load)} counted"
    if vehicle.home_empty and any(amount > 0 for amount in board.load):
        yield "home empty", f"comes home with {max(board.load):g} on board"
    for k, limit in enumerate(vehicle.max_load or ()):
        if _exceeds(board.day[k], limit):
            yield "day load", f"{board.day[k]:g} collected in the day, limit {limit:g}"


def _emptied(problem: Problem, vehicle: Vehicle, board: _Board, visit: Visit) -> Iterator[tuple[str, str]]:
    if vehicle.disposal_sites is not None and visit.index not in vehicle.disposal_sites:
        yield "disposal", f"the vehicle may not empty at disposal site {visit.index + 1}"
    accepted = problem.disposal_sites[visit.index].fractions
    for fraction in sorted(board.fractions):
        if accepted is not None and fraction not in accepted:
            yield "fraction", f"disposal site {visit.index + 1} does not accept {fraction}"


def _overfull(vehicle: Vehicle, board: _Board, visit: Visit) -> Iterator[tuple[str, str]]:
    for amount, room in zip(board.load, vehicle.capacity, strict=True):
        if _exceeds(amount, room):
            yield "capacity", f"{amount:g} on board after {_name(visit)}, capacity {room:g}"
    for chamber, held in zip(vehicle.chambers, board.chambers, strict=True):
        for amount, room in zip(held, chamber.capacity, strict=True):
            if _exceeds(amount, room):
                named = ", ".join(chamber.fractions)
                yield "chamber", f"{amount:g} of {named} on board after {_name(visit)}, room for {room:g}"


def _homeless(problem: Problem, vehicle: Vehicle, visit: Visit) -> Iterator[tuple[str, str]]:
    """Fractions that a vehicle with chambers has no chamber for."""
    taken = {fraction for chamber in vehicle.chambers for fraction in chamber.fractions}
    for load in problem.stops[visit.index].loads:
        if vehicle.chambers and load.fraction not in taken:
            yield "chamber", f"no chamber takes {load.fraction} of {_name(visit)}"


def _exceeds(amount: float, limit: float) -> bool:
    return amount > limit * (1 + _SHARE) + _SHARE


def _name(visit: Visit) -> str:
    return f"{visit.kind} {visit.index + 1}"
