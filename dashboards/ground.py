"""What lies under every map: the region's streets and the names of its places; public."""

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from dashboards.frame import Frame
from dashboards.public import collection
from smartregion.kept import Kept
from smartregion.roads.store import load_roads
from smartregion.waste.levels import SiteState, site_states

_CACHE = {"Cache-Control": "public, max-age=3600"}
_drawn: Kept[bytes] = Kept()


def router(frame: Frame) -> APIRouter:
    """Streets and places as GeoJSON."""
    made = APIRouter()

    def places() -> Response:
        with frame.connection() as connection:
            sites = site_states(connection, ())
        return JSONResponse(collection(places_of(sites)), headers=_CACHE)

    def roads() -> Response:
        with frame.connection() as connection:
            known = load_roads(connection)
            drawn = _drawn.get(
                connection, "roads", known.id, lambda: msgspec.json.encode(known.network.geojson())
            )
        return Response(drawn, media_type="application/geo+json", headers=_CACHE)

    made.add_api_route("/open/roads.geojson", roads, include_in_schema=False, response_model=None)
    made.add_api_route("/open/places.geojson", places, include_in_schema=False, response_model=None)
    return made


def places_of(sites: Sequence[SiteState]) -> list[dict[str, Any]]:
    """A feature for each place, in the middle of its sites, with their number as `objects`."""
    by_name: dict[str, list[SiteState]] = {}
    for site in sites:
        if site.place:
            by_name.setdefault(site.place, []).append(site)
    return [
        {
            "type": "Feature",
            "id": name,
            "geometry": {
                "type": "Point",
                "coordinates": [
                    sum(site.lon for site in group) / len(group),
                    sum(site.lat for site in group) / len(group),
                ],
            },
            "properties": {"name": name, "objects": len(group)},
        }
        for name, group in sorted(by_name.items())
    ]
