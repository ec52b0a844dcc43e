"""Positions as files write them: degrees with comma, point or minutes, UTM; the usual mistakes by name."""

import dataclasses
import math
import re
import statistics
from collections.abc import Iterable, Iterator, Sequence

from smartregion.registry.cells import Cells, decimal
from smartregion.registry.faults import Fault, Words
from smartregion.registry.utm import to_lonlat

LonLat = tuple[float, float]
_UTM_EAST_M, _UTM_NORTH_M = (100_000, 1_000_000), (5_150_000, 6_200_000)
_ZONES = {"BB": 33, "BE": 33, "MV": 33, "SN": 33}
"""Federal states whose maps use zone 33 (EPSG 25833); the others use 32 (EPSG 25832)."""
_WAYS = (("lon", "lat"), ("east", "north"), ("position",))
"""Columns that tell a position, the surest first."""
SAME_PLACE_M = 100
"""Positions so near to each other mean the same place."""
_FARTHEST_M = 75_000
"""No district is so wide that its places lie farther from its middle."""
_MARGIN_M = 5_000
_FEWEST = 3
_PER_DEGREE_M = 111_195
_DMS = re.compile(
    r"([+-]?\d{1,3})\s*°\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*['′’]\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:\"|″|”|''))?)?"
)
_PAIR = re.compile(r"\s*(?:[;/|]|,\s+|\s+)\s*")


@dataclasses.dataclass(frozen=True, slots=True)
class Extent:
    """A box of degrees around the region's roads."""

    west: float
    south: float
    east: float
    north: float

    def distance_m(self, place: LonLat) -> float:
        """How far a place lies outside; 0 inside."""
        nearest = (min(max(place[0], self.west), self.east), min(max(place[1], self.south), self.north))
        return distance_m(place, nearest)


@dataclasses.dataclass(frozen=True, slots=True)
class Placed:
    """A position of a line, to be judged beside the others."""

    cells: Cells
    column: str
    lonlat: LonLat
    inside: bool
    """Whether it must lie in the region; disposal sites need not."""


def distance_m(a: LonLat, b: LonLat) -> float:
    """Distance on a sphere, flat enough for a district."""
    east = (b[0] - a[0]) * math.cos(math.radians((a[1] + b[1]) / 2))
    return math.hypot(east, b[1] - a[1]) * _PER_DEGREE_M


def has_position(cells: Cells) -> bool:
    """Whether the line tells any part of a position."""
    return any(_told(cells))


def position_column(cells: Cells) -> str:
    """The first column of the line's position, by which faults name it."""
    return next(_told(cells), _WAYS[0])[0]


def position(cells: Cells, state: str) -> LonLat | None:
    """Longitude and latitude of a line; None with a fault. `state` tells the zone of UTM without one.

    A line that tells its position in two ways must tell the same place.
    """
    first, *others = list(_told(cells)) or [_WAYS[0]]
    found = _read(cells, first, state)
    for way in others:
        again = _read(cells, way, state)
        if found is not None and again is not None and distance_m(found, again) > SAME_PLACE_M:
            metres = round(distance_m(found, again))
            name = cells.line.head.get(first[0], first[0])
            what = Words(f"widerspricht „{name}“ um {metres} m", f"contradicts “{name}” by {metres} m")
            cells.fault(way[0], what, Words("eines von beiden berichtigen", "mend one of them"))
    return found


def _told(cells: Cells) -> Iterator[tuple[str, ...]]:
    return (way for way in _WAYS if any(column in cells.line.cells for column in way))


def _read(cells: Cells, way: tuple[str, ...], state: str) -> LonLat | None:
    pair = _numbers(cells, way)
    if pair is None:
        return None
    first, second = pair
    if len(way) == 1 and second < first and (first > 180 or _germany(second, first)):
        first, second = second, first  # latitude or northing first; the two cannot be confused here
    if abs(first) > 400 or abs(second) > 400:
        return _projected(cells, way, first, second, state)
    if _germany(second, first):
        what = Words("Länge und Breite sind vertauscht", "Longitude and latitude are swapped")
        cells.fault(way[0], what, Words("die beiden Spalten tauschen", "swap the two columns"))
        return None
    if first == 0 and second == 0:
        what = Words("Die Position ist 0, 0", "The position is 0, 0")
        cells.fault(way[0], what, Words("die wirkliche Position eintragen", "write the true position"))
        return None
    inside = _within(cells, way[0], first, 180) & _within(cells, way[-1], second, 90)
    return (first, second) if inside else None


def far_away(placed: Iterable[Placed], known: Sequence[LonLat], extent: Extent | None) -> list[Fault]:
    """Faults of positions that lie far from all others, or outside the region's roads."""
    placed = list(placed)
    others = [*known, *(one.lonlat for one in placed)]
    faults: list[Fault] = []
    if len(others) < _FEWEST and extent is None:
        return faults
    middle = (statistics.median(lon for lon, _ in others), statistics.median(lat for _, lat in others))
    for one in placed:
        outside_m = extent.distance_m(one.lonlat) if extent is not None and one.inside else 0.0
        if outside_m > _MARGIN_M:
            km = round(outside_m / 1000)
            what = Words(
                f"Die Position liegt {km} km außerhalb des Straßennetzes der Region",
                f"The position lies {km} km outside the region's road network",
            )
        elif len(others) >= _FEWEST and (off_m := distance_m(one.lonlat, middle)) > _FARTHEST_M:
            km = round(off_m / 1000)
            what = Words(
                f"Die Position liegt {km} km von der Mitte aller anderen, außerhalb des Landkreises",
                f"The position lies {km} km from the middle of all others, outside the district",
            )
        else:
            continue
        remedy = Words(
            "Ziffern und Komma beider Werte prüfen; stimmt sie doch: --anywhere",
            "check digits and decimal sign of both; if it is right: --anywhere",
        )
        cells = one.cells
        name = cells.line.head.get(one.column, one.column)
        faults.append(
            Fault(cells.line.number, name, "{1:.5f} N, {0:.5f} E".format(*one.lonlat), what, remedy)
        )
    return faults


def _numbers(cells: Cells, way: tuple[str, ...]) -> tuple[float, float] | None:
    """The two numbers of a line: (east, north) by column, or in the order of one cell."""
    if len(way) == 1:
        parts = _PAIR.split(cells.text(way[0]).strip())
        if len(parts) == 2 and None not in (pair := [_degrees(part) for part in parts]):
            return pair[0], pair[1]  # type: ignore[return-value]
        what = Words("ist keine Position aus zwei Zahlen", "is no position of two numbers")
        cells.fault(way[0], what, Words("wie 51.745, 13.951 eintragen", "write it like 51.745, 13.951"))
        return None
    east, north = _number(cells, way[0]), _number(cells, way[1])
    return None if east is None or north is None else (east, north)


def _number(cells: Cells, column: str) -> float | None:
    value = cells.text(column, required=True)
    if not value:
        return None
    found = _degrees(value)
    if found is None:
        spoiled = re.fullmatch(r"[+-]?\d{1,3}(\.\d{3}){2,}", value)
        what = (
            Words(
                "hat Tausenderpunkte statt eines Kommas", "has points of thousands instead of a decimal sign"
            )
            if spoiled
            else Words("ist keine Zahl", "is no number")
        )
        cells.fault(column, what, Words("eine Zahl wie 13,75 eintragen", "write a number like 13.75"))
    return found


def _degrees(text: str) -> float | None:
    """Decimal degrees or metres, or degrees with minutes and seconds; None for anything else."""
    bare = text.strip().strip("NEOnoe").strip()
    match = _DMS.fullmatch(bare)
    if match and match[2]:
        whole, minutes, seconds = int(match[1]), decimal(match[2]), decimal(match[3] or "0")
        size = round(abs(whole) + minutes / 60 + seconds / 3600, 7)
        return size if minutes < 60 and seconds < 60 else None
    if re.fullmatch(r"5\.\d{3}\.\d{3}", bare):
        bare = bare.replace(".", "")  # a northing in metres
    try:
        return decimal(bare.removesuffix("°").removesuffix("m").strip())
    except ValueError:
        return None


def _projected(cells: Cells, way: tuple[str, ...], east: float, north: float, state: str) -> LonLat | None:
    """Metres on a map as degrees; other grids than UTM are named."""
    column = way[0]
    remark = " ".join(cells.line.remarks.get(name, "") for name in way)
    if _between(north, _UTM_EAST_M) and _between(east, _UTM_NORTH_M):
        what = Words("Rechtswert und Hochwert sind vertauscht", "Easting and northing are swapped")
        cells.fault(column, what, Words("die beiden Spalten tauschen", "swap the two columns"))
        return None
    told = re.search(r"258(3[1-3])|326(3[1-3])|\b(3[1-3])(?: ?[nu])?\b", remark)
    zone = int(next(filter(None, told.groups()))) if told else _ZONES.get(state, 32)
    if 31e6 <= east < 34e6:
        zone, east = divmod(int(east), 1_000_000)[0], east % 1e6  # the zone stands in front
    if _between(east, _UTM_EAST_M) and _between(north, _UTM_NORTH_M):
        lon, lat = to_lonlat(zone, east, north)
        return round(lon, 7), round(lat, 7)
    if 2e6 <= east < 6e6 and _between(north, _UTM_NORTH_M):
        what = Words("ist eine Gauß-Krüger-Koordinate", "is a Gauß-Krüger coordinate")
    elif 5e5 <= east < 1.8e6 and 5.9e6 <= north < 7.5e6:
        what = Words(
            "ist eine Web-Mercator-Koordinate (EPSG 3857)", "is a Web Mercator coordinate (EPSG 3857)"
        )
    else:
        what = Words("ist weder Grad noch UTM", "is neither degrees nor UTM")
    remedy = Words(
        "in Länge und Breite (Grad) oder UTM umrechnen, etwa EPSG 25833",
        "convert to longitude and latitude in degrees or to UTM, say EPSG 25833",
    )
    cells.fault(column, what, remedy)
    return None


def _within(cells: Cells, column: str, value: float, most: float) -> bool:
    if abs(value) <= most:
        return True
    what = Words(f"liegt nicht zwischen -{most:g} und {most:g}", f"is not between -{most:g} and {most:g}")
    cells.fault(column, what, Words("eine Zahl wie 13,75 eintragen", "write a number like 13.75"))
    return False


def _germany(lon: float, lat: float) -> bool:
    return 47 <= lat <= 55.1 and 5.8 <= lon <= 15.1


def _between(value: float, span: tuple[float, float]) -> bool:
    return span[0] <= value < span[1]
