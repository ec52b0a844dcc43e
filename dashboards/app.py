"""The web application: pages, the API under /api/v1, health, static files; one factory."""

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from dashboards import (
    books,
    devices,
    engineering,
    failures,
    ground,
    kpi,
    lifts,
    plans,
    public,
    quarantine,
    roads,
    rules,
    sign_in,
    tours,
    traffic,
    urls,
    waste,
    words,
)
from dashboards.assets import STATIC_DIR, VersionedFiles
from dashboards.behind_proxy import BehindProxy
from dashboards.frame import Frame
from dashboards.headers import SecurityHeaders
from smartregion.api import create_api, health
from smartregion.api.context import Context
from smartregion.api.metrics import Measured
from smartregion.settings import Settings
from smartregion.settings import settings as read_settings
from smartregion.steering import SimulatorLink
from smartregion.store.database import Pool, open_pool, require_url

_MIN_GZIP_BYTES = 1000
_GZIP_LEVEL = 4


def create_app(
    settings: Settings | None = None,
    pool: Pool | None = None,
    clock: Callable[[], dt.datetime] | None = None,
    https: bool = False,
    behind_proxy: bool = False,
) -> FastAPI:
    """The application; what is not given comes from the settings of this process.

    `https` says that browsers reach it by TLS, `behind_proxy` that only a TLS proxy does. A pool that is made
    here is closed with the application. Raises SettingsError and DatabaseUnavailable.
    """
    chosen = settings or read_settings()
    opened = pool or open_pool(require_url(chosen))
    context = Context(opened, chosen, clock or (lambda: dt.datetime.now(dt.UTC)))

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        context.close()
        simulator.close()
        if pool is None:
            opened.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.context = context
    frame = Frame(context)
    simulator = SimulatorLink(chosen.mqtt_url.get_secret_value())
    metrics = health.make_metrics(context)
    app.mount("/static", VersionedFiles(directory=STATIC_DIR))
    app.mount("/api/v1", create_api(context))
    app.include_router(health.router(context, metrics), include_in_schema=False)
    for public_part in (
        public.router(frame),
        ground.router(frame),
        sign_in.router(frame, https or behind_proxy),
    ):
        app.include_router(public_part)

    def known(request: Request) -> None:
        sign_in.visitor(frame, request)

    for rooms in (
        waste.router(frame),
        lifts.router(frame),
        plans.router(frame),
        rules.router(frame),
        kpi.router(frame),
        tours.router(frame),
        traffic.router(frame),
        roads.router(frame),
        engineering.router(frame, simulator),
        books.router(frame),
        quarantine.router(frame),
        devices.router(frame),
    ):
        app.include_router(rooms, dependencies=[Depends(known)])
    _lead_home(app)
    failures.install(app, frame)
    app.add_middleware(GZipMiddleware, minimum_size=_MIN_GZIP_BYTES, compresslevel=_GZIP_LEVEL)
    app.add_middleware(SecurityHeaders, https=https or behind_proxy)
    app.add_middleware(Measured, metrics=metrics)
    if behind_proxy:
        app.add_middleware(BehindProxy)
    return app


def _lead_home(app: FastAPI) -> None:
    """Addresses that are not pages themselves: / and the language's root, and words of the other language."""

    def home() -> Response:
        return RedirectResponse(urls.address("waste", words.LANGUAGES[0]))

    def other_words(request: Request) -> Response:
        language = request.url.path.split("/")[1]
        right = urls.in_language(request.url.path, language)
        if request.url.path.strip("/") == language:
            right = urls.address("waste", language)
        if right == request.url.path:
            raise HTTPException(404)
        return RedirectResponse(right + (f"?{request.url.query}" if request.url.query else ""))

    app.add_api_route("/", home, include_in_schema=False, response_model=None)
    for language in words.LANGUAGES:
        app.add_api_route(f"/{language}", other_words, include_in_schema=False, response_model=None)
        app.add_api_route(
            f"/{language}/{{rest:path}}", other_words, include_in_schema=False, response_model=None
        )
