"""Depots and vehicles of VRPLIB files in the dialect of PyVRP's collection."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from routing.instances.instance import refuse
from routing.instances.vrplib_text import Real, Text
from routing.problem import ALWAYS, DisposalSite, Vehicle, Window


@dataclass(frozen=True)
class Nodes:
    """Places of a file in the order of the matrices' rows: depots first; 0 is the file's first."""

    order: Sequence[int]
    depots: int

    @property
    def row_of(self) -> dict[int, int]:
        """From the file's place to the row."""
        return {index: row for row, index in enumerate(self.order)}


class _Row(NamedTuple):
    """What a file says of one vehicle; depot and reloads are rows."""

    capacity: tuple[float, ...]
    depot: int
    fixed: float
    per_m: float
    longest_m: float
    longest_s: float
    reloads: tuple[int, ...]


def column(text: Text, name: str, size: int, default: float, finite: bool = True) -> Real:
    """The numbers of a section of one column, or the default for each row where the section is missing."""
    section = f"{name}_SECTION"
    if section not in text.sections:
        return np.full(size, default)
    return text.table(section, size, finite=finite)[:, 0]


def read_nodes(text: Text, size: int) -> Nodes:
    """Which places are depots; the first one where the file does not say."""
    numbers = text.whole_numbers("DEPOT_SECTION") if "DEPOT_SECTION" in text.sections else [1]
    if not numbers:
        refuse(text.source, "DEPOT_SECTION", "0 depots", "one")
    base = 0 if 0 in numbers else 1
    depots = [number - base for number in numbers]
    for number, index in zip(numbers, depots, strict=True):
        if not 0 <= index < size:
            refuse(text.source, "DEPOT_SECTION", number, f"{base}..{size - 1 + base}")
    if len(depots) > 1 and "VEHICLES_DEPOT_SECTION" not in text.sections:
        expected = "one, or a VEHICLES_DEPOT_SECTION that says whose each is"
        refuse(text.source, "DEPOT_SECTION", f"{len(depots)} depots", expected)
    if len(set(depots)) < len(depots) or len(depots) == size:
        refuse(text.source, "DEPOT_SECTION", f"{len(depots)} depots", "each once, and a stop beside them")
    return Nodes([*depots, *(index for index in range(size) if index not in set(depots))], len(depots))


def read_vehicles(
    text: Text, size: int, nodes: Nodes, windows: list[Window] | None, scale: float
) -> list[Vehicle]:
    """The fleet: as many vehicles as stops where the file does not say. scale: cost of a metre."""
    count = text.count("VEHICLES", size - nodes.depots)
    longest_s = text.number("DISTANCE", math.inf)
    base = 0 if 0 in _whole(column(text, "VEHICLES_DEPOT", count, 1.0)) else 1
    depots = [nodes.row_of.get(k - base, -1) for k in _whole(column(text, "VEHICLES_DEPOT", count, 1.0))]
    if "VEHICLES_DEPOT_SECTION" not in text.sections:
        depots = [0] * count
    wrong = next((place for place, row in enumerate(depots, start=1) if not 0 <= row < nodes.depots), None)
    if wrong is not None:
        refuse(text.source, "VEHICLES_DEPOT_SECTION", f"vehicle {wrong}", "a depot of DEPOT_SECTION")
    rows = map(
        _Row,
        _capacities(text, count),
        depots,
        column(text, "VEHICLES_FIXED_COST", count, 0.0).tolist(),
        column(text, "VEHICLES_UNIT_DISTANCE_COST", count, 1.0).tolist(),
        column(text, "VEHICLES_MAX_DISTANCE", count, math.inf, finite=False).tolist(),
        column(text, "VEHICLES_MAX_DURATION", count, longest_s, finite=False).tolist(),
        _reloads(text, count, nodes),
    )
    kinds: dict[_Row, Vehicle] = {}
    sites = _reload_rows(text, nodes)
    return [kinds.setdefault(row, _vehicle(row, windows, sites, scale)) for row in rows]


def reload_sites(text: Text, nodes: Nodes, windows: list[Window] | None) -> list[DisposalSite]:
    """The depots at which some vehicle may reload."""
    return [
        DisposalSite(row, windows=() if windows is None else (windows[row],))
        for row in _reload_rows(text, nodes)
    ]


def _vehicle(row: _Row, windows: list[Window] | None, sites: Sequence[int], scale: float) -> Vehicle:
    return Vehicle(
        row.depot,
        row.depot,
        row.capacity,
        ALWAYS if windows is None else windows[row.depot],
        max_duration_s=row.longest_s,
        fixed_cost=row.fixed * scale,
        cost_per_m=row.per_m * scale,
        disposal_sites=tuple(sites.index(reload) for reload in row.reloads) if sites else None,
        max_distance_m=row.longest_m,
    )


def _whole(values: Real) -> list[int]:
    return [int(value) for value in values]


def _capacities(text: Text, count: int) -> list[tuple[float, ...]]:
    if "CAPACITY_SECTION" in text.sections:
        return [tuple(row) for row in text.table("CAPACITY_SECTION", count, columns=None).tolist()]
    dimensions = len(text.rows("DEMAND_SECTION")[0]) - 1 if text.rows("DEMAND_SECTION") else 1
    return [(text.number("CAPACITY"),) * max(1, dimensions)] * count


def _reload_rows(text: Text, nodes: Nodes) -> list[int]:
    if "VEHICLES_RELOAD_DEPOT_SECTION" not in text.sections:
        return []
    count = len(text.rows("VEHICLES_RELOAD_DEPOT_SECTION"))
    return sorted({row for reloads in _reloads(text, count, nodes) for row in reloads})


def _reloads(text: Text, count: int, nodes: Nodes) -> list[tuple[int, ...]]:
    name = "VEHICLES_RELOAD_DEPOT_SECTION"
    if name not in text.sections:
        return [()] * count
    row_of = nodes.row_of
    found = []
    for members in text.lists(name, count):
        rows = tuple(sorted({row_of.get(member - 1, -1) for member in members}))
        if any(not 0 <= row < nodes.depots for row in rows):
            refuse(text.source, name, members, "depots of DEPOT_SECTION")
        found.append(rows)
    return found
