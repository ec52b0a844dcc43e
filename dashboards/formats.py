"""Numbers, times and ages as the reader's language writes them; units stand in the table's head."""

import dataclasses
import datetime as dt
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal

from dashboards.words import translations

_LOCALES = {"de": "de_DE", "en": "en_GB"}
NOTHING = "–"


@dataclasses.dataclass(frozen=True)
class Formats:
    """Formats of one page: its language, the region's zone and the moment (aware) that ages count from."""

    language: str
    zone: ZoneInfo
    now: dt.datetime

    @property
    def locale(self) -> str:
        """Name of the locale as Babel knows it."""
        return _LOCALES[self.language]

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number with grouped thousands and exactly `digits` decimals."""
        if value is None:
            return NOTHING
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(value, format=pattern, locale=self.locale)).replace("-", "−")

    def percent(self, share: float | None) -> str:
        """A share of 1 in percent without the sign."""
        return NOTHING if share is None else self.number(share * 100)

    def km(self, metres: float | None, digits: int = 1) -> str:
        """Metres in kilometres without the unit."""
        return NOTHING if metres is None else self.number(metres / 1000, digits)

    def clock(self, time: dt.datetime | None, seconds: bool = False) -> str:
        """Local time of day, 06:05 or 06:05:31."""
        if time is None:
            return NOTHING
        pattern = "HH:mm:ss" if seconds else "HH:mm"
        return str(format_time(time.astimezone(self.zone), pattern, tzinfo=self.zone, locale=self.locale))

    def day(self, date: dt.date | None, long: bool = False) -> str:
        """A date: Sa., 21.11.2026 or Samstag, 21. November 2026."""
        if date is None:
            return NOTHING
        if isinstance(date, dt.datetime):
            date = date.astimezone(self.zone).date()
        if long:
            return str(format_date(date, "full", locale=self.locale))
        pattern = "EEE, dd.MM.yyyy" if self.language == "de" else "EEE, d MMM yyyy"
        return str(format_date(date, pattern, locale=self.locale))

    def moment(self, time: dt.datetime | None) -> str:
        """Date and time of day without the year."""
        if time is None:
            return NOTHING
        pattern = "dd.MM. HH:mm" if self.language == "de" else "d MMM HH:mm"
        return str(format_datetime(time.astimezone(self.zone), pattern, tzinfo=self.zone, locale=self.locale))

    def duration(self, seconds: float | None) -> str:
        """Hours and minutes, 7:45."""
        if seconds is None:
            return NOTHING
        minutes = round(seconds / 60)
        return f"{minutes // 60}:{minutes % 60:02d}"

    def age(self, time: dt.datetime | None) -> str:
        """How long ago, in the largest whole unit: 12 s, 5 min, 3 h, 4 Tage."""
        return NOTHING if time is None else self.span((self.now - time).total_seconds())

    def ahead(self, time: dt.datetime | None) -> str:
        """How long until then, in the largest whole unit."""
        return NOTHING if time is None else self.span((time - self.now).total_seconds())

    def span(self, span_s: float | None) -> str:
        """A length of time in its largest whole unit."""
        if span_s is None:
            return NOTHING
        _ = translations(self.language).gettext
        seconds = max(0, round(span_s))
        if seconds < 60:
            return f"{seconds} s"
        if seconds < 3600:
            return f"{seconds // 60} min"
        if seconds < 48 * 3600:
            return f"{seconds // 3600} h"
        return f"{seconds // 86400} " + _("Tage")

    def is_old(self, time: dt.datetime | None, hours: float = 24) -> bool:
        """Whether a value is too old to be trusted as the present."""
        return time is None or (self.now - time).total_seconds() > hours * 3600

    def stamp(self, time: dt.datetime) -> str:
        """Machine-readable UTC time for the datetime attribute."""
        return time.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
