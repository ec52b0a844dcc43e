"""Groups of days in traffic statistics: W, U and S of the BASt, from public and school holidays."""

import csv
import datetime as dt
import enum
import functools
import pathlib
from dataclasses import dataclass

import holidays

from smartregion.errors import InvalidInput
from smartregion.traffic.calendar import public_holiday

SCHOOL_HOLIDAYS = pathlib.Path(__file__).with_name("school_holidays.csv")
"""The table that comes with the program: Brandenburg with its single free days."""
_YEARS = range(2010, 2040)
"""Years that are asked of the library; it knows as many as were published."""
_COLUMNS = ("state", "name", "first", "last")


class StatisticsGroup(enum.StrEnum):
    """Day groups of traffic statistics."""

    WORKDAY = "W"
    """Monday to Saturday outside school holidays."""
    HOLIDAY = "U"
    """Monday to Saturday in school holidays."""
    SUNDAY = "S"
    """Sundays and public holidays of the state."""


@dataclass(frozen=True)
class SchoolHolidays:
    """School holidays of one state."""

    days: frozenset[dt.date]
    first: dt.date | None = None
    """The table knows holidays from this day, None when it is empty."""
    last: dt.date | None = None
    """... to this day."""

    def know(self, since: dt.date, until: dt.date) -> bool:
        """Does the table cover [since, until)? Beyond it every day would pass for a school day."""
        return (
            self.first is not None
            and self.last is not None
            and since >= self.first
            and until <= self.last + dt.timedelta(days=1)
        )


def school_holidays(state: str, path: pathlib.Path | None = None) -> SchoolHolidays:
    """School holidays of a state from a table `state;name;first;last` (ISO dates, both inclusive).

    Without a table of the district's own they are those that the conference of ministers published (library
    `holidays`, its source: kmk.org), with the free days of the table that comes with the program.
    Raises InvalidInput that names file and line of the first row that cannot be read.
    """
    source = path or SCHOOL_HOLIDAYS
    try:
        lines = source.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("school_holidays", source, f"a readable table in UTF-8 ({error})") from error
    if tuple((lines or [""])[0].split(";")) != _COLUMNS:
        raise InvalidInput(f"{source.name} line 1", (lines or [""])[0], f"the head {';'.join(_COLUMNS)}")
    periods = []
    for number, row in enumerate(csv.reader(lines[1:], delimiter=";"), start=2):
        try:
            named, _, first, last = row
            begin, end = dt.date.fromisoformat(first.strip()), dt.date.fromisoformat(last.strip())
        except ValueError as error:
            raise InvalidInput(
                f"{source.name} line {number}",
                ";".join(row),
                "a row like BB;Winterferien;2026-02-02;2026-02-07",
            ) from error
        if end < begin:
            raise InvalidInput(f"{source.name} line {number}", last, f"a day not before {first}")
        if named.strip() == state:
            periods.append((begin, end))
    days = frozenset(
        begin + dt.timedelta(days=step) for begin, end in periods for step in range((end - begin).days + 1)
    )
    if path is None:
        days |= _published(state)
    return SchoolHolidays(days, min(days, default=None), max(days, default=None))


@functools.cache
def _published(state: str) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("DE", state, _YEARS, categories="school"))


def statistics_group(date: dt.date, state: str, school: SchoolHolidays) -> StatisticsGroup:
    """Group of a local date."""
    if date.weekday() == 6 or public_holiday(date, state):
        return StatisticsGroup.SUNDAY
    return StatisticsGroup.HOLIDAY if date in school.days else StatisticsGroup.WORKDAY
