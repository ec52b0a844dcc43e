"""One planning day on the solver's axis: seconds since local midnight, right on days of 23 or 25 hours."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

Window = tuple[float, float]


@dataclass(frozen=True)
class Day:
    """A local date in the region's zone."""

    date: dt.date
    zone: ZoneInfo

    @cached_property
    def midnight(self) -> dt.datetime:
        """When the day begins (UTC): zero of the axis."""
        return self._instant(dt.time(), 0)

    @property
    def whole(self) -> Window:
        """From midnight to the midnight after (s)."""
        return 0.0, self.second(dt.time(), 1)

    def second(self, clock: dt.time, days_later: int = 0) -> float:
        """Where a wall-clock time of this day, or of a day near it, lies on the axis (s)."""
        return (self._instant(clock, days_later) - self.midnight).total_seconds()

    def moment(self, second: float) -> dt.datetime:
        """The moment (UTC, whole seconds) at a place of the axis."""
        return self.midnight + dt.timedelta(seconds=round(second))

    def shift(self, begins: dt.time, ends: dt.time) -> Window:
        """A shift that begins on this day (s); one that ends at or before its start ends the day after."""
        return self.second(begins), self.second(ends, 0 if ends > begins else 1)

    def windows(
        self, opens: dt.time | None, closes: dt.time | None, service_s: float = 0.0
    ) -> tuple[Window, ...]:
        """When a service of `service_s` may start so that it ends by closing time, on this day and the next.

        Empty means always: no hours known, or open around the clock (the same time twice).
        """
        if opens is None or closes is None or opens == closes:
            return ()
        found = []
        for days in (-1, 0, 1):
            begin = self.second(opens, days)
            end = self.second(closes, days + (closes <= opens)) - service_s
            if end >= 0:
                found.append((max(0.0, begin), max(0.0, begin, end)))
        return tuple(found)

    def _instant(self, clock: dt.time, days_later: int) -> dt.datetime:
        local = dt.datetime.combine(self.date + dt.timedelta(days=days_later), clock, self.zone)
        return local.astimezone(dt.UTC)
