"""The district's objects as a registry file that `smartregion devices import` takes."""

import csv
import os
import pathlib
from typing import Any

from simulators.region.district import District
from simulators.region.facts import municipalities

COLUMNS = (
    "kind", "id", "name", "street", "place", "municipality", "lon", "lat", "fraction", "volume_l",
    "rhythm_days", "site", "device", "empty_distance_m", "full_distance_m", "class_scheme", "lanes",
    "road", "purpose", "depot", "capacity_kg", "capacity_l", "shift_from", "shift_to", "open_from",
    "open_to", "service_s", "access_note", "window_from", "window_to", "profile", "population",
)  # fmt: skip
"""Semicolons between, UTF-8, decimal points."""


def write_registry(district: District, path: pathlib.Path) -> int:
    """Write the registry file, whole or not at all; returns the number of objects."""
    unfinished = path.with_name(f".{path.name}-unfinished")
    rows = registry_rows(district)
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=";", restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(unfinished, path)
    return len(rows)


def registry_rows(district: District) -> list[dict[str, Any]]:
    """One row an object, municipalities first."""
    region = district.region

    def where(place: int, lon: float, lat: float) -> dict[str, Any]:
        there = region.places[place]
        return {
            "place": there.name,
            "municipality": there.municipality,
            "lon": f"{lon:.7f}",
            "lat": f"{lat:.7f}",
        }

    rows: list[dict[str, Any]] = [
        {"kind": "municipality", "id": m.id, "name": m.name, "population": m.population}
        for m in municipalities()
    ]
    for yard in region.yards[:2]:
        lon, lat = region.lonlat[yard.node].tolist()
        rows.append(
            {
                "kind": "depot",
                "id": _depot(district, yard.key),
                "name": yard.name,
                **where(yard.place, lon, lat),
            }
        )
    for disposal in district.disposal_sites:
        yard = region.yards[disposal.yard]
        lon, lat = region.lonlat[yard.node].tolist()
        rows.append(
            {
                "kind": "disposal_site",
                "id": disposal.id,
                "name": yard.name,
                **where(yard.place, lon, lat),
                "fraction": "|".join(disposal.fractions),
                "open_from": disposal.open[0],
                "open_to": disposal.open[1],
                "service_s": disposal.service_s,
            }
        )
    for site in district.sites:
        window = site.window or ("", "")
        rows.append(
            {
                "kind": "site",
                "id": site.id,
                "name": site.name,
                "street": site.street,
                **where(site.place, site.lon, site.lat),
                "access_note": site.access_note,
                "window_from": window[0],
                "window_to": window[1],
            }
        )
    for bin_ in district.containers:
        site = district.sites[bin_.site]
        rows.append(
            {
                "kind": "container",
                "id": bin_.id,
                "site": site.id,
                "municipality": region.places[site.place].municipality,
                "fraction": bin_.fraction,
                "volume_l": bin_.volume_l,
                "rhythm_days": bin_.rhythm_days,
                "device": bin_.device,
                "empty_distance_m": bin_.empty_distance_m,
                "full_distance_m": bin_.full_distance_m,
            }
        )
    for station in district.stations:
        rows.append(
            {
                "kind": "station",
                "id": station.id,
                "name": station.name,
                "road": station.road,
                **where(station.place, station.lon, station.lat),
                "class_scheme": station.class_scheme,
                "lanes": "|".join(f"{k + 1}:{name}" for k, name in enumerate(station.directions)),
                "device": station.device,
            }
        )
    for vehicle in district.vehicles:
        yard = region.yards[vehicle.depot]
        waste = (
            {"capacity_kg": vehicle.capacity_kg, "capacity_l": vehicle.capacity_l}
            if vehicle.fractions
            else {}
        )
        rows.append(
            {
                "kind": "vehicle",
                "id": vehicle.id,
                "name": vehicle.name,
                "purpose": vehicle.purpose,
                "municipality": region.places[yard.place].municipality,
                "depot": _depot(district, yard.key),
                "fraction": "|".join(vehicle.fractions),
                "shift_from": vehicle.shift[0],
                "shift_to": vehicle.shift[1],
                "device": vehicle.device,
                **waste,
            }
        )
    return rows


def _depot(district: District, key: str) -> str:
    return f"B{[yard.key for yard in district.region.yards].index(key) + 1}"
