"""Is the process alive, is it ready, and how is it doing: /healthz, /readyz, /metrics."""

import psycopg
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from smartregion.api.context import Context
from smartregion.api.metrics import Figures, RequestMetrics
from smartregion.api.problems import problem
from smartregion.errors import SmartRegionError
from smartregion.overview import overview, total_books
from smartregion.store import migrate
from smartregion.store.database import require_url


class Health(BaseModel, use_attribute_docstrings=True):
    """The answer of a healthy process."""

    status: str
    """ok"""


def router(context: Context, metrics: RequestMetrics | None = None) -> APIRouter:
    """The three resources for machines that watch over us; mount them at the root of the server."""
    made = APIRouter(tags=["health"])
    figures = metrics or make_metrics(context)

    @made.get("/healthz", summary="Is the process alive?")
    def healthz() -> Health:
        """Answers as long as the process runs, whatever the database does."""
        return Health(status="ok")

    @made.get("/readyz", summary="Is the process ready for work?", response_model=Health)
    def readyz(request: Request) -> Health | Response:
        """Ready means: the database answers and its schema is the one of this version; else a 503 problem."""
        try:
            with context.connection() as connection:
                connection.execute("")
            pending = migrate.status(require_url(context.settings)).pending
        except (SmartRegionError, psycopg.Error) as error:
            return problem(request, 503, " ".join(str(error).split()), "not-ready")
        if pending:
            detail = f"schema: {', '.join(pending)} not applied: run `smartregion db migrate`"
            return problem(request, 503, detail, "not-ready")
        return Health(status="ok")

    @made.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse)
    def text() -> Response:
        """Requests of this process, books, quarantine, lag, silent devices."""
        return Response(figures.text(), media_type=CONTENT_TYPE_LATEST)

    return made


def make_metrics(context: Context) -> RequestMetrics:
    """Figures of this process and the database; make one and wrap the applications in `Measured`."""

    def read() -> Figures | None:
        try:
            with context.connection() as connection:
                return overview(connection, context.now(), context.settings.zone), total_books(connection)
        except (SmartRegionError, psycopg.Error):
            return None

    return RequestMetrics(read)
