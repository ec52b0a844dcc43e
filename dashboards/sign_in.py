"""Signing in and out, and who may see pages: everybody on this machine, signed-in people from elsewhere."""

import datetime as dt
import math
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from dashboards import urls
from dashboards.frame import Frame, add_page, gettext_of, language_of
from smartregion import access
from smartregion.api.guard import SESSION_COOKIE, NotAllowed, person, require_reader, same_origin
from smartregion.guesses import Guesses

_GUESSES_A_NAME = 5
_GUESSES_AN_ADDRESS = 30
_GUESS_WINDOW = dt.timedelta(minutes=15)


def router(frame: Frame, https: bool) -> APIRouter:
    """The sign-in page; `https` keeps the cookie from plain connections."""
    made = APIRouter()
    by_name = Guesses(_GUESSES_A_NAME, _GUESS_WINDOW)
    by_address = Guesses(_GUESSES_AN_ADDRESS, _GUESS_WINDOW)

    def show(request: Request, next: str = "") -> Response:
        return _form(frame, request, local_path(next))

    def act(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "",
        leave: Annotated[str, Form()] = "",
    ) -> Response:
        if not same_origin(request):
            raise NotAllowed(403, "origin: the request did not come from a page of this server")
        home = urls.address("waste", language_of(request))
        if leave:
            return _sign_out(frame, request)
        _ = gettext_of(request)
        now = frame.now()
        address = request.client.host if request.client else ""
        pause = max(by_name.wait((address, name), now), by_address.wait(address, now))
        if pause:
            minutes = math.ceil(pause / dt.timedelta(minutes=1))
            error = _("Zu viele falsche Versuche. Wieder möglich in %(minutes)s min.") % {"minutes": minutes}
            return _form(frame, request, local_path(next), error, name, 429)
        with frame.connection() as connection:
            token = access.sign_in(connection, name, password, now)
        if token is None:
            by_name.wrong((address, name), now)
            by_address.wrong(address, now)
            error = _("Name oder Passwort stimmen nicht.")
            return _form(frame, request, local_path(next), error, name, 401)
        by_name.right((address, name))
        answer = RedirectResponse(local_path(next) or home, 303)
        answer.set_cookie(
            SESSION_COOKIE,
            token,
            max_age=int(access.SESSION_LENGTH.total_seconds()),
            httponly=True,
            secure=https,
            samesite="lax",
        )
        return answer

    add_page(made, "sign_in", show)
    add_page(made, "sign_in", act, ["POST"])
    return made


def visitor(frame: Frame, request: Request) -> None:
    """Let readers in and remember who they are for the page's head; raises NotAllowed."""
    require_reader(request)
    known = person(request)
    request.state.person = known.name if known else None
    if known is None:
        with frame.connection() as connection:
            request.state.sign_in_offered = access.has_people(connection)


def sign_in_address(request: Request) -> str:
    """The sign-in page that leads back to the page asked for."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return urls.address("sign_in", language_of(request)) + f"?next={quote(asked, safe='')}"


def local_path(path: str) -> str:
    """`path` when it stays on this server, else nothing: signing in leads nobody elsewhere."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else ""


def _sign_out(frame: Frame, request: Request) -> Response:
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        with frame.connection() as connection:
            access.sign_out(connection, token)
    answer = RedirectResponse(urls.address("sign_in", language_of(request)), 303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


def _form(
    frame: Frame, request: Request, next: str, error: str = "", name: str = "", status: int = 200
) -> Response:
    return frame.render(request, "sign_in.html", "", status, live=False, error=error, next=next, name=name)
