"""Problems and solutions of a plan as files that `smartregion route check` reads."""

import json
import pathlib
from collections.abc import Iterable

from routing.instances import to_native, to_solution
from smartregion.errors import InvalidInput
from smartregion.waste.plan_solve import Solved


def export(folder: str | pathlib.Path, solved: Iterable[Solved]) -> list[pathlib.Path]:
    """Write DATE-FRACTION.problem.json and .solution.json for each fraction; returns the paths.

    Raises InvalidInput when the folder cannot be written.
    """
    written = []
    try:
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        for one in solved:
            stem = one.part.problem.name.replace(" ", "-")
            pair = {
                "problem": to_native(one.part.problem),
                "solution": to_solution(one.part.problem, one.plan),
            }
            for kind, content in pair.items():
                written.append(pathlib.Path(folder) / f"{stem}.{kind}.json")
                written[-1].write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
    except OSError as error:
        raise InvalidInput("export", folder, f"a folder that can be written ({error.strerror})") from error
    return written
