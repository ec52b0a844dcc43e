"""Facts the region is modelled on: municipalities, places and numbered roads of Oberspreewald-Lausitz.

Names and populations of the municipalities: GeoBasis-DE / BKG with figures of Destatis (12/2022 and near).
Positions of places are rounded to about 500 m; the split of a municipality's population over its places is
our own estimate, and the streets themselves are invented: this is a model region, not a map.
"""

import pathlib
from typing import NamedTuple

_PLACES = pathlib.Path(__file__).with_name("places.txt")
_ROADS = pathlib.Path(__file__).with_name("numbered_roads.txt")


class Municipality(NamedTuple):
    """A municipality with its official key (AGS)."""

    id: str
    name: str
    population: int


class Place(NamedTuple):
    """A town, a village, or (population 0) a neighbouring town beyond the border that roads lead to."""

    name: str
    municipality: str
    lon: float
    lat: float
    population: int


def numbered_roads() -> list[tuple[str, str, list[str]]]:
    """Number, class, names of places in order."""
    rows = (row for row in _rows() if len(row) == 3)
    return [(ref, road_class, course.split(", ")) for ref, road_class, course in rows]


def motorways() -> list[tuple[str, list[str], list[tuple[float, float]]]]:
    """Number, where start and end lead to, course as (lon, lat)."""
    found = []
    for ref, _, ends, course in (row for row in _rows() if len(row) == 4):
        points = [point.split(" ") for point in course.split(", ")]
        found.append((ref, ends.split(", "), [(float(lon), float(lat)) for lon, lat in points]))
    return found


def municipalities() -> list[Municipality]:
    """The 25 municipalities."""
    return [municipality for municipality, _ in _listed() if municipality.id]


def places() -> list[Place]:
    """Towns and villages, then the neighbouring towns with population 0.

    A main place takes what its villages leave.
    """
    found: list[Place] = []
    for municipality, inside in _listed():
        rest = municipality.population - sum(place.population for place in inside)
        found += [inside[0]._replace(population=rest), *inside[1:]]
    return found


def _listed() -> list[tuple[Municipality, list[Place]]]:
    listed: list[tuple[Municipality, list[Place]]] = []
    for line in _PLACES.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            name, lon, lat, population = line.strip().rsplit(" ", 3)
            municipality, inside = listed[-1]
            inside.append(Place(name, municipality.id, float(lon), float(lat), int(population)))
        elif not line.startswith("#"):
            key, name, population = line.split(";")
            listed.append((Municipality(key, name.strip(), int(population)), []))
    return listed


def _rows() -> list[list[str]]:
    lines = _ROADS.read_text(encoding="utf-8").splitlines()
    return [line.split("; ") for line in lines if not line.startswith("#")]
