"""The whole registry as a file: what every object is, was and belongs to, there and back in each format."""

import datetime as dt
import pathlib
from decimal import Decimal

import psycopg
import pytest

from smartregion.program import main
from smartregion.registry.importer import FileRefusedError, import_bytes, import_file, undo
from smartregion.settings import settings
from smartregion.store import database, export
from smartregion.waste.levels import container_states
from tests.smartregion.rolled import measure, roll_up, rows
from tests.smartregion.store_region import NOW, fill_registry

SWAP = dt.datetime(2026, 5, 4, 8, 15, 30, 250_000, dt.UTC)
_MORE = """\
kind;id;name;street;place;municipality;lon;lat;fraction;open_from;open_to;device;mounted_from;replaces;factor;\
first_value;last_value;digits;removed_at
building;B1;Grundschule;Schulweg 3;Calau;Calau;13,95;51,74;;;;m-1;;;40;100;;6
building;B2;Altes Amt;;Calau;Calau;13,96;51,74;;;;;;;;;;;2026-03-01T10:00:00Z
depot;D1;Hof;;;Calau;13,9;51,7
disposal_site;E1;Deponie;;;Calau;13,9;51,7;glass_white|residual;6:30;16.00
"""
_SWAPPED = (
    "kind;id;municipality;lon;lat;device;mounted_from;replaces;factor;first_value;last_value\n"
    f"building;B1;Calau;13,95;51,74;m-2;{SWAP.isoformat()};m-1;30;5;900,5\n"
)
_OTHER = """\
kind;id;object_kind;object;mounted_from;mounted_to;empty_distance_m;full_distance_m
mounting;spare-1;Behälter;C2;2026-01-01;2026-02-01;1,7;0,15
mounting;spare-1;container;C1;2025-01-01;2026-01-01;;
device;old-1
"""
_LOADER = "kind;id;name;purpose;sammelseite;fahrzeugprofil\nvehicle;V9;Seitenlader;Abfall;rechts;klein\n"
_TABLES = {
    "municipality": "name, population", "depot": "name, municipality, lon, lat",
    "site": "name, street, place, municipality, lon, lat, access_note",
    "container": "site, fraction, volume_l, rhythm_days",
    "building": "name, street, place, municipality, lon, lat",
    "station": "name, road, place, municipality, lon, lat, class_scheme",
    "vehicle": "name, purpose, municipality, depot, fractions, capacity_kg, capacity_l, shift_from,"
    " shift_to, truck, side",
    "disposal_site": "name, municipality, lon, lat, fractions, open_from, open_to, service_s",
}  # fmt: skip


@pytest.fixture
def connection(rolled_back: psycopg.Connection, tmp_path: pathlib.Path) -> psycopg.Connection:
    """A registry of every kind, with a swap, older mountings and things that were removed."""
    fill_registry(rolled_back, tmp_path)
    for text in (_MORE, _SWAPPED, _OTHER, _LOADER):
        import_bytes(rolled_back, "more.csv", text.encode(), NOW)
    rolled_back.execute("UPDATE sr.container SET removed_at = %s WHERE id = 'C2'", (NOW,))
    rolled_back.execute("UPDATE sr.device SET removed_at = %s WHERE name IN ('old-1', 'bin-2')", (NOW,))
    return rolled_back


def _registry(connection: psycopg.Connection) -> dict[str, list[tuple[object, ...]]]:
    """All rows by their names, without numbers that a sequence gives."""
    queries = {name: f"SELECT id, {columns}, removed_at FROM sr.{name}" for name, columns in _TABLES.items()}  # noqa: S608
    queries["lane"] = "SELECT station, lane, direction FROM sr.lane"
    queries["device"] = "SELECT name, profile, removed_at FROM sr.device"
    queries["mounting"] = (
        "SELECT d.name, object_kind, object, valid_from::text, valid_to::text, empty_distance_m,"
        " full_distance_m, factor, first_value, last_value, digits"
        " FROM sr.mounting h JOIN sr.device d ON d.id = h.device"
    )
    return {name: sorted(connection.execute(query).fetchall(), key=str) for name, query in queries.items()}


@pytest.mark.parametrize("format", ["csv", "geojson", "parquet"])
def test_each_format_brings_the_whole_registry_back(
    connection: psycopg.Connection, tmp_path: pathlib.Path, format: export.Format
) -> None:
    before = _registry(connection)
    assert {name for name, found in before.items() if not found} == set()
    file = tmp_path / f"registry.{format}"
    file.write_bytes(b"".join(export.export(connection, "registry", export.Selection(), format)))
    kept = import_file(connection, file, NOW)
    assert {
        name: count.changed + count.made for name, count in kept.counts.items() if count.changed + count.made
    } == {}
    connection.execute("TRUNCATE sr.import, sr.mounting, sr.device, sr.lane, sr.municipality CASCADE")
    import_file(connection, file, NOW)
    assert _registry(connection) == before


def test_a_building_and_the_swap_of_its_meter(connection: psycopg.Connection) -> None:
    hour = dt.timedelta(hours=1)
    measure(connection, "m-1", "meter", [(SWAP - 2 * hour, 900.0), (SWAP - hour, 900.25)])
    measure(connection, "m-2", "meter", [(SWAP + hour, 6.0)])
    roll_up(connection, now=NOW)
    used = [row["energy_kwh"] for row in rows(connection, "energy", "month")]
    assert used == [40 * Decimal("0.5") + 30]


def test_a_file_removes_softly_and_brings_back(connection: psycopg.Connection) -> None:
    def shown() -> set[str]:
        return {state.id for state in container_states(connection, NOW)}

    assert shown() == {"C1"}
    gone = "kind;id;site;fraction;volume_l;removed_at\ncontainer;C1;S1;Weißglas;3000;01.11.2026\n"
    number = import_bytes(connection, "gone.csv", gone.encode(), NOW).number
    assert shown() == set()
    undo(connection, number, NOW)
    assert shown() == {"C1"}
    import_bytes(connection, "gone.csv", gone.encode(), NOW)
    import_bytes(connection, "back.csv", gone.replace("01.11.2026", "").encode(), NOW)
    assert shown() == {"C1"}


def test_every_kind_of_object_can_tell_its_municipality(connection: psycopg.Connection) -> None:
    connection.execute("UPDATE sr.vehicle SET municipality = NULL")
    found: dict[str, str] = dict(
        connection.execute("SELECT kind, min(municipality) FROM sr.object GROUP BY kind").fetchall()
    )
    kinds = ("site", "container", "station", "vehicle", "building", "depot", "disposal_site")
    assert found == dict.fromkeys(kinds, "12066052")


_HUNG = "kind;id;object_kind;object;mounted_from;mounted_to\nmounting;spare-1;"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind;id;device;replaces\nbuilding;B1;m-9;m-2\n", "The time of the swap is missing"),
        (_HUNG + "Haus;B1;2026-03-01;\n", "is unknown"),
        (_HUNG + "building;B1;2026-03-02;2026-03-01\n", "is not after the begin"),
        (_HUNG + "building;B1;2025-06-01;\n", "The device would hang at C1 and B1 at once"),
        ("kind;id;lon;lat;factor\nbuilding;B3;13,9;51,7;0\n", "not between"),
    ],
)
def test_what_cannot_be_is_told(connection: psycopg.Connection, text: str, told: str) -> None:
    with pytest.raises(FileRefusedError) as refused:
        import_bytes(connection, "x.csv", text.encode(), NOW)
    assert told in " ".join(fault.what.en for fault in refused.value.faults)


def test_the_verbs_write_and_take_it(
    database_url: str,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SMARTREGION_DATABASE_URL", database_url)
    settings.cache_clear()
    file = tmp_path / "registry.parquet"
    with database.connect(database_url) as connection:
        fill_registry(connection, tmp_path)
    assert main(["export", "registry", "--format", "parquet", "--out", str(file)]) == 0
    with database.connect(database_url) as connection:
        connection.execute("TRUNCATE sr.import, sr.mounting, sr.device, sr.lane, sr.municipality CASCADE")
    assert main(["import", "registry", str(file)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "municipalities: 1 new, 0 changed, 0 unchanged"
    assert "containers: 2 new, 0 changed, 0 unchanged" in told
