"""Waste collection of Lan et al. (2022): three JSON files beside each other in one folder.

Straight lines in km between positions given in degrees times a million, at 40 km/h. What the files leave open
is ours: any number of vehicles at each depot, each with room for 60,000 litres of loose waste (20 m3 pressed
to a third), out between 6:00 and 18:00, home empty. `stopLength` is the service time, `workTimes` the
windows.
"""

import json
import math
from pathlib import Path
from typing import Any

from routing.instances.instance import Instance, refuse
from routing.problem import DisposalSite, Problem, Stop, Straight, Vehicle, Window

_FILES = {
    "point": "WasteCollectionSites.json",
    "depot": "Depots.json",
    "disposal_facility": "DisposalFacilities.json",
}
_CAPACITY_L = 60_000.0
_SHIFT = (6 * 3600.0, 18 * 3600.0)
_SPEED_MPS = 40 / 3.6
_MATRIX_UP_TO = 4000  # locations; beyond that positions are kept instead of matrices
_WORK_S = 8 * 3600.0


def is_qingdao(path: Path) -> bool:
    """Whether the path is such a folder, or one of its files."""
    folder = path if path.is_dir() else path.parent
    named = path.is_dir() or path.name in _FILES.values()
    return named and all((folder / name).is_file() for name in _FILES.values())


def read_qingdao(path: Path) -> Instance:
    """Read the three files; RoutingError names the file and field that is missing or strange."""
    folder = path if path.is_dir() else path.parent
    points, depots, facilities = (_entries(folder / name, key) for key, name in _FILES.items())
    places = [*depots, *facilities, *points]
    positions = [_position(source, entry) for source, entry in places]
    first_site, first_stop = len(depots), len(depots) + len(facilities)
    stops = [_stop(source, first_stop + k, entry) for k, (source, entry) in enumerate(points)]
    straight = Straight.sphere(positions)
    distance_m = straight if len(places) > _MATRIX_UP_TO else straight[:]
    duration_s = (
        straight.scaled(1 / _SPEED_MPS) if isinstance(distance_m, Straight) else distance_m / _SPEED_MPS
    )
    problem = Problem(
        stops,
        [
            Vehicle(depot, depot, (_CAPACITY_L,), _SHIFT, cost_per_m=0.001, home_empty=True)
            for depot in range(len(depots))
            for _ in range(_fleet(stops))
        ],
        distance_m,
        duration_s,
        [DisposalSite(first_site + k) for k in range(len(facilities))],
        name=folder.name,
        unit="km",
        positions=positions,
    )
    return Instance(problem)


def _fleet(stops: list[Stop]) -> int:
    """Vehicles at each depot: enough for all the service in short days, loads and ways included."""
    service_s = sum(stop.service_s for stop in stops)
    loads = sum(stop.demand[0] for stop in stops) / _CAPACITY_L
    return 2 + math.ceil((service_s + loads * 3600.0) / _WORK_S)


def _entries(path: Path, key: str) -> list[tuple[str, dict[str, Any]]]:
    """The objects of one file, each with the name of the file."""
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        refuse(path.name, "file", error.strerror or error, "a readable file")
    except ValueError as error:
        refuse(path.name, "JSON", error, "one object")
    entries = whole.get(key) if isinstance(whole, dict) else None
    if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
        refuse(path.name, key, "missing or empty", "a list of objects")
    return [(path.name, entry) for entry in entries]


def _number(source: str, entry: dict[str, Any], field: str) -> float:
    value = entry.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        refuse(source, field, value, "a number")
    return float(value)


def _position(source: str, entry: dict[str, Any]) -> tuple[float, float]:
    lon, lat = _number(source, entry, "lng") / 1e6, _number(source, entry, "lat") / 1e6
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        refuse(source, "lng, lat", f"{lon}, {lat}", "degrees times a million")
    return lon, lat


def _stop(source: str, location: int, entry: dict[str, Any]) -> Stop:
    demand, service_s = _number(source, entry, "capacity"), _number(source, entry, "stopLength")
    spans = entry.get("workTimes", [])
    if not isinstance(spans, list):
        refuse(source, "workTimes", spans, 'a list such as [["07:00", "17:00"]]')
    windows = tuple(_window(source, span) for span in spans)
    return Stop(location, (demand,), service_s, windows, name=str(entry.get("id", "")))


def _window(source: str, span: Any) -> Window:
    try:
        begin, end = span
        clocks = [clock.split(":") for clock in (begin, end)]
        opens, closes = (int(hours) * 3600.0 + int(minutes) * 60.0 for hours, minutes in clocks)
    except (TypeError, ValueError, AttributeError):
        refuse(source, "workTimes", span, 'a pair such as ["07:00", "17:00"]')
    return opens, closes
