"""The text of a VRPLIB file: specifications `KEYWORD : value` and sections of rows."""

import math
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from routing.instances.instance import refuse

Real = NDArray[np.float64]

_HEADING = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*_SECTION)\b\s*:?(.*)$")
_SPECIFICATION = re.compile(r"([A-Za-z][A-Za-z0-9_ ]*?)\s*:(.*)$")
_BARE = re.compile(
    r"(NAME|COMMENT|TYPE|DIMENSION|CAPACITY|VEHICLES|SERVICE_TIME|DISTANCE"
    r"|EDGE_WEIGHT_TYPE|EDGE_WEIGHT_FORMAT|NODE_COORD_TYPE|DISPLAY_DATA_TYPE)\s+(\S.*)$",
    re.IGNORECASE,
)
_COMMENTS = ("#", "//")


class Text:
    """Specifications and sections of a file; headings and keywords in capitals.

    A section ends at the next heading, keyword or EOF. Rows that begin with # or // are comments, and what
    follows COMMENT in further lines belongs to it.
    """

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self.specifications: dict[str, str] = {}
        self.sections: dict[str, list[list[str]]] = {}
        rows: list[list[str]] | None = None
        keyword = ""
        for line in _lines(text):
            heading = _HEADING.match(line)
            stated = None if heading else _SPECIFICATION.match(line) or _BARE.match(line)
            if heading:
                rows = self.sections.setdefault(heading[1].upper(), [])
                if heading[2].strip():
                    rows.append(heading[2].split())
            elif stated:
                keyword, rows = stated[1].strip().upper().replace(" ", "_"), None
                self.specifications[keyword] = stated[2].strip()
            elif rows is not None:
                rows.append(line.split())
            elif keyword != "COMMENT":
                refuse(source, "line", repr(line[:40]), "KEYWORD : value or a section")

    def number(self, name: str, default: float | None = None) -> float:
        """The number of a specification, may be inf; `default` if it is missing, which else is wrong."""
        value = self.specifications.get(name)
        if value is None:
            if default is None:
                refuse(self.source, name, "missing", "a line with it")
            return default
        return self._number(name, value.split()[0] if value else value, finite=False)

    def count(self, name: str, default: int | None = None) -> int:
        """A whole number >= 1 of a specification."""
        value = self.number(name, default)
        if not (1 <= value < math.inf and value == int(value)):
            refuse(self.source, name, f"{value:g}", "a whole number >= 1")
        return int(value)

    def table(self, name: str, rows: int, columns: int | None = 1, finite: bool = True) -> Real:
        """A section of `rows` lines [rows, columns]: an index and numbers, any order of the indices.

        The indices count from 1, or from 0 where the section holds one. columns: None for as many as the
        first row has.
        """
        lines = self.rows(name)
        if len(lines) != rows:
            refuse(self.source, name, f"{len(lines)} lines", f"{rows}")
        wide = (len(lines[0]) - 1 if lines else 1) if columns is None else columns
        base = 0 if any(line[0] == "0" for line in lines) else 1
        table = np.full((rows, max(1, wide)), np.nan)
        seen: set[int] = set()
        for line in lines:
            place = int(line[0]) - base if line[0].isdigit() else -1
            if len(line) != wide + 1 or wide < 1 or not 0 <= place < rows:
                expected = f"an index {base}..{rows - 1 + base} and {wide} numbers"
                refuse(self.source, name, repr(" ".join(line)[:60]), expected)
            if place in seen:
                refuse(self.source, name, f"index {line[0]} twice", "each index once")
            seen.add(place)
            table[place] = [self._number(name, word, finite) for word in line[1:]]
        return table

    def lists(self, name: str, rows: int) -> list[list[int]]:
        """A section of `rows` lines: an index from 1 and any count of whole numbers, up to a -1."""
        lines = self.rows(name)
        if len(lines) != rows:
            refuse(self.source, name, f"{len(lines)} lines", f"{rows}")
        found = []
        for place, line in enumerate(lines):
            numbers = [self._whole(name, word) for word in line]
            if numbers[0] != place + 1:
                refuse(self.source, name, repr(" ".join(line)[:60]), f"index {place + 1} and whole numbers")
            found.append([number for number in numbers[1:] if number != -1])
        return found

    def whole_numbers(self, name: str) -> list[int]:
        """All whole numbers of a section but -1, which ends it."""
        return [n for line in self.rows(name) for n in (self._whole(name, word) for word in line) if n != -1]

    def numbers(self, name: str) -> list[float]:
        """All numbers of a section, however they are broken into lines."""
        return [self._number(name, word) for line in self.rows(name) for word in line]

    def rows(self, name: str) -> list[list[str]]:
        """The words of each line of a section."""
        if name not in self.sections:
            refuse(self.source, name, "missing", "the section")
        return self.sections[name]

    def _whole(self, name: str, word: str) -> int:
        value = self._number(name, word)
        if value != int(value):
            refuse(self.source, name, word, "a whole number")
        return int(value)

    def _number(self, name: str, word: str, finite: bool = True) -> float:
        try:
            value = float(word)
        except ValueError:
            refuse(self.source, name, repr(word), "a number")
        if math.isnan(value) or (finite and math.isinf(value)):
            refuse(self.source, name, word, "a finite number")
        return value


def _lines(text: str) -> Iterator[str]:
    for raw in text.removeprefix("\ufeff").splitlines():
        line = raw.strip()
        if line.upper() == "EOF":
            return
        if line and not line.startswith(_COMMENTS):
            yield line
