"""The project's own JSON, one object:

    {"name": "...", "unit": "EUR",
     "distance_m": [[...]], "duration_s": [[...]],            square, row = from, column = to, null = no way
     "positions": [[lon, lat], ...],                           optional, only for drawing
     "stops": [{"location": 1, "demand": [120, 900], "service_s": 60, "windows": [[25200, 72000]],
                "prize": null, "name": "..."}],
     "vehicles": [{"start": 0, "end": 0, "capacity": [9000, 60000], "shift": [21600, 61200],
                   "max_duration_s": 36000, "fixed_cost": 0, "cost_per_m": 1, "cost_per_s": 0,
                   "disposal_sites": [0], "home_empty": true, "max_load": null, "max_stops": null,
                   "breaks": {"kind": "work"}, "count": 3, "name": "..."}],
     "disposal_sites": [{"location": 5, "service_s": 900, "windows": [], "name": "..."}]}

Names and meanings are those of `routing.problem`; what is left out has its default there. `count` repeats a
vehicle. breaks: {"kind": "work", ...fields of WorkBreaks} or {"kind": "lunch", "opens_s", "closes_s",
"length_s"}.
"""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from routing.instances.instance import Instance, refuse
from routing.problem import Breaks, DisposalSite, LunchBreak, Problem, Stop, Vehicle, WorkBreaks

Made = TypeVar("Made", Stop, Vehicle, DisposalSite, LunchBreak, WorkBreaks)

_FIELDS = {"name", "unit", "distance_m", "duration_s", "positions", "stops", "vehicles", "disposal_sites"}


def read_native(text: str, source: str) -> Instance:
    """Read the object; RoutingError names the field that is missing, unknown or of the wrong kind."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        refuse(source, "JSON", error, "one object")
    _known(source, "problem", whole, _FIELDS)
    for field in ("distance_m", "duration_s", "stops", "vehicles"):
        if field not in whole:
            refuse(source, field, "missing", "the field")
    vehicles: list[Vehicle] = []
    for place, entry in enumerate(_list(source, "vehicles", whole)):
        where = f"vehicles[{place}]"
        count = entry.pop("count", 1) if isinstance(entry, dict) else 1
        if not isinstance(count, int) or count < 1:
            refuse(source, f"{where}.count", count, "a whole number >= 1")
        if isinstance(entry, dict) and entry.get("breaks") is not None:
            entry["breaks"] = _breaks(source, f"{where}.breaks", entry["breaks"])
        vehicles += [_make(source, where, entry, Vehicle)] * count
    stops = [_make(source, f"stops[{i}]", e, Stop) for i, e in enumerate(_list(source, "stops", whole))]
    sites = [
        _make(source, f"disposal_sites[{i}]", e, DisposalSite)
        for i, e in enumerate(_list(source, "disposal_sites", whole))
    ]
    problem = Problem(
        stops,
        vehicles,
        _matrix(source, "distance_m", whole["distance_m"]),
        _matrix(source, "duration_s", whole["duration_s"]),
        sites,
        name=str(whole.get("name", source)),
        unit=str(whole.get("unit", "")),
        positions=[_frozen(position) for position in _list(source, "positions", whole)],
    )
    return Instance(problem)


def _list(source: str, field: str, whole: Mapping[str, Any]) -> list[Any]:
    value = whole.get(field, [])
    if not isinstance(value, list):
        refuse(source, field, type(value).__name__, "a list")
    return value


def _known(source: str, where: str, entry: object, fields: set[str]) -> None:
    if not isinstance(entry, dict):
        refuse(source, where, type(entry).__name__, "an object")
    for field in entry:
        if field not in fields:
            refuse(source, f"{where}.{field}", "unknown", f"one of {', '.join(sorted(fields))}")


def _make(source: str, where: str, entry: Any, kind: type[Made]) -> Made:
    _known(source, where, entry, {field.name for field in dataclasses.fields(kind)})
    for field in dataclasses.fields(kind):
        if field.name not in entry and field.default is dataclasses.MISSING:
            refuse(source, f"{where}.{field.name}", "missing", "the field")
    try:
        return kind(**{field: _frozen(value) for field, value in entry.items()})
    except (TypeError, ValueError) as error:
        refuse(source, where, error, f"the types of routing.problem.{kind.__name__}")


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _breaks(source: str, where: str, entry: Any) -> Breaks:
    if not isinstance(entry, dict) or entry.get("kind") not in ("work", "lunch"):
        refuse(source, where, entry, 'an object with "kind": "work" or "lunch"')
    fields = {key: value for key, value in entry.items() if key != "kind"}
    if entry["kind"] == "work":
        return _make(source, where, fields, WorkBreaks)
    return _make(source, where, fields, LunchBreak)


def _matrix(source: str, field: str, rows: Any) -> NDArray[np.float64]:
    try:
        return np.array(
            [[math.inf if value is None else value for value in row] for row in rows], dtype=np.float64
        ).reshape(len(rows), -1)
    except (TypeError, ValueError) as error:
        refuse(source, field, error, "a square matrix of numbers")
