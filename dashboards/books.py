"""Books: packets by device and quarter hour, an independent recount, gaps between frame counters, flags."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from dashboards import selection, urls
from dashboards.frame import Frame, add_page, language_of
from smartregion.api.guard import require_writer
from smartregion.books import Question, book_lines, flags, keep_recount, last_recount, quarter_of
from smartregion.overview import BookQuarter, recent_books
from smartregion.traffic.calendar import day_bounds

_PAGE_ROWS = 100
_MOST_ROWS = 5000
_FLAGS = 100
_QUARTER = dt.timedelta(minutes=15)
WIDTH, HEIGHT = 960, 120
"""View box of the picture."""


@dataclasses.dataclass(frozen=True)
class Bar:
    """One quarter hour of the picture: where it stands, and heights from the ground up."""

    x: float
    width: float
    stored: float
    duplicate: float
    quarantined: float
    book: BookQuarter


def router(frame: Frame) -> APIRouter:
    """The page of one day, of all devices or of one."""
    made = APIRouter()

    def show(request: Request, day: str = "", device: str = "", show: str = "", n: int = 0) -> Response:
        date = selection.day(day) or frame.today()
        start, end = day_bounds(date, frame.zone)
        limit = min(max(n, _PAGE_ROWS), _MOST_ROWS)
        question = Question(start, end, device.strip() or None, show == "troubled")
        with frame.connection() as connection:
            quarters = recent_books(connection, start, end, question.device)
            lines = book_lines(connection, question, limit + 1)
            flagged = flags(connection, question, _FLAGS)
            counted = last_recount(connection)
        more = {"day": day, "device": device, "show": show, "n": limit + 4 * _PAGE_ROWS}
        return frame.render(
            request,
            "books.html",
            "engineering",
            date=date,
            day_before=date - dt.timedelta(days=1),
            day_after=date + dt.timedelta(days=1) if date < frame.today() else None,
            device=device.strip(),
            show=show,
            lines=lines[:limit],
            more=urls.address("books", language_of(request), more) if len(lines) > limit else None,
            total=totals(quarters),
            bars=bars(quarters, start, end),
            hours=hours(start, end),
            peak=max((book.received for book in quarters), default=0),
            width=WIDTH,
            height=HEIGHT,
            flags=flagged,
            counted=counted,
            covered=lambda quarter: (
                counted is not None and counted.since <= quarter < quarter_of(counted.counted_at)
            ),
        )

    def act(
        request: Request, day: Annotated[str, Form()] = "", device: Annotated[str, Form()] = ""
    ) -> Response:
        require_writer(request)
        date = selection.day(day) or frame.today()
        with frame.connection() as connection:
            keep_recount(connection, day_bounds(date, frame.zone)[0], frame.now())
        query: dict[str, object] = {"day": day, "device": device}
        return RedirectResponse(f"{urls.address('books', language_of(request), query)}#recount", 303)

    add_page(made, "books", show)
    add_page(made, "books", act, ["POST"])
    return made


def totals(books: Sequence[BookQuarter]) -> BookQuarter | None:
    """Sums of quarter hours; None where there are none."""
    if not books:
        return None
    return BookQuarter(
        books[-1].quarter,
        sum(book.received for book in books),
        sum(book.stored for book in books),
        sum(book.duplicate for book in books),
        sum(book.quarantined for book in books),
    )


def bars(books: Sequence[BookQuarter], start: dt.datetime, end: dt.datetime) -> list[Bar]:
    """The picture of a day, as high as its busiest quarter hour."""
    peak = max((book.received for book in books), default=0)
    if not peak:
        return []
    width = WIDTH / ((end - start) / _QUARTER)
    return [
        Bar(
            round((book.quarter - start) / _QUARTER * width, 2),
            round(width * 0.8, 2),
            round(book.stored / peak * HEIGHT, 2),
            round(book.duplicate / peak * HEIGHT, 2),
            round(book.quarantined / peak * HEIGHT, 2),
            book,
        )
        for book in reversed(books)
    ]


def hours(start: dt.datetime, end: dt.datetime) -> list[tuple[float, dt.datetime]]:
    """Every third hour of the day with its place; days of 23 and 25 hours are as long as they are."""
    marks = []
    moment = start
    while moment < end:
        marks.append((round((moment - start) / (end - start) * WIDTH, 1), moment))
        moment += dt.timedelta(hours=3)
    return marks
