"""What a row says about a device at an object: since when, with which geometry, calibration and registers."""

import dataclasses
import datetime as dt

from smartregion.registry.cells import Cells
from smartregion.registry.faults import Words

OBJECT_KINDS = {
    "container": "container", "behaelter": "container", "station": "station", "zaehlstelle": "station",
    "vehicle": "vehicle", "fahrzeug": "vehicle", "building": "building", "gebaeude": "building",
}  # fmt: skip
"""Plain words of what a device hangs at."""
OBJECT_WORDS = Words("Behälter, Zählstelle, Fahrzeug, Gebäude", "container, station, vehicle, building")
_FARTHEST_M = 20
_LARGEST_REGISTER = 1e15


@dataclasses.dataclass(frozen=True, slots=True)
class Measures:
    """How values of a mounted device are read; None where nothing is told.

    Distances of a level sensor in m; `factor`: what a unit of a register is worth; registers at both ends of
    the mounting; `digits` before the point of a register that rolls over.
    """

    empty_distance_m: float | None = None
    full_distance_m: float | None = None
    factor: float | None = None
    first_value: float | None = None
    last_value: float | None = None
    digits: int | None = None

    def over(self, known: "Measures") -> "Measures":
        """What is told here, and the known where nothing is."""
        told = {name: value for name, value in dataclasses.asdict(self).items() if value is not None}
        return dataclasses.replace(known, **told)


UNTOLD = Measures()
"""Nothing is told."""


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """A device that a row hangs at its object, since a moment (None = always)."""

    line: int
    device: str
    object_kind: str
    object: str
    since: dt.datetime | None
    measures: Measures = UNTOLD
    replaces: str = ""
    """The device that hung there until then; `last_value` of the measures is its last register."""
    until: dt.datetime | None = None
    exact: bool = False
    """A mounting of its own row: written as it stands."""


def wanted(cells: Cells, kind: str, identity: str) -> Wanted | None:
    """The device that a row names hangs at the row's object."""
    device, measures = cells.identity("device"), _measures(cells)
    since, replaces = cells.moment("mounted_from"), cells.identity("replaces")
    if replaces and since is None:
        cells.fault(
            "replaces",
            Words("Der Zeitpunkt des Wechsels fehlt", "The time of the swap is missing"),
            Words("ihn in mounted_from eintragen", "write it into mounted_from"),
        )
    if not device:
        return None
    return Wanted(cells.line.number, device, kind, identity, since, measures, replaces)


def mounting(cells: Cells, device: str) -> Wanted:
    """A row of its own: one time of a device at an object, as it was."""
    since, until = cells.moment("mounted_from"), cells.moment("mounted_to")
    if since is not None and until is not None and until <= since:
        cells.fault(
            "mounted_to",
            Words("ist nicht nach dem Beginn", "is not after the begin"),
            Words("einen späteren Zeitpunkt eintragen", "write a later time"),
        )
    kind = cells.choice("object_kind", OBJECT_KINDS, OBJECT_WORDS)
    held = cells.identity("object", required=True)
    return Wanted(cells.line.number, device, kind, held, since, _measures(cells), until=until, exact=True)


def _measures(cells: Cells) -> Measures:
    empty_m = cells.number("empty_distance_m", 0.01, _FARTHEST_M)
    full_m = cells.number("full_distance_m", 0, _FARTHEST_M)
    if empty_m is not None and full_m is not None and empty_m <= full_m:
        what = Words(
            "Der Abstand bei leerem Behälter ist nicht größer als der bei vollem",
            "The distance of an empty container is not greater than that of a full one",
        )
        remedy = Words(
            "beide Abstände prüfen, gemessen vom Sensor nach unten",
            "check both distances, measured from the sensor down",
        )
        cells.fault("empty_distance_m", what, remedy)
    return Measures(
        empty_m,
        full_m,
        cells.number("factor", 1e-6, 1e6),
        cells.number("first_value", 0, _LARGEST_REGISTER),
        cells.number("last_value", 0, _LARGEST_REGISTER),
        cells.whole("digits", 1, 15),
    )
