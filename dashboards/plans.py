"""Planning: form, progress with the best cost so far, comparison with the fixed schedule, acceptance."""

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from dashboards import plan_changes, urls
from dashboards.frame import Frame, add_page, gettext_of, language_of
from smartregion.api.guard import require_writer
from smartregion.errors import InvalidInput, NotFound, SmartRegionError
from smartregion.waste.plan_week import week
from smartregion.waste.plans import (
    PlanState,
    accept_plan,
    change_plan,
    plans_of_date,
    request_plan,
    tours_of_plan,
)
from smartregion.waste.rules_store import school_free

SECONDS = (10, 30, 60, 300)
_UNFINISHED = ("queued", "running")


def router(frame: Frame) -> APIRouter:
    """The planning page of a date, and the week to come."""
    made = APIRouter()

    def show(request: Request, date: str, plan: int | None = None) -> Response:
        return _page(frame, request, _date(date), plan=plan)

    def act(
        request: Request,
        date: str,
        action: Annotated[str, Form()],
        day: Annotated[str, Form()] = "",
        wish: Annotated[list[str] | None, Form()] = None,
        add: Annotated[str, Form()] = "",
        keep_done: Annotated[bool, Form()] = False,
        seconds: Annotated[str, Form()] = "30",
        id: Annotated[int, Form()] = 0,
    ) -> Response:
        require_writer(request)
        language = language_of(request)
        wanted = _date(day or date)
        try:
            with frame.connection() as connection:
                if action == "accept":
                    accept_plan(connection, id, frame.now())
                elif action == "change":
                    edits, now = plan_changes.chosen(wish or (), add), frame.now()
                    change_plan(connection, id, edits, now if keep_done else None, _seconds(seconds), now)
                else:
                    request_plan(connection, wanted, _seconds(seconds), frame.now())
        except SmartRegionError as error:
            return _page(frame, request, wanted, str(error), 422)
        return RedirectResponse(urls.address("plan", language, date=wanted), 303)

    def coming(request: Request) -> Response:
        free = school_free(frame.state, frame.settings.school_holidays)
        with frame.connection() as connection:
            days = week(connection, frame.now(), frame.zone, frame.state, free)
        return frame.render(request, "week.html", "waste", live=False, days=days)

    add_page(made, "week", coming)
    add_page(made, "plan", show)
    add_page(made, "plan", act, ["POST"])
    return made


def _page(
    frame: Frame,
    request: Request,
    date: dt.date,
    error: str = "",
    status: int = 200,
    plan: int | None = None,
) -> Response:
    with frame.connection() as connection:
        others = plans_of_date(connection, date)
        state = next((one for one in others if plan is None or one.id == plan), None)
        rows = tours_of_plan(connection, state.id) if state and state.state == "done" else []
        choices = plan_changes.choices(connection, rows)
    return frame.render(
        request,
        "plan.html",
        "waste",
        status,
        live=False,
        date=date,
        day_before=date - dt.timedelta(days=1),
        day_after=date + dt.timedelta(days=1),
        error=error,
        state=state,
        failure=frame.in_words(language_of(request), state.error or "") if state else "",
        unfinished=bool(state and state.state in _UNFINISHED),
        phase=_phase(request, state),
        share=float(state.progress.get("share") or 0) if state else 0.0,
        tours=rows,
        comparison=_comparison(request, state) if state and state.state == "done" else [],
        others=others if len(others) > 1 else [],
        choices=choices,
        under_way=any(tour.start_at <= frame.now() for tour in rows),
        seconds=SECONDS,
        reasons=_reasons(request),
    )


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise NotFound(f"date: {text!r} is not a date like 2026-11-23") from error


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidInput("seconds", text, "a number") from error


def _phase(request: Request, state: PlanState | None) -> str:
    """What the planner is doing, in the reader's words."""
    _ = gettext_of(request)
    words = {
        "queued": _("wartet auf den Planer"),
        "loading network": _("liest das Straßennetz"),
        "matrices": _("misst die Wege zwischen den Standplätzen"),
        "compiling": _("übersetzt das Rechenprogramm (nur beim ersten Mal, bis 30 s)"),
        "searching": _("sucht die besten Touren"),
        "comparing": _("rechnet den festen Plan zum Vergleich"),
        "checking": _("prüft die Touren"),
        "drawing": _("zeichnet die Touren"),
        "storing": _("speichert die Touren"),
    }
    phase = str(state.progress.get("phase", state.state)) if state else ""
    return words.get(phase, phase)


def _reasons(request: Request) -> dict[str, str]:
    """Why a stop or a vehicle was left out, in the reader's words."""
    _ = gettext_of(request)
    return {
        "no_vehicle": _("kein Fahrzeug dieser Fraktion mit Betriebshof, Schicht und Fassung"),
        "no_disposal_site": _("keine Entladestelle nimmt diese Fraktion an"),
        "far_from_road": _("zu weit von jeder Straße des Netzes"),
        "truck": _("für diesen Fahrzeugtyp sind keine Straßen eingelesen"),
        "no_way": _(
            "für kein Fahrzeug dieser Fraktion führt eine Straße dorthin: zu schmal, niedrig oder schwach"
        ),
        "closed": _("der Standplatz ist an diesem Tag gesperrt"),
        "fleet": _("die Fahrzeuge dieser Fraktion haben keine Zeit oder keinen Platz mehr"),
        "incomplete": _("im Register fehlen Betriebshof, Schicht oder Fassung"),
    }


def _comparison(request: Request, state: PlanState) -> list[dict[str, Any]]:
    """Rows of the table: the plan beside the fixed schedule of the same day, and the difference."""
    _ = gettext_of(request)
    rows = [
        (_("Leerungen"), "lifts", 0),
        (_("Touren"), "tours", 0),
        (_("Strecke in km"), "km", 0),
        (_("Einsatzzeit in h"), "hours", 1),
        (_("Menge in kg"), "load_kg", 0),
        (_("Kosten in €"), "cost_eur", 0),
        (_("Diesel in l"), "diesel_l", 0),
        (_("CO₂ in kg"), "co2_kg", 0),
        (_("erwartete Überläufe bis zur nächsten Leerung"), "overflow_risk", 1),
    ]
    fixed, base = state.summary.get("fixed") or {}, state.summary.get("base") or {}
    return [
        {
            "words": words,
            "digits": digits,
            "plan": state.summary.get(key),
            "base": base.get(key),
            "fixed": fixed.get(key),
            "difference": _difference(state.summary.get(key), fixed.get(key)),
        }
        for words, key, digits in rows
    ]


def _difference(ours: float | None, theirs: float | None) -> float | None:
    return None if ours is None or theirs is None else ours - theirs
