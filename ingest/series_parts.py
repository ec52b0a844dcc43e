"""What readers of recorded series share: messages, notes on what was decided, local clocks, gaps."""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from ingest.topics import native


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """One message to publish: event time of its (first) measurement, content as JSON value."""

    time: dt.datetime | None
    topic: str
    content: Any
    model: str | None = None
    """Kind of device (brand/model), when the recording tells it."""


@dataclasses.dataclass(slots=True)
class Notes:
    """What a reader had to decide, counted; printed after a replay."""

    counts: Counter[str] = dataclasses.field(default_factory=Counter)
    places: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    """Position and kind of containers by device, where the series tells them."""


class LocalClock:
    """Naive local times of one device in the order of its file, made instants.

    The skipped hour of spring does not exist: such a time gives None. In the doubled hour of autumn a time
    that comes after a later one is the second, and with `single` (a line an interval) also one that comes
    again; where the file has the hour only once, the first is taken.
    """

    def __init__(self, zone: ZoneInfo, time_format: str, notes: Notes, single: bool = False) -> None:
        self._zone, self._format, self._notes, self._single = zone, time_format, notes, single
        self._last: dt.datetime | None = None
        self._fold = 0

    def instant(self, text: str) -> dt.datetime | None:
        """The instant in UTC; None, and counted, where the clock skipped it. Raises ValueError."""
        naive = dt.datetime.strptime(text, self._format)  # noqa: DTZ007 - the zone comes next
        first = naive.replace(tzinfo=self._zone)
        if first.utcoffset() == first.replace(fold=1).utcoffset():
            self._last, self._fold = None, 0
            return first.astimezone(dt.UTC)
        if first.astimezone(dt.UTC).astimezone(self._zone).replace(tzinfo=None) != naive:
            self._notes.counts["times in the skipped hour of spring left out"] += 1
            return None
        if self._last is not None and (naive < self._last or (self._single and naive == self._last)):
            self._fold = 1
        self._last = naive
        which = ("first", "second")[self._fold]
        self._notes.counts[f"times in the doubled hour of autumn taken as the {which} one"] += 1
        return naive.replace(tzinfo=self._zone, fold=self._fold).astimezone(dt.UTC)


def interval(
    data: dict[str, Any], device: str, lane: int, time: dt.datetime, counts: dict[str, int], **more: float
) -> Message:
    """Counts of one lane over the interval that the description names."""
    content = {"t": text_of(time), "lane": lane, "interval_s": data["interval_s"], "counts": counts, **more}
    return Message(time, native(device, "traffic"), content)


def with_gaps(rows: Iterable[Message], notes: Notes) -> Iterator[Message]:
    """The same messages; intervals that a lane lacks between its first and its last one are counted."""
    seen: dict[tuple[str, int, int], tuple[dt.datetime, dt.datetime, int]] = {}
    for row in rows:
        if row.time is not None and "interval_s" in row.content:
            key = (row.topic, row.content["lane"], row.content["interval_s"])
            first, last, count = seen.get(key, (row.time, row.time, 0))
            seen[key] = (min(first, row.time), max(last, row.time), count + 1)
        yield row
    for (_, _, interval_s), (first, last, count) in seen.items():
        expected = round((last - first).total_seconds() / interval_s) + 1
        if expected > count:
            notes.counts["intervals missing between the first and the last of a lane"] += expected - count


def hours_of_day(date: dt.date, zone: ZoneInfo) -> list[dt.datetime]:
    """Begins of the 23, 24 or 25 hours of a local day, in UTC."""
    first, end = (
        dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
        for day in (date, date + dt.timedelta(days=1))
    )
    return [first + dt.timedelta(hours=n) for n in range(round((end - first) / dt.timedelta(hours=1)))]


def text_of(time: dt.datetime) -> str:
    """RFC 3339 in UTC."""
    return time.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"
