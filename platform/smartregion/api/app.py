"""The application of the API, assembled from its resources; mounted under /api/v1."""

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from smartregion.api import (
    books,
    devices,
    export,
    kpi,
    live,
    operations,
    problems,
    roads,
    rules,
    tours,
    traffic,
    waste,
)
from smartregion.api.caching import ETags
from smartregion.api.context import Context
from smartregion.api.guard import require_reader
from smartregion.api.openapi import describe

_MIN_GZIP_BYTES = 1000
_GZIP_LEVEL = 4
_DESCRIPTION = """Everything that Smart Region knows and does, for programs.

Times are RFC 3339 in UTC; positions are (lon, lat) in WGS 84; a fill level is a share of the usable volume.
Lists take `from`, `to`, `limit` and `cursor`, and carry an ETag. Errors are problem details (RFC 9457).
Reading is open on this machine; from elsewhere it needs a key or a session. Writing needs an API key
(`Authorization: Bearer KEY`), a signed-in person, or, where nobody is registered, a page on this machine."""


def create_api(context: Context) -> FastAPI:
    """The API for one context; end its streams with `context.close()` when the server stops."""
    app = FastAPI(
        title="Smart Region",
        version="1",
        summary="Sensor data of a rural district, from sensor to tour.",
        description=_DESCRIPTION,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        # FastAPI's own documentation pages load scripts from foreign hosts.
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(require_reader)],
    )
    app.state.context = context
    for resources in (waste, rules, kpi, traffic, roads, tours, operations, books, devices, export, live):
        app.include_router(resources.router(context))
    problems.install(app)
    app.add_middleware(ETags)
    app.add_middleware(GZipMiddleware, minimum_size=_MIN_GZIP_BYTES, compresslevel=_GZIP_LEVEL)
    describe(app)
    return app
