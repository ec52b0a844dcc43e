"""The books: counters of packets beside an independent recount, by device and received quarter hour."""

import dataclasses
import datetime as dt
from typing import Any

from ingest.receipt import first_receipt
from smartregion.store.database import Connection
from smartregion.store.queries import load

_QUARTER_S = 900


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """Packets of one device in one received quarter hour (UTC): as counted on the way, and as recounted."""

    device: str
    quarter: dt.datetime
    received: int
    stored: int
    duplicate: int
    quarantined: int
    recounted_stored: int
    recounted_duplicate: int
    recounted_quarantined: int

    @property
    def recounted(self) -> int:
        """Packets that the tables show."""
        return self.recounted_stored + self.recounted_duplicate + self.recounted_quarantined

    @property
    def balanced(self) -> bool:
        """Whether every counter is what the tables show, and received is their sum."""
        counted = (self.stored, self.duplicate, self.quarantined)
        recounted = (self.recounted_stored, self.recounted_duplicate, self.recounted_quarantined)
        return counted == recounted and self.received == self.recounted


@dataclasses.dataclass(frozen=True, slots=True)
class EventDay:
    """Rows of one device on one day of event time (UTC)."""

    device: str
    day: dt.datetime
    readings: int
    lane_intervals: int
    track_points: int


def recount(connection: Connection, since: dt.datetime | None) -> list[Line]:
    """Every line of the books from the quarter hour of `since` on."""
    return [Line(*row) for row in connection.execute(load("books")["recount"], _span(since)).fetchall()]


def event_days(connection: Connection, since: dt.datetime | None) -> list[EventDay]:
    """Rows by event day, of messages received since then."""
    rows = connection.execute(load("books")["readings_by_event_day"], _span(since)).fetchall()
    return [EventDay(*row) for row in rows]


def _span(since: dt.datetime | None) -> dict[str, Any]:
    if since is None:
        start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    else:
        start = dt.datetime.fromtimestamp(since.timestamp() // _QUARTER_S * _QUARTER_S, dt.UTC)
    return {"since": start, "first": first_receipt(start)}
