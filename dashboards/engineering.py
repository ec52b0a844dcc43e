"""Engineering: messages, lag, books, quarantine with replay, silent devices, database."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from dashboards import curves, raw, urls
from dashboards.frame import Frame, add_page, gettext_of, language_of
from smartregion.api.guard import require_writer
from smartregion.overview import (
    BookQuarter,
    Overview,
    overview,
    quarantine_list,
    quarantine_reasons,
    recent_books,
    replays,
    request_replay,
)
from smartregion.registry.devices import count_unknown
from smartregion.steering import SimulatorLink
from smartregion.store.health import keeping_state
from smartregion.store.rollup_proof import last_proof

_BOOKS_FOR = dt.timedelta(hours=24)
_QUARTER = dt.timedelta(minutes=15)
_MESSAGES = 50
_SILENT_ROWS = 200
SPEEDS = (1, 10, 60)
"""Speeds offered for simulators that lie behind, times real time."""


def router(frame: Frame, simulator: SimulatorLink) -> APIRouter:
    """The page of those who keep the whole running."""
    made = APIRouter()

    def show(request: Request) -> Response:
        now = frame.now()
        with frame.connection() as connection:
            figures = overview(connection, now, frame.zone)
            books = recent_books(connection, now - _BOOKS_FOR, now)
            reasons = quarantine_reasons(connection, now)
            messages = quarantine_list(connection, _MESSAGES)
            asked = replays(connection, 3)
            unknown = count_unknown(connection)
            proof = last_proof(connection)
            keeping = keeping_state(connection, now, frame.settings.database_disk_bytes)
        return frame.render(
            request,
            "engineering.html",
            "engineering",
            stand=figures.latest_event,
            figures=figures,
            books=books,
            total=totals(books),
            curve=_curve(request, books, now),
            reasons=reasons,
            messages=[(message, raw.text(message.payload)) for message in messages],
            silent=figures.silent[:_SILENT_ROWS],
            replays=asked,
            unknown=unknown,
            balanced=balanced(figures),
            proof=proof,
            keeping=keeping,
            simulator=simulator.state(),
            speeds=SPEEDS,
        )

    def act(
        request: Request,
        reason: Annotated[str, Form()] = "",
        device: Annotated[str, Form()] = "",
        speed: Annotated[float | None, Form(gt=0, le=SPEEDS[-1])] = None,
        pause: Annotated[bool | None, Form()] = None,
    ) -> Response:
        require_writer(request)
        here = urls.address("engineering", language_of(request))
        if speed is not None or pause is not None:
            simulator.order(speed, pause)
            return RedirectResponse(f"{here}#plan", 303)
        with frame.connection() as connection:
            request_replay(connection, reason or None, device or None, frame.now())
        return RedirectResponse(f"{here}#quarantine", 303)

    add_page(made, "engineering", show)
    add_page(made, "engineering", act, ["POST"])
    return made


def balanced(figures: Overview) -> bool:
    """Whether today's books say: received = stored + duplicate + quarantined."""
    accounted = figures.stored_today + figures.duplicate_today + figures.quarantined_today
    return figures.received_today == accounted


def totals(books: Sequence[BookQuarter]) -> dict[str, int]:
    """Sums of all quarter hours shown."""
    return {
        name: sum(getattr(book, name) for book in books)
        for name in ("received", "stored", "duplicate", "quarantined")
    }


def _curve(request: Request, books: Sequence[BookQuarter], now: dt.datetime) -> curves.Curve:
    """Messages a minute by quarter hour, the running one by its minutes so far; none where no book is."""
    _ = gettext_of(request)
    known = {book.quarter: book for book in books}
    if not known:
        return curves.join("", [])
    last = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    running_min = max(1.0, (now - last).total_seconds() / 60)
    times = [last - index * _QUARTER for index in range(int(_BOOKS_FOR / _QUARTER))][::-1]

    def line(label: str, kind: str, field: str) -> curves.Line:
        minutes = {last: running_min}
        points = [(time, getattr(known.get(time), field, 0) / minutes.get(time, 15)) for time in times]
        return curves.Line(label, kind, points)

    return curves.join(
        _("je min"),
        [line(_("empfangen"), "solid", "received"), line(_("in Quarantäne"), "alarm", "quarantined")],
    )
