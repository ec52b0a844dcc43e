"""From the lines of a file to rows of the registry, with every fault of every line."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from smartregion.registry.cells import Cells
from smartregion.registry.objects import CLASS_SCHEMES
from smartregion.registry.table import KINDS, Fault, Line

_PURPOSES = {"waste": "waste", "abfall": "waste", "road": "road", "straße": "road", "strasse": "road"}
_SCHEMES = {scheme: scheme for scheme in CLASS_SCHEMES}
_FARTHEST_M = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """What the database already holds and a row may refer to."""

    sites: frozenset[str]
    depots: frozenset[str]
    municipalities: Mapping[str, str]
    """Id by lower-case id or name."""
    fractions: Mapping[str, str]
    """Key by lower-case key or name."""


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """A device that a row hangs at its object, since a moment (None = always)."""

    line: int
    device: str
    object_kind: str
    object: str
    since: dt.datetime | None
    empty_distance_m: float | None
    full_distance_m: float | None


@dataclasses.dataclass(slots=True)
class Content:
    """Rows by kind of table, in the order of the staging columns, and the mountings wanted."""

    rows: dict[str, list[tuple[Any, ...]]]
    mountings: list[Wanted]


def content(lines: Iterable[Line], known: Known) -> tuple[Content, list[Fault]]:
    """Check all lines; the content is only of use when there is no fault."""
    lines = list(lines)
    faults = _twice(lines)
    found = Content({kind: [] for kind in (*KINDS, "lane")}, [])
    reading = _Reading(found, _with_file(known, lines))
    for line in lines:
        cells = Cells(line, faults)
        identity = cells.text("id", required=True, longest=100)
        reading.by_kind[line.kind](cells, identity)
    return found, sorted(faults)


class _Reading:
    """One method a kind; each appends its rows."""

    def __init__(self, found: Content, known: Known) -> None:
        self._found, self._known = found, known
        self.by_kind: dict[str, Callable[[Cells, str], None]] = {
            "municipality": self._municipality,
            "site": self._site,
            "container": self._container,
            "station": self._station,
            "vehicle": self._vehicle,
            "depot": self._depot,
            "disposal_site": self._disposal_site,
            "device": self._device_alone,
        }

    def _municipality(self, cells: Cells, identity: str) -> None:
        row = (identity, cells.text("name", required=True), cells.whole("population", 0, 10_000_000))
        self._found.rows["municipality"].append(row)

    def _site(self, cells: Cells, identity: str) -> None:
        lon, lat = _position(cells)
        start, end = cells.clock("window_from"), cells.clock("window_to")
        if (start is None) != (end is None):
            cells.fault(
                "window_to", "Das Zeitfenster hat nur ein Ende", "beide Uhrzeiten eintragen oder keine"
            )
        self._found.rows["site"].append(
            (
                identity,
                cells.text("name") or identity,
                cells.text("street"),
                cells.text("place"),
                self._municipality_of(cells),
                lon,
                lat,
                cells.text("access_note", longest=1000),
                start,
                end,
            )
        )

    def _container(self, cells: Cells, identity: str) -> None:
        site = cells.text("site", required=True)
        if site and site not in self._known.sites:
            cells.fault("site", "ist kein bekannter Standplatz", "den Standplatz als eigene Zeile eintragen")
        fraction = cells.choice("fraction", dict(self._known.fractions))
        volume_l = cells.whole("volume_l", 1, 100_000, required=True)
        rhythm_days = cells.whole("rhythm_days", 1, 366)
        self._found.rows["container"].append((identity, site, fraction, volume_l, rhythm_days))
        self._device(cells, "container", identity)

    def _station(self, cells: Cells, identity: str) -> None:
        lon, lat = _position(cells)
        self._found.rows["station"].append(
            (
                identity,
                cells.text("name") or identity,
                cells.text("road"),
                cells.text("place"),
                self._municipality_of(cells),
                lon,
                lat,
                cells.choice("class_scheme", _SCHEMES),
            )
        )
        for part in filter(None, cells.text("lanes").split("|")):
            number, _, direction = part.partition(":")
            if not number.strip().isdigit() or int(number) > 99 or not direction.strip():
                remedy = "wie 1:Senftenberg|2:Lübbenau eintragen"
                cells.fault("lanes", "ist keine Liste von Fahrstreifen", remedy)
                break
            self._found.rows["lane"].append((identity, int(number), direction.strip()))
        self._device(cells, "station", identity)

    def _vehicle(self, cells: Cells, identity: str) -> None:
        depot = cells.text("depot") or None
        if depot and depot not in self._known.depots:
            cells.fault(
                "depot", "ist kein bekannter Betriebshof", "den Betriebshof als eigene Zeile eintragen"
            )
        self._found.rows["vehicle"].append(
            (
                identity,
                cells.text("name") or identity,
                cells.choice("purpose", _PURPOSES),
                self._municipality_of(cells),
                depot,
                cells.choices("fraction", dict(self._known.fractions)),
                cells.whole("capacity_kg", 1, 60_000),
                cells.whole("capacity_l", 1, 200_000),
                cells.clock("shift_from"),
                cells.clock("shift_to"),
            )
        )
        self._device(cells, "vehicle", identity)

    def _depot(self, cells: Cells, identity: str) -> None:
        self._found.rows["depot"].append((identity, cells.text("name") or identity, *_position(cells)))

    def _disposal_site(self, cells: Cells, identity: str) -> None:
        lon, lat = _position(cells)
        fractions = cells.choices("fraction", dict(self._known.fractions), required=True)
        start, end = cells.clock("open_from", required=True), cells.clock("open_to", required=True)
        service_s = cells.whole("service_s", 0, 14_400)
        row = (identity, cells.text("name") or identity, lon, lat, fractions, start, end)
        self._found.rows["disposal_site"].append((*row, 1200 if service_s is None else service_s))

    def _device_alone(self, cells: Cells, identity: str) -> None:
        self._found.rows["device"].append((identity, cells.text("profile") or None))

    def _device(self, cells: Cells, kind: str, identity: str) -> None:
        """The device that a row names hangs at the row's object."""
        device = cells.text("device", longest=100)
        empty_m = cells.number("empty_distance_m", 0.01, _FARTHEST_M)
        full_m = cells.number("full_distance_m", 0, _FARTHEST_M)
        if empty_m is not None and full_m is not None and empty_m <= full_m:
            what = "Der Abstand bei leerem Behälter ist nicht größer als der bei vollem"
            cells.fault("empty_distance_m", what, "beide Abstände prüfen, gemessen vom Sensor nach unten")
        since = cells.moment("mounted_from")
        if device:
            self._found.rows["device"].append((device, cells.text("profile") or None))
            self._found.mountings.append(
                Wanted(cells.line.number, device, kind, identity, since, empty_m, full_m)
            )

    def _municipality_of(self, cells: Cells) -> str | None:
        word = cells.text("municipality")
        if not word:
            return None
        key = self._known.municipalities.get(word.lower())
        if key is None:
            remedy = "die Gemeinde als eigene Zeile eintragen (Kennung und Name)"
            cells.fault("municipality", "ist keine bekannte Gemeinde", remedy)
        return key


def _position(cells: Cells) -> tuple[float | None, float | None]:
    """Longitude and latitude; the swapped pair is the usual mistake in Germany."""
    lon = cells.number("lon", -180, 180, required=True)
    lat = cells.number("lat", -90, 90, required=True)
    if lon is not None and lat is not None:
        if 47 <= lon <= 55.1 and 5.8 <= lat <= 15.1:
            cells.fault("lon", "Länge und Breite sind vertauscht", "die beiden Spalten tauschen")
        elif lon == 0 and lat == 0:
            cells.fault("lon", "Die Position ist 0, 0", "die wirkliche Position eintragen")
    return lon, lat


def _with_file(known: Known, lines: list[Line]) -> Known:
    def ids(kind: str) -> frozenset[str]:
        return frozenset(line.cells["id"] for line in lines if line.kind == kind and "id" in line.cells)

    named = {
        word.lower(): line.cells["id"]
        for line in lines
        if line.kind == "municipality" and "id" in line.cells
        for word in (line.cells.get("name", ""), line.cells["id"])
    }
    municipalities = {**known.municipalities, **named}
    return Known(known.sites | ids("site"), known.depots | ids("depot"), municipalities, known.fractions)


def _twice(lines: list[Line]) -> list[Fault]:
    """Ids and devices that appear in more than one line."""
    faults: list[Fault] = []
    first: dict[tuple[str, str], int] = {}
    for line in lines:
        device = line.cells.get("id" if line.kind == "device" else "device")
        marks = [(line.kind, line.cells.get("id"), "id")] if line.kind != "device" else []
        marks.append(("device", device, "id" if line.kind == "device" else "device"))
        for kind, value, column in marks:
            if not value:
                continue
            before = first.setdefault((kind, value), line.number)
            if before != line.number:
                what = f"steht schon in Zeile {before}"
                remedy = "jede Kennung und jedes Gerät nur einmal eintragen"
                faults.append(Fault(line.number, line.head.get(column, column), value, what, remedy))
    return faults
