"""VRPLIB files: CVRP (CVRPLIB), and the other problems in the dialect of PyVRP's collection.

Costs in each set's convention: CVRP distances rounded to whole numbers; VRPTW distances cut to one decimal
(DIMACS 2021); PCVRPTW and MTVRPTWR the same times ten, prizes too; HFVRP distances rounded to three decimals,
all times 1000.
"""

import math
from collections.abc import Sequence

import numpy as np

from routing.instances.instance import Instance, refuse
from routing.instances.vrplib_text import Text
from routing.instances.vrplib_vehicles import Nodes, column, read_nodes, read_vehicles, reload_sites
from routing.instances.vrplib_weights import Rounding, Weights, read_weights
from routing.problem import Problem, Stop, Window

_KNOWN = {
    "NODE_COORD_SECTION",
    "DEMAND_SECTION",
    "DEPOT_SECTION",
    "EDGE_WEIGHT_SECTION",
    "DISPLAY_DATA_SECTION",
    "TIME_WINDOW_SECTION",
    "SERVICE_TIME_SECTION",
    "RELEASE_TIME_SECTION",
    "PRIZE_SECTION",
    "MUTUALLY_EXCLUSIVE_GROUP_SECTION",
    "CAPACITY_SECTION",
    "VEHICLES_DEPOT_SECTION",
    "VEHICLES_RELOAD_DEPOT_SECTION",
    "VEHICLES_ALLOWED_CLIENTS_SECTION",
    "VEHICLES_FIXED_COST_SECTION",
    "VEHICLES_UNIT_DISTANCE_COST_SECTION",
    "VEHICLES_MAX_DISTANCE_SECTION",
    "VEHICLES_MAX_DURATION_SECTION",
}
_CONVENTIONS: dict[str, tuple[Rounding, float]] = {
    "CVRP": ("whole", 1.0),
    "ACVRP": ("whole", 1.0),
    "DCVRP": ("exact", 1.0),
    "MDVRP": ("exact", 1.0),
    "VRPTW": ("cut", 1.0),
    "CVRPTW": ("cut", 1.0),
    "MDVRPTW": ("cut", 1.0),
    "PCVRPTW": ("cut", 10.0),
    "MTVRPTWR": ("cut", 10.0),
    "HFVRP": ("three", 1000.0),
}
"""Rounding of distances and the cost of one of them, by TYPE."""


def read_vrplib(content: str, source: str) -> Instance:
    """Read a file's text; RoutingError names the missing or strange section."""
    text = Text(content, source)
    kind = text.specifications.get("TYPE", "CVRP").upper()
    strange = next((name for name in text.sections if name not in _KNOWN), None)
    if strange is not None:
        refuse(source, strange, "not understood", f"one of {', '.join(sorted(_KNOWN))}")
    if kind not in _CONVENTIONS:
        refuse(source, "TYPE", kind, f"one of {', '.join(_CONVENTIONS)}")
    rounding, scale = _CONVENTIONS[kind]
    size = text.count("DIMENSION")
    if size < 2:
        refuse(source, "DIMENSION", size, "at least a depot and a stop")
    positions, distance = read_weights(text, size, rounding)
    nodes = read_nodes(text, size)
    windows = _windows(text, size, nodes)
    groups = _groups(text, size, nodes)
    vehicles = read_vehicles(text, size, nodes, windows, scale)
    distance = _ordered(distance, nodes.order)
    problem = Problem(
        _stops(text, size, nodes, windows, groups, scale),
        vehicles,
        distance,
        distance,
        reload_sites(text, nodes, windows),
        name=text.specifications.get("NAME") or source,
        positions=[positions[index] for index in nodes.order] if positions else (),
    )
    published = (1.0, 1e-5) if kind == "HFVRP" else (1.0,)
    return Instance(problem, published_scales=published, depot_reloads=bool(problem.disposal_sites))


def _ordered(distance: Weights, order: Sequence[int]) -> Weights:
    if list(order) == sorted(order):
        return distance
    rows = np.ix_(order, order)
    ordered: Weights = distance[rows]
    return ordered


def _windows(text: Text, size: int, nodes: Nodes) -> list[Window] | None:
    if "TIME_WINDOW_SECTION" not in text.sections:
        return None
    table = text.table("TIME_WINDOW_SECTION", size, 2, finite=False)[nodes.order]
    for place, (opens, closes) in zip(nodes.order, table, strict=True):
        if not opens <= closes or math.isinf(opens):
            expected = "an opening time not after the closing time"
            refuse(text.source, "TIME_WINDOW_SECTION", f"{place + 1} {opens:g} {closes:g}", expected)
    return [(float(opens), float(closes)) for opens, closes in table]


def _stops(
    text: Text,
    size: int,
    nodes: Nodes,
    windows: list[Window] | None,
    groups: dict[int, str],
    scale: float,
) -> list[Stop]:
    demand = text.table("DEMAND_SECTION", size, columns=None)
    if (demand < 0).any():
        refuse(text.source, "DEMAND_SECTION", f"{demand.min():g}", "numbers >= 0")
    service = column(text, "SERVICE_TIME", size, text.number("SERVICE_TIME", 0.0))
    release = column(text, "RELEASE_TIME", size, 0.0)
    prize = column(text, "PRIZE", size, 0.0)
    allowed = _allowed(text, nodes)
    return [
        Stop(
            location=row,
            demand=tuple(demand[index].tolist()),
            service_s=float(service[index]),
            windows=() if windows is None else (windows[row],),
            prize=float(prize[index]) * scale if prize[index] > 0 else None,
            group=groups.get(row, ""),
            release_s=float(release[index]),
            vehicles=None if allowed is None else allowed[row],
        )
        for row, index in enumerate(nodes.order)
        if row >= nodes.depots
    ]


def _groups(text: Text, size: int, nodes: Nodes) -> dict[int, str]:
    """Name of the group by row; a stop alone is no group."""
    name = "MUTUALLY_EXCLUSIVE_GROUP_SECTION"
    if name not in text.sections:
        return {}
    found: dict[int, str] = {}
    for number, members in enumerate(text.lists(name, len(text.rows(name))), start=1):
        for member in members if len(members) > 1 else ():
            row = nodes.row_of.get(member - 1, -1)
            if row < nodes.depots or row in found:
                refuse(text.source, name, member, f"stops among 1..{size}, each in one group")
            found[row] = f"group {number}"
    return found


def _allowed(text: Text, nodes: Nodes) -> dict[int, tuple[int, ...]] | None:
    """Vehicles by row that may serve it, from the stops that each vehicle may serve."""
    name = "VEHICLES_ALLOWED_CLIENTS_SECTION"
    if name not in text.sections:
        return None
    allowed: dict[int, list[int]] = {row: [] for row in range(len(nodes.order))}
    for vehicle, members in enumerate(text.lists(name, len(text.rows(name)))):
        for member in members:
            row = nodes.row_of.get(member - 1, -1)
            if row < nodes.depots:
                refuse(text.source, name, member, "stops")
            allowed[row].append(vehicle)
    return {row: tuple(vehicles) for row, vehicles in allowed.items()}
