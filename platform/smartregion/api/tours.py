"""Tours of a date, and plans: ask for one, follow it, accept it."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from smartregion.api import geojson
from smartregion.api.context import Context
from smartregion.api.guard import require_writer
from smartregion.api.paging import Page, PartOf, SpanOf
from smartregion.errors import InvalidInput
from smartregion.waste import plans, ticks, tour_export
from smartregion.waste.plan_edits import edits_of
from smartregion.waste.plans import PlanState, TourRow, TourSheet

TourId = Annotated[int, Path(description="Id of the tour.")]
PlanId = Annotated[int, Path(description="Id of the plan.")]


RouteFormat = Literal["gpx", "geojson", "csv"]
_ROUTES: dict[RouteFormat, tuple[str, Callable[[TourSheet], str]]] = {
    "gpx": ("application/gpx+xml", tour_export.gpx),
    "geojson": ("application/geo+json", tour_export.geojson),
    "csv": ("text/csv", tour_export.table),
}


class PlanWish(BaseModel, use_attribute_docstrings=True):
    """A plan to make."""

    date: dt.date
    """Local date of the tours."""
    seconds: Annotated[float, Field(gt=0, le=plans.MAX_SECONDS)] = 30.0
    """Search time, s."""


class StopWish(BaseModel, use_attribute_docstrings=True):
    """All containers of one fraction at one site."""

    site: str
    """Id of the site."""
    fraction: str
    """Key of the waste fraction."""


class MoveWish(StopWish, use_attribute_docstrings=True):
    """A stop for another vehicle."""

    vehicle: str
    """Id of the vehicle that shall serve it."""


class PlanChange(BaseModel, use_attribute_docstrings=True):
    """What a dispatcher wishes of a plan; what is not named stays as near to it as can be."""

    exclude: list[StopWish] = []
    """Stops to leave out."""
    add: list[str] = []
    """Ids of containers to lift as well."""
    move: list[MoveWish] = []
    """Stops for another vehicle."""
    lock: list[str] = []
    """Vehicles whose tours stay as they are."""
    out: list[str] = []
    """Vehicles that fall out: what they have not done yet is open."""
    swap: dict[str, str] = {}
    """Vehicles by the ones that they drive in place of."""
    keep_done: bool = False
    """What has begun by now stays."""
    seconds: Annotated[float, Field(gt=0, le=plans.MAX_SECONDS)] = 10.0
    """Search time, s."""


class DriverReport(BaseModel, use_attribute_docstrings=True):
    """What a driver, or a device of his vehicle, says of one stop."""

    seq: int
    """Place of the stop in the tour."""
    done: bool | None = None
    """Ticked or open again; null says nothing of it."""
    at: dt.datetime
    """When, with its zone; not later than now."""
    levels: dict[str, float] = {}
    """Levels seen before the lift, 0..1.2, by container."""
    reasons: dict[str, str] = {}
    """blocked, not_out, contaminated (not emptied), damaged (emptied) or empty, by container."""
    key: str = ""
    """Made where it was said, so that sending it twice changes nothing."""


class PlanAsked(BaseModel, use_attribute_docstrings=True):
    """A plan that will be made."""

    id: int
    """Id of the plan; follow it under /plans/{id}."""


def router(context: Context) -> APIRouter:
    """Resources of planning."""
    made = APIRouter(tags=["tours"])

    @made.get("/tours", summary="Tours of a date", response_model=Page[TourRow], responses=geojson.OPENAPI)
    def tours(
        span: SpanOf,
        part: PartOf,
        date: Annotated[dt.date | None, Query(description="Local date; today by default.")] = None,
        format: geojson.Format = "json",
    ) -> Page[TourRow] | Response:
        """Tours of the accepted plan of that date, else of its newest finished one. `from` and `to` narrow to
        tours that start in that span."""
        wanted = date or context.now().astimezone(context.settings.zone).date()
        with context.connection() as connection:
            found = plans.tours(connection, wanted)
        chosen = [_plain(tour) for tour in found if span.holds(tour.start_at)]
        rows = sorted(chosen, key=lambda tour: tour.number)
        after = part.place(int)
        rest = [tour for tour in rows if after is None or tour.number > after[0]]
        items, next = part.cut(rest, lambda tour: [tour.number])
        return geojson.page(format, items, lambda one: geojson.line(one.geometry), ("geometry",), next)

    @made.get("/tours/{id}", summary="One tour with its stops")
    def tour(id: TourId) -> TourSheet:
        """The sheet of one tour: stops in order with times, loads and the containers to lift."""
        with context.connection() as connection:
            sheet = plans.tour_sheet(connection, id)
        return dataclasses.replace(sheet, tour=_plain(sheet.tour))

    @made.get(
        "/tours/{id}/route",
        summary="A tour for navigation",
        response_class=Response,
        responses={200: {"content": {kind: {} for kind, _ in _ROUTES.values()}}},
    )
    def route(
        id: TourId, format: Annotated[RouteFormat, Query(description="Format of the file.")] = "gpx"
    ) -> Response:
        """Places in the order of the day and the way on the roads, as GPX, GeoJSON or CSV."""
        kind, write = _ROUTES[format]
        with context.connection() as connection:
            sheet = plans.tour_sheet(connection, id)
        name = {"Content-Disposition": f'attachment; filename="tour-{id}.{format}"'}
        return Response(write(sheet), media_type=kind, headers=name)

    @made.get("/tours/{id}/progress", summary="How far a tour is")
    def progress(id: TourId) -> ticks.Progress:
        """Plan against ticks of the whole tour; nothing of the driver."""
        with context.connection() as connection:
            return ticks.progress(connection, id)

    @made.post("/tours/{id}/reports", summary="What a driver says of a stop", status_code=204)
    def report(id: TourId, told: DriverReport, request: Request) -> None:
        """Tick, levels seen and reasons of one stop; reports are taken in the order in which they come. Needs
        the right to write."""
        require_writer(request)
        if told.at.tzinfo is None:
            raise InvalidInput("at", told.at, "a time with its zone")
        at = min(told.at, context.now())
        notes = [ticks.Note(told.seq, one, level=value) for one, value in told.levels.items()]
        notes += [ticks.Note(told.seq, one, reason=value) for one, value in told.reasons.items()]
        keyed = [
            dataclasses.replace(one, key=f"{told.key}/{place}" if told.key else "")
            for place, one in enumerate(notes)
        ]
        with context.connection() as connection:
            ticks.note(connection, id, keyed, at)
            if told.done is not None:
                ticks.tick_stops(connection, id, [told.seq], [told.seq] if told.done else [], at)

    @made.post("/plans", summary="Ask for a plan", status_code=202)
    def ask(wish: PlanWish, request: Request, response: Response) -> PlanAsked:
        """A worker makes the plan; follow it under the `Location` of the answer. Needs the right to write."""
        require_writer(request)
        with context.connection() as connection:
            id = plans.request_plan(connection, wish.date, wish.seconds, context.now())
        response.headers["Location"] = f"{request.scope.get('root_path', '')}/plans/{id}"
        return PlanAsked(id=id)

    @made.get("/plans/{id}", summary="State of a plan")
    def plan(id: PlanId) -> PlanState:
        """queued, running with progress, done with summary and comparison, or failed with its error."""
        with context.connection() as connection:
            return plans.plan(connection, id)

    @made.post("/plans/{id}/change", summary="Change a plan", status_code=202)
    def change(id: PlanId, wish: PlanChange, request: Request, response: Response) -> PlanAsked:
        """A worker makes a new plan near this one, with the wishes; both stand beside each other until one is
        accepted. Needs the right to write."""
        require_writer(request)
        edits, now = edits_of(wish.model_dump()), context.now()
        with context.connection() as connection:
            since = now if wish.keep_done else None
            made = plans.change_plan(connection, id, edits, since, wish.seconds, now)
        response.headers["Location"] = f"{request.scope.get('root_path', '')}/plans/{made}"
        return PlanAsked(id=made)

    @made.post("/plans/{id}/accept", summary="Accept a plan")
    def accept(id: PlanId, request: Request) -> PlanState:
        """Make this the plan of its date, in place of another. Needs the right to write."""
        require_writer(request)
        with context.connection() as connection:
            return plans.accept_plan(connection, id, context.now())

    return made


def _plain(tour: TourRow) -> TourRow:
    """The line as pairs: JSON in the database gives lists."""
    return dataclasses.replace(tour, geometry=[(lon, lat) for lon, lat in tour.geometry])
