"""Containers with their levels, and the sites where they stand."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query, Request, Response
from pydantic import BaseModel, Field

from smartregion.api import geojson
from smartregion.api.context import Context
from smartregion.api.guard import require_writer
from smartregion.api.paging import Page, PartOf, SpanOf, cursor_time
from smartregion.errors import NotFound
from smartregion.waste import forecasts, levels, told_lifts
from smartregion.waste.forecasts import ContainerForecast
from smartregion.waste.levels import ContainerState, SiteState
from smartregion.waste.told_lifts import Lift

_SERIES_SPAN = dt.timedelta(days=14)
ContainerId = Annotated[str, Path(description="Id of the container in the registry.")]


@dataclass(frozen=True)
class Level:
    """One level of a container."""

    time: dt.datetime
    """Event time, UTC."""
    level: float
    """Share of the usable volume, 0..1.2."""


class LiftTold(BaseModel, use_attribute_docstrings=True):
    """A container that was emptied outside the tours of a plan."""

    container: str
    """Id of the container."""
    at: dt.datetime
    """When, with its zone; not later than now."""
    level: Annotated[float, Field(ge=0, le=1.2)] | None = None
    """Level seen before the lift, share of the usable volume; null when nobody looked."""
    reason: Literal["", "complaint", "overfull", "event", "on_the_way", "other"] = ""
    """Why it was emptied outside the tours."""


def router(context: Context) -> APIRouter:
    """Resources of the waste domain."""
    made = APIRouter(tags=["waste"])

    @made.get(
        "/containers",
        summary="Containers as they stand",
        response_model=Page[ContainerState],
        responses=geojson.OPENAPI,
    )
    def containers(
        span: SpanOf,
        part: PartOf,
        site: Annotated[str | None, Query(description="Only containers of this site.")] = None,
        fraction: Annotated[str | None, Query(description="Only this fraction, by its key.")] = None,
        due: Annotated[
            bool | None, Query(description="Only containers that are due, or that are not.")
        ] = None,
        format: geojson.Format = "json",
    ) -> Page[ContainerState] | Response:
        """All containers in use by id, with level, rate, and whether they are due. `from` and `to` narrow to
        containers whose newest level lies in that span."""
        with context.connection() as connection:
            states = levels.container_states(connection, context.now())
        chosen = (
            state
            for state in states
            if span.holds(state.level_time)
            and (site is None or state.site == site)
            and (fraction is None or state.fraction == fraction)
            and (due is None or state.due is due)
        )
        return geojson.at_place(format, chosen, lambda state: state.id, part)

    @made.post("/lifts", summary="Lifts outside the tours of a plan", status_code=204)
    def lifts(
        told: Annotated[list[LiftTold], Body(description="At most 10,000.", max_length=10_000)],
        request: Request,
    ) -> None:
        """What a crew emptied on its own rounds, with the levels it saw: forecasts learn from it. The same
        container and time told again replaces what was told. Needs the right to write."""
        require_writer(request)
        lifts = [told_lifts.ToldLift(one.container, one.at, one.level, one.reason) for one in told]
        with context.connection() as connection:
            told_lifts.tell(connection, lifts, context.now())

    @made.get("/containers/{id}/lifts", summary="Lifts of one container")
    def container_lifts(id: ContainerId) -> list[Lift]:
        """Of the last half year, the newest first: found by its sensor, ticked on a tour, or told apart."""
        with context.connection() as connection:
            levels.container_state(connection, id, context.now())
            return told_lifts.history(connection, id, context.now())

    @made.delete("/containers/{id}/lifts/{at}", summary="Take a told lift back", status_code=204)
    def withdraw(
        id: ContainerId,
        at: Annotated[dt.datetime, Path(description="Its time, with the zone.")],
        request: Request,
    ) -> None:
        """Only what was told apart can be taken back. Needs the right to write."""
        require_writer(request)
        with context.connection() as connection:
            told_lifts.withdraw(connection, id, at)

    @made.get("/containers/{id}", summary="One container as it stands")
    def container(id: ContainerId) -> ContainerState:
        """Level, rate and schedule of one container."""
        with context.connection() as connection:
            return levels.container_state(connection, id, context.now())

    @made.get("/containers/{id}/forecast", summary="What is expected of one container")
    def container_forecast(id: ContainerId) -> ContainerForecast:
        """Level with its uncertainty and the reason, and for the coming days the mean, the 90 % interval and
        the probability of being full. Made each hour."""
        with context.connection() as connection:
            levels.container_state(connection, id, context.now())
            found = forecasts.forecast(connection, id)
        if found is None:
            raise NotFound(f"forecast: none has been made yet for container {id!r}")
        return found

    @made.get("/containers/{id}/levels", summary="Levels of one container over time")
    def container_levels(id: ContainerId, span: SpanOf, part: PartOf) -> Page[Level]:
        """Levels by event time, computed from raw values with the geometry of the mounting at that time; the
        last 14 days unless `from` says otherwise."""
        now = context.now()
        since = span.since or (span.until or now) - _SERIES_SPAN
        if after := part.place(str):
            since = max(since, cursor_time(after[0]) + dt.timedelta(microseconds=1))
        with context.connection() as connection:
            levels.container_state(connection, id, now)
            series = levels.level_series(connection, id, since, span.until or now + dt.timedelta(days=1))
        items, next = part.cut([Level(*pair) for pair in series], lambda one: [one.time.isoformat()])
        return Page(items=items, next=next)

    @made.get(
        "/sites", summary="Sites as they stand", response_model=Page[SiteState], responses=geojson.OPENAPI
    )
    def sites(span: SpanOf, part: PartOf, format: geojson.Format = "json") -> Page[SiteState] | Response:
        """All sites in use by id, with the fullest of their containers. `from` and `to` narrow to sites whose
        newest level lies in that span."""
        with context.connection() as connection:
            states = levels.site_states(connection, levels.container_states(connection, context.now()))
        chosen = (state for state in states if span.holds(state.level_time))
        return geojson.at_place(format, chosen, lambda state: state.id, part)

    return made
