"""Who may read and who may write: API key, signed-in session, or this machine while nobody is registered."""

import ipaddress
import urllib.parse

from fastapi import Request

from smartregion import access
from smartregion.access import Identity, Role
from smartregion.api.context import Context
from smartregion.errors import SmartRegionError
from smartregion.store.database import Connection

SESSION_COOKIE = "smartregion_session"
"""Name of the cookie that carries the token of `access.sign_in`."""
_LOCAL = Identity("this machine", "admin")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class NotAllowed(SmartRegionError):
    """The request needs somebody else; `status` is 401 (nobody known) or 403 (known, but may not)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def require_writer(request: Request, role: Role = "dispatcher") -> Identity:
    """Who asks for a change, with at least `role`.

    An API key (`Authorization: Bearer`), a session from our own pages, or, as long as nobody is registered, a
    browser on this machine that shows one of our own pages. Raises NotAllowed; DatabaseUnavailable.
    """
    context = _context(request)
    with context.connection() as connection:
        found = _known(request, connection, context)
        by_key = "authorization" in request.headers
        if found is None and _is_local(request) and not access.has_people(connection):
            found = _LOCAL
    if found is None:
        raise NotAllowed(401, "authorization: missing: expected an API key or a signed-in person")
    if not by_key and not same_origin(request):
        raise NotAllowed(403, "origin: the request did not come from a page of this server: send an API key")
    if not access.may(found.role, role):
        raise NotAllowed(403, f"role: {found.name} is {found.role}, expected {role} or more")
    return found


def require_reader(request: Request) -> Identity | None:
    """Who asks to read; None for anybody on this machine. Raises NotAllowed for a stranger from elsewhere."""
    local = is_loopback(request)
    if local and "authorization" not in request.headers:
        return None
    context = _context(request)
    with context.connection() as connection:
        found = _known(request, connection, context)
    if found is None and not local:
        raise NotAllowed(401, "authorization: missing: expected an API key or a signed-in person")
    return found


def person(request: Request) -> Identity | None:
    """Who is signed in by the session cookie, if anybody."""
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        return None
    context = _context(request)
    with context.connection() as connection:
        return access.by_session(connection, token, context.now())


def is_loopback(request: Request) -> bool:
    """Does the connection come from this machine?"""
    return request.client is not None and _loopback_address(request.client.host)


def same_origin(request: Request) -> bool:
    """Does the browser say that a page of this very server sent the request?

    `Sec-Fetch-Site` counts when it is there, else `Origin` must name the host that was asked. A request with
    neither is not from a browser's page.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and urllib.parse.urlsplit(origin).netloc == request.headers.get("host")


def _known(request: Request, connection: Connection, context: Context) -> Identity | None:
    """Whoever the API key or the session names; a wrong key is an error, never a reason to look further."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, key = header.partition(" ")
        found = access.by_key(connection, key.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise NotAllowed(401, "authorization: not a valid API key: expected `Bearer KEY`")
        return found
    token = request.cookies.get(SESSION_COOKIE)
    return access.by_session(connection, token, context.now()) if token else None


def _is_local(request: Request) -> bool:
    """From this machine, asked by a name of this machine (a foreign name may be rebound), past no proxy."""
    host = urllib.parse.urlsplit("//" + request.headers.get("host", "")).hostname or ""
    return (
        is_loopback(request)
        and (host == "localhost" or _loopback_address(host))
        and not any(header in request.headers for header in _FORWARDED)
    )


def _loopback_address(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _context(request: Request) -> Context:
    context = request.app.state.context
    assert isinstance(context, Context)  # noqa: S101 - every application of ours keeps it there
    return context
