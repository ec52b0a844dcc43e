"""VRPLIB files: CVRP (CVRPLIB), and VRPTW, PCVRPTW, HFVRP in the dialect of PyVRP's collection.

Costs in each set's convention: CVRP distances rounded to whole numbers; VRPTW distances cut to one decimal
(DIMACS 2021); PCVRPTW the same times ten, prizes too; HFVRP distances rounded to three decimals, all times
1000.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from routing.instances.instance import Instance, refuse
from routing.problem import ALWAYS, Problem, Stop, Vehicle, Window

Real = NDArray[np.float64]

_KNOWN = {
    "NODE_COORD_SECTION",
    "DEMAND_SECTION",
    "DEPOT_SECTION",
    "EDGE_WEIGHT_SECTION",
    "TIME_WINDOW_SECTION",
    "SERVICE_TIME_SECTION",
    "PRIZE_SECTION",
    "CAPACITY_SECTION",
    "VEHICLES_FIXED_COST_SECTION",
    "VEHICLES_UNIT_DISTANCE_COST_SECTION",
    "VEHICLES_MAX_DISTANCE_SECTION",
    "DISPLAY_DATA_SECTION",
}
_TYPES = ("CVRP", "VRPTW", "PCVRPTW", "HFVRP", "DCVRP")


class _Text:
    """Specifications and sections of a file."""

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self.specifications: dict[str, str] = {}
        self.sections: dict[str, list[list[str]]] = {}
        rows: list[list[str]] | None = None
        for raw in text.splitlines():
            line = raw.strip()
            if not line or line == "EOF":
                continue
            name = line.partition(":")[0].strip()
            if name.endswith("_SECTION") and name.replace("_", "").isalpha():
                rows = self.sections.setdefault(name, [])
            elif ":" in line and line[0].isalpha():
                self.specifications[name] = line.partition(":")[2].strip()
                rows = None
            elif rows is not None:
                rows.append(line.split())
            else:
                refuse(source, "line", repr(line[:40]), "KEYWORD : value or a section")
        for name in self.sections:
            if name not in _KNOWN:
                refuse(
                    source, name, "a section this reader does not know", f"one of {', '.join(sorted(_KNOWN))}"
                )

    def number(self, name: str, default: float | None = None) -> float:
        value = self.specifications.get(name)
        if value is None:
            if default is None:
                refuse(self.source, name, "missing", "a line with it")
            return default
        return self._number(name, value)

    def table(self, name: str, rows: int, columns: int) -> Real:
        """A section of `rows` lines: an index from 1 upwards and `columns` numbers."""
        if name not in self.sections:
            refuse(self.source, name, "missing", "the section")
        lines = self.sections[name]
        if len(lines) != rows:
            refuse(self.source, name, f"{len(lines)} lines", f"{rows}")
        table = np.empty((rows, columns))
        for place, line in enumerate(lines):
            if len(line) != columns + 1 or line[0] != str(place + 1):
                refuse(self.source, name, repr(" ".join(line)), f"{place + 1} and {columns} numbers")
            table[place] = [self._number(name, word) for word in line[1:]]
        return table

    def words(self, name: str) -> list[float]:
        if name not in self.sections:
            refuse(self.source, name, "missing", "the section")
        return [self._number(name, word) for line in self.sections[name] for word in line]

    def _number(self, name: str, word: str) -> float:
        try:
            value = float(word)
        except ValueError:
            refuse(self.source, name, repr(word), "a number")
        if not math.isfinite(value):
            refuse(self.source, name, word, "a finite number")
        return value


def read_vrplib(text: str, source: str) -> Instance:
    """Read a file's text; RoutingError names the missing or strange section."""
    parts = _Text(text, source)
    kind = parts.specifications.get("TYPE", "CVRP").upper()
    if kind not in _TYPES:
        unknown = next((name for name in parts.sections if name not in _KNOWN), "TYPE")
        refuse(source, unknown, kind, f"one of {', '.join(_TYPES)}")
    size = int(parts.number("DIMENSION"))
    if size < 2:
        refuse(source, "DIMENSION", size, "at least a depot and a stop")
    scale = {"PCVRPTW": 10.0, "HFVRP": 1000.0}.get(kind, 1.0)
    rounding = _ROUNDINGS[{"CVRP": "whole", "DCVRP": "exact", "HFVRP": "three"}.get(kind, "cut")]
    positions, distance = _distances(parts, size, rounding)
    depot = _depot(parts, size)
    order = [depot, *(index for index in range(size) if index != depot)]
    distance = np.ascontiguousarray(distance[np.ix_(order, order)])
    demand = parts.table("DEMAND_SECTION", size, 1)[order, 0]
    windows = _windows(parts, size, order)
    service = _service(parts, size, kind)[order]
    prizes = parts.table("PRIZE_SECTION", size, 1)[order, 0] if "PRIZE_SECTION" in parts.sections else None
    stops = [
        Stop(
            location=row,
            demand=(float(demand[row]),),
            service_s=float(service[row]),
            windows=() if windows is None else (windows[row],),
            prize=None if prizes is None else float(prizes[row]) * scale,
        )
        for row in range(1, size)
    ]
    problem = Problem(
        stops,
        _vehicles(parts, size - 1, ALWAYS if windows is None else windows[0], scale),
        distance,
        distance,
        name=parts.specifications.get("NAME", source),
        positions=[positions[index] for index in order] if positions else (),
    )
    return Instance(problem, published_scales=(1.0, 1e-5) if kind == "HFVRP" else (1.0,))


_ROUNDINGS: dict[str, Callable[[Real], Real]] = {
    "whole": lambda d: np.floor(d + 0.5),
    "cut": lambda d: np.floor(d * 10.0 + 1e-9) / 10.0,
    "three": lambda d: np.floor(d * 1000.0 + 0.5) / 1000.0,
    "exact": lambda d: d,
}


def _distances(
    parts: _Text, size: int, rounding: Callable[[Real], Real]
) -> tuple[list[tuple[float, float]], Real]:
    how = parts.specifications.get("EDGE_WEIGHT_TYPE", "EUC_2D").upper()
    positions: list[tuple[float, float]] = []
    if "NODE_COORD_SECTION" in parts.sections or how != "EXPLICIT":
        table = parts.table("NODE_COORD_SECTION", size, 2)
        positions = [(float(x), float(y)) for x, y in table]
    if how == "EXPLICIT":
        return positions, _explicit(parts, size)
    straight = np.sqrt(((table[:, None, :] - table[None, :, :]) ** 2).sum(axis=2))
    if how == "EUC_2D":
        return positions, rounding(straight)
    other: dict[str, Callable[[Real], Real]] = {
        "CEIL_2D": np.ceil,
        "FLOOR_2D": np.floor,
        "EXACT_2D": _ROUNDINGS["exact"],
    }
    if how not in other:
        refuse(parts.source, "EDGE_WEIGHT_TYPE", how, f"EUC_2D, EXPLICIT, {', '.join(other)}")
    return positions, other[how](straight)


def _explicit(parts: _Text, size: int) -> Real:
    """A matrix given in full or as one of its triangles."""
    form = parts.specifications.get("EDGE_WEIGHT_FORMAT", "FULL_MATRIX").upper()
    weights = np.array(parts.words("EDGE_WEIGHT_SECTION"))
    corners: dict[str, tuple[NDArray[np.intp], NDArray[np.intp]]] = {
        "LOWER_ROW": np.tril_indices(size, -1),
        "LOWER_DIAG_ROW": np.tril_indices(size),
        "UPPER_ROW": np.triu_indices(size, 1),
        "UPPER_DIAG_ROW": np.triu_indices(size),
    }
    if form != "FULL_MATRIX" and form not in corners:
        refuse(parts.source, "EDGE_WEIGHT_FORMAT", form, f"FULL_MATRIX, {', '.join(corners)}")
    expected = size * size if form == "FULL_MATRIX" else len(corners[form][0])
    if len(weights) != expected:
        refuse(parts.source, "EDGE_WEIGHT_SECTION", f"{len(weights)} numbers", f"{expected}")
    if form == "FULL_MATRIX":
        return weights.reshape(size, size)
    matrix = np.zeros((size, size))
    rows, columns = corners[form]
    matrix[rows, columns] = weights
    matrix[columns, rows] = weights
    return matrix


def _depot(parts: _Text, size: int) -> int:
    numbers = [int(word) for word in parts.words("DEPOT_SECTION") if word != -1]
    if len(numbers) != 1:
        refuse(parts.source, "DEPOT_SECTION", f"{len(numbers)} depots", "one")
    if not 1 <= numbers[0] <= size:
        refuse(parts.source, "DEPOT_SECTION", numbers[0], f"1..{size}")
    return numbers[0] - 1


def _windows(parts: _Text, size: int, order: Sequence[int]) -> list[Window] | None:
    if "TIME_WINDOW_SECTION" not in parts.sections:
        return None
    table = parts.table("TIME_WINDOW_SECTION", size, 2)[order]
    return [(float(opens), float(closes)) for opens, closes in table]


def _service(parts: _Text, size: int, kind: str) -> Real:
    if "SERVICE_TIME_SECTION" in parts.sections:
        return parts.table("SERVICE_TIME_SECTION", size, 1)[:, 0]
    return np.full(size, parts.number("SERVICE_TIME", 0.0) if kind != "CVRP" or _limited(parts) else 0.0)


def _limited(parts: _Text) -> bool:
    return "DISTANCE" in parts.specifications


def _vehicles(parts: _Text, stops: int, shift: Window, scale: float) -> list[Vehicle]:
    count = int(parts.number("VEHICLES", float(stops)))
    if count < 1:
        refuse(parts.source, "VEHICLES", count, "at least one")
    longest = parts.number("DISTANCE", math.inf) if _limited(parts) else math.inf
    if "CAPACITY_SECTION" not in parts.sections:
        capacity = (parts.number("CAPACITY"),)
        return [Vehicle(0, 0, capacity, shift, longest, cost_per_m=scale)] * count

    def column(name: str, default: float) -> Real:
        return parts.table(name, count, 1)[:, 0] if name in parts.sections else np.full(count, default)

    capacities = column("CAPACITY_SECTION", 0.0)
    fixed = column("VEHICLES_FIXED_COST_SECTION", 0.0)
    per_m = column("VEHICLES_UNIT_DISTANCE_COST_SECTION", 1.0)
    kinds: dict[tuple[float, float, float], Vehicle] = {}
    vehicles = []
    for load, price, metre in zip(capacities.tolist(), fixed.tolist(), per_m.tolist(), strict=True):
        if (load, price, metre) not in kinds:
            kinds[load, price, metre] = Vehicle(
                0, 0, (load,), shift, longest, fixed_cost=price * scale, cost_per_m=metre * scale
            )
        vehicles.append(kinds[load, price, metre])
    return vehicles
