"""Exports over HTTP: streamed files, roles, errors before the stream begins."""

import io
import pathlib
from collections.abc import Iterator

import pyarrow.parquet
import pytest

from smartregion.api import Context
from smartregion.store import database
from tests.smartregion.api_client import ELSEWHERE, client, context
from tests.smartregion.store_region import fill_data, fill_registry


@pytest.fixture
def made(database_url: str, tmp_path: pathlib.Path) -> Iterator[Context]:
    with database.connect(database_url) as connection:
        fill_registry(connection, tmp_path)
        fill_data(connection, tmp_path)
    with context(database_url) as found:
        yield found


def test_files_of_each_format(made: Context) -> None:
    ask = client(made).get
    csv = ask("/api/v1/export/readings", params={"object": "C2", "from": "2026-01-01T00:00:00Z"})
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.headers["content-disposition"] == 'attachment; filename="readings.csv"'
    assert [line.split(",")[0] for line in csv.text.splitlines()] == ["device", "bin-2"]
    collection = ask("/api/v1/export/lane-intervals", params={"format": "geojson"}).json()
    assert collection["units"]["speed_kmh"] == "km/h"
    assert len(collection["features"]) == 3
    parquet = ask("/api/v1/export/readings", params={"format": "parquet", "quantity": "level"})
    assert pyarrow.parquet.read_table(io.BytesIO(parquet.content)).num_rows == 2


def test_tracks_are_for_those_who_may(made: Context) -> None:
    assert client(made).get("/api/v1/export/tracks").status_code in (401, 403)
    assert client(made, ELSEWHERE).get("/api/v1/export/readings").status_code == 401


@pytest.mark.parametrize("query", ["format=xlsx", "from=gestern"])
def test_what_cannot_be_is_said_at_once(made: Context, query: str) -> None:
    answer = client(made).get(f"/api/v1/export/readings?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
