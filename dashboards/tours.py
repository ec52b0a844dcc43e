"""The tour sheet: a page of its own that prints on A4, takes ticks on a phone and works without a network."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from dashboards import sketch, urls
from dashboards.assets import STATIC_DIR
from dashboards.frame import Frame, add_page, language_of
from smartregion.api.guard import require_writer
from smartregion.waste.plans import tour_sheet
from smartregion.waste.ticks import tick_stops


def router(frame: Frame) -> APIRouter:
    """The sheet, its ticks, and the service worker that keeps both at hand."""
    made = APIRouter()

    def show(request: Request, id: int) -> Response:
        with frame.connection() as connection:
            sheet = tour_sheet(connection, id)
        return frame.render(
            request,
            "tour.html",
            "waste",
            live=False,
            date=sheet.date,
            tour=sheet.tour,
            stops=sheet.stops,
            numbers=sketch.numbers(sheet.stops),
            drawing=sketch.draw(sheet.tour.geometry, sheet.stops),
        )

    def tick(
        request: Request,
        id: int,
        shown: Annotated[list[int], Form()],
        done: Annotated[list[int] | None, Form()] = None,
        at: Annotated[dt.datetime | None, Form()] = None,
    ) -> Response:
        require_writer(request)
        moment = min(at, frame.now()) if at and at.tzinfo else frame.now()
        with frame.connection() as connection:
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
