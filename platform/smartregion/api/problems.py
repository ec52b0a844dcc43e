"""Every error as a problem of RFC 9457: one line that names field, value and what was expected."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from smartregion.api.guard import NotAllowed
from smartregion.errors import Contended, DatabaseUnavailable, InvalidInput, NotFound, SmartRegionError

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:smartregion:problem:"
_RETRY_AFTER_S = 5
_log = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """One field that does not fit."""

    field: str = Field(description="Name of the parameter or of the field in the body, dots between levels.")
    value: Any = Field(description="What was sent; null when it is missing.")
    expected: str = Field(description="What would have been right.")


class Problem(BaseModel):
    """Problem details, RFC 9457."""

    type: str = Field(description="Kind of problem, a URN that never changes.")
    title: str = Field(description="The kind in words.")
    status: int = Field(description="HTTP status code.")
    detail: str = Field(description="What happened, in one line.")
    instance: str = Field(description="Path of the request.")
    errors: list[FieldProblem] = Field(default=[], description="Fields that do not fit, if that was it.")


def install(app: FastAPI) -> None:
    """Answer every error of this application as a problem."""
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(SmartRegionError, _ours)
    app.add_exception_handler(psycopg.Error, _database)
    app.add_exception_handler(Exception, _unexpected)


def problem(
    request: Request,
    status: int,
    detail: str,
    kind: str | None = None,
    errors: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """The response of one problem; `kind` defaults to the words of the status."""
    title = HTTPStatus(status).phrase
    body = Problem(
        type=_TYPE + (kind or title.lower().replace(" ", "-")),
        title=title,
        status=status,
        detail=detail,
        instance=request.url.path,
        errors=list(errors),
    )
    content = body.model_dump(mode="json", exclude_defaults=True)
    return JSONResponse(content, status, {"Cache-Control": "no-store", **(headers or {})}, MEDIA_TYPE)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    found = [_field_problem(one) for one in error.errors()]
    first = found[0]
    value = "missing" if first.value is None else repr(str(first.value)[:80])
    detail = f"{first.field}: {value}: expected {first.expected}"
    return problem(request, 422, detail, "invalid-input", found)


def _field_problem(error: dict[str, Any]) -> FieldProblem:
    where = [str(part) for part in error["loc"][1:]] or [str(part) for part in error["loc"]]
    missing = error["type"] == "missing"
    expected = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if expected == "Input should have timezone info":
        expected = "an RFC 3339 time with an offset, like 2026-11-21T06:00:00Z"
    value = None if missing else error.get("input")
    if value is not None and not isinstance(value, (int, float, bool)):
        value = str(value)[:200]
    return FieldProblem(field=".".join(where), value=value, expected="a value" if missing else expected)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    detail = str(error.detail)
    if error.status_code == 404:
        detail = f"path: {request.url.path!r} is not a resource of this API"
    elif error.status_code == 405:
        detail = f"method: {request.method!r} is not allowed here"
    return problem(request, error.status_code, detail, headers=dict(error.headers or {}))


async def _ours(request: Request, error: Exception) -> Response:
    if isinstance(error, NotAllowed):
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
        return problem(request, error.status, str(error), headers=headers)
    if isinstance(error, InvalidInput):
        wrong = FieldProblem(field=error.field, value=str(error.value)[:200], expected=error.expected)
        return problem(request, 422, str(error), "invalid-input", [wrong])
    if isinstance(error, NotFound):
        return problem(request, 404, str(error))
    if isinstance(error, DatabaseUnavailable):
        return problem(request, 503, str(error), "database-unavailable", headers=_retry())
    return problem(request, 409, str(error), headers=_retry() if isinstance(error, Contended) else None)


async def _database(request: Request, error: Exception) -> Response:
    reason = " ".join(str(error).split())[:200]
    if isinstance(error, psycopg.OperationalError):
        return problem(request, 503, f"database: {reason}", "database-unavailable", headers=_retry())
    if isinstance(error, (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction)):
        detail = "database: the schema is not complete: run `smartregion db migrate`"
        return problem(request, 503, detail, "database-unavailable", headers=_retry())
    return await _unexpected(request, error)


async def _unexpected(request: Request, error: Exception) -> Response:
    _log.error("request %s %s failed", request.method, request.url.path, exc_info=error)
    return problem(request, 500, "an error of ours; the server's log has the details")


def _retry() -> dict[str, str]:
    return {"Retry-After": str(_RETRY_AFTER_S)}
