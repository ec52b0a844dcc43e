"""The public page: sites with their fill classes, open data, licences; nothing personal, all may read."""

from collections import Counter
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from dashboards.frame import Frame, add_page
from dashboards.selection import matches
from smartregion.waste.due import DueRule
from smartregion.waste.levels import SiteState, container_states, site_states

_CACHE = {"Cache-Control": "public, max-age=60"}
_ROWS = 200


def router(frame: Frame) -> APIRouter:
    """The public page and the positions that its map draws."""
    made = APIRouter()

    def show(request: Request, q: str = "", fraction: str = "") -> Response:
        sites = _sites(frame)
        words = q.casefold().split()
        found = [
            one
            for one in sites
            if matches(words, one.name, one.street, one.place) and (not fraction or fraction in one.fractions)
        ]
        return frame.render(
            request,
            "open.html",
            "open",
            live=False,
            stand=max((one.level_time for one in sites if one.level_time), default=None),
            sites=sites,
            counts=Counter(map(fill_class, sites)),
            rows=sorted(found, key=lambda one: (one.place, one.name, one.id))[:_ROWS],
            found=len(found),
            fill_class=fill_class,
            full=DueRule().level,
            fractions=sorted({key for one in sites for key in one.fractions}),
            query=q.strip(),
            fraction=fraction,
        )

    def features() -> Response:
        return JSONResponse(collection([_feature(one) for one in _sites(frame)]), headers=_CACHE)

    add_page(made, "open", show)
    made.add_api_route("/open/sites.geojson", features, include_in_schema=False, response_model=None)
    return made


def fill_class(site: SiteState) -> str:
    """What citizens want to know of a site: free, half, full, or unknown."""
    if site.level is None:
        return "unknown"
    return "full" if site.level >= DueRule().level else "half" if site.level >= 0.5 else "free"


def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection (RFC 7946)."""
    return {"type": "FeatureCollection", "features": features}


def _sites(frame: Frame) -> list[SiteState]:
    with frame.connection() as connection:
        return site_states(connection, container_states(connection, frame.now()))


def _feature(site: SiteState) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": site.id,
        "geometry": {"type": "Point", "coordinates": [site.lon, site.lat]},
        "properties": {
            "name": site.name,
            "street": site.street,
            "place": site.place,
            "fractions": list(site.fractions),
            "level": site.level,
            "class": fill_class(site),
            "time": site.level_time.isoformat() if site.level_time else None,
        },
    }
