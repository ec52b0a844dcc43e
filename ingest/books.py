"""Rows by event day, beside the books."""

import dataclasses
import datetime as dt

from smartregion.books import span
from smartregion.store.database import Connection
from smartregion.store.queries import load


@dataclasses.dataclass(frozen=True, slots=True)
class EventDay:
    """Rows of one device on one day of event time (UTC)."""

    device: str
    day: dt.datetime
    readings: int
    lane_intervals: int
    track_points: int


def event_days(connection: Connection, since: dt.datetime | None) -> list[EventDay]:
    """Rows by event day, of messages received since then."""
    rows = connection.execute(load("books")["readings_by_event_day"], span(connection, since)).fetchall()
    return [EventDay(*row) for row in rows]
