"""The project's own JSON, one object:

    {"name": "...", "unit": "EUR",
     "distance_m": [[...]], "duration_s": [[...]],            square, row = from, column = to, null = no way
     "positions": [[lon, lat], ...],                           optional, only for drawing
     "straight": {"factor": 1.3, "speed_mps": 11, "geographic": true},  instead of the matrices: from
     positions "profiles": [{"distance_m": [[...]], "duration_s": [[...]]}],       optional, for vehicles with
     a profile "stops": [{"location": 1, "demand": [120, 900], "service_s": 60, "windows": [[25200, 72000]],
                "prize": null, "loads": [{"fraction": "glass", "amounts": [120, 900]}], "name": "..."}],
     "vehicles": [{"start": 0, "end": 0, "capacity": [9000, 60000], "shift": [21600, 61200],
                   "max_duration_s": 36000, "fixed_cost": 0, "cost_per_m": 1, "cost_per_s": 0,
                   "disposal_sites": [0], "home_empty": true, "max_load": null, "max_stops": null,
                   "chambers": [{"fractions": ["glass"], "capacity": [9000, 20000]}],
                   "breaks": {"kind": "work"}, "count": 3, "name": "..."}],
     "disposal_sites": [{"location": 5, "service_s": 900, "windows": [], "name": "..."}],
     "objective": {"vehicles_first": true}, "press_factors": {"glass": [1, 1.5]},
     "locks": [{"vehicle": 0, "steps": [3, "D1", 4], "whole": false}]}

Names and meanings are those of `routing.problem`; what is left out has its default there, null is endless.
`count` repeats a vehicle. breaks: {"kind": "work", ...fields of WorkBreaks}, {"kind": "driving", ...fields of
DrivingBreaks} or {"kind": "lunch", "opens_s", "closes_s", "length_s"}. Steps of locks are stops counted from
1 and disposal sites as in solutions; all other indices count from 0.
"""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from routing.instances.instance import Instance, refuse
from routing.problem import (
    Breaks,
    Chamber,
    DisposalSite,
    DrivingBreaks,
    Load,
    Lock,
    LunchBreak,
    Matrix,
    Objective,
    Problem,
    Profile,
    Step,
    Stop,
    Straight,
    UnderWay,
    Vehicle,
    WorkBreaks,
)

Made = TypeVar("Made")

_FIELDS = {field.name for field in dataclasses.fields(Problem)} | {"straight"}
_RULES: dict[str, type[Breaks]] = {"work": WorkBreaks, "driving": DrivingBreaks, "lunch": LunchBreak}


def read_native(text: str, source: str) -> Instance:
    """Read the object; RoutingError names the field that is missing, unknown or of the wrong kind."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        refuse(source, "JSON", error, "one object")
    _known(source, "problem", whole, _FIELDS)
    for field in ("stops", "vehicles"):
        if field not in whole:
            refuse(source, field, "missing", "the field")
    positions = [_frozen(position) for position in _list(source, "positions", whole)]
    distance_m, duration_s = _matrices(source, whole, positions)
    stops = [_stop(source, f"stops[{i}]", entry) for i, entry in enumerate(_list(source, "stops", whole))]
    vehicles: list[Vehicle] = []
    for place, entry in enumerate(_list(source, "vehicles", whole)):
        vehicles += _vehicles(source, f"vehicles[{place}]", entry)
    sites = [
        _make(source, f"disposal_sites[{i}]", entry, DisposalSite)
        for i, entry in enumerate(_list(source, "disposal_sites", whole))
    ]
    profiles = [
        Profile(*_both(source, f"profiles[{i}]", entry))
        for i, entry in enumerate(_list(source, "profiles", whole))
    ]
    locks = [_lock(source, f"locks[{i}]", entry) for i, entry in enumerate(_list(source, "locks", whole))]
    factors = whole.get("press_factors", {})
    _known(source, "press_factors", factors, set(factors) if isinstance(factors, dict) else set())
    objective = _make(source, "objective", whole.get("objective", {}), Objective)
    try:
        problem = Problem(
            stops,
            vehicles,
            distance_m,
            duration_s,
            sites,
            name=str(whole.get("name", source)),
            unit=str(whole.get("unit", "")),
            positions=positions,
            profiles=profiles,
            objective=objective,
            press_factors={fraction: _frozen(values) for fraction, values in factors.items()},
            locks=locks,
        )
    except (TypeError, ValueError) as error:
        refuse(source, "problem", error, "the types of routing.problem")
    return Instance(problem)


def _matrices(
    source: str, whole: Mapping[str, Any], positions: list[tuple[float, float]]
) -> tuple[Matrix, Matrix]:
    """The stated matrices, or straight lines between the positions."""
    if "straight" not in whole:
        return _both(source, "", whole)
    entry = whole["straight"]
    _known(source, "straight", entry, {"factor", "speed_mps", "geographic"})
    for field in ("factor", "speed_mps"):
        value = entry.get(field, 1.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            refuse(source, f"straight.{field}", value, "a number > 0")
    if not positions:
        refuse(source, "positions", "missing", "one for each location, for straight lines between them")
    make = Straight.sphere if entry.get("geographic", False) else Straight.plane
    distance_m = make(positions, entry.get("factor", 1.0))
    return distance_m, distance_m.scaled(1.0 / entry.get("speed_mps", 1.0))


def _both(source: str, where: str, entry: Any) -> tuple[Matrix, Matrix]:
    found = []
    for field in ("distance_m", "duration_s"):
        name = f"{where}.{field}" if where else field
        if not isinstance(entry, Mapping) or field not in entry:
            refuse(source, name, "missing", "the field")
        found.append(_matrix(source, name, entry[field]))
    return found[0], found[1]


def _stop(source: str, where: str, entry: Any) -> Stop:
    return _make(source, where, _with_loads(source, where, entry), Stop)


def _with_loads(source: str, where: str, entry: Any) -> Any:
    if not isinstance(entry, dict) or "loads" not in entry:
        return entry
    loads = [
        _make(source, f"{where}.loads[{i}]", load, Load)
        for i, load in enumerate(_list(source, "loads", entry))
    ]
    return entry | {"loads": loads}


def _vehicles(source: str, where: str, entry: Any) -> list[Vehicle]:
    """A vehicle as often as its `count` says."""
    if not isinstance(entry, dict):
        refuse(source, where, type(entry).__name__, "an object")
    fields = dict(entry)
    count = fields.pop("count", 1)
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        refuse(source, f"{where}.count", count, "a whole number >= 1")
    if fields.get("breaks") is not None:
        fields["breaks"] = _breaks(source, f"{where}.breaks", fields["breaks"])
    if fields.get("under_way") is not None:
        now = _with_loads(source, f"{where}.under_way", fields["under_way"])
        fields["under_way"] = _make(source, f"{where}.under_way", now, UnderWay)
    if "chambers" in fields:
        chambers = _list(source, "chambers", fields)
        fields["chambers"] = [
            _make(source, f"{where}.chambers[{i}]", chamber, Chamber) for i, chamber in enumerate(chambers)
        ]
    return [_make(source, where, fields, Vehicle)] * count


def _lock(source: str, where: str, entry: Any) -> Lock:
    if isinstance(entry, dict) and isinstance(entry.get("steps"), list):
        entry = entry | {"steps": [_step(source, f"{where}.steps", step) for step in entry["steps"]]}
    return _make(source, where, entry, Lock)


def _step(source: str, where: str, entry: Any) -> Step:
    """A stop from 1, or "D1", "D2", ...; that they exist the problem checks."""
    word = str(entry)
    number = word.removeprefix("D")
    if isinstance(entry, bool) or not number.isdigit() or int(number) < 1:
        refuse(source, where, repr(entry), 'stops counted from 1 or "D1", "D2", ...')
    return ("disposal" if word.startswith("D") else "stop", int(number) - 1)


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
    wanted = [field for field in dataclasses.fields(kind) if field.init]  # type: ignore[arg-type]
    _known(source, where, entry, {field.name for field in wanted})
    for field in wanted:
        given = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        if field.name not in entry and not given:
            refuse(source, f"{where}.{field.name}", "missing", "the field")
    endless = {field.name for field in wanted if field.default == math.inf}
    values = {
        name: math.inf if value is None and name in endless else _frozen(value)
        for name, value in entry.items()
    }
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        refuse(source, where, error, f"the types of routing.problem.{kind.__name__}")


def _frozen(value: Any) -> Any:
    """Lists as tuples; null within a list is endless."""
    if not isinstance(value, list):
        return value
    return tuple(math.inf if item is None else _frozen(item) for item in value)


def _breaks(source: str, where: str, entry: Any) -> Breaks:
    if not isinstance(entry, dict) or entry.get("kind") not in _RULES:
        refuse(source, where, entry, f'an object with "kind": one of {", ".join(_RULES)}')
    fields = {key: value for key, value in entry.items() if key != "kind"}
    if "work" in fields:
        fields["work"] = _make(source, f"{where}.work", fields["work"], WorkBreaks)
    return _make(source, where, fields, _RULES[entry["kind"]])


def _matrix(source: str, field: str, rows: Any) -> NDArray[np.float64]:
    try:
        return np.array(
            [[math.inf if value is None else value for value in row] for row in rows], dtype=np.float64
        ).reshape(len(rows), -1)
    except (TypeError, ValueError) as error:
        refuse(source, field, error, "a square matrix of numbers")
