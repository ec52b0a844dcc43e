"""A problem in the project's own JSON, as `routing.instances.native` reads it."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from routing.breaks import DrivingBreaks, LunchBreak, WorkBreaks
from routing.members import Lock
from routing.problem import Matrix, Problem

_KINDS = {WorkBreaks: "work", DrivingBreaks: "driving", LunchBreak: "lunch"}
_PAIRS = ("limits", "sizes")


def to_native(problem: Problem) -> dict[str, Any]:
    """The object that reads back as this problem; straight lines are written out as matrices."""
    found: dict[str, Any] = {"name": problem.name, "unit": problem.unit}
    found |= _matrices(problem.distance_m, problem.duration_s)
    for name in ("positions", "stops", "vehicles", "disposal_sites"):
        found[name] = _plain(getattr(problem, name))
    if problem.profiles:
        found["profiles"] = [_matrices(one.distance_m, one.duration_s) for one in problem.profiles]
    for name in ("objective", "press_factors"):
        found |= {name: value} if (value := _plain(getattr(problem, name))) else {}
    return found | ({"locks": [_lock(lock) for lock in problem.locks]} if problem.locks else {})


def _plain(value: Any) -> Any:
    """What JSON can say: null for endless, of objects only the fields that differ from their defaults."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        told = [field.name for field in dataclasses.fields(value) if _told(value, field)]
        fields = {name: getattr(value, name) for name in told}
        pairs = {name: dict(fields[name]) for name in _PAIRS if name in fields}
        plain = {name: _plain(one) for name, one in (fields | pairs).items()}
        if fields.get("breaks") is not None:
            plain["breaks"] |= {"kind": _KINDS[type(fields["breaks"])]}
        return plain
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and math.isinf(value) else value


def _told(thing: Any, field: "dataclasses.Field[Any]") -> bool:
    default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    return bool(getattr(thing, field.name) != default)


def _lock(lock: Lock) -> dict[str, Any]:
    steps = [index + 1 if kind == "stop" else f"D{index + 1}" for kind, index in lock.steps]
    return {"vehicle": lock.vehicle, "steps": steps, "whole": lock.whole}


def _matrices(distance_m: Matrix, duration_s: Matrix) -> dict[str, Any]:
    return {
        name: [_plain(row) for row in np.asarray(matrix[:]).tolist()]
        for name, matrix in (("distance_m", distance_m), ("duration_s", duration_s))
    }
