"""Traffic: stations on the map and in a table, today against typical; one station with its day."""

import datetime as dt
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from dashboards import curves
from dashboards.frame import Frame, add_page, gettext_of
from dashboards.selection import matches
from smartregion.errors import NotFound
from smartregion.traffic.curves import DayCurve, day_curve
from smartregion.traffic.stations import StationState, station_state, station_states

_STATES = ("", "unusual", "silent")


def router(frame: Frame) -> APIRouter:
    """Pages of the traffic domain."""
    made = APIRouter()

    def overview(request: Request, q: str = "", show: str = "") -> Response:
        with frame.connection() as connection:
            stations = station_states(connection, frame.now(), frame.zone, frame.state)
        return frame.render(
            request,
            "traffic.html",
            "traffic",
            stand=max((one.time for one in stations if one.time), default=None),
            stations=stations,
            unusual=sum(one.unusual for one in stations),
            silent=sum(one.silent for one in stations),
            rows=select(stations, q, show if show in _STATES else ""),
            busiest=busiest(stations),
            query=q.strip(),
            show=show,
        )

    def station(request: Request, id: str, date: str = "") -> Response:
        today = frame.today()
        day = _day(date) or today
        with frame.connection() as connection:
            state = station_state(connection, id, frame.now(), frame.zone, frame.state)
            curve = day_curve(connection, id, day, frame.zone, frame.now(), frame.state)
        return frame.render(
            request,
            "station.html",
            "traffic",
            stand=state.time,
            one=state,
            day=day,
            day_before=day - dt.timedelta(days=1),
            day_after=day + dt.timedelta(days=1) if day < today else None,
            data=curve,
            hours=hours_of(curve),
            curve=_curve(request, curve),
        )

    add_page(made, "traffic", overview)
    add_page(made, "station", station)
    return made


def select(stations: Sequence[StationState], text: str, show: str) -> list[StationState]:
    """Stations that match, unusual ones first, then silent ones, then by flow."""
    words = text.casefold().split()
    found = [
        one
        for one in stations
        if matches(words, one.id, one.name, one.road, one.place)
        and (not show or (one.unusual if show == "unusual" else one.silent))
    ]
    return sorted(
        found, key=lambda one: (not one.unusual, not one.silent, -(one.vehicles_per_h or 0), one.id)
    )


def busiest(stations: Sequence[StationState], count: int = 6) -> list[StationState]:
    """The stations with most vehicles in the last hour."""
    known = [one for one in stations if one.vehicles_per_h is not None]
    return sorted(known, key=lambda one: -(one.vehicles_per_h or 0))[:count]


def hours_of(curve: DayCurve) -> list[tuple[dt.datetime, float | None, float | None]]:
    """Hours of the day: begin, mean flow counted and typical (vehicles/h); None where one is missing."""
    rows = []
    for first in range(0, len(curve.times), 4):
        part = slice(first, first + 4)
        rows.append((curve.times[first], _mean(curve.today[part]), _mean(curve.typical[part])))
    return rows


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None


def _curve(request: Request, data: DayCurve) -> curves.Curve:
    _ = gettext_of(request)

    def line(label: str, kind: str, values: Sequence[float | None]) -> curves.Line:
        return curves.Line(label, kind, list(zip(data.times, values, strict=True)))

    return curves.join(
        _("Kfz/h"),
        [
            line(_("typisch von"), "low", data.low),
            line(_("typisch bis"), "high", data.high),
            line(_("gezählt"), "solid", data.today),
        ],
        observed=any(value is not None for value in (*data.today, *data.typical)),
    )


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise NotFound(f"date: {text!r} is not a date like 2026-11-23") from error
