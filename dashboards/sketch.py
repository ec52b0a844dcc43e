"""A tour as a drawing that prints: line, numbered stops, depot and disposal sites, north up, with a scale."""

import dataclasses
import math
from collections.abc import Callable, Sequence

from smartregion.waste.plans import StopRow

WIDTH = 960.0
_LOWEST, _HIGHEST = 420.0, 900.0
"""A tour that stretches north and south gets a higher drawing, up to what a page holds."""
_MARGIN = 26.0
_APART = 17.0
"""Numbers that are nearer to each other cannot be read: the later one becomes a dot."""
_METRES_PER_DEGREE = 111_320.0
_MIN_EXTENT_M = 500.0


@dataclasses.dataclass(frozen=True)
class Mark:
    """A stop at its place on paper; `label` is empty for a depot, a disposal site, a stop beside another."""

    x: float
    y: float
    kind: str
    label: str


@dataclasses.dataclass(frozen=True)
class Sketch:
    """Everything that the template draws, in units of the view box WIDTH x `height`."""

    height: float
    path: str
    marks: list[Mark]
    scale_km: float
    scale_width: float


def draw(line: Sequence[tuple[float, float]], stops: Sequence[StopRow]) -> Sketch | None:
    """The drawing of a tour; `line` holds (lon, lat). None when nothing has a place."""
    places = [(stop, (stop.lon, stop.lat)) for stop in stops if stop.lon is not None and stop.lat is not None]
    points = [*line, *((lon, lat) for _, (lon, lat) in places)]
    if not points:
        return None
    middle = sum(lat for _, lat in points) / len(points)
    east = _METRES_PER_DEGREE * math.cos(math.radians(middle))
    west, south = min(lon for lon, _ in points), min(lat for _, lat in points)
    width_m = max((max(lon for lon, _ in points) - west) * east, _MIN_EXTENT_M)
    height_m = max((max(lat for _, lat in points) - south) * _METRES_PER_DEGREE, _MIN_EXTENT_M)
    widest = (WIDTH - 2 * _MARGIN) / width_m
    height = round(min(max(height_m * widest + 2 * _MARGIN, _LOWEST), _HIGHEST), 1)
    per_m = min(widest, (height - 2 * _MARGIN) / height_m)
    left = (WIDTH - width_m * per_m) / 2
    bottom = height - (height - height_m * per_m) / 2

    def place(lon: float, lat: float) -> tuple[float, float]:
        x = left + (lon - west) * east * per_m
        y = bottom - (lat - south) * _METRES_PER_DEGREE * per_m
        return round(x, 1), round(y, 1)

    path = "M" + "L".join(f"{x} {y}" for x, y in (place(*point) for point in line)) if line else ""
    scale_km = _round_scale(WIDTH / 5 / per_m / 1000)
    return Sketch(height, path, _marks(places, place), scale_km, round(scale_km * 1000 * per_m, 1))


def numbers(stops: Sequence[StopRow]) -> dict[int, int]:
    """Number on the sheet of each stop that is lifted at, by its seq."""
    sites = [stop.seq for stop in stops if stop.kind == "site"]
    return {seq: number for number, seq in enumerate(sites, start=1)}


def _marks(
    places: Sequence[tuple[StopRow, tuple[float, float]]],
    place: Callable[[float, float], tuple[float, float]],
) -> list[Mark]:
    known = numbers([stop for stop, _ in places])
    order = {"site": 1, "disposal": 2, "start": 3, "end": 3}
    ranked = sorted(places, key=lambda one: order.get(one[0].kind, 0))
    marks: list[Mark] = []
    for stop, at in ranked:
        x, y = place(*at)
        told = str(known.get(stop.seq, ""))
        covered = any(mark.label and math.hypot(mark.x - x, mark.y - y) < _APART for mark in marks)
        marks.append(Mark(x, y, stop.kind, "" if covered else told))
    # What has a number lies above the dots between the numbers.
    return sorted(marks, key=lambda mark: (mark.kind != "site", mark.label != ""))


def _round_scale(km: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above `km`."""
    power = 10.0 ** math.floor(math.log10(km))
    return max(step * power for step in (1, 2, 5) if step * power <= km)
