"""Waste: what is due, where, and which tours are planned; one container with its curve."""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request, Response

from dashboards import curves, selection, timebar, urls
from dashboards.frame import Frame, add_page, gettext_of, language_of
from smartregion.waste.due import DueRule
from smartregion.waste.forecasts import ContainerForecast, forecast
from smartregion.waste.levels import ContainerState, container_state, container_states, level_series
from smartregion.waste.plans import TourRow, tours
from smartregion.waste.ticks import LEVELS
from smartregion.waste.told_lifts import history

_CURVE_DAYS = 14
_TABLE_ROWS = 200
_PLAN_FOR_TOMORROW_FROM = 12  # o'clock


def router(frame: Frame) -> APIRouter:
    """Pages of the waste domain."""
    made = APIRouter()

    def overview(
        request: Request, q: str = "", fraction: str = "", show: str = "", day: str = "", n: int = 0
    ) -> Response:
        question = selection.Question(q.strip(), fraction, show if show in selection.STATES else "")
        limit = max(n, selection.PAGE_ROWS)
        with frame.connection() as connection:
            containers = container_states(connection, frame.now())
            date, planned = _day_and_tours(connection, selection.day(day), frame.today())
        found = selection.select(containers, question)
        language = language_of(request)
        more = {"q": q, "fraction": fraction, "show": show, "day": day, "n": limit + 5 * selection.PAGE_ROWS}
        return frame.render(
            request,
            "waste.html",
            "waste",
            stand=max((one.level_time for one in containers if one.level_time), default=None),
            counts=selection.counts(containers),
            total=len(containers),
            rows=found[:limit],
            found=len(found),
            more=urls.address("waste", language, more) if len(found) > limit else None,
            query=question.text,
            fraction=fraction,
            fractions=sorted({one.fraction for one in containers}),
            show=question.state,
            due_rule=DueRule(),
            day=date,
            day_before=date - dt.timedelta(days=1),
            day_after=date + dt.timedelta(days=1),
            plan_day=date if day else _plan_day(frame),
            **_bars(frame, planned),
        )

    def container(request: Request, id: str) -> Response:
        return container_page(frame, request, id)

    add_page(made, "waste", overview)
    add_page(made, "container", container)
    return made


def container_page(
    frame: Frame,
    request: Request,
    id: str,
    error: str = "",
    entered: Mapping[str, str] = MappingProxyType({}),
    status: int = 200,
) -> Response:
    """One container; error and entered: what is wrong with the lift that was told, and what it was."""
    now = frame.now()
    with frame.connection() as connection:
        state = container_state(connection, id, now)
        series = level_series(connection, id, now - dt.timedelta(days=_CURVE_DAYS), now)
        expected = forecast(connection, id)
        lifts = history(connection, id, now)
    return frame.render(
        request,
        "container.html",
        "waste",
        status,
        stand=state.level_time,
        one=state,
        series=list(reversed(series))[:_TABLE_ROWS],
        curve=_level_curve(request, state, series, now),
        curve_days=_CURVE_DAYS,
        expected=expected,
        days=_days_ahead(expected),
        lifts=lifts,
        levels=LEVELS,
        error=error,
        entered=entered,
        latest=now.astimezone(frame.zone),
    )


def _days_ahead(expected: ContainerForecast | None) -> list[tuple[dt.date, float, float, float, float]]:
    """Date, mean level, lower and upper end of the interval, probability of being full; a line a day."""
    if expected is None:
        return []
    dates = [expected.first_date + dt.timedelta(days=k) for k in range(len(expected.expected))]
    return list(zip(dates, expected.expected, expected.low, expected.high, expected.p_full, strict=True))


def _plan_day(frame: Frame) -> dt.date:
    """Before noon one plans today, later tomorrow."""
    late = frame.now().astimezone(frame.zone).hour >= _PLAN_FOR_TOMORROW_FROM
    return frame.today() + dt.timedelta(days=1 if late else 0)


def _day_and_tours(connection: Any, asked: dt.date | None, today: dt.date) -> tuple[dt.date, list[TourRow]]:
    """The day asked for; else today, or tomorrow when only tomorrow is planned."""
    if asked is not None:
        return asked, tours(connection, asked)
    tomorrow = today + dt.timedelta(days=1)
    for day in (today, tomorrow):
        if planned := tours(connection, day):
            return day, planned
    return today, []


def _bars(frame: Frame, planned: list[TourRow]) -> dict[str, Any]:
    scale = timebar.scale_of(planned)
    if scale is None:
        return {"bars": [], "hours": [], "now_at": None}
    inside = scale.start <= frame.now() <= scale.end
    return {
        "bars": timebar.bars(planned, scale),
        "hours": scale.hours(frame.zone),
        "now_at": scale.at(frame.now()) if inside else None,
    }


def _level_curve(
    request: Request, state: ContainerState, series: list[tuple[dt.datetime, float]], now: dt.datetime
) -> curves.Curve:
    _ = gettext_of(request)
    forecast = curves.forecast(state.level_time, state.level, state.rate_per_day, now)
    return curves.join(
        "%",
        [
            curves.Line(_("gemessen"), "solid", [(time, level * 100) for time, level in series]),
            curves.Line(_("Vorhersage"), "dashed", [(time, level * 100) for time, level in forecast]),
        ],
        threshold=DueRule().level * 100,
        threshold_label=_("zu leeren"),
    )
