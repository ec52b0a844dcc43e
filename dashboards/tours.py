"""The tour sheet: a page of its own that prints on A4, takes ticks on a phone and works without a network."""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from dashboards import sketch, urls
from dashboards.assets import STATIC_DIR
from dashboards.frame import Frame, add_page, gettext_of, language_of
from smartregion.api.guard import require_writer
from smartregion.errors import InvalidInput
from smartregion.registry.objects import vehicles
from smartregion.roads.ways import legs_between
from smartregion.waste.plans import TourSheet, tour_sheet
from smartregion.waste.ticks import LEVELS, Note, note, progress, said, superseded, tick_stops
from smartregion.waste.tour_export import link


def router(frame: Frame) -> APIRouter:
    """The sheet, its ticks, and the service worker that keeps both at hand."""
    made = APIRouter()

    def show(request: Request, id: int) -> Response:
        with frame.connection() as connection:
            sheet = tour_sheet(connection, id)
            words, done = said(connection, id), progress(connection, id)
            replaced, successor = superseded(connection, id)
            ways = _ways(connection, sheet, language_of(request))
        return frame.render(
            request,
            "tour.html",
            "waste",
            live=False,
            date=sheet.date,
            tour=sheet.tour,
            stops=sheet.stops,
            numbers=sketch.numbers(sheet.stops),
            said=words,
            done=done,
            replaced=replaced,
            successor=successor,
            ways=ways,
            links={stop.seq: link(stop) for stop in sheet.stops},
            levels=LEVELS,
            reasons=_reasons(request),
            drawing=sketch.draw(sheet.tour.geometry, sheet.stops),
        )

    def tick(
        request: Request,
        id: int,
        shown: Annotated[list[int] | None, Form()] = None,
        note_: Annotated[list[str] | None, Form(alias="note")] = None,
        key: Annotated[str, Form()] = "",
        done: Annotated[list[int] | None, Form()] = None,
        at: Annotated[dt.datetime | None, Form()] = None,
    ) -> Response:
        require_writer(request)
        moment = min(at, frame.now()) if at and at.tzinfo else frame.now()
        with frame.connection() as connection:
            note(connection, id, _notes(note_ or (), key), moment)
            if shown:
                tick_stops(connection, id, shown, done or [], moment)
        if "application/json" in request.headers.get("accept", ""):
            return Response(status_code=204)
        return RedirectResponse(urls.address("tour", language_of(request), id=id), 303)

    def worker() -> Response:
        return FileResponse(
            STATIC_DIR / "js" / "sheet-worker.js",
            media_type="text/javascript",
            headers={"Cache-Control": "no-cache"},
        )

    add_page(made, "tour", show)
    add_page(made, "tour", tick, ["POST"])
    made.add_api_route("/sheet-worker.js", worker, include_in_schema=False, response_model=None)
    return made


def _ways(connection: Any, sheet: TourSheet, language: str) -> dict[int, tuple[str, ...]]:
    """Turns on the way to each place of a sheet, by its seq; nothing where the roads are unknown."""
    places = [
        (stop, (stop.lon, stop.lat)) for stop in sheet.stops if stop.lon is not None and stop.lat is not None
    ]
    vehicle = next((one for one in vehicles(connection) if one.id == sheet.tour.vehicle), None)
    side = vehicle is not None and vehicle.side == "right"
    legs = legs_between(
        connection,
        [at for _, at in places],
        language,
        vehicle.truck if vehicle else None,
        [side and stop.kind == "site" for stop, _ in places],
    )
    return {stop.seq: leg for (stop, _), leg in zip(places[1:], legs, strict=False) if leg}


def _notes(texts: Iterable[str], key: str) -> list[Note]:
    """What the choices of the sheet say: JSON lists of kind, stop, container and value."""
    found = []
    for place, text in enumerate(filter(None, texts)):
        try:
            kind, seq, container, value = json.loads(text)
            level = float(value) if kind == "level" else None
            reason = str(value) if kind == "reason" else None
            found.append(Note(int(seq), str(container), level, reason, f"{key}/{place}" if key else ""))
        except (ValueError, TypeError) as error:
            raise InvalidInput("note", text, "a choice of the sheet") from error
    return found


def _reasons(request: Request) -> dict[str, str]:
    """Reasons in the reader's words."""
    _ = gettext_of(request)
    return {
        "blocked": _("zugestellt"),
        "not_out": _("nicht bereitgestellt"),
        "contaminated": _("falsch befüllt"),
        "damaged": _("beschädigt"),
    }
