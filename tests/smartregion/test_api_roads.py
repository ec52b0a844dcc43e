"""The street network and its segments over HTTP."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from routing.roads import RoadNetwork, read_osm
from smartregion.demo.postgres import Postgres
from smartregion.roads.store import save_network
from tests.routing.roads_drawing import draw, points
from tests.smartregion.api_client import client, context, database
from tests.smartregion.small_district import MINUTE, NOW, add_device

_ROAD = {"highway": "tertiary", "name": "Landstraße", "surface": "asphalt"}
_PATH = {"highway": "residential"}
_NODES = {1: (0.0, 0.0), 2: (500.0, 0.0), 3: (1000.0, 0.0), 4: (500.0, 300.0)}
_WAYS = {10: ((1, 2, 3), _ROAD), 11: ((2, 4), _PATH), 12: ((4, 3), _PATH)}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> RoadNetwork:
    """A road of two pieces, with a side street that leads back to it."""
    return read_osm(draw(tmp_path_factory.mktemp("roads") / "road.osm", _NODES, _WAYS))


@pytest.fixture(scope="module")
def api(postgres_server: Postgres, _template: str, network: RoadNetwork) -> Iterator[TestClient]:
    with database(postgres_server.url, _template) as url:
        with psycopg.connect(url) as connection:
            save_network(connection, network, "test", "road.osm", NOW)
            device = add_device(connection, "v1")
            for number, (state, ride) in enumerate((("dry", 3.0), ("freezing", 1.0), (None, 2.0))):
                time = NOW - (30 + number) * MINUTE
                connection.execute(
                    "INSERT INTO sr.segment_pass VALUES (%s, %s, %s, 15, %s, -1, 20, %s)",
                    (f"10f{number}", device, time, ride, state),
                )
        with context(url) as made:
            yield client(made)


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_network_is_sent_once(api: TestClient, network: RoadNetwork, encoding: str) -> None:
    first = api.get("/api/v1/roads/network", headers={"Accept-Encoding": encoding})
    assert first.headers["content-type"] == "application/geo+json"
    assert first.headers.get("content-encoding", "identity") == encoding
    assert first.headers["vary"] == "Accept-Encoding"
    assert first.json() == network.geojson()
    again = api.get("/api/v1/roads/network", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_part_of_the_network(api: TestClient) -> None:
    def names(**ask: str) -> list[str]:
        features = api.get("/api/v1/roads/network", params=ask).json()["features"]
        return sorted(feature["properties"]["name"] for feature in features)

    west, south = points((-10.0, -10.0))[0].tolist()
    east, north = points((10.0, 10.0))[0].tolist()
    assert names(min_class="tertiary") == ["Landstraße"]
    assert names(bbox=f"{west},{south},{east},{north}") == ["Landstraße"]
    assert names(bbox=f"{west},{south},{east},{north}", min_class="primary") == []
    for ask in ({"bbox": "1,2,3"}, {"bbox": "2,2,1,3"}, {"min_class": "canal"}):
        refused = api.get("/api/v1/roads/network", params=ask)
        assert refused.status_code in (400, 422)
        assert next(iter(ask)) in refused.text


def test_slippery_segments_come_first(api: TestClient) -> None:
    items = api.get("/api/v1/segments").json()["items"]
    assert [(one["id"], one["state"], one["ride_index"]) for one in items] == [
        ("10f1", "freezing", 1.0),
        ("10f0", "dry", 3.0),
        ("10f2", None, 2.0),
    ]
    assert items[0] == items[0] | {"name": "Landstraße", "road_class": "tertiary", "passes": 1}
    assert items[0]["line"][0] == pytest.approx(points((100.0, 0.0))[0].tolist(), abs=1e-5)


def test_segments_by_state_span_and_page(api: TestClient) -> None:
    def ids(**query: Any) -> list[str]:
        return [one["id"] for one in api.get("/api/v1/segments", params=query).json()["items"]]

    assert ids(state=["freezing", "dry"]) == ["10f1", "10f0"]
    assert ids(to=(NOW - 30 * MINUTE - dt.timedelta(seconds=1)).isoformat()) == ["10f1", "10f2"]
    first = api.get("/api/v1/segments", params={"limit": 2}).json()
    assert [one["id"] for one in first["items"]] == ["10f1", "10f0"]
    assert ids(limit=2, cursor=first["next"]) == ["10f2"]


def test_segments_as_lines(api: TestClient) -> None:
    body = api.get("/api/v1/segments", params={"format": "geojson"}).json()
    feature = body["features"][0]
    assert (feature["id"], feature["geometry"]["type"]) == ("10f1", "LineString")
    assert feature["properties"]["state"] == "freezing"


def test_slippery_road_is_an_alert(api: TestClient) -> None:
    (alert,) = api.get("/api/v1/alerts").json()["items"]
    assert (alert["kind"], alert["name"], alert["unit"]) == ("road_slippery", "Landstraße", "m")
    assert alert["object"] == "10f1"


def test_a_route_in_words(api: TestClient) -> None:
    (one, north), (other, south) = points((100.0, 5.0), (500.0, 250.0)).tolist()
    ask = {"from_lon": one, "from_lat": north, "to_lon": other, "to_lat": south}
    found = api.get("/api/v1/roads/route", params=ask).json()
    assert found["distance_m"] == pytest.approx(650.0, abs=1.0)
    assert [step["text"] for step in found["steps"]] == [
        "Nach Osten losfahren auf Landstraße, 400 m",
        "Links abbiegen, 250 m",
        "Ziel",
    ]
    assert found["line"][0] == pytest.approx(points((100.0, 0.0))[0], abs=1e-5)
    assert found["warnings"] == []
    english = api.get("/api/v1/roads/route", params=ask | {"to_lon": 14.2, "language": "en"}).json()
    assert english["steps"][0]["text"].startswith("Set out to the east onto Landstraße, ")
    assert english["warnings"][0].startswith("end lies ")
    assert api.get("/api/v1/roads/route", params=ask | {"to_lat": 95}).status_code == 422


def test_isochrones_hold_their_start_and_count_containers(api: TestClient) -> None:
    lon, lat = points((500.0, 0.0))[0].tolist()
    ask: dict[str, Any] = {"lon": lon, "lat": lat, "minutes": [0.5, 3]}
    answer = api.get("/api/v1/roads/isochrones", params=ask)
    assert answer.headers["content-type"] == "application/geo+json"
    rows = [feature["properties"] for feature in answer.json()["features"]]
    assert [row["minutes"] for row in rows] == [3, 0.5]
    assert rows[0]["road_km"] == pytest.approx(1.9, abs=0.11)
    assert rows[0]["area_km2"] > rows[1]["area_km2"] > 0
    assert {"sites", "containers"} <= rows[0].keys()
    assert {feature["geometry"]["type"] for feature in answer.json()["features"]} == {"MultiPolygon"}
    refused = api.get("/api/v1/roads/isochrones", params=ask | {"minutes": [500]})
    assert refused.status_code in (400, 422)
    assert "up to 240 min" in refused.text
