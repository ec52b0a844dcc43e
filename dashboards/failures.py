"""Pages for what went wrong: what failed, since when, what still works; one line, never a traceback."""

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from dashboards.frame import Frame, gettext_of
from dashboards.sign_in import sign_in_address
from smartregion.api.guard import NotAllowed
from smartregion.errors import DatabaseUnavailable, InvalidInput, NotFound, SmartRegionError

_log = logging.getLogger(__name__)


def install(app: FastAPI, frame: Frame) -> None:
    """Answer every error of the pages with a page in the reader's language."""

    async def ours(request: Request, error: Exception) -> Response:
        if isinstance(error, NotAllowed) and error.status == 401 and request.method == "GET":
            return RedirectResponse(sign_in_address(request), 303)
        return await run_in_threadpool(_page, frame, request, error)

    app.add_exception_handler(SmartRegionError, ours)
    app.add_exception_handler(HTTPException, ours)
    app.add_exception_handler(RequestValidationError, ours)
    app.add_exception_handler(Exception, ours)


def _page(frame: Frame, request: Request, error: Exception) -> Response:
    _ = gettext_of(request)
    since = None
    if isinstance(error, DatabaseUnavailable):
        status, since = 503, frame.outage.failed(frame.now())
        title = _("Die Datenbank antwortet nicht")
        works = _(
            "Sensordaten gehen nicht verloren: der Empfang behält sie, bis die Datenbank wieder antwortet. "
            "Schon geöffnete Seiten und Tourblätter auf Telefonen bleiben lesbar."
        )
    elif isinstance(error, NotAllowed):
        status, title = error.status, _("Das ist nicht erlaubt")
        works = _("Lesen geht weiter. Zum Ändern bitte mit passender Rolle anmelden.")
    elif isinstance(error, RequestValidationError) and request.method == "POST":
        status, title, works = 422, _("Das ging nicht"), _("Nichts wurde geändert.")
    elif isinstance(error, (NotFound, HTTPException, RequestValidationError)):
        status = error.status_code if isinstance(error, HTTPException) else 404
        title, works = _("Diese Seite gibt es nicht"), _("Die Bereiche oben sind da.")
    elif isinstance(error, SmartRegionError):
        status = 422 if isinstance(error, InvalidInput) else 409
        title, works = _("Das ging nicht"), _("Nichts wurde geändert.")
    else:
        _log.error("page %s %s failed", request.method, request.url.path, exc_info=error)
        status, title = 500, _("Ein Fehler von uns")
        works = _("Einzelheiten stehen im Protokoll des Servers. Die anderen Bereiche gehen weiter.")
    detail = str(error) if isinstance(error, SmartRegionError) else ""
    return frame.render(
        request,
        "failed.html",
        "",
        status,
        live=False,
        title=title,
        detail=detail,
        since=since,
        works=works,
        sign_in=sign_in_address(request) if isinstance(error, NotAllowed) else None,
    )
