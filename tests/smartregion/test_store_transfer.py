"""Export and import: the same tables again, balanced books, and refusals that write nothing."""

import csv
import io
import json
import pathlib
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pyarrow.parquet
import pytest

from smartregion.errors import InvalidInput, SmartRegionError
from smartregion.registry.importer import import_file
from smartregion.store import backup, export
from smartregion.store.intake import Taken, take_file
from smartregion.store.queries import load
from tests.smartregion.store_region import NOW, READINGS, fill_data, fill_registry

KINDS: tuple[export.Kind, ...] = ("readings", "lane_intervals", "tracks")
DATA = ("sr.reading", "sr.lane_interval", "sr.track", "sr.latest", "sr.book", "sr.quantity")


@pytest.fixture
def connection(either: psycopg.Connection) -> psycopg.Connection:
    """Each engine; nothing here is committed, so one database serves all tests."""
    return either


@pytest.fixture
def filled(connection: psycopg.Connection, tmp_path: pathlib.Path) -> psycopg.Connection:
    """A database with a registry and rows of every kind."""
    fill_registry(connection, tmp_path)
    fill_data(connection, tmp_path)
    return connection


def _exported(
    connection: psycopg.Connection, kind: export.Kind, selection: export.Selection | None = None
) -> bytes:
    return b"".join(export.export(connection, kind, selection or export.Selection(), "csv"))


def _features(connection: psycopg.Connection, kind: export.Kind) -> list[dict[str, Any]]:
    text = b"".join(export.export(connection, kind, export.Selection(), "geojson"))
    return list(json.loads(text)["features"])


def _unbalanced(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    rows = connection.execute(load("books")["recount"], {"first": 0, "since": "-infinity"}).fetchall()
    assert rows
    return [row for row in rows if row[3:6] != row[6:9] or row[2] != sum(row[3:6])]


def test_export_then_import_gives_the_same_tables(filled: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    before = {name: sums for name, sums in backup.checksums(filled).items() if name in DATA}
    files = {kind: _exported(filled, kind) for kind in KINDS}
    registry = _exported(filled, "registry")
    filled.execute(
        "TRUNCATE sr.reading, sr.lane_interval, sr.track, sr.latest, sr.book, sr.series, sr.import CASCADE"
    )
    filled.execute("TRUNCATE sr.mounting, sr.device, sr.lane RESTART IDENTITY CASCADE")
    filled.execute(
        "TRUNCATE sr.site, sr.station, sr.vehicle, sr.depot, sr.disposal_site, sr.municipality CASCADE"
    )
    filled.execute("ALTER SEQUENCE sr.series_id_seq RESTART")
    (tmp_path / "registry.csv").write_bytes(registry)
    import_file(filled, tmp_path / "registry.csv", NOW)
    for kind, content in files.items():
        (tmp_path / "again.csv").write_bytes(content)
        take_file(filled, kind, tmp_path / "again.csv", NOW)  # type: ignore[arg-type]
    assert {kind: _exported(filled, kind) for kind in KINDS} == files
    assert _exported(filled, "registry") == registry
    after = backup.checksums(filled)
    for name in ("sr.book", "sr.quantity"):
        assert after[name] == before[name]
    assert {name: after[name][0] for name in DATA} == {name: before[name][0] for name in DATA}
    assert _unbalanced(filled) == []


def test_a_second_import_finds_everything(filled: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    before = backup.checksums(filled)
    assert take_file(filled, "readings", tmp_path / "readings.csv", NOW.replace(hour=13)) == Taken(0, 4)
    assert backup.checksums(filled) == before
    assert _unbalanced(filled) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("device,quantity,time\nbin-1,level,2026-01-01\n", r"^x\.csv: column: 'value' is not in the head"),
        ("device,quantity,time,value,colour\n", r"^x\.csv: head: .* is not made of known columns"),
        (
            "device,quantity,time,value\nbin-1,level,gestern,1\n",
            r"^x\.csv line 2, time: invalid input syntax",
        ),
        ("device,quantity,time,value\nbin-1,level,2026-01-01\n", r"^x\.csv line 2: missing data for column"),
        (
            "device,quantity,time,value\nbin-8,level,2026-01-01,1\n",
            r"^x\.csv line 2: not registered: 'bin-8'",
        ),
        (
            READINGS.replace(",0.6", ",0.7"),
            r"device bin-2 at 2026-11-20T11:00:00Z: 0\.7 is stored as 0\.6, nothing",
        ),
        (
            READINGS + "bin-1,distance,2026-11-20T10:00Z,1.0\n",
            r"device bin-1 at .*: the file gives it 2 times",
        ),
    ],
)
def test_a_bad_file_writes_nothing(
    filled: psycopg.Connection, tmp_path: pathlib.Path, text: str, message: str
) -> None:
    before = backup.checksums(filled)
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(SmartRegionError, match=message) as caught:
        take_file(filled, "readings", tmp_path / "x.csv", NOW)
    assert "\n" not in str(caught.value)
    assert backup.checksums(filled) == before


@pytest.mark.parametrize(
    ("kind", "old", "new"), [("lane_intervals", ",51.3", ",51.4"), ("tracks", ",10.1", ",10.2")]
)
def test_differing_rows_are_refused(
    filled: psycopg.Connection, tmp_path: pathlib.Path, kind: str, old: str, new: str
) -> None:
    file = tmp_path / f"{kind}.csv"
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(SmartRegionError, match="differs from what is stored, nothing imported"):
        take_file(filled, kind, file, NOW)  # type: ignore[arg-type]


def test_a_missing_file(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    with pytest.raises(InvalidInput, match="is not a readable CSV, Parquet or GeoJSON file"):
        take_file(connection, "readings", tmp_path / "none.csv", NOW)


def test_a_selection_is_respected(filled: psycopg.Connection) -> None:
    selection = export.Selection(
        since=NOW.replace(hour=0), until=NOW.replace(hour=11), quantities=("distance", "level")
    )
    lines = _exported(filled, "readings", selection).decode().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("bin-1,container,C1,distance,m,2026-11-20 10:00:00+00,1,")
    assert len(_exported(filled, "readings", export.Selection(devices=("spare-1",))).splitlines()) == 2


def test_geojson_has_positions_lon_before_lat(filled: psycopg.Connection) -> None:
    features = {f["properties"]["id"]: f for f in _features(filled, "registry")}
    assert features["S1"]["geometry"] == {"type": "Point", "coordinates": [13.95, 51.745]}
    assert features["C1"]["geometry"] is None
    counted = _features(filled, "lane_intervals")[0]["properties"]
    assert counted["pkw"] == 100
    assert "kfz" not in counted  # what the device cannot see is absent
    assert counted["time"] == "2026-11-20T10:00:00+00:00"


def test_an_empty_selection_is_valid_geojson(connection: psycopg.Connection) -> None:
    text = b"".join(export.export(connection, "tracks", export.Selection(), "geojson"))
    assert json.loads(text) == {"type": "FeatureCollection", "units": export.UNITS, "features": []}


@pytest.mark.parametrize("format", ["csv", "geojson", "parquet"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_format_gives_the_same_rows_back(
    filled: psycopg.Connection, tmp_path: pathlib.Path, kind: export.Kind, format: export.Format
) -> None:
    before = _exported(filled, kind)
    sums = backup.checksums(filled)
    file = tmp_path / f"again.{format}"
    file.write_bytes(b"".join(export.export(filled, kind, export.Selection(), format)))
    table = {"readings": "reading", "lane_intervals": "lane_interval", "tracks": "track"}[kind]
    filled.execute(f"TRUNCATE sr.{table}")
    rows = len(before.splitlines()) - 1
    assert take_file(filled, kind, file, NOW) == Taken(rows, 0)  # type: ignore[arg-type]
    assert _exported(filled, kind) == before
    assert backup.checksums(filled)[f"sr.{table}"] == sums[f"sr.{table}"]


def test_parquet_has_types_and_units(filled: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "lanes.parquet"
    file.write_bytes(b"".join(export.export(filled, "lane_intervals", export.Selection(), "parquet")))
    table = pyarrow.parquet.read_table(file)
    assert str(table.schema.field("time").type) == "timestamp[us, tz=UTC]"
    assert table.schema.field("speed_kmh").metadata == {b"unit": b"km/h"}
    assert table.column("pkw").to_pylist() == [100, 1, 2]
    assert table.column("kfz").null_count == 3
    nothing = export.Selection(devices=("nobody",))
    file.write_bytes(b"".join(export.export(filled, "lane_intervals", nothing, "parquet")))
    assert pyarrow.parquet.read_table(file).schema == table.schema


def test_doubtful_rows_are_flagged(filled: psycopg.Connection) -> None:
    run = filled.execute
    run(
        "INSERT INTO sr.conflict SELECT id, 'level', '2026-11-20 11:00Z', 0.5, 1 "
        "FROM sr.device WHERE name = 'bin-2'"
    )
    run(
        "INSERT INTO sr.message_flag SELECT message, 'bin-1', 'battery_v', '?', 'x' "
        "FROM sr.reading WHERE value = 1"
    )
    run("UPDATE sr.lane_interval SET completeness = 0.5 WHERE lane = 2")
    flags = {
        (row["device"], row["time"]): row["flags"]
        for row in csv.DictReader(io.StringIO(_exported(filled, "readings").decode()))
        if row["flags"]
    }
    assert flags == {
        ("bin-2", "2026-11-20 11:00:00+00"): "conflict",
        ("bin-1", "2026-11-20 10:00:00+00"): "partial",
    }
    lanes = csv.DictReader(io.StringIO(_exported(filled, "lane_intervals").decode()))
    assert [row["flags"] for row in lanes] == ["", "", "incomplete"]


def test_objects_are_selected(filled: psycopg.Connection) -> None:
    selection = export.Selection(objects=("C2",))
    lines = _exported(filled, "readings", selection).decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["bin-2", "bin-2"]
    assert len(_exported(filled, "tracks", export.Selection(objects=("V1",))).splitlines()) == 3


def test_a_feature_that_is_none(filled: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "x.geojson"
    file.write_text('{"type":"FeatureCollection","features":[\n{"type":"Feature"}\n]}\n')
    with pytest.raises(InvalidInput, match=r"^x\.geojson line 2: .* is not a feature"):
        take_file(filled, "tracks", file, NOW)


@pytest.mark.parametrize("format", ["csv", "geojson", "parquet"])
def test_memory_stays_flat(rolled_back: psycopg.Connection, format: export.Format) -> None:
    """Five times the rows, the same blocks: no more than two of them are held."""
    rolled_back.execute("INSERT INTO sr.device (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'bin-1')")
    rolled_back.execute(
        "INSERT INTO sr.series (id, device, quantity) OVERRIDING SYSTEM VALUE VALUES (1, 1, 1)"
    )
    rolled_back.execute(
        "INSERT INTO sr.reading SELECT '2000-01-01'::timestamptz + n * interval '1 s', n, n, 1 "
        "FROM generate_series(1, 50000) n"
    )
    peaks = []
    for last in (10_000, 50_000):
        selection = export.Selection(until=datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=last))
        tracemalloc.start()
        size = sum(len(block) for block in export.export(rolled_back, "readings", selection, format))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert size > last
    assert peaks[1] < peaks[0] * 1.5 + 1_000_000
