"""Gaps between frame counters: the only proof of loss where a source sends with quality 0.

A message counts as seen when it arrived, whether it gave rows or lies in quarantine. What was seen is a set
of (device, counter, event time); order and repetition of arrival do not matter to it.
"""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ingest.outcome import UNREADABLE, Decoded, Rejected
from ingest.receipt import received_at
from ingest.times import check_not_ahead, parse_time

_MOST = 2**63
_QUARTER_S = 900

Point = tuple[str, dt.datetime, int]
"""(device, event time, counter)"""


@dataclasses.dataclass(frozen=True, slots=True)
class Gap:
    """Messages of a device that never arrived: those between counters `after` and `before`."""

    device: str
    after: int
    before: int
    time: dt.datetime
    """Event time of the message with counter `before`, by which the gap is known."""

    @property
    def lost(self) -> int:
        """How many messages."""
        return self.before - self.after - 1

    @property
    def quarter(self) -> dt.datetime:
        """Quarter hour (UTC) of the event time."""
        return dt.datetime.fromtimestamp(self.time.timestamp() // _QUARTER_S * _QUARTER_S, dt.UTC)


def find_gaps(points: Iterable[Point]) -> Iterator[Gap]:
    """Gaps of every device; `points` are sorted.

    A counter of at most half of the greatest so far, at a later time, begins a new session: the device was
    reset or joined again. What is missing before the first counter of a session is not known. Within a
    session the time says nothing: a device that sends what it had kept mixes old times with new counters.
    """
    device: str | None = None
    session: dict[int, dt.datetime] = {}
    greatest = 0
    for name, time, counter in points:
        if name != device or (counter < greatest and 2 * counter <= greatest):
            yield from _gaps_of(device, session)
            device, session, greatest = name, {}, counter
        session.setdefault(counter, time)
        greatest = max(greatest, counter)
    yield from _gaps_of(device, session)


def _gaps_of(device: str | None, session: dict[int, dt.datetime]) -> Iterator[Gap]:
    if device is None:
        return
    counters = sorted(session)
    for after, before in itertools.pairwise(counters):
        if before - after > 1:
            yield Gap(device, after, before, session[before])


def seen(name: str, found: Decoded, receipt: int) -> Sequence[Point]:
    """What a message shows of its device's counter; `name` is the device in the books.

    A time that cannot be is replaced by that of arrival.
    """
    counter = found.counter
    if name == UNREADABLE or counter is None:
        return ()
    if found.time is None and found.rows and not found.earlier and 0 <= counter < _MOST:
        return ((name, found.rows[0].time, counter),)  # one message has one time, and it was checked
    received = received_at(receipt)
    points = [(name, _plausible(time, received), told) for told, time in found.earlier]
    if 0 <= counter < _MOST:
        own = found.rows[0].time if found.time is None and found.rows else found.time or received
        points.append((name, _plausible(own, received), counter))
    return points


def told_counters(message: Any) -> list[tuple[int, dt.datetime]]:
    """Counters of native messages, as far as they have one and a time."""
    told = []
    for item in message if type(message) is list else [message]:
        counter = item.get("seq") if type(item) is dict else None
        if type(counter) is not int or not 0 <= counter < _MOST:
            continue
        try:
            told.append((counter, parse_time(item.get("t"))))
        except Rejected:
            continue
    return told


def _plausible(time: dt.datetime, received: dt.datetime) -> dt.datetime:
    try:
        check_not_ahead(time, received)
    except Rejected:
        return received
    return time
