"""How the whole is doing: overview, alerts, books, quarantine with replay, raw readings."""

import base64
import dataclasses
import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request
from psycopg.rows import class_row
from pydantic import BaseModel

from smartregion import alerts as alerting
from smartregion import overview as figures
from smartregion.alerts import Alert, AlertKind
from smartregion.api.context import Context
from smartregion.api.guard import require_writer
from smartregion.api.paging import Page, PartOf, SpanOf, cursor_time
from smartregion.overview import BookQuarter, Overview, QuarantineReason, Replay
from smartregion.store import queries

_DAY = dt.timedelta(days=1)
_BEGINNING = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclasses.dataclass(frozen=True)
class Quarantined:
    """One message that waits in quarantine."""

    id: str
    """Receipt of the message, as text because it needs 63 bits."""
    received_at: dt.datetime
    """When it came, UTC."""
    device: str
    """Device of the message, ? when unreadable."""
    topic: str
    """MQTT topic."""
    payload: str
    """The raw message: as text where it is UTF-8, else base64."""
    encoding: str
    """utf-8 or base64."""
    field: str
    """The field that does not fit."""
    value: str
    """What it says."""
    expected: str
    """What would have been right."""


@dataclasses.dataclass(frozen=True)
class ReadingItem:
    """One raw value."""

    device: str
    """Identifier of the device."""
    quantity: str
    """Key of the quantity."""
    unit: str
    """Its unit; 1 for shares."""
    time: dt.datetime
    """Event time, UTC."""
    value: float
    """Value in that unit, as measured."""
    received_at: dt.datetime
    """When the message came, UTC."""


@dataclasses.dataclass(frozen=True)
class _Row(ReadingItem):
    series: int


class Quarantine(Page[Quarantined], use_attribute_docstrings=True):
    """Part of the quarantine, and all reasons with their numbers."""

    reasons: list[QuarantineReason]
    """What waits by reason, the most frequent first."""


class ReplayWish(BaseModel, use_attribute_docstrings=True):
    """Which messages to try again; nothing given means all."""

    reason: str | None = None
    """Only messages with this faulty field, this expectation, or both as `field: expected ...`."""
    device: str | None = None
    """Only messages of this device."""


class ReplayAsked(BaseModel, use_attribute_docstrings=True):
    """A replay that ingest will do."""

    id: int
    """Id of the request; follow it under /quarantine/replays."""


def router(context: Context) -> APIRouter:
    """Resources for those who keep it running."""
    made = APIRouter(tags=["operations"])
    zone, state = context.settings.zone, context.settings.state

    @made.get("/overview", summary="Figures of the whole")
    def overview() -> Overview:
        """Messages a second, lag, today's books, silent devices, the database, the last plan."""
        with context.connection() as connection:
            return figures.overview(connection, context.now(), zone)

    @made.get("/alerts", summary="What needs somebody now")
    def alerts(
        span: SpanOf,
        part: PartOf,
        kind: Annotated[list[AlertKind] | None, Query(description="Only these kinds.")] = None,
    ) -> Page[Alert]:
        """The severest first, then the oldest. `from` and `to` narrow to alerts that began in that span."""
        with context.connection() as connection:
            found = alerting.alerts(connection, context.now(), zone, state)
        chosen = [one for one in found if span.holds(one.since) and (not kind or one.kind in kind)]
        items, next = part.behind(chosen, lambda one: one.id)
        return Page(items=items, next=next)

    @made.get("/books", summary="Books of received messages by quarter hour")
    def books(
        span: SpanOf,
        part: PartOf,
        device: Annotated[str | None, Query(description="Only this device; ? for unreadable ones.")] = None,
    ) -> Page[BookQuarter]:
        """PUBLISH packets by received quarter hour (UTC), newest first; the last 24 hours unless `from` says
        otherwise. received = stored + duplicate + quarantined."""
        now = context.now()
        until = span.until or now + _DAY
        if after := part.place(str):
            until = min(until, cursor_time(after[0]))
        since = span.since or (span.until or now) - _DAY
        with context.connection() as connection:
            found = figures.recent_books(connection, since, until, device, part.limit + 1)
        items, next = part.cut(found, lambda one: [one.quarter.isoformat()])
        return Page(items=items, next=next)

    @made.get("/quarantine", summary="Messages that could not be read")
    def quarantine(
        span: SpanOf,
        part: PartOf,
        field: Annotated[str | None, Query(description="Only with this faulty field.")] = None,
        device: Annotated[str | None, Query(description="Only of this device.")] = None,
    ) -> Quarantine:
        """Waiting messages with the first fault found, newest first; `from` and `to` by receipt."""
        before = part.place(int)
        with context.connection() as connection:
            found = figures.quarantine_list(
                connection,
                part.limit + 1,
                before[0] if before else None,
                span.since,
                span.until,
                field,
                device,
            )
            reasons = figures.quarantine_reasons(connection, context.now())
        rows, next = part.cut(found, lambda one: [one.message])
        return Quarantine(items=[_quarantined(row) for row in rows], next=next, reasons=reasons)

    @made.post("/quarantine/replay", summary="Try quarantined messages again", status_code=202)
    def replay(wish: ReplayWish, request: Request) -> ReplayAsked:
        """Ingest tries waiting messages again, say after a device was added. Needs the right to write."""
        require_writer(request)
        with context.connection() as connection:
            return ReplayAsked(id=figures.request_replay(connection, wish.reason, wish.device, context.now()))

    @made.get("/quarantine/replays", summary="Replays asked for, and what came of them")
    def replays(part: PartOf) -> Page[Replay]:
        """The newest first; without cursor."""
        with context.connection() as connection:
            return Page(items=figures.replays(connection, part.limit), next=None)

    @made.get("/readings", summary="Raw values")
    def readings(
        span: SpanOf,
        part: PartOf,
        device: Annotated[str | None, Query(description="Only this device.")] = None,
        quantity: Annotated[str | None, Query(description="Only this quantity, by its key.")] = None,
    ) -> Page[ReadingItem]:
        """Values as they were measured, by event time; the last 24 hours unless `from` says otherwise."""
        now = context.now()
        after = part.place(str, int)
        parameters = {
            "device": device,
            "quantity": quantity,
            "since": span.since or (span.until or now) - _DAY,
            "until": span.until or now + _DAY,
            "after_time": cursor_time(after[0]) if after else _BEGINNING,
            "after_series": after[1] if after else 0,
            "limit": part.limit + 1,
        }
        with context.connection() as connection, connection.cursor(row_factory=class_row(_Row)) as cursor:
            found = cursor.execute(queries.load("readings")["readings"], parameters).fetchall()
        items, next = part.cut(found, lambda one: [one.time.isoformat(), one.series])
        return Page[ReadingItem].model_construct(items=items, next=next)

    return made


def readable(payload: bytes) -> tuple[str, str]:
    """Bytes as text with the name of the encoding: utf-8 where they are that, else base64."""
    try:
        return payload.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(payload).decode(), "base64"


def _quarantined(row: figures.QuarantinedMessage) -> Quarantined:
    payload, encoding = readable(row.payload)
    return Quarantined(
        str(row.message),
        row.received_at,
        row.device,
        row.topic,
        payload,
        encoding,
        row.field,
        row.value,
        row.expected,
    )
