"""Counting stations now, and their days against what is typical."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from smartregion.api import geojson
from smartregion.api.context import Context
from smartregion.api.paging import Page, PartOf, SpanOf
from smartregion.errors import InvalidInput, NotFound
from smartregion.traffic import curves, stations
from smartregion.traffic.curves import DayCurve
from smartregion.traffic.day_groups import school_holidays
from smartregion.traffic.dtv import Dtv, dtv
from smartregion.traffic.series import SeriesStep, station_series
from smartregion.traffic.stations import StationState

StationId = Annotated[str, Path(description="Id of the counting station in the registry.")]


def router(context: Context) -> APIRouter:
    """Resources of the traffic domain."""
    made = APIRouter(tags=["traffic"])
    zone, state = context.settings.zone, context.settings.state

    @made.get(
        "/stations",
        summary="Counting stations as they stand",
        response_model=Page[StationState],
        responses=geojson.OPENAPI,
    )
    def all_stations(
        span: SpanOf, part: PartOf, format: geojson.Format = "json"
    ) -> Page[StationState] | Response:
        """All counting stations in use by id: flow of the last hour against the typical one, lanes, silence.
        `from` and `to` narrow to stations whose newest interval began in that span."""
        with context.connection() as connection:
            found = stations.station_states(connection, context.now(), zone, state)
        chosen = (one for one in found if span.holds(one.time))
        return geojson.at_place(format, chosen, lambda one: one.id, part)

    @made.get("/stations/{id}", summary="One counting station as it stands")
    def station(id: StationId) -> StationState:
        """Flow of the last hour against the typical one, and its lanes."""
        with context.connection() as connection:
            return stations.station_state(connection, id, context.now(), zone, state)

    @made.get("/stations/{id}/day", summary="One day of a counting station")
    def day(
        id: StationId,
        date: Annotated[dt.date | None, Query(description="Local date; today by default.")] = None,
    ) -> DayCurve:
        """Quarter hours of a local day (96; 92 and 100 when the clock changes) with the band of like days:
        workdays, Saturdays, or Sundays and public holidays of the four weeks before."""
        now = context.now()
        with context.connection() as connection:
            return curves.day_curve(connection, id, date or now.astimezone(zone).date(), zone, now, state)

    @made.get("/stations/{id}/series", summary="A counting station over a long time")
    def series(
        id: StationId,
        since: Annotated[dt.datetime, Query(alias="from", description="Begin of the span.")],
        until: Annotated[dt.datetime, Query(alias="to", description="End of the span, not included.")],
        points: Annotated[int, Query(ge=10, le=5000, description="Most steps to give.")] = 1000,
    ) -> list[SeriesStep]:
        """Least, mean and greatest flow of the quarter hours in equal steps of the span, for a chart."""
        begin, end = (one if one.tzinfo else one.replace(tzinfo=zone) for one in (since, until))
        with context.connection() as connection:
            return station_series(connection, id, begin, end, points)

    @made.get("/stations/{id}/dtv", summary="Average daily traffic of a counting station")
    def average(
        id: StationId,
        since: Annotated[dt.date, Query(alias="from", description="First local day.")],
        until: Annotated[dt.date, Query(alias="to", description="Day after the last.")],
    ) -> Dtv:
        """Daily traffic over a period by the day groups W, U and S, with the number of valid days of each."""
        if until <= since:
            raise InvalidInput("to", until, f"a day after {since}")
        school = school_holidays(state, context.settings.school_holidays)
        with context.connection() as connection:
            found = dtv(connection, since, until, zone, state, school, id)
        if not found:
            raise NotFound(f"station: {id!r} is not a counting station in use")
        return found[0]

    return made
