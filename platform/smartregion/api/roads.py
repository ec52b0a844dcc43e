"""Road segments with their condition, and the street network as the ground of maps."""

import datetime as dt
import gzip
from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query, Response

from smartregion.api import geojson
from smartregion.api.caching import etag
from smartregion.api.context import Context
from smartregion.api.paging import Page, PartOf, SpanOf
from smartregion.kept import Kept
from smartregion.roads.condition import SegmentState, segment_states
from smartregion.roads.store import Roads, load_roads

_MAX_SEGMENTS = 100_000
_GZIP_LEVEL = 6


@dataclass(frozen=True)
class Segment:
    """A stretch of road in one direction, as vehicles found it."""

    id: str
    """OSM way, f or b for the direction, place on the way."""
    name: str
    """Name of the road, else its number, else empty."""
    road_class: str
    """Value of OpenStreetMap's highway."""
    surface: str
    """As tagged in OpenStreetMap; setts are rough by nature."""
    length_m: float
    """Length, m."""
    ride_index: float | None
    """Median over its passes, m/s²; relative: for ranking and change over time, neither IRI nor ZEB."""
    passes: int
    """Drives over it in the last 14 days."""
    last_time: dt.datetime
    """Event time of the last drive, UTC."""
    surface_temp_c: float | None
    """Temperature of the surface in the last hours, °C."""
    state: str | None
    """slippery, freezing, frosty, wet, moist or dry in the last hours; null when nobody measured it."""
    line: list[tuple[float, float]]
    """Positions (lon, lat) in driving direction, degrees WGS 84."""


@dataclass(frozen=True)
class _Map:
    """The street network as compressed GeoJSON, with the tag of its content."""

    packed: bytes
    tag: str


_maps: Kept[_Map] = Kept()


def router(context: Context) -> APIRouter:
    """Resources of the roads domain."""
    made = APIRouter(tags=["roads"])

    @made.get(
        "/segments",
        summary="Road segments by condition",
        response_model=Page[Segment],
        responses=geojson.OPENAPI,
    )
    def segments(
        span: SpanOf,
        part: PartOf,
        state: Annotated[list[str] | None, Query(description="Only segments in these states.")] = None,
        format: geojson.Format = "json",
    ) -> Page[Segment] | Response:
        """Segments over which vehicles drove in the last 14 days: slippery ones first, then the roughest.
        `from` and `to` narrow to segments last driven in that span."""
        with context.connection() as connection:
            found = segment_states(connection, context.now(), _MAX_SEGMENTS)
        chosen = [one for one in found if span.holds(one.last_time) and (not state or one.state in state)]
        rows, next = part.behind(chosen, lambda one: one.id)
        items = [_segment(row) for row in rows]
        return geojson.page(format, items, lambda one: geojson.line(one.line), ("line",), next)

    @made.get(
        "/roads/network",
        summary="The street network",
        response_class=Response,
        responses={
            200: {
                "description": "GeoJSON: a line for each street with `class` and `name`.",
                "content": geojson.CONTENT,
            },
            404: {"description": "No network was imported."},
        },
    )
    def network(
        accept_encoding: Annotated[str, Header(description="gzip makes it a quarter of the size.")] = "",
    ) -> Response:
        """Streets of the network imported last, with class and name; © OpenStreetMap contributors (ODbL)."""
        with context.connection() as connection:
            roads = load_roads(connection)
            ground = _maps.get(connection, "map", roads.id, lambda: _packed(roads))
        headers = {
            "ETag": ground.tag,
            "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding",
        }
        if "gzip" in accept_encoding:
            headers["Content-Encoding"] = "gzip"
            return Response(ground.packed, media_type=geojson.MEDIA_TYPE, headers=headers)
        return Response(gzip.decompress(ground.packed), media_type=geojson.MEDIA_TYPE, headers=headers)

    return made


def _packed(roads: Roads) -> _Map:
    """The whole map, compressed once for everybody."""
    content = msgspec.json.encode(roads.network.geojson())
    return _Map(gzip.compress(content, _GZIP_LEVEL), etag(content))


def _segment(state: SegmentState) -> Segment:
    return Segment(
        id=state.id,
        name=state.name,
        road_class=state.class_,
        surface=state.surface,
        length_m=round(state.length_m, 1),
        ride_index=_rounded(state.ride_index, 3),
        passes=state.passes,
        last_time=state.last_time,
        surface_temp_c=_rounded(state.surface_temp_c, 1),
        state=state.state,
        line=[(round(lon, 5), round(lat, 5)) for lon, lat in zip(state.lon, state.lat, strict=True)],
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
