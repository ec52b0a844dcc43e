"""Problems and solutions of a plan as files that `smartregion route check` reads."""

import dataclasses
import json
import math
import pathlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import routing
from routing.instances import to_solution
from smartregion.errors import InvalidInput
from smartregion.waste.plan_solve import Solved

_BREAKS: dict[type, str] = {routing.WorkBreaks: "work", routing.DrivingBreaks: "driving"}


def export(folder: str | pathlib.Path, solved: Iterable[Solved]) -> list[pathlib.Path]:
    """Write DATE-FRACTION.problem.json and .solution.json for each fraction; returns the paths.

    Raises InvalidInput when the folder cannot be written.
    """
    written = []
    try:
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        for one in solved:
            stem = one.part.problem.name.replace(" ", "-")
            pair = {"problem": native(one.part.problem), "solution": to_solution(one.part.problem, one.plan)}
            for kind, content in pair.items():
                written.append(pathlib.Path(folder) / f"{stem}.{kind}.json")
                written[-1].write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
    except OSError as error:
        raise InvalidInput("export", folder, f"a folder that can be written ({error.strerror})") from error
    return written


def native(problem: routing.Problem) -> dict[str, Any]:
    """A problem in the project's own JSON, see `routing.instances.native`."""
    return {
        "name": problem.name,
        "unit": problem.unit,
        "distance_m": _rows(problem.distance_m[:]),
        "duration_s": _rows(problem.duration_s[:]),
        "positions": problem.positions,
        "stops": [_fields(stop) for stop in problem.stops],
        "vehicles": [_fields(vehicle) for vehicle in problem.vehicles],
        "disposal_sites": [_fields(site) for site in problem.disposal_sites],
    }


def _rows(matrix: NDArray[Any]) -> list[list[float | None]]:
    return [[value if math.isfinite(value) else None for value in row] for row in np.asarray(matrix).tolist()]


def _plain(value: Any) -> Any:
    """Members of a problem as objects of JSON; breaks say of which kind they are."""
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if not dataclasses.is_dataclass(value):
        return value
    kind = _BREAKS.get(type(value))
    return ({"kind": kind} if kind else {}) | _fields(value)


def _fields(item: Any) -> dict[str, Any]:
    """What differs from the defaults: those hold infinities that JSON cannot say."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        if value == field.default:
            continue
        found[field.name] = _plain(value)
    return found
