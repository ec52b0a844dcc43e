"""What is wrong in a file, told in German and English: line, field, value, what, and how to mend it."""

import dataclasses
from typing import Literal

Language = Literal["de", "en"]


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Words:
    """One sentence in both languages."""

    de: str
    en: str

    def __str__(self) -> str:
        return self.de

    def told(self, language: Language) -> str:
        """The sentence in that language."""
        return self.de if language == "de" else self.en


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong, or worth knowing, in one line (1 = the first of the file)."""

    line: int
    column: str
    """How the file itself calls the column; empty for the whole line."""
    value: str
    what: Words
    remedy: Words

    def __str__(self) -> str:
        return self.told("de")

    def told(self, language: Language) -> str:
        """One line of a report."""
        line, column, opened, closed = (
            ("Zeile", "Spalte", "„", "“") if language == "de" else ("line", "column", "“", "”")
        )
        place = f"{line} {self.line}" + (f", {column} {self.column}" if self.column else "")
        shown = f" {opened}{self.value[:60]}{closed}" if self.value else ""
        return f"{place}:{shown} {self.what.told(language)} – {self.remedy.told(language)}"
