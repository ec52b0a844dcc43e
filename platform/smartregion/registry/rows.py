"""From the lines of a file to rows of the registry, with every fault of every line."""

import dataclasses
import difflib
from collections.abc import Callable, Iterable
from typing import Any

from smartregion.registry.cells import Cells
from smartregion.registry.faults import Fault, Words
from smartregion.registry.heads import KINDS, plain
from smartregion.registry.hung import Wanted, mounting, wanted
from smartregion.registry.known import Known
from smartregion.registry.objects import CLASS_SCHEMES
from smartregion.registry.places import (
    SAME_PLACE_M,
    LonLat,
    Placed,
    distance_m,
    far_away,
    has_position,
    position,
    position_column,
)
from smartregion.registry.table import Line

_PURPOSES = {"waste": "waste", "abfall": "waste", "road": "road", "strasse": "road"}
_SIDES = {"": "both", "both": "both", "beide": "both", "right": "right", "rechts": "right"}
_SCHEMES = {plain(scheme): scheme for scheme in CLASS_SCHEMES}


@dataclasses.dataclass(slots=True)
class Content:
    """Rows by kind of table, in the order of the staging columns, and the mountings wanted."""

    rows: dict[str, list[tuple[Any, ...]]]
    mountings: list[Wanted]


def content(
    lines: Iterable[Line], known: Known, anywhere: bool = False
) -> tuple[Content, list[Fault], list[Fault]]:
    """Check all lines: rows, faults, notes; the rows are only of use when there is no fault.

    `anywhere` takes positions far from all others.
    """
    lines = list(lines)
    reading = _Reading(known, lines)
    for line in lines:
        reading.take(line)
    reading.add_sites()
    faults = reading.faults + _twice(lines)
    if not anywhere:
        faults += far_away(reading.placed, known.places, known.extent)
    return reading.found, sorted(set(faults)), sorted(reading.notes)


class _Reading:
    """One method a kind; each appends its rows."""

    def __init__(self, known: Known, lines: list[Line]) -> None:
        self.found = Content({kind: [] for kind in (*KINDS, "lane")}, [])
        self.faults: list[Fault] = []
        self.notes: list[Fault] = []
        self.placed: list[Placed] = []
        self._known = known
        self._sites = known.sites | _ids(lines, "site")
        self._own_sites = _ids(lines, "site")
        self._depots = known.depots | _ids(lines, "depot")
        self._municipalities = dict(known.municipalities) | _municipality_words(lines)
        self._new_municipalities: dict[str, str] = {}
        self._at_sites: dict[str, list[tuple[Cells, LonLat | None]]] = {}
        self._site_places: dict[str, LonLat] = {}
        self._by_kind: dict[str, Callable[[Cells, str], None]] = {
            "municipality": self._municipality,
            "site": self._site,
            "container": self._container,
            "station": self._station,
            "vehicle": self._vehicle,
            "depot": self._depot,
            "disposal_site": self._disposal_site,
            "building": self._building,
            "mounting": self._mounting,
            "device": self._device_alone,
        }

    def take(self, line: Line) -> None:
        """Rows of one line."""
        cells = Cells(line, self.faults)
        self._by_kind[line.kind](cells, cells.identity("id", required=True))

    def add_sites(self) -> None:
        """Sites that container rows describe themselves: one a named site, else one an address."""
        for site, rows in self._at_sites.items():
            place = self._site_places.get(site)
            for cells, lonlat in rows:
                if lonlat is not None and place is not None and distance_m(lonlat, place) > SAME_PLACE_M:
                    metres = round(distance_m(lonlat, place))
                    what = Words(
                        f"Der Standplatz {site} hat zwei Positionen, {metres} m auseinander",
                        f"Site {site} has two positions, {metres} m apart",
                    )
                    remedy = Words(
                        "die Position berichtigen oder den Standplätzen eigene Namen geben",
                        "mend the position or name the sites differently",
                    )
                    cells.fault(position_column(cells), what, remedy)
            if site in self._own_sites:
                continue
            if place is not None:
                first = rows[0][0]
                told = first.text("site")
                name = first.text("site_name") or told or _street(first) or site
                self._site_row(first, site, name, place)
            elif site not in self._sites:
                for cells, lonlat in rows:
                    self._no_site(cells, site, told=lonlat is not None or has_position(cells))

    def _no_site(self, cells: Cells, site: str, told: bool) -> None:
        if told:
            return  # its position is faulty, and that was said
        if site and "site" in cells.line.cells:
            what = Words("ist kein bekannter Standplatz", "is no known site")
        else:
            what = Words("Standplatz oder Position fehlt", "Site or position is missing")
        remedy = Words(
            "den Standplatz als eigene Zeile oder Länge und Breite in dieser Zeile eintragen",
            "write the site as a row of its own, or longitude and latitude in this one",
        )
        cells.fault("site", what, remedy)

    def _municipality(self, cells: Cells, identity: str) -> None:
        row = (identity, cells.text("name", required=True), cells.whole("population", 0, 10_000_000))
        self.found.rows["municipality"].append((*row, cells.moment("removed_at")))

    def _site(self, cells: Cells, identity: str) -> None:
        place = self._place_of(cells)
        self._site_row(cells, identity, cells.text("name") or cells.text("site_name") or identity, place)
        if place is not None:
            self._site_places[identity] = place

    def _site_row(self, cells: Cells, identity: str, name: str, place: LonLat | None) -> None:
        start, end = cells.clock("window_from"), cells.clock("window_to")
        if (start is None) != (end is None):
            cells.fault(
                "window_to",
                Words("Das Zeitfenster hat nur ein Ende", "The time window has one end only"),
                Words("beide Uhrzeiten eintragen oder keine", "write both times or none"),
            )
        lon, lat = place or (None, None)
        row = (identity, name, _street(cells), _town(cells), self._municipality_of(cells), lon, lat)
        note = cells.text("access_note", longest=1000)
        removed_at = cells.moment("removed_at") if cells.line.kind == "site" else None
        self.found.rows["site"].append((*row, note, start, end, removed_at))

    def _container(self, cells: Cells, identity: str) -> None:
        place = self._place_of(cells) if has_position(cells) else None
        site = cells.identity("site") or _address(cells)
        if not site and place is not None:
            site = "{1:.5f} {0:.5f}".format(*place)
        self._at_sites.setdefault(site, []).append((cells, place))
        if place is not None:
            self._site_places.setdefault(site, place)
        fraction = cells.choice("fraction", self._known.fractions, self._known.fraction_names)
        volume_l = cells.whole("volume_l", 1, 100_000, required=True)
        row = (identity, site, fraction, volume_l, cells.rhythm("rhythm_days"), cells.moment("removed_at"))
        self.found.rows["container"].append(row)
        self._device(cells, "container", identity)

    def _station(self, cells: Cells, identity: str) -> None:
        self.found.rows["station"].append(
            (
                identity,
                cells.text("name") or identity,
                cells.text("road"),
                _town(cells),
                self._municipality_of(cells),
                *(self._place_of(cells) or (None, None)),
                cells.choice("class_scheme", _SCHEMES, _listed(CLASS_SCHEMES)),
                cells.moment("removed_at"),
            )
        )
        for part in filter(None, cells.text("lanes").split("|")):
            number, _, direction = part.partition(":")
            if not number.strip().isdigit() or int(number) > 99 or not direction.strip():
                remedy = Words(
                    "wie 1:Senftenberg|2:Lübbenau eintragen", "write it like 1:Senftenberg|2:Lübbenau"
                )
                what = Words("ist keine Liste von Fahrstreifen", "is no list of lanes")
                cells.fault("lanes", what, remedy)
                break
            self.found.rows["lane"].append((identity, int(number), direction.strip()))
        self._device(cells, "station", identity)

    def _vehicle(self, cells: Cells, identity: str) -> None:
        depot = cells.text("depot") or None
        if depot and depot not in self._depots:
            what = Words("ist kein bekannter Betriebshof", "is no known depot")
            remedy = Words(
                "den Betriebshof als eigene Zeile eintragen", "write the depot as a row of its own"
            )
            cells.fault("depot", what, remedy)
        self.found.rows["vehicle"].append(
            (
                identity,
                cells.text("name") or identity,
                cells.choice("purpose", _PURPOSES, Words("Abfall, Straße", "waste, road")),
                self._municipality_of(cells),
                depot,
                cells.choices("fraction", self._known.fractions, self._known.fraction_names),
                cells.whole("capacity_kg", 1, 60_000),
                cells.whole("capacity_l", 1, 200_000),
                cells.clock("shift_from"),
                cells.clock("shift_to"),
                cells.text("truck") or None,
                cells.choice("side", _SIDES, Words("beide, rechts", "both, right")),
                cells.moment("removed_at"),
            )
        )
        self._device(cells, "vehicle", identity)

    def _depot(self, cells: Cells, identity: str) -> None:
        place = self._place_of(cells, inside=False) or (None, None)
        row = (identity, cells.text("name") or identity, self._municipality_of(cells), *place)
        self.found.rows["depot"].append((*row, cells.moment("removed_at")))

    def _building(self, cells: Cells, identity: str) -> None:
        place = self._place_of(cells) or (None, None)
        named = (identity, cells.text("name") or identity, _street(cells), _town(cells))
        row = (*named, self._municipality_of(cells), *place, cells.moment("removed_at"))
        self.found.rows["building"].append(row)
        self._device(cells, "building", identity)

    def _disposal_site(self, cells: Cells, identity: str) -> None:
        place = self._place_of(cells, inside=False) or (None, None)
        fractions = cells.choices(
            "fraction", self._known.fractions, self._known.fraction_names, required=True
        )
        start, end = cells.clock("open_from", required=True), cells.clock("open_to", required=True)
        service_s = cells.whole("service_s", 0, 14_400)
        named = (identity, cells.text("name") or identity, self._municipality_of(cells))
        row = (*named, *place, fractions, start, end, 1200 if service_s is None else service_s)
        self.found.rows["disposal_site"].append((*row, cells.moment("removed_at")))

    def _device_alone(self, cells: Cells, identity: str) -> None:
        row = (identity, cells.text("profile") or None, cells.moment("removed_at"))
        self.found.rows["device"].append(row)

    def _device(self, cells: Cells, kind: str, identity: str) -> None:
        """The device that a row names hangs at the row's object."""
        want = wanted(cells, kind, identity)
        if want is not None:
            self.found.rows["device"].append((want.device, cells.text("profile") or None, None))
            self.found.mountings.append(want)

    def _mounting(self, cells: Cells, identity: str) -> None:
        self.found.mountings.append(mounting(cells, identity))

    def _place_of(self, cells: Cells, inside: bool = True) -> LonLat | None:
        """The position of a line, noted for the comparison with all others."""
        found = position(cells, self._known.state)
        if found is not None:
            self.placed.append(Placed(cells, position_column(cells), found, inside))
        return found

    def _municipality_of(self, cells: Cells) -> str | None:
        """Id of the municipality; one that nobody knows is made, unless it looks like a slip of the pen."""
        word, told = cells.text("municipality"), cells.text("municipality_key")
        key = self._municipalities.get(plain(told or word))
        if key is not None or not (word or told):
            return key
        near = difflib.get_close_matches(plain(word), self._municipalities, n=1, cutoff=0.8)
        if near and not told:
            what = Words("ist keine bekannte Gemeinde", "is no known municipality")
            remedy = Words(
                f"meinten Sie {near[0]}? Sonst die Gemeinde als eigene Zeile eintragen (Kennung und Name)",
                f"{near[0]}? Otherwise write the municipality as a row of its own (id and name)",
            )
            cells.fault("municipality", what, remedy)
            return None
        made = told or word
        if made not in self._new_municipalities:
            self._new_municipalities[made] = word or told
            self.found.rows["municipality"].append((made, word or told, None, None))
            what = Words("Diese Gemeinde ist neu und wird angelegt", "This municipality is new and made")
            remedy = Words("nichts zu tun, wenn der Name stimmt", "nothing to do if the name is right")
            name = cells.line.head.get("municipality", "municipality")
            self.notes.append(Fault(cells.line.number, name, word or told, what, remedy))
        return made


def _listed(words: Iterable[str]) -> Words:
    text = ", ".join(words)
    return Words(text, text)


def _street(cells: Cells) -> str:
    number = cells.identity("house_number") + cells.text("house_suffix")
    return " ".join(filter(None, (cells.text("street"), number)))


def _town(cells: Cells) -> str:
    """Town and quarter as on an envelope: Calau, OT Bolschwitz."""
    place, quarter = cells.text("place"), cells.text("quarter")
    if not place or not quarter or place == quarter:
        return place or quarter
    return f"{place}, OT {quarter.removeprefix('OT ')}"


def _address(cells: Cells) -> str:
    """Street and town, empty where one of them is missing."""
    street, town = _street(cells), _town(cells)
    return f"{street}, {town}" if street and town else ""


def _ids(lines: list[Line], kind: str) -> frozenset[str]:
    return frozenset(line.cells["id"] for line in lines if line.kind == kind and "id" in line.cells)


def _municipality_words(lines: list[Line]) -> dict[str, str]:
    return {
        plain(word): line.cells["id"]
        for line in lines
        if line.kind == "municipality" and "id" in line.cells
        for word in (line.cells.get("name", ""), line.cells["id"])
        if word
    }


def _twice(lines: list[Line]) -> list[Fault]:
    """Ids and devices that appear in more than one line."""
    faults: list[Fault] = []
    first: dict[tuple[str, str], int] = {}
    for line in lines:
        if line.kind == "mounting":
            continue  # one device hangs here and there in its time
        device = line.cells.get("id" if line.kind == "device" else "device")
        marks = [(line.kind, line.cells.get("id"), "id")] if line.kind != "device" else []
        marks.append(("device", device, "id" if line.kind == "device" else "device"))
        for kind, value, column in marks:
            if not value:
                continue
            before = first.setdefault((kind, value), line.number)
            if before != line.number:
                what = Words(f"steht schon in Zeile {before}", f"stands in line {before} already")
                remedy = Words(
                    "jede Kennung und jedes Gerät nur einmal eintragen", "write each id and each device once"
                )
                faults.append(Fault(line.number, line.head.get(column, column), value, what, remedy))
    return faults
