"""How the whole is doing: messages, books, silence, quarantine and the database; what engineers ask first."""

import datetime as dt
import threading
from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row

from smartregion.errors import NotFound
from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.traffic.calendar import day_bounds
from smartregion.traffic.stations import NIGHT, SILENT_AFTER
from smartregion.waste.due import DueRule

_VEHICLE_SILENCE = dt.timedelta(days=4)
"""Vehicles rest over long weekends."""
_QUARTER = dt.timedelta(minutes=15)


@dataclass(frozen=True)
class Books:
    """PUBLISH packets: received = stored + duplicate + quarantined."""

    received: int
    """Packets received."""
    stored: int
    """Packets whose readings were stored, or that had none."""
    duplicate: int
    """Packets whose readings were all there before."""
    quarantined: int
    """Packets that could not be read."""


@dataclass(frozen=True)
class BookQuarter:
    """Books of one received quarter hour (UTC)."""

    quarter: dt.datetime
    """Begin of the quarter hour of receipt, UTC."""
    received: int
    """Packets received."""
    stored: int
    """Packets whose readings were stored, or that had none."""
    duplicate: int
    """Packets whose readings were all there before."""
    quarantined: int
    """Packets that could not be read."""


@dataclass(frozen=True)
class SilentDevice:
    """A device in use that said nothing for too long; `last_time` is null when it never spoke."""

    device: str
    """Identifier of the device."""
    object_kind: str | None
    """What it hangs on: container, station, vehicle or building; null for nothing."""
    object: str | None
    """Id of that object."""
    last_time: dt.datetime | None
    """Newest event time, UTC; null when it never spoke."""


@dataclass(frozen=True)
class LastPlan:
    """The plan asked for last."""

    id: int
    """Id of the plan."""
    date: dt.date
    """Local date of its tours."""
    state: str
    """queued, running, done or failed."""
    requested_at: dt.datetime
    """When it was asked for, UTC."""
    finished_at: dt.datetime | None
    """When it was done or failed, UTC."""
    accepted_at: dt.datetime | None
    """When it became the plan of its date, UTC."""


@dataclass(frozen=True)
class Overview:
    """Figures of one moment."""

    time: dt.datetime
    """When they were taken, UTC."""
    messages_per_s: float
    """Received messages a second, over the last minutes."""
    lag_s: float | None
    """Median delay from event to receipt of values of the last five minutes, s; lane counts left out."""
    received_today: int
    """Packets received since local midnight."""
    stored_today: int
    """Packets stored since local midnight."""
    duplicate_today: int
    """Duplicate packets since local midnight."""
    quarantined_today: int
    """Quarantined packets since local midnight."""
    quarantine_open: int
    """Messages that wait in quarantine, of all days."""
    devices: int
    """Devices in use."""
    silent: list[SilentDevice]
    """Those that said nothing for too long."""
    engine: str
    """plain or timescaledb."""
    server_version: str
    """Version of PostgreSQL."""
    database_bytes: int
    """Size of the database, bytes."""
    last_plan: LastPlan | None
    """The plan asked for last; null when there was none."""
    latest_event: dt.datetime | None
    """Newest event time of any value, UTC."""
    latest_receipt: dt.datetime | None
    """When the newest stored value was received, UTC."""


@dataclass(frozen=True)
class QuarantinedMessage:
    """One message that waits in quarantine, with the first fault found."""

    message: int
    """Receipt of the message."""
    received_at: dt.datetime
    """When it came, UTC."""
    device: str
    """Device of the message, ? when unreadable."""
    topic: str
    """MQTT topic."""
    payload: bytes
    """The raw message."""
    field: str
    """The field that does not fit."""
    value: str
    """What it says."""
    expected: str
    """What would have been right."""


@dataclass(frozen=True)
class QuarantineReason:
    """All waiting messages with the same fault."""

    field: str
    """The field that does not fit."""
    expected: str
    """What would have been right."""
    messages: int
    """Waiting messages."""
    devices: int
    """Devices that sent them."""
    last_hour: int
    """Messages of the last hour."""
    first_received: dt.datetime
    """Receipt of the oldest, UTC."""
    last_received: dt.datetime
    """Receipt of the newest, UTC."""


@dataclass(frozen=True)
class Replay:
    """A request to ingest to try quarantined messages again, and what came of it."""

    id: int
    """Id of the request."""
    requested_at: dt.datetime
    """When it was asked for, UTC."""
    reason: str | None
    """Only messages with this faulty field; null means all."""
    device: str | None
    """Only messages of this device; null means all."""
    done_at: dt.datetime | None
    """When ingest had tried them, UTC; null while it waits."""
    replayed: int | None
    """Messages that could be read now."""
    remaining: int | None
    """Messages that stay in quarantine."""


class MessageMeter:
    """Messages a second from the growth of the books between two looks, half a minute to two apart."""

    _KEEP = dt.timedelta(minutes=2)
    _MIN_S = 5.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looks: dict[Hashable, deque[tuple[dt.datetime, Mapping[dt.datetime, int]]]] = {}

    def rate(self, database: Hashable, now: dt.datetime, received: Mapping[dt.datetime, int]) -> float:
        """Messages a second; `received` are counts of the last quarter hours by their begin."""
        with self._lock:
            looks = self._looks.setdefault(database, deque())
            while looks and not dt.timedelta() <= now - looks[0][0] <= self._KEEP:
                looks.popleft()
            before = looks[0] if looks else None
            looks.append((now, received))
        if before is not None and (now - before[0]).total_seconds() >= self._MIN_S:
            grown = sum(count - before[1].get(quarter, 0) for quarter, count in received.items())
            return max(0.0, grown / (now - before[0]).total_seconds())
        begin = min(received, default=now)
        return sum(received.values()) / max(60.0, (now - begin).total_seconds())


_METER = MessageMeter()


def overview(
    connection: Connection, now: dt.datetime, zone: dt.tzinfo = dt.UTC, meter: MessageMeter | None = None
) -> Overview:
    """All figures at `now` (aware); `zone` says when today began."""
    sql = queries.load("overview")
    today = day_bounds(now.astimezone(zone).date(), zone)[0]
    recent = recent_books(connection, now - 2 * _QUARTER, now)
    info = connection.info
    per_s = (meter or _METER).rate(
        (info.host, info.port, info.dbname), now, {book.quarter: book.received for book in recent}
    )
    books = Books(*_row(connection, sql["books_since"], {"since": today}))
    latest_event, latest_receipt, lag_s = _row(connection, sql["latest_figures"], {"now": now})
    engine, version, size = _row(connection, sql["database"], {})
    with connection.cursor(row_factory=class_row(LastPlan)) as cursor:
        plan = cursor.execute(sql["last_plan"]).fetchone()
    return Overview(
        time=now,
        messages_per_s=round(per_s, 2),
        lag_s=None if lag_s is None else round(float(lag_s), 3),
        received_today=books.received,
        stored_today=books.stored,
        duplicate_today=books.duplicate,
        quarantined_today=books.quarantined,
        quarantine_open=_row(connection, sql["quarantine_open"], {})[0],
        devices=_row(connection, sql["devices"], {})[0],
        silent=silent_devices(connection, now),
        engine=engine,
        server_version=version,
        database_bytes=size,
        last_plan=plan,
        latest_event=latest_event,
        latest_receipt=latest_receipt,
    )


def silent_devices(connection: Connection, now: dt.datetime) -> list[SilentDevice]:
    """Devices that said nothing for longer than what they hang on allows; those that never spoke first.

    An hour at a counting station (Telraam: a night), four days on a vehicle, else the due rule's time.
    """
    parameters = {
        "now": now,
        "station_silence": SILENT_AFTER,
        "daylight_silence": NIGHT,
        "vehicle_silence": _VEHICLE_SILENCE,
        "silence": dt.timedelta(hours=DueRule().silent_after_h),
    }
    with connection.cursor(row_factory=class_row(SilentDevice)) as cursor:
        return cursor.execute(queries.load("overview")["silent_devices"], parameters).fetchall()


def total_books(connection: Connection) -> Books:
    """Books of all time."""
    return Books(*_row(connection, queries.load("overview")["books_total"], {}))


def recent_books(
    connection: Connection,
    since: dt.datetime,
    now: dt.datetime,
    device: str | None = None,
    limit: int = 10_000,
) -> list[BookQuarter]:
    """Books of the quarter hours from `since` up to `now`, newest first; of one device, or of all."""
    parameters = {"since": since, "until": now, "device": device, "limit": limit}
    with connection.cursor(row_factory=class_row(BookQuarter)) as cursor:
        return cursor.execute(queries.load("overview")["book_quarters"], parameters).fetchall()


def quarantine_list(
    connection: Connection,
    limit: int,
    before: int | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    field: str | None = None,
    device: str | None = None,
) -> list[QuarantinedMessage]:
    """At most `limit` waiting messages, newest first, below receipt `before`, received in that span.

    `field` and `device` narrow to one faulty field and one device.
    """
    parameters = {
        "limit": limit, "before": before, "since": since, "until": until, "field": field, "device": device,
    }  # fmt: skip
    with connection.cursor(row_factory=class_row(QuarantinedMessage)) as cursor:
        return cursor.execute(queries.load("overview")["quarantine_list"], parameters).fetchall()


def quarantined(connection: Connection, message: int) -> tuple[QuarantinedMessage, dt.datetime | None]:
    """One message by its receipt, and when a replay resolved it. Raises NotFound."""
    row = connection.execute(queries.load("overview")["quarantine_message"], {"message": message}).fetchone()
    if row is None:
        raise NotFound(f"message {message}: is not in quarantine")
    return QuarantinedMessage(*row[:-1]), row[-1]


def quarantine_reasons(connection: Connection, now: dt.datetime) -> list[QuarantineReason]:
    """Waiting messages by fault, the most frequent first."""
    with connection.cursor(row_factory=class_row(QuarantineReason)) as cursor:
        return cursor.execute(queries.load("overview")["quarantine_reasons"], {"now": now}).fetchall()


def request_replay(connection: Connection, reason: str | None, device: str | None, now: dt.datetime) -> int:
    """Ask ingest to try waiting messages again, all or by reason and device; returns the id."""
    parameters = {"reason": reason, "device": device, "now": now}
    return int(_row(connection, queries.load("overview")["request_replay"], parameters)[0])


def replays(connection: Connection, limit: int) -> list[Replay]:
    """Requests to ingest, newest first."""
    with connection.cursor(row_factory=class_row(Replay)) as cursor:
        return cursor.execute(queries.load("overview")["last_replays"], {"limit": limit}).fetchall()


def _row(connection: Connection, statement: str, parameters: Mapping[str, object]) -> tuple[Any, ...]:
    """The one row of a query that always gives one."""
    return connection.execute(statement, parameters).fetchall()[0]
