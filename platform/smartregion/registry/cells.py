"""Values of single cells: numbers with comma or point, times, lists; each failure is a fault in German."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from typing import TypeVar

from smartregion.registry.table import Fault, Line

T = TypeVar("T")


@dataclasses.dataclass(slots=True)
class Cells:
    """Reads the cells of one line and collects its faults."""

    line: Line
    faults: list[Fault]

    def fault(self, column: str, what: str, remedy: str) -> None:
        """Note a fault of a cell."""
        name = self.line.head.get(column, column)
        self.faults.append(Fault(self.line.number, name, self.line.cells.get(column, ""), what, remedy))

    def text(self, column: str, required: bool = False, longest: int = 200) -> str:
        """Text; empty where absent."""
        value = self.line.cells.get(column, "")
        if required and not value:
            self.fault(column, "fehlt", "einen Wert eintragen")
        if len(value) > longest:
            self.fault(column, f"ist länger als {longest} Zeichen", "kürzen")
        if any(ord(character) < 32 for character in value):
            self.fault(column, "enthält Steuerzeichen oder Zeilenumbrüche", "sie entfernen")
        return value

    def number(self, column: str, low: float, high: float, required: bool = False) -> float | None:
        """A decimal number with comma or point."""
        return self._parsed(column, required, _decimal, low, high, "eine Zahl wie 13,75 eintragen")

    def whole(self, column: str, low: int, high: int, required: bool = False) -> int | None:
        """A whole number; 1.100 with a German point of thousands is 1100."""
        return self._parsed(column, required, _integer, low, high, "eine ganze Zahl wie 1100 eintragen")

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
        self.fault(column, "ist keine Uhrzeit", "eine Uhrzeit wie 06:30 eintragen")
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
            self.fault(
                column, "ist kein Zeitpunkt", "ein Datum wie 2026-03-01 oder 2026-03-01T08:00+01:00 eintragen"
            )
            return None
        return found if found.tzinfo else found.replace(tzinfo=dt.UTC)

    def choice(self, column: str, words: dict[str, str], default: str | None = None) -> str:
        """One of the known words; returns its key."""
        value = self.line.cells.get(column)
        if value is None and default is not None:
            return default
        key = words.get((value or "").lower())
        if key is None:
            remedy = "eins von " + ", ".join(dict.fromkeys(words.values()))
            self.fault(column, "ist unbekannt" if value else "fehlt", remedy)
            return ""
        return key

    def choices(self, column: str, words: dict[str, str], required: bool = False) -> list[str]:
        """Several known words parted by |."""
        value = self.text(column, required)
        keys = [words.get(part.strip().lower()) for part in value.split("|") if part.strip()]
        if None in keys:
            self.fault(
                column, "ist unbekannt", "mit | getrennt aus " + ", ".join(dict.fromkeys(words.values()))
            )
        return [key for key in dict.fromkeys(keys) if key]

    def _parsed(
        self,
        column: str,
        required: bool,
        parse: Callable[[str], T],
        low: float,
        high: float,
        remedy: str,
    ) -> T | None:
        value = self.text(column, required)
        if not value:
            return None
        try:
            found = parse(value)
        except ValueError:
            self.fault(column, "ist keine Zahl", remedy)
            return None
        if not low <= found <= high:  # type: ignore[operator]
            self.fault(column, f"liegt nicht zwischen {low:g} und {high:g}".replace(".", ","), remedy)
            return None
        return found


def _decimal(value: str) -> float:
    if "," in value and "." in value:
        value = value.replace(".", "")
    if not re.fullmatch(r"[+-]?\d+(?:[.,]\d*)?", value):
        raise ValueError(value)
    return float(value.replace(",", "."))


def _integer(value: str) -> int:
    if re.fullmatch(r"\d{1,3}(?:[. ]\d{3})+", value):
        value = value.replace(".", "").replace(" ", "")
    number = _decimal(value)
    if number != int(number):
        raise ValueError(value)
    return int(number)
