"""Outlines of municipalities, and what lies in them."""

import json
import pathlib

import numpy as np
import psycopg
import pytest

from smartregion.errors import InvalidInput
from smartregion.registry.importer import Choices, import_bytes
from smartregion.registry.outlines import inside, place, take_outlines
from tests.smartregion.store_region import NOW

_SQUARE = np.array([(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)], dtype=float)
_HOLE = np.array([(1, 1), (1, 3), (3, 3), (3, 1), (1, 1)], dtype=float)


def test_holes_and_islands() -> None:
    points = np.array([(0.5, 0.5), (2, 2), (5, 2), (12, 2), (3.5, 3.9)])
    assert inside([_SQUARE, _HOLE, _SQUARE + np.array((10, 0))], points).tolist() == [
        True,
        False,
        False,
        True,
        True,
    ]


def test_every_object_of_a_district_gets_its_municipality(
    rolled_back: psycopg.Connection, shared_data: pathlib.Path
) -> None:
    """Calau and Altdöbern of the official outlines; what a file tells is not changed."""
    file = shared_data / "osm" / "boundaries_municipalities_brandenburg_sachsen.geojson"
    registry = (
        "kind;id;name;municipality;lon;lat;fraction;volume_l;site;class_scheme;open_from;open_to\n"
        "municipality;12066052;Calau\nmunicipality;12066008;Altdöbern\n"
        "site;S1;Markt;;13,95;51,745\nsite;S2;Schloss;;14,035;51,65\nsite;S3;Grenze;12066052;14,035;51,65\n"
        "container;C1;;;;;Papier;1100;S2\nstation;Z1;;;13,95;51,745;;;;1\nbuilding;B1;;;14,035;51,65\n"
        "depot;D1;;;13,95;51,745\ndisposal_site;E1;;;14,035;51,65;Papier;;;;06:00;16:00\n"
    )
    import_bytes(rolled_back, "a.csv", registry.encode(), NOW)
    rolled_back.execute(
        "INSERT INTO sr.road_network (name, source, imported_at, nodes, edges, length_km, cut_off)"
        " VALUES ('n', 'n', now(), 0, 0, 0, '{}')"
    )
    rolled_back.execute(
        "INSERT INTO sr.segment (id, network, name, class, surface, length_m, lon, lat)"
        " SELECT '7f0', max(id), 'B 96', 'primary', '', 100, '{0,13.95,0}', '{0,51.745,0}'"
        " FROM sr.road_network"
    )
    done = take_outlines(rolled_back, file)
    features = json.loads(file.read_text("utf-8"))["features"]
    assert (done.outlines, done.others) == (2, len(features) - 2)
    told: dict[str, str] = dict(rolled_back.execute("SELECT id, municipality FROM sr.object").fetchall())
    calau, altdoebern = "12066052", "12066008"
    assert told == {
        "S1": calau, "S2": altdoebern, "S3": calau, "C1": altdoebern, "Z1": calau, "B1": altdoebern,
        "D1": calau, "E1": altdoebern, "7f0": calau,
    }  # fmt: skip
    assert place(rolled_back) == {}
    more = b"kind;id;lon;lat\nsite;S4;13,95;51,745\nsite;S5;13,0;52,0\n"
    import_bytes(rolled_back, "b.csv", more, NOW, Choices(anywhere=True))
    later = rolled_back.execute("SELECT id, municipality FROM sr.site WHERE id IN ('S4', 'S5') ORDER BY 1")
    assert later.fetchall() == [("S4", calau), ("S5", None)]


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"features": [{"properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}'],
)
def test_a_file_without_areas(rolled_back: psycopg.Connection, tmp_path: pathlib.Path, text: str) -> None:
    file = tmp_path / "x.geojson"
    file.write_text(text)
    with pytest.raises(InvalidInput, match="is not a GeoJSON FeatureCollection of areas"):
        take_outlines(rolled_back, file)
