"""Values of single cells: numbers with comma or point and unit, times, lists; each failure is a fault."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from smartregion.registry.faults import Fault, Words
from smartregion.registry.heads import UNITS, plain, unit_of
from smartregion.registry.table import Line

T = TypeVar("T")

_CHECK = Words("prüfen", "check it")
_SPOILED = re.compile("Ã[¤¶¼\x9f„–œŸ]|ï»¿|\N{REPLACEMENT CHARACTER}")
_SCIENTIFIC = re.compile(r"\d[.,]\d+E\+\d+")
_DATED = re.compile(r"\d{1,2}\. ?(?:Jan|Feb|Mrz|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)\b.*")
_WITH_UNIT = re.compile(r"((?:[+-]|[A-Za-zÄÖÜäöü]+ ?)?[\d., \u00a0\u202f']*\d,?)\s*([^\W\d_]+[²³23]?)?\.?")
_RHYTHMS = {
    "taeglich": 1,
    "woechentlich": 7,
    "zweiwoechentlich": 14,
    "vierwoechentlich": 28,
    "weekly": 7,
    "daily": 1,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Cells:
    """Reads the cells of one line and collects its faults."""

    line: Line
    faults: list[Fault]

    def fault(self, column: str, what: Words, remedy: Words) -> None:
        """Note a fault of a cell."""
        name = self.line.head.get(column, column)
        self.faults.append(Fault(self.line.number, name, self.line.cells.get(column, ""), what, remedy))

    def text(self, column: str, required: bool = False, longest: int = 200) -> str:
        """Text; empty where absent."""
        value = self.line.cells.get(column, "")
        if required and not value:
            self.fault(column, Words("fehlt", "is missing"), Words("einen Wert eintragen", "write a value"))
        if len(value) > longest:
            what = Words(f"ist länger als {longest} Zeichen", f"is longer than {longest} characters")
            self.fault(column, what, Words("kürzen", "shorten it"))
        if any(ord(character) < 32 for character in value):
            what = Words("enthält Steuerzeichen oder Zeilenumbrüche", "holds control characters or line ends")
            self.fault(column, what, Words("sie entfernen", "remove them"))
        if _SPOILED.search(value):
            what = Words("enthält zerstörte Umlaute oder Zeichen", "holds spoiled letters")
            remedy = Words(
                "die Datei neu aus der Quelle speichern, Kodierung UTF-8",
                "save it anew from its source as UTF-8",
            )
            self.fault(column, what, remedy)
        return value

    def identity(self, column: str, required: bool = False) -> str:
        """An identifier, which Excel may have taken for a number or a date."""
        value = self.text(column, required, longest=100)
        rounded = _SCIENTIFIC.fullmatch(value)
        if rounded or _DATED.fullmatch(value):
            what = (
                Words(
                    "ist von Excel in eine gerundete Zahl verwandelt",
                    "was turned into a rounded number by Excel",
                )
                if rounded
                else Words("ist von Excel in ein Datum verwandelt", "was turned into a date by Excel")
            )
            remedy = Words(
                "die Spalte als Text formatieren und neu einfügen",
                "format the column as text and paste again",
            )
            self.fault(column, what, remedy)
        return value

    def number(self, column: str, low: float, high: float, required: bool = False) -> float | None:
        """A decimal number with comma or point, in the column's unit or in one that head or cell name."""
        remedy = Words("eine Zahl wie 13,75 eintragen", "write a number like 13.75")
        return self._parsed(column, required, decimal, low, high, remedy)

    def whole(self, column: str, low: int, high: int, required: bool = False) -> int | None:
        """A whole number; 1.100 with a German point of thousands is 1100."""
        remedy = Words("eine ganze Zahl wie 1100 eintragen", "write a whole number like 1100")
        found = self._parsed(column, required, _integer, low, high, remedy)
        if found is not None and found != int(found):
            self.fault(column, Words("ist keine ganze Zahl", "is no whole number"), remedy)
            return None
        return None if found is None else int(found)

    def rhythm(self, column: str) -> int | None:
        """Days between lifts: 14, "14-täglich", "2 Wochen", "wöchentlich"."""
        words = plain(self.line.cells.get(column, ""))
        if words in _RHYTHMS:
            return _RHYTHMS[words]
        match = re.fullmatch(
            r"(?:alle )?(\d{1,3}) ?(?:taeglich|taegig|tage|woechentlich|woechig|wochen?)", words
        )
        if match:
            return int(match[1]) * (7 if "woch" in words or "woech" in words else 1)
        if words and not re.search(r"\d", words):
            what = Words("ist kein Rhythmus in ganzen Tagen", "is no rhythm in whole days")
            self.fault(
                column, what, Words("Tage zwischen zwei Leerungen eintragen, etwa 14", "write days, say 14")
            )
            return None
        return self.whole(column, 1, 366)

    def clock(self, column: str, required: bool = False) -> dt.time | None:
        """A time of day, 6:30 or 06:30."""
        value = self.text(column, required)
        if not value:
            return None
        match = re.fullmatch(r"(\d{1,2})[:.](\d{2})(?::00)?(?: ?Uhr)?", value)
        if match and int(match[1]) < 24 and int(match[2]) < 60:
            return dt.time(int(match[1]), int(match[2]))
        if match and value.startswith("24:00"):
            return dt.time(23, 59, 59)
        self.fault(
            column,
            Words("ist keine Uhrzeit", "is no time of day"),
            Words("eine Uhrzeit wie 06:30 eintragen", "write a time like 06:30"),
        )
        return None

    def moment(self, column: str) -> dt.datetime | None:
        """A date or a time with its zone."""
        value = self.text(column)
        if not value:
            return None
        try:
            german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", value)
            found = dt.datetime.fromisoformat(
                f"{german[3]}-{int(german[2]):02}-{int(german[1]):02}" if german else value
            )
        except ValueError:
            remedy = Words(
                "ein Datum wie 2026-03-01 oder 2026-03-01T08:00+01:00 eintragen",
                "write a date like 2026-03-01 or 2026-03-01T08:00+01:00",
            )
            self.fault(column, Words("ist kein Zeitpunkt", "is no time"), remedy)
            return None
        return found if found.tzinfo else found.replace(tzinfo=dt.UTC)

    def choice(self, column: str, words: Mapping[str, str], names: Words) -> str:
        """One of the known words, which `names` lists; returns its key."""
        value = self.line.cells.get(column)
        key = words.get(plain(value or ""))
        if key is None:
            what = Words("ist unbekannt", "is unknown") if value else Words("fehlt", "is missing")
            self.fault(column, what, Words(f"eins von {names.de}", f"one of {names.en}"))
            return ""
        return key

    def choices(
        self, column: str, words: Mapping[str, str], names: Words, required: bool = False
    ) -> list[str]:
        """Several known words parted by |; `names` lists all."""
        value = self.text(column, required)
        keys = [words.get(plain(part)) for part in value.split("|") if part.strip()]
        if None in keys:
            remedy = Words(f"mit | getrennt aus {names.de}", f"some of {names.en}, parted by |")
            self.fault(column, Words("ist unbekannt", "is unknown"), remedy)
        return [key for key in dict.fromkeys(keys) if key]

    def _parsed(
        self,
        column: str,
        required: bool,
        parse: Callable[[str], float],
        low: float,
        high: float,
        remedy: Words,
    ) -> float | None:
        value = self.text(column, required)
        if not value:
            return None
        try:
            found = self._in_unit(column, value, parse)
        except ValueError:
            self.fault(column, Words("ist keine Zahl", "is no number"), remedy)
            return None
        if not low <= found <= high:
            shown = f"{low:g} und {high:g}".replace(".", ",")
            what = Words(f"liegt nicht zwischen {shown}", f"is not between {low:g} and {high:g}")
            self.fault(column, what, remedy)
            return None
        return found

    def _in_unit(self, column: str, value: str, parse: Callable[[str], float]) -> float:
        units = UNITS.get(column)
        if units is None:
            return parse(value)
        match = _WITH_UNIT.fullmatch(value)
        if match is None:
            raise ValueError(value)
        unit = plain(match[2] or "") or unit_of(column, self.line.remarks.get(column, ""))
        if unit and unit not in units:
            raise ValueError(unit)
        factor = units.get(unit, 1.0)
        number = re.sub(r"^[^\W\d]+ ?", "", match[1])  # "MGB 1100" is a size
        # 1.100 is eleven hundred litres, but never so many cubic metres.
        return round((decimal if factor > 1 else parse)(number) * factor, 9)


def decimal(value: str) -> float:
    """A number with comma or point; of two different ones the last is the decimal sign. Raises ValueError."""
    value = re.sub(r"[\s']", "", value)
    if "," in value and "." in value:
        thousands = min(",.", key=value.rfind)
        value = value.replace(thousands, "")
    if not re.fullmatch(r"[+-]?\d+(?:[.,]\d*)?", value):
        raise ValueError(value)
    return float(value.replace(",", "."))


def _integer(value: str) -> float:
    value = re.sub(r"\s", " ", value.strip())
    if re.fullmatch(r"\d{1,3}(?:[., ']\d{3})+", value):
        value = re.sub(r"[., ']", "", value)
    return decimal(value)
