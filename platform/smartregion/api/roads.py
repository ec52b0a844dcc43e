"""Road segments with their condition, and the street network as the ground of maps."""

import datetime as dt
import gzip
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Header, Query, Response

from routing.roads import ROAD_CLASSES
from routing.roads.network import Box
from smartregion.api import geojson
from smartregion.api.caching import etag
from smartregion.api.context import Context
from smartregion.api.paging import Page, PartOf, SpanOf
from smartregion.errors import InvalidInput
from smartregion.kept import Kept
from smartregion.roads.condition import SegmentState, segment_states
from smartregion.roads.drawn import reach_geojson
from smartregion.roads.store import Roads, load_network, load_roads
from smartregion.roads.ways import reach_of, route

_MAX_SEGMENTS = 100_000
_GZIP_LEVEL = 6
LonOf = Annotated[float, Query(ge=-180, le=180, description="Degrees, WGS 84.")]
LatOf = Annotated[float, Query(ge=-90, le=90, description="Degrees, WGS 84.")]


@dataclass(frozen=True)
class RouteStep:
    """One thing to do on the way, and how far to drive then."""

    kind: str
    """depart, straight, slight_left, turn_left, sharp_left (or right), u_turn, roundabout or arrive."""
    street: str
    """Name or number of the road that follows; empty when it has none."""
    distance_m: float
    """Up to the next step, m."""
    text: str
    """The step in words."""
    lon: float
    """Where it is done, degrees."""
    lat: float
    """Degrees."""


@dataclass(frozen=True)
class RouteAnswer:
    """The fastest way from one position to another."""

    distance_m: float
    """Length, m."""
    duration_s: float
    """Driving time, s."""
    steps: list[RouteStep]
    """From departure to arrival."""
    line: list[tuple[float, float]]
    """Positions (lon, lat) in driving direction, degrees WGS 84."""
    warnings: list[str]
    """An end that lies more than 100 m from the nearest road."""


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
        responses=_on_roads("GeoJSON: a line for each street with `class` and `name`."),
    )
    def network(
        accept_encoding: Annotated[str, Header(description="gzip makes it a quarter of the size.")] = "",
        bbox: Annotated[
            str | None,
            Query(description="Only streets that touch the box `west,south,east,north`."),
        ] = None,
        min_class: Annotated[
            str | None, Query(description="Only this class of highway and those above it, as `tertiary`.")
        ] = None,
    ) -> Response:
        """Streets of the network imported last, with class and name; © OpenStreetMap contributors (ODbL)."""
        with context.connection() as connection:
            roads = load_roads(connection)
            if bbox is not None or min_class is not None:
                part = roads.network.geojson(_box(bbox), _road_class(min_class))
                return geojson.answer(part)
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

    @made.get("/roads/route", summary="The fastest way between two positions", response_model=RouteAnswer)
    def route_between(
        from_lon: LonOf,
        from_lat: LatOf,
        to_lon: LonOf,
        to_lat: LatOf,
        language: Annotated[Literal["de", "en"], Query(description="Language of the texts.")] = "de",
    ) -> RouteAnswer:
        """For a truck, by its limits and all turn rules, with the turns in words."""
        with context.connection() as connection:
            network = load_network(connection)
        found = route(network, (from_lon, from_lat), (to_lon, to_lat), language)
        steps = [
            RouteStep(step.kind, step.street, step.distance_m, text, round(step.lon, 6), round(step.lat, 6))
            for step, text in zip(found.steps, found.texts, strict=True)
        ]
        return RouteAnswer(
            distance_m=round(found.distance_m, 1),
            duration_s=round(found.duration_s, 1),
            steps=steps,
            line=list(found.line),
            warnings=list(found.warnings()),
        )

    @made.get(
        "/roads/isochrones",
        summary="How far a truck gets",
        response_class=Response,
        responses=_on_roads("GeoJSON: a MultiPolygon for each time with what it holds, the longest first."),
    )
    def isochrones(
        lon: LonOf,
        lat: LatOf,
        minutes: Annotated[
            list[float] | None, Query(description="Times, up to 6 (default 10, 20, 30).", max_length=6)
        ] = None,
    ) -> Response:
        """Areas that are reached in each time, with km of road, km², and how many sites and containers."""
        with context.connection() as connection:
            found, _ = reach_of(connection, (lon, lat), minutes or [10.0, 20.0, 30.0])
        return geojson.answer(reach_geojson(found))

    return made


def _on_roads(description: str) -> geojson.Responses:
    """`responses` of an operation that needs a network."""
    return geojson.told(description) | {404: {"description": "No network was imported."}}


def _box(text: str | None) -> Box | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidInput("bbox", text, "four numbers: west,south,east,north") from error
    if not (west < east and south < north):
        raise InvalidInput("bbox", text, "west below east and south below north")
    return west, south, east, north


def _road_class(name: str | None) -> str | None:
    if name is not None and name not in ROAD_CLASSES:
        raise InvalidInput("min_class", name, f"one of {', '.join(ROAD_CLASSES)}")
    return name


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
