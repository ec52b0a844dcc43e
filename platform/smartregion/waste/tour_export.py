"""A tour for navigation devices and tables: GPX, GeoJSON, CSV, and links that a phone opens."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

from smartregion.waste.plans import StopRow, TourSheet

_GPX = "http://www.topografix.com/GPX/1/1"
_COLUMNS = ("number", "kind", "name", "street", "town", "lat", "lon", "arrive_at", "containers", "note")


def gpx(sheet: TourSheet) -> str:
    """GPX 1.1: each place as a waypoint and in a route, the way on the roads as a track."""
    root = ElementTree.Element("gpx", version="1.1", creator="Smart Region", xmlns=_GPX)
    title = f"{sheet.date} {sheet.tour.vehicle_name}"
    places = list(_places(sheet))
    for tag in ("wpt", "rtept"):
        parent = root if tag == "wpt" else ElementTree.SubElement(root, "rte")
        if tag == "rtept":
            ElementTree.SubElement(parent, "name").text = title
        for number, stop in places:
            point = ElementTree.SubElement(parent, tag, lat=f"{stop.lat:.6f}", lon=f"{stop.lon:.6f}")
            ElementTree.SubElement(point, "name").text = f"{number} {stop.name}".strip()
            if described := _described(stop):
                ElementTree.SubElement(point, "desc").text = described
    track = ElementTree.SubElement(root, "trk")
    ElementTree.SubElement(track, "name").text = title
    segment = ElementTree.SubElement(track, "trkseg")
    for lon, lat in sheet.tour.geometry:
        ElementTree.SubElement(segment, "trkpt", lat=f"{lat:.5f}", lon=f"{lon:.5f}")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def geojson(sheet: TourSheet) -> str:
    """A feature collection: the line, then each place with its number."""
    line = {"type": "LineString", "coordinates": [list(point) for point in sheet.tour.geometry]}
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "geometry": line,
            "properties": {"tour": sheet.tour.number, "date": f"{sheet.date}"},
        }
    ]
    for number, stop in _places(sheet):
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [stop.lon, stop.lat]},
                "properties": dict(zip(_COLUMNS, _row(number, stop), strict=True)),
            }
        )
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def table(sheet: TourSheet) -> str:
    """CSV with a line a place, times in UTC."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_row(number, stop) for number, stop in _places(sheet))
    return out.getvalue()


def link(stop: StopRow) -> str:
    """An address that the navigation of a phone opens (RFC 5870); empty for a break."""
    if stop.lat is None or stop.lon is None:
        return ""
    return f"geo:{stop.lat:.6f},{stop.lon:.6f}?q={stop.lat:.6f},{stop.lon:.6f}"


def _places(sheet: TourSheet) -> Iterator[tuple[str, StopRow]]:
    """Places in the order of the day, those with containers numbered as on the sheet."""
    number = 0
    for stop in sheet.stops:
        if stop.lat is None or stop.lon is None:
            continue
        number += stop.kind == "site"
        yield (str(number) if stop.kind == "site" else ""), stop


def _described(stop: StopRow) -> str:
    containers = ", ".join(f"{one['id']} ({one['volume_l']:g} l)" for one in stop.containers)
    return "; ".join(filter(None, (stop.street, containers, stop.note)))


def _row(number: str, stop: StopRow) -> tuple[Any, ...]:
    containers = ", ".join(one["id"] for one in stop.containers)
    moment = f"{stop.arrive_at:%Y-%m-%dT%H:%M:%SZ}"
    return (
        number,
        stop.kind,
        stop.name,
        stop.street,
        stop.town,
        stop.lat,
        stop.lon,
        moment,
        containers,
        stop.note,
    )
