"""Lifts outside the tours, told on the page of their container, and the history of all lifts."""

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from dashboards import urls
from dashboards.frame import Frame, add_page, gettext_of, language_of
from dashboards.waste import container_page
from smartregion.api.guard import require_writer
from smartregion.errors import InvalidInput
from smartregion.waste.told_lifts import ToldLift, tell, withdraw


def router(frame: Frame) -> APIRouter:
    """What is sent from the page of a container."""
    made = APIRouter()

    def told(
        request: Request,
        id: str,
        at: Annotated[str, Form()] = "",
        level: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        withdrawn: Annotated[dt.datetime | None, Form()] = None,
    ) -> Response:
        require_writer(request)
        try:
            with frame.connection() as connection:
                if withdrawn is not None:
                    withdraw(connection, id, withdrawn)
                else:
                    lift = ToldLift(id, _local(at, frame), _share(level), reason)
                    tell(connection, [lift], frame.now())
        except InvalidInput as error:
            entered = {"at": at, "level": level, "reason": reason}
            return container_page(frame, request, id, _words(request, error), entered, 422)
        return RedirectResponse(f"{urls.address('container', language_of(request), id=id)}#lifts", 303)

    add_page(made, "container", told, ["POST"])
    return made


def _local(text: str, frame: Frame) -> dt.datetime:
    """What a field for date and time sends, in the region's zone."""
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=frame.zone)
    except ValueError as error:
        raise InvalidInput("at", text, "a date with a time like 2026-06-10T07:30") from error


def _share(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError as error:
        raise InvalidInput("level", text, "a share 0..1.2") from error


def _words(request: Request, error: InvalidInput) -> str:
    """What is wrong, in the reader's words."""
    _ = gettext_of(request)
    words: dict[str, Any] = {
        "container": _("Diesen Behälter gibt es nicht, oder er ist nicht in Gebrauch."),
        "at": _("Zeitpunkt: ein Datum mit Uhrzeit, nicht in der Zukunft und höchstens ein Jahr zurück."),
        "level": _("Füllstand: ein Wert aus der Liste, oder nicht gesehen."),
        "reason": _("Grund: einer aus der Liste, oder keiner."),
    }
    return str(words.get(error.field, error))
