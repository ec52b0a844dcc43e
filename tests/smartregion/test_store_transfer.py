"""Export and import: the same tables again, balanced books, and refusals that write nothing."""

import io
import json
import pathlib

import psycopg
import pytest

from smartregion.errors import InvalidInput, SmartRegionError
from smartregion.registry.importer import import_file
from smartregion.store import backup, export
from smartregion.store.intake import Taken, import_csv
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
    out = io.BytesIO()
    export.export_csv(connection, kind, selection or export.Selection(), out)
    return out.getvalue()


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
        import_csv(filled, kind, tmp_path / "again.csv", NOW)  # type: ignore[arg-type]
    assert {kind: _exported(filled, kind) for kind in KINDS} == files
    assert _exported(filled, "registry") == registry
    after = backup.checksums(filled)
    for name in ("sr.book", "sr.quantity"):
        assert after[name] == before[name]
    assert {name: after[name][0] for name in DATA} == {name: before[name][0] for name in DATA}
    assert _unbalanced(filled) == []


def test_a_second_import_finds_everything(filled: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    before = backup.checksums(filled)
    assert import_csv(filled, "readings", tmp_path / "readings.csv", NOW.replace(hour=13)) == Taken(0, 4)
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
        import_csv(filled, "readings", tmp_path / "x.csv", NOW)
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
        import_csv(filled, kind, file, NOW)  # type: ignore[arg-type]


def test_a_missing_file(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    with pytest.raises(InvalidInput, match="is not a readable CSV file"):
        import_csv(connection, "readings", tmp_path / "none.csv", NOW)


def test_a_selection_is_respected(filled: psycopg.Connection) -> None:
    selection = export.Selection(
        since=NOW.replace(hour=0), until=NOW.replace(hour=11), quantities=("distance", "level")
    )
    lines = _exported(filled, "readings", selection).decode().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("bin-1,container,C1,distance,m,2026-11-20 10:00:00+00,1,")
    assert len(_exported(filled, "readings", export.Selection(devices=("spare-1",))).splitlines()) == 2


def test_geojson_has_positions_lon_before_lat(filled: psycopg.Connection) -> None:
    out = io.BytesIO()
    export.export_geojson(filled, "registry", export.Selection(), out)
    features = {f["properties"]["id"]: f for f in json.loads(out.getvalue())["features"]}
    assert features["S1"]["geometry"] == {"type": "Point", "coordinates": [13.95, 51.745]}
    assert features["C1"]["geometry"] is None
    out = io.BytesIO()
    export.export_geojson(filled, "lane_intervals", export.Selection(), out)
    counted = json.loads(out.getvalue())["features"][0]["properties"]
    assert counted["pkw"] == 100
    assert "kfz" not in counted  # what the device cannot see is absent
    assert counted["time"] == "2026-11-20T10:00:00+00:00"


def test_an_empty_selection_is_valid_geojson(connection: psycopg.Connection) -> None:
    out = io.BytesIO()
    export.export_geojson(connection, "tracks", export.Selection(), out)
    assert json.loads(out.getvalue()) == {"type": "FeatureCollection", "features": []}


def test_parquet_holds_the_rows_or_says_what_is_missing(filled: psycopg.Connection) -> None:
    out = io.BytesIO()
    try:
        import pyarrow.parquet
    except ImportError:
        with pytest.raises(SmartRegionError, match="needs the package pyarrow"):
            export.export_parquet(filled, "readings", export.Selection(), out)
        return
    export.export_parquet(filled, "readings", export.Selection(), out)
    table = pyarrow.parquet.read_table(io.BytesIO(out.getvalue()))
    assert sorted(table.column("value").to_pylist()) == [0.1234567891234, 0.6, 1.0, 7.0]
