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
