"""Which municipality an object lies in: outlines from a GeoJSON file, for what no other file tells."""

import dataclasses
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from smartregion.errors import InvalidInput
from smartregion.registry.heads import plain
from smartregion.registry.objects import municipalities
from smartregion.store.database import Connection
from smartregion.store.queries import load

_KEYS = ("AGS", "ags", "id", "schluessel")
_NAMES = ("GEN", "name", "Name")
_TABLES = ("site", "station", "building", "depot", "disposal_site", "segment")
Points = NDArray[np.float64]
"""Positions (lon, lat), shape (n, 2)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Outlined:
    """What a file of outlines did."""

    outlines: int
    """Registered municipalities that it holds."""
    others: int
    """Outlines of municipalities that are not registered: left out."""
    placed: Mapping[str, int]
    """Objects by kind that have a municipality now."""


def take_outlines(connection: Connection, path: pathlib.Path) -> Outlined:
    """Keep the outlines of registered municipalities, found by key (AGS) or name, and place all objects.

    Raises InvalidInput for a file that is no GeoJSON of areas.
    """
    known = {plain(word): one.id for one in municipalities(connection) for word in (one.name, one.id)}
    kept = others = 0
    with connection.transaction():
        for properties, geometry in _features(path):
            words = [str(properties[name]) for name in (*_KEYS, *_NAMES) if name in properties]
            found = next((known[plain(word)] for word in words if plain(word) in known), None)
            if found is None:
                others += 1
                continue
            values = {"municipality": found, "geometry": Jsonb(geometry)}
            connection.execute(load("registry")["set_outline"], values)
            kept += 1
        return Outlined(kept, others, place(connection))


def place(connection: Connection) -> dict[str, int]:
    """Give every object without a municipality that in whose outline it lies; how many by kind.

    A segment lies where its middle does.
    """
    sql = load("registry")
    outlines = [(id, _rings(geometry)) for id, geometry in connection.execute(sql["outlines"])]
    placed = {}
    for table in _TABLES if outlines else ():
        rows = connection.execute(sql[f"unplaced_{table}"]).fetchall()
        points = np.array([row[1:] for row in rows], dtype=np.float64).reshape(-1, 2)
        ids: list[str] = []
        names: list[str] = []
        for municipality, rings in outlines:
            for index in np.flatnonzero(inside(rings, points)):
                ids.append(rows[index][0])
                names.append(municipality)
        update = SQL(sql["place"]).format(table=Identifier("sr", table))
        if ids and (count := connection.execute(update, {"ids": ids, "municipalities": names}).rowcount):
            placed[table] = count
    return placed


def inside(rings: list[Points], points: Points) -> NDArray[np.bool_]:
    """Which points lie inside an area: a ray crosses its rings, holes too, an odd number of times."""
    found = np.zeros(len(points), dtype=bool)
    edge = np.concatenate(rings)
    near = np.flatnonzero(((points >= edge.min(axis=0)) & (points <= edge.max(axis=0))).all(axis=1))
    for index in near:
        lon, lat = points[index]
        crossed = 0
        for ring in rings:
            (x1, y1), (x2, y2) = ring[:-1].T, ring[1:].T
            spans = (y1 > lat) != (y2 > lat)
            slope = (x2[spans] - x1[spans]) / (y2[spans] - y1[spans])
            crossed += int(np.count_nonzero(lon < x1[spans] + slope * (lat - y1[spans])))
        found[index] = crossed % 2 == 1
    return found


def _features(path: pathlib.Path) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    try:
        features = json.loads(path.read_text("utf-8"))["features"]
        for feature in features:
            _rings(feature["geometry"])
            yield feature["properties"] or {}, feature["geometry"]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        told = " ".join(str(error).split())[:100]
        raise InvalidInput("file", path, f"a GeoJSON FeatureCollection of areas ({told})") from error


def _rings(geometry: Mapping[str, Any]) -> list[Points]:
    """All rings of a Polygon or MultiPolygon; raises ValueError for anything else."""
    if geometry["type"] not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"a {geometry['type']} is no area")
    parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [np.array(ring, dtype=np.float64)[:, :2] for part in parts for ring in part]
