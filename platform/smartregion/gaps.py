"""Gaps between frame counters: the only proof of loss where a source sends with quality 0.

A message counts as seen when it arrived, whether it gave rows or lies in quarantine. What was seen is a set
of (device, counter, event time); order and repetition of arrival do not matter to it.
"""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterable, Iterator

from smartregion.store.database import Connection
from smartregion.store.queries import load

_CHUNK = 20_000
_QUARTER_S = 900
_QUARTER = dt.timedelta(seconds=_QUARTER_S)

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


def list_gaps(connection: Connection, since: dt.datetime | None = None) -> list[Gap]:
    """All gaps that are known, by device and counter; those of the quarter hour of `since` and later."""
    with connection.transaction(), connection.cursor("counters") as cursor:
        cursor.itersize = _CHUNK
        gaps = list(find_gaps(cursor.execute(load("gaps")["seen_counters"])))
    return [gap for gap in gaps if since is None or gap.quarter + _QUARTER > since]


def _gaps_of(device: str | None, session: dict[int, dt.datetime]) -> Iterator[Gap]:
    if device is None:
        return
    counters = sorted(session)
    for after, before in itertools.pairwise(counters):
        if before - after > 1:
            yield Gap(device, after, before, session[before])
