"""Tours as bars over the day: where a bar begins and ends on a scale of percent."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from smartregion.waste.plans import TourRow

_NARROW = 14.0  # percent of the scale: too narrow for words inside


@dataclasses.dataclass(frozen=True)
class Hour:
    """A tick of the scale."""

    at: float
    label: str


@dataclasses.dataclass(frozen=True)
class Bar:
    """One tour; `at` and `width` in percent of the scale, `text_at` where its words begin."""

    tour: TourRow
    at: float
    width: float
    text_at: float
    outside: bool


@dataclasses.dataclass(frozen=True)
class Scale:
    """A stretch of hours (aware, whole hours) that holds all tours of a day."""

    start: dt.datetime
    end: dt.datetime

    def at(self, time: dt.datetime) -> float:
        """Position of a time in percent."""
        return round(100 * ((time - self.start) / (self.end - self.start)), 3)

    def hours(self, zone: ZoneInfo) -> list[Hour]:
        """Ticks, about eight of them."""
        length = round((self.end - self.start) / dt.timedelta(hours=1))
        step = max(1, -(-length // 12))
        times = (self.start + dt.timedelta(hours=hour) for hour in range(0, length, step))
        return [Hour(self.at(time), f"{time.astimezone(zone):%H}:00") for time in times]


def scale_of(tours: Sequence[TourRow]) -> Scale | None:
    """The stretch from the first departure to the last return; None without tours."""
    if not tours:
        return None
    first = min(tour.start_at for tour in tours).replace(minute=0, second=0, microsecond=0)
    last = max(tour.end_at for tour in tours)
    end = last.replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)
    return Scale(first, end)


def bars(tours: Sequence[TourRow], scale: Scale) -> list[Bar]:
    """One bar a tour."""
    made = []
    for tour in tours:
        at, end = scale.at(tour.start_at), scale.at(tour.end_at)
        outside = end - at < _NARROW
        made.append(Bar(tour, at, round(end - at, 3), end if outside else at, outside))
    return made
