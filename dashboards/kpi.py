"""Proof: figures beside the fixed schedule, each with its formula, completeness and the rows behind it."""

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request, Response

from dashboards.frame import Frame, add_page, gettext_of
from smartregion.errors import InvalidInput
from smartregion.waste.forecasts import work_days
from smartregion.waste.kpi import Figure, kpis

_DAYS = 27
_ROWS = 200


def router(frame: Frame) -> APIRouter:
    """The page of figures."""
    made = APIRouter()

    def show(request: Request, first: str = "", last: str = "") -> Response:
        end = _date(last) or frame.today()
        begin = _date(first) or end - dt.timedelta(days=_DAYS)
        error, status = "", 200
        with frame.connection() as connection:
            work = work_days(connection, frame.state)
            try:
                found = kpis(connection, begin, end, frame.now(), frame.zone, work)
            except InvalidInput as wrong:
                error, status, end = str(wrong), 422, begin
                found = kpis(connection, begin, end, frame.now(), frame.zone, work)
        return frame.render(
            request,
            "kpi.html",
            "waste",
            status,
            live=False,
            found=found,
            error=error,
            rows=[_row(request, one) for one in found.figures],
            most=_ROWS,
        )

    add_page(made, "kpi", show)
    return made


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _row(request: Request, one: Figure) -> dict[str, Any]:
    words, formula, known, digits, rows = _words(request)[one.name]
    scale = 100.0 if one.name == "fill_at_lift" else 1.0
    value, fixed = (None if part is None else part * scale for part in (one.value, one.fixed))
    change = None if value is None or not fixed else 100.0 * (value / fixed - 1.0)
    return {
        "words": words,
        "formula": formula,
        "known": known,
        "digits": digits,
        "rows": rows,
        "value": value,
        "fixed": fixed,
        "change": change,
        "completeness": one.completeness,
    }


def _words(request: Request) -> dict[str, tuple[str, str, str, int, str]]:
    """Name, formula, what completeness counts, digits, and the table of rows behind each figure."""
    _ = gettext_of(request)
    days = _("Werktage mit angenommenem Plan")
    compared = _("Werktage mit angenommenem und verglichenem Plan")
    return {
        "lifts": (_("Leerungen"), _("Summe der Behälter in angenommenen Plänen"), days, 0, "days"),
        "ticked": (_("davon abgehakt"), _("Summe der Behälter abgehakter Halte"), days, 0, "days"),
        "fill_at_lift": (
            _("Füllstand bei Leerung in %"),
            _("Mittel der Füllstände kurz vor der Leerung, höchstens 100 %"),
            _("Leerungen mit bekanntem Füllstand"),
            0,
            "lifts",
        ),
        "overflow_hours": (
            _("Überlauf in Behälterstunden"),
            _("Summe der Zeiten mit Füllstand ab 100 %; eine Meldung gilt bis zur nächsten, höchstens 24 h"),
            _("Behälterstunden mit Meldung"),
            0,
            "overflows",
        ),
        "km": (_("Strecke in km"), _("Summe der geplanten Wege auf der Straße"), compared, 0, "days"),
        "hours": (_("Einsatzzeit in h"), _("Summe von Abfahrt bis Rückkehr"), compared, 0, "days"),
        "km_per_t": (_("km je Tonne"), _("Strecke durch erwartete Menge"), compared, 1, "days"),
        "diesel_l": (
            _("Diesel in l"),
            _("Strecke mal Liter je km und Standzeit mal Liter je h, wie im Plan genannt"),
            compared,
            0,
            "days",
        ),
        "co2_kg": (_("CO₂ in kg"), _("Diesel mal kg CO₂ je Liter, wie im Plan genannt"), compared, 0, "days"),
    }
