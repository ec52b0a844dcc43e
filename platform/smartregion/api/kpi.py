"""Figures of the waste loop beside the fixed schedule, with their rows; and the coming week."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query

from smartregion.api.context import Context
from smartregion.waste.forecasts import work_days
from smartregion.waste.kpi import Kpis, kpis
from smartregion.waste.plan_week import WeekDay, week
from smartregion.waste.rules_store import school_free

_DAYS = 27


def router(context: Context) -> APIRouter:
    """Figures, and the week to come."""
    made = APIRouter(tags=["waste"])
    zone, state = context.settings.zone, context.settings.state

    @made.get("/kpi", summary="Figures beside the fixed schedule")
    def figures(
        first: Annotated[dt.date | None, Query(description="First local day; four weeks by default.")] = None,
        last: Annotated[dt.date | None, Query(description="Last local day; today by default.")] = None,
    ) -> Kpis:
        """Lifts, fill, overflow hours, km, hours, km per tonne, diesel and CO2 of accepted plans, beside
        the fixed schedule of the same days, with their completeness and the rows behind them."""
        now = context.now()
        end = last or now.astimezone(zone).date()
        begin = first or end - dt.timedelta(days=_DAYS)
        with context.connection() as connection:
            return kpis(connection, begin, end, now, zone, work_days(connection, state))

    @made.get("/week", summary="The coming week")
    def coming() -> list[WeekDay]:
        """What has to be lifted on each of the next seven days as it looks now, when each day does what it
        must; beside the fixed schedule and accepted plans."""
        free = school_free(state, context.settings.school_holidays)
        with context.connection() as connection:
            return week(connection, context.now(), zone, state, free)

    return made
