"""Routes and isochrones as GeoJSON and as a picture."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from smartregion.roads.ways import Position, Reach, Route

_WIDTH = 900.0
_MARGIN = 20.0
_ROW = 22.0
# Darker is nearer; told apart by people who see no red or green, too.
_FILLS = ("#deebf7", "#9ecae1", "#4292c6", "#2171b5", "#08519c", "#08306b")


def route_geojson(found: Route) -> dict[str, Any]:
    """The line with its length and duration, and a point for each step."""
    line = {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": [list(position) for position in found.line]},
        "properties": {
            "distance_m": round(found.distance_m, 1),
            "duration_s": round(found.duration_s, 1),
        },
    }
    points = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(step.lon, 6), round(step.lat, 6)]},
            "properties": {
                "kind": step.kind,
                "text": text,
                "street": step.street,
                "distance_m": step.distance_m,
            },
        }
        for step, text in zip(found.steps, found.texts, strict=True)
    ]
    return {"type": "FeatureCollection", "features": [line, *points]}


def reach_geojson(found: Sequence[Reach]) -> dict[str, Any]:
    """A MultiPolygon for each time, the longest first."""
    features = [
        {
            "type": "Feature",
            "geometry": {
                "type": "MultiPolygon",
                "coordinates": [
                    [[list(position) for position in ring] for ring in polygon]
                    for polygon in one.isochrone.polygons
                ],
            },
            "properties": reach_row(one),
        }
        for one in found
    ]
    return {"type": "FeatureCollection", "features": features}


def reach_row(one: Reach) -> dict[str, float]:
    """What the table tells of one time."""
    return {
        "minutes": round(one.minutes, 2),
        "road_km": round(one.isochrone.road_m / 1000, 1),
        "area_km2": round(one.isochrone.area_km2, 1),
        "sites": one.sites,
        "containers": one.containers,
    }


def reach_svg(found: Sequence[Reach], start: Position) -> str:
    """The areas around their start, north up, and below them the table of what they hold."""
    points = np.array([p for one in found for polygon in one.isochrone.polygons for p in polygon[0]])
    low, high = points.min(axis=0), points.max(axis=0)
    shrink = np.array((np.cos(np.radians((low[1] + high[1]) / 2)), 1.0))
    scale = (_WIDTH - 2 * _MARGIN) / float(((high - low) * shrink).max())

    def at(position: Position) -> str:
        x, y = (np.array(position) - low) * shrink * scale
        return f"{_MARGIN + x:.1f} {_MARGIN + (high[1] - low[1]) * scale - y:.1f}"

    parts = []
    for number, one in enumerate(found):
        rings = [ring for polygon in one.isochrone.polygons for ring in polygon]
        path = "".join("M" + "L".join(at(position) for position in ring[:-1]) + "z" for ring in rings)
        fill = _fill(number)
        label = f"{one.minutes:g} min"
        parts.append(f'<path d="{path}" fill="{fill}" stroke="#fff"><title>{label}</title></path>')
    x, y = at(start).split()
    parts.append(f'<circle cx="{x}" cy="{y}" r="6" fill="#b3541e" stroke="#fff" stroke-width="2"/>')
    top = 2 * _MARGIN + float(high[1] - low[1]) * scale
    names = ("min", "km", "km²", "sites", "containers")
    rows = [names, *(tuple(f"{value:g}" for value in reach_row(one).values()) for one in found)]
    for number in range(len(found)):
        place = f'x="{_MARGIN}" y="{top + _ROW * (number + 1) - 13:.0f}"'
        parts.append(f'<rect {place} width="30" height="15" fill="{_fill(number)}"/>')
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            place = f'x="{_MARGIN + 110 * (column + 1)}" y="{top + _ROW * number:.0f}"'
            parts.append(f'<text {place} text-anchor="end" font-size="15">{escape(text)}</text>')
    height = top + _ROW * len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {height:.0f}" role="img">'
        f"<title>Reached from {start[0]:.5f} {start[1]:.5f}</title>"
        '<rect width="100%" height="100%" fill="#fff"/>' + "\n".join(parts) + "</svg>\n"
    )


def _fill(number: int) -> str:
    return _FILLS[min(number, len(_FILLS) - 1)]
