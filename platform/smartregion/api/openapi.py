"""The OpenAPI document: what FastAPI cannot know, errors as problems and ways to sign in."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from smartregion.api.devices import ImportReport
from smartregion.api.geojson import FeatureCollection
from smartregion.api.guard import SESSION_COOKIE
from smartregion.api.paging import Page
from smartregion.api.problems import MEDIA_TYPE, Problem
from smartregion.api.roads import RouteAnswer, RouteStep
from smartregion.books import Recount
from smartregion.overview import Overview
from smartregion.registry.devices import Adopted
from smartregion.traffic.curves import DayCurve
from smartregion.traffic.dtv import Dtv
from smartregion.traffic.series import SeriesStep
from smartregion.waste.forecasts import ContainerForecast
from smartregion.waste.kpi import Kpis
from smartregion.waste.plan_week import WeekDay
from smartregion.waste.plans import PlanState, TourSheet
from smartregion.waste.ticks import Progress
from smartregion.waste.told_lifts import Lift

_REF = "#/components/schemas/{model}"
_ANSWERS = (
    Overview,
    ContainerForecast,
    Lift,
    DayCurve,
    Dtv,
    SeriesStep,
    PlanState,
    TourSheet,
    ImportReport,
    Adopted,
    Recount,
    RouteAnswer,
    RouteStep,
    Progress,
    Kpis,
    WeekDay,
)
"""Dataclasses answered as they are; inside a page the docstrings of their fields are found anyway."""
_ALWAYS = {
    "401": "Nobody known: an API key or a signed-in person is needed.",
    "503": "The database does not answer; try again after `Retry-After` seconds.",
}
_WRITING = {
    "403": "Known, but not allowed to do that, or the request came from a foreign page.",
    "409": "The thing asked cannot be done in the present state.",
}


def describe(app: FastAPI) -> None:
    """Make the application serve the whole document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(_generated(app))
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _generated(app: FastAPI) -> dict[str, Any]:
    return get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        license_info=app.license_info,
        routes=app.routes,
        servers=app.servers,
    )


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for answer in _ANSWERS:
        page = Page[answer].model_json_schema(mode="serialization", ref_template=_REF)  # type: ignore[valid-type]
        schemas.update({name: page["$defs"][name] for name in page["$defs"] if name in schemas})
    for model in (Problem, FeatureCollection):
        schema = model.model_json_schema(ref_template=_REF)
        schemas.update(schema.pop("$defs"))
        schemas[model.__name__] = schema
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key of `smartregion keys`."},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": SESSION_COOKIE,
            "description": "A signed-in person.",
        },
    }
    document["security"] = [{}, {"key": []}, {"session": []}]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _add_problems(operation, "{" in path, method == "post")
    return document


def _add_problems(operation: dict[str, Any], named: bool, writes: bool) -> None:
    wanted = dict(_ALWAYS)
    if named:
        wanted["404"] = "No such thing."
    if "422" in operation["responses"]:
        wanted["422"] = "A parameter or a field of the body does not fit; `errors` names it."
    if writes:
        wanted |= _WRITING
        operation["security"] = [{"key": []}, {"session": []}]
    content = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}
    responses = operation["responses"]
    for status, description in wanted.items():
        responses[status] = {"description": description}
    for status, answer in responses.items():
        if int(status) >= 400:
            answer["content"] = content
