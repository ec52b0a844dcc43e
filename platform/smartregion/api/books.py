"""The books by device: lines, gaps and flags of a span, and the independent recount."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from smartregion import books as bookkeeping
from smartregion.api.context import Context
from smartregion.api.guard import require_writer
from smartregion.api.paging import Page, PartOf, Span, SpanOf
from smartregion.books import BookLine, Flag, Question, Recount

_DAY = dt.timedelta(days=1)
_DeviceOf = Annotated[str | None, Query(description="Only this device; ? for unreadable messages.")]


class RecountWish(BaseModel, use_attribute_docstrings=True):
    """From when on to recount."""

    since: dt.datetime | None = None
    """First received quarter hour, RFC 3339 with offset; a day ago when left out."""


def router(context: Context) -> APIRouter:
    """Resources of the books."""
    made = APIRouter(tags=["operations"])

    def question(span: Span, device: str | None, troubled: bool = False) -> Question:
        until = span.until or context.now() + _DAY
        return Question(span.since or min(until, context.now()) - _DAY, until, device, troubled)

    @made.get("/books/lines", summary="Books by device and quarter hour")
    def lines(
        span: SpanOf,
        part: PartOf,
        device: _DeviceOf = None,
        troubled: Annotated[
            bool, Query(description="Only lines with quarantine, gaps or a difference.")
        ] = False,
    ) -> Page[BookLine]:
        """Packets, gaps between frame counters, and where the newest recount says otherwise; newest first,
        without cursor; the last 24 hours unless `from` says otherwise."""
        with context.connection() as connection:
            found = bookkeeping.book_lines(connection, question(span, device, troubled), part.limit)
        return Page(items=found, next=None)

    @made.get("/books/flags", summary="Faulty fields of stored messages")
    def flags(span: SpanOf, part: PartOf, device: _DeviceOf = None) -> Page[Flag]:
        """Fields that were left out while the others of the message were stored; newest first, without
        cursor; the last 24 hours unless `from` says otherwise."""
        with context.connection() as connection:
            return Page(items=bookkeeping.flags(connection, question(span, device), part.limit), next=None)

    @made.get("/books/recount", summary="The newest independent recount")
    def last() -> Recount | None:
        """What was counted last from the tables and the quarantine, without the counters; null before."""
        with context.connection() as connection:
            return bookkeeping.last_recount(connection)

    @made.post("/books/recount", summary="Recount the books now", status_code=201)
    def recount(wish: RecountWish, request: Request) -> Recount:
        """Recounts from the tables, and looks for gaps between frame counters. Needs the right to write."""
        require_writer(request)
        now = context.now()
        with context.connection() as connection:
            return bookkeeping.keep_recount(connection, wish.since or now - _DAY, now)

    return made
