"""Points of a CSV file: lon and lat, optionally a name, as offices write them."""

import csv
import pathlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smartregion.errors import InvalidInput, NotFound


@dataclass(frozen=True)
class NamedPoints:
    """n points: names and [n, 2] degrees (lon, lat)."""

    names: list[str]
    lonlat: NDArray[np.float64]


def read_points(path: pathlib.Path) -> NamedPoints:
    """Read columns `lon`, `lat` and, when there, `id` (else 1, 2, ...); separated by semicolon, comma or tab.

    Raises NotFound or InvalidInput in one line that names the file and the row.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise NotFound(
            f"{path}: {error.strerror or error}, expected a CSV file with columns lon and lat"
        ) from error
    lines = _decoded(text).splitlines()
    head = lines[0] if lines else ""
    separator = max(";\t,", key=head.count)
    reader = csv.DictReader(lines, delimiter=separator)
    columns = {name.strip().lower(): name for name in reader.fieldnames or []}
    if not {"lon", "lat"} <= columns.keys():
        raise InvalidInput(f"{path} line 1", head, "a head with columns lon and lat (and id)")
    names: list[str] = []
    rows: list[tuple[float, float]] = []
    for row in reader:
        place = f"{path} line {reader.line_num}"
        lon = _degrees(f"{place} lon", row[columns["lon"]], 180.0)
        lat = _degrees(f"{place} lat", row[columns["lat"]], 90.0)
        rows.append((lon, lat))
        names.append((row[columns["id"]] or "").strip() if "id" in columns else str(len(rows)))
    if not rows:
        raise InvalidInput(f"{path}", "no rows", "a file with at least one point")
    return NamedPoints(names, np.array(rows, dtype=np.float64))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("windows-1252", errors="replace")


def _degrees(field: str, text: str | None, most: float) -> float:
    try:
        value = float((text or "").strip().replace(",", "."))
    except ValueError:
        value = float("nan")
    if not abs(value) <= most:
        raise InvalidInput(field, text or "", f"a number of degrees from -{most:.0f} to {most:.0f}")
    return value
