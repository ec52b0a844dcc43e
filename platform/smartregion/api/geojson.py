"""Lists as GeoJSON, RFC 7946: positions are (lon, lat) in WGS 84."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from fastapi import Query
from fastapi.responses import Response
from pydantic import BaseModel

from smartregion.api.paging import Page, Part

T = TypeVar("T")
MEDIA_TYPE = "application/geo+json"
Format = Annotated[
    Literal["json", "geojson"], Query(description="json, or geojson: a FeatureCollection (RFC 7946).")
]
Geometry = dict[str, Any]


class Feature(BaseModel, use_attribute_docstrings=True):
    """One feature of GeoJSON."""

    type: Literal["Feature"] = "Feature"
    """Always Feature."""
    id: str | int | None = None
    """Id of the thing; streets have none."""
    geometry: dict[str, Any]
    """Point or LineString, positions [lon, lat] in WGS 84."""
    properties: dict[str, Any]
    """The fields of the thing as in the list."""


class FeatureCollection(BaseModel, use_attribute_docstrings=True):
    """GeoJSON, RFC 7946."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    """Always FeatureCollection."""
    features: list[Feature]
    """The things of the list."""
    next: str | None = None
    """Cursor of the part that follows; null at the end."""


Responses = dict[int | str, dict[str, Any]]


def told(description: str) -> Responses:
    """`responses` of an operation that answers in GeoJSON, for the OpenAPI document."""
    schema = {"$ref": "#/components/schemas/FeatureCollection"}
    return {200: {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}}


OPENAPI = told("The list, as JSON or as GeoJSON.")
"""`responses` of an operation that takes `format`."""


def answer(content: object) -> Response:
    """The response of a GeoJSON object."""
    return Response(msgspec.json.encode(content), media_type=MEDIA_TYPE)


def response(
    items: Iterable[T], geometry: Callable[[T], Geometry], leave_out: Iterable[str], next: str | None
) -> Response:
    """A FeatureCollection of dataclasses with an `id`; `leave_out` names fields that the geometry tells."""
    hidden = {*leave_out, "id"}
    features = []
    for item in items:
        names = [field.name for field in dataclasses.fields(item)]  # type: ignore[arg-type]
        properties = {name: getattr(item, name) for name in names if name not in hidden}
        features.append(
            {
                "type": "Feature",
                "id": item.id,  # type: ignore[attr-defined]
                "geometry": geometry(item),
                "properties": properties,
            }
        )
    return answer({"type": "FeatureCollection", "features": features, "next": next})


def page(
    format: str,
    items: list[T],
    geometry: Callable[[T], Geometry],
    leave_out: Iterable[str],
    next: str | None,
) -> Page[T] | Response:
    """Part of a list as `format` asks; for geojson see `response`."""
    if format == "geojson":
        return response(items, geometry, leave_out, next)
    return Page(items=items, next=next)


def at_place(format: str, items: Iterable[T], order: Callable[[T], str], part: Part) -> Page[T] | Response:
    """Part of a list of things with lon and lat, which are ordered by the text `order`."""
    found, next = part.of(items, order)
    return page(format, found, _place_of, ("lon", "lat"), next)


def _place_of(one: Any) -> Geometry:
    return point(one.lon, one.lat)


def point(lon: float, lat: float) -> Geometry:
    """A position."""
    return {"type": "Point", "coordinates": [lon, lat]}


def line(positions: Iterable[Iterable[float]]) -> Geometry:
    """A line along [lon, lat] positions."""
    return {"type": "LineString", "coordinates": [list(position) for position in positions]}
