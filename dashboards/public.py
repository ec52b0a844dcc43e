"""The public page: sites with their fill classes, open data, licences; nothing personal, all may read."""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from dashboards.frame import Frame, add_page
from dashboards.selection import matches
from smartregion.waste.due import DueRule
from smartregion.waste.levels import ContainerState, container_states

_CACHE = {"Cache-Control": "public, max-age=60"}
_ROWS = 200
_HALF = 0.5
_ORDER = ("full", "half", "free", "unknown")


@dataclasses.dataclass(frozen=True)
class PublicSite:
    """What everybody may know of a site; a fraction is as full as the emptiest of its containers."""

    id: str
    name: str
    street: str
    place: str
    lon: float
    lat: float
    fractions: dict[str, str]
    """Fill class by fraction: free, half, full or unknown."""
    level: float | None
    """Level of the fullest fraction, 0..1.2."""
    time: dt.datetime | None
    """Newest report of any container there, UTC."""

    @property
    def fill(self) -> str:
        """Class of the fullest fraction; unknown when nothing is known."""
        return min(self.fractions.values(), key=_ORDER.index, default="unknown")


def router(frame: Frame) -> APIRouter:
    """The public page and the positions that its map draws."""
    made = APIRouter()

    def show(request: Request, q: str = "", fraction: str = "") -> Response:
        everywhere = _sites(frame, "")
        sites = _sites(frame, fraction) if fraction else everywhere
        found = [one for one in sites if matches(q.casefold().split(), one.name, one.street, one.place)]
        return frame.render(
            request,
            "open.html",
            "open",
            live=False,
            stand=max((one.time for one in everywhere if one.time), default=None),
            sites=everywhere,
            counts=Counter(one.fill for one in sites),
            rows=sorted(found, key=lambda one: (one.place, one.name, one.id))[:_ROWS],
            found=len(found),
            full=DueRule().level,
            fractions=sorted({key for one in everywhere for key in one.fractions}),
            query=q.strip(),
            fraction=fraction,
        )

    def features(fraction: str = "") -> Response:
        return JSONResponse(collection(map(_feature, _sites(frame, fraction))), headers=_CACHE)

    add_page(made, "open", show)
    made.add_api_route("/open/sites.geojson", features, include_in_schema=False, response_model=None)
    return made


def fill_class(level: float | None) -> str:
    """free, half, full or unknown."""
    if level is None:
        return "unknown"
    return "full" if level >= DueRule().level else "half" if level >= _HALF else "free"


def public_sites(containers: Iterable[ContainerState], fraction: str = "") -> list[PublicSite]:
    """Sites with at least one container (of that fraction), by id."""
    groups: dict[str, list[ContainerState]] = {}
    for container in containers:
        if not fraction or container.fraction == fraction:
            groups.setdefault(container.site, []).append(container)
    return [_public_site(id, group) for id, group in sorted(groups.items())]


def collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection (RFC 7946)."""
    return {"type": "FeatureCollection", "features": list(features)}


def _public_site(id: str, containers: list[ContainerState]) -> PublicSite:
    levels: dict[str, float | None] = {}
    for one in containers:
        known = None if one.silent else one.level
        before = levels.get(one.fraction)
        levels[one.fraction] = known if before is None else before if known is None else min(known, before)
    first = containers[0]
    return PublicSite(
        id=id,
        name=first.site_name,
        street=first.street,
        place=first.place,
        lon=first.lon,
        lat=first.lat,
        fractions={key: fill_class(level) for key, level in sorted(levels.items())},
        level=max((level for level in levels.values() if level is not None), default=None),
        time=max((one.level_time for one in containers if one.level_time), default=None),
    )


def _sites(frame: Frame, fraction: str) -> list[PublicSite]:
    with frame.connection() as connection:
        return public_sites(container_states(connection, frame.now()), fraction)


def _feature(site: PublicSite) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": site.id,
        "geometry": {"type": "Point", "coordinates": [site.lon, site.lat]},
        "properties": {
            "name": site.name,
            "street": site.street,
            "place": site.place,
            "fractions": site.fractions,
            "level": site.level,
            "time": site.time.isoformat() if site.time else None,
        },
    }
