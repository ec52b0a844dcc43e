"""Import of the registry: all or nothing, repeatable, undone as a whole; adoption of devices that send."""

import pathlib

import psycopg
import pytest

from smartregion import registry
from smartregion.errors import InvalidInput, NotFound, SmartRegionError
from smartregion.registry.devices import NewObject, Place, adopt, devices, unknown_devices
from smartregion.registry.importer import Choices, Count, FileRefusedError, import_file, past_imports, undo
from smartregion.store import backup
from tests.smartregion.store_region import NOW, REGISTRY, fill_data, fill_registry

TABLES = (
    "sr.site",
    "sr.container",
    "sr.station",
    "sr.lane",
    "sr.vehicle",
    "sr.depot",
    "sr.device",
    "sr.mounting",
)


@pytest.fixture
def connection(rolled_back: psycopg.Connection) -> psycopg.Connection:
    """Nothing here is committed, so one database serves all tests."""
    return rolled_back


def _sums(connection: psycopg.Connection) -> dict[str, tuple[int, str]]:
    return {name: sums for name, sums in backup.checksums(connection).items() if name in TABLES}


def _file(folder: pathlib.Path, text: str) -> pathlib.Path:
    path = folder / "more.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_objects_are_read_as_records(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    fill_registry(connection, tmp_path)
    site = registry.sites(connection)[0]
    assert (site.id, site.street, site.municipality, site.lon, site.lat) == (
        "S1", "Am Markt 1", "12066052", 13.95, 51.745,
    )  # fmt: skip
    assert registry.containers(connection)[0] == registry.Container("C1", "S1", "glass_white", 3000, 14)
    station = registry.stations(connection)[0]
    assert station.lanes == (registry.Lane(1, "Senftenberg"), registry.Lane(2, "Lübbenau"))
    vehicle = registry.vehicles(connection)[0]
    assert (vehicle.purpose, vehicle.fractions, str(vehicle.shift_from)) == (
        "waste",
        ("glass_white",),
        "06:00:00",
    )
    assert registry.depots(connection) == [registry.Depot("D1", "Hof", 13.9, 51.7)]
    assert registry.disposal_sites(connection)[0].fractions == ("glass_white", "residual")
    assert registry.municipalities(connection) == [registry.Municipality("12066052", "Calau", 7700)]
    assert {fraction.key for fraction in registry.fractions(connection)} >= {
        "residual",
        "bio",
        "textiles",
        "litter",
    }


def test_a_second_import_changes_nothing(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    fill_registry(connection, tmp_path)
    before = _sums(connection)
    done = import_file(connection, tmp_path / "registry.csv", NOW)
    assert all(count.made == count.changed == 0 for count in done.counts.values())
    assert _sums(connection) == before


def test_a_dry_run_counts_and_writes_nothing(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    before = backup.checksums(connection)
    done = import_file(connection, _file(tmp_path, REGISTRY), NOW, Choices(dry_run=True))
    assert done.counts["container"] == Count(2, 0, 0)
    assert backup.checksums(connection) == before


def test_one_bad_row_keeps_everything_out(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    before = backup.checksums(connection)
    with pytest.raises(FileRefusedError, match=r"^more\.csv: 1 Fehler, nichts geschrieben$") as caught:
        import_file(connection, _file(tmp_path, REGISTRY + "Behälter;C9;;;;;;;Gold;1;;S1\n"), NOW)
    assert caught.value.faults[0].line == 11
    assert backup.checksums(connection) == before


def test_a_missing_file(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    with pytest.raises(InvalidInput, match="is not a readable CSV file"):
        import_file(connection, tmp_path / "none.csv", NOW)


def test_undo_restores_what_was(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    first = fill_registry(connection, tmp_path)
    before = _sums(connection)
    changed = REGISTRY.replace("3.000", "2500").replace("Markt;", "Neumarkt;") + "Gerät;spare-2\n"
    second = import_file(connection, _file(tmp_path, changed), NOW)
    assert second.counts["container"] == Count(0, 1, 1)
    assert second.counts["site"] == Count(0, 1, 0)
    with pytest.raises(
        SmartRegionError, match=f"^import {first}: import {second.number} changed the same rows later"
    ):
        undo(connection, first, NOW)
    undo(connection, second.number, NOW)
    assert _sums(connection) == before
    assert [device.name for device in devices(connection, NOW)] == [
        "bin-1",
        "bin-2",
        "car-1",
        "count-1",
        "spare-1",
    ]
    undo(connection, first, NOW)
    assert not registry.sites(connection)
    assert not registry.containers(connection)
    assert not registry.vehicles(connection)
    assert devices(connection, NOW) == []
    assert connection.execute("SELECT count(*) FROM sr.device").fetchone() == (0,)


def test_a_device_with_data_is_kept_and_marked(
    connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    number = fill_registry(connection, tmp_path)
    fill_data(connection, tmp_path)
    undo(connection, number, NOW)
    kept = connection.execute("SELECT name FROM sr.device WHERE removed_at IS NOT NULL ORDER BY 1").fetchall()
    assert [name for (name,) in kept] == ["bin-1", "bin-2", "car-1", "count-1", "spare-1"]
    fill_registry(connection, tmp_path)
    assert len(devices(connection, NOW)) == 5


def test_undo_is_refused_while_others_need_a_row(
    connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    first = fill_registry(connection, tmp_path)
    more = "kind;id;site;fraction;volume_l\ncontainer;C9;S1;paper;1100\n"
    second = import_file(connection, _file(tmp_path, more), NOW)
    before = _sums(connection)
    with pytest.raises(SmartRegionError, match=f"^import {first}: container C9 needs site S1 of this import"):
        undo(connection, first, NOW)
    assert _sums(connection) == before
    undo(connection, second.number, NOW)
    undo(connection, first, NOW)
    assert registry.sites(connection) == []


def test_an_adoption_hinders_the_undo_and_can_be_undone(
    connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    first = fill_registry(connection, tmp_path)
    before = _sums(connection)
    _send(connection, "stranger", 1)
    adopted = adopt(connection, "stranger", NOW, place=Place("container", "C2"))
    with pytest.raises(SmartRegionError, match="device stranger needs container C2"):
        undo(connection, first, NOW)
    undo(connection, adopted.number, NOW)
    assert _sums(connection) == before
    assert [one.file for one in past_imports(connection)] == ["adoption of stranger", "registry.csv"]


def test_an_adoption_can_make_its_container(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    fill_registry(connection, tmp_path)
    _send(connection, "stranger", 2)
    wish = {"id": "C7", "street": "Markt 7", "place": "Calau", "fraction": "Papier", "volume_l": "1100"}
    with pytest.raises(SmartRegionError, match="Site or position is missing"):
        adopt(connection, "stranger", NOW, place=NewObject("container", wish))
    taken = wish | {"id": "C1", "site": "S1"}
    with pytest.raises(SmartRegionError, match="C1: is there already"):
        adopt(connection, "stranger", NOW, place=NewObject("container", taken))
    adopt(
        connection, "stranger", NOW, place=NewObject("container", wish | {"lon": "13,951", "lat": "51,745"})
    )
    made = {container.id: container for container in registry.containers(connection)}["C7"]
    assert (made.site, made.volume_l) == ("Markt 7, Calau", 1100)


def test_an_adoption_with_an_unknown_profile(connection: psycopg.Connection) -> None:
    _send(connection, "stranger", 1)
    connection.execute("INSERT INTO sr.known_profile VALUES ('vendor-x', 'Vendor X')")
    with pytest.raises(InvalidInput, match=r"^profile: 'vendor-y' is not one of those"):
        adopt(connection, "stranger", NOW, "vendor-y")
    adopt(connection, "stranger", NOW, "vendor-x")


def test_bad_rows_are_left_out_on_request(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    text = REGISTRY.replace("51.745", "x") + "Behälter;C9;;;;;;;Gold;1;;S1\n"
    done = import_file(connection, _file(tmp_path, text), NOW, Choices(skip_bad_rows=True))
    assert [fault.line for fault in done.left_out] == [2, 3, 4, 11], "the site, its containers, and the gold"
    assert len(registry.stations(connection)) == 1
    assert registry.containers(connection) == []


def test_a_file_without_profile_and_geometry_leaves_them(
    connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    fill_registry(connection, tmp_path)
    connection.execute("UPDATE sr.device SET profile = 'vendor-x' WHERE name = 'bin-1'")
    text = "kind;id;site;fraction;volume_l;device\ncontainer;C1;S1;paper;1100;bin-1\n"
    import_file(connection, _file(tmp_path, text), NOW)
    assert connection.execute(
        "SELECT d.profile, h.empty_distance_m FROM sr.device d JOIN sr.mounting h ON h.device = d.id"
        " WHERE d.name = 'bin-1'"
    ).fetchall() == [("vendor-x", pytest.approx(1.8))]


def test_places_outside_the_road_network_are_named(
    connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    network = "INSERT INTO sr.road_network (name, source, imported_at, nodes, edges, length_km, cut_off)"
    network += " VALUES ('r', 'r', now(), 2, 1, 9, '{}') RETURNING id"
    number = connection.execute(network).fetchone()
    connection.execute(
        "INSERT INTO sr.segment VALUES ('1f0', %s, '', 'primary', '', 9, '{13.8,14.1}', '{51.6,51.9}')",
        number,
    )
    text = "kind;id;lon;lat\nsite;S1;13,9;51,7\nsite;S2;13,9;51,1\ndepot;D1;13,5;51,3\n"
    with pytest.raises(FileRefusedError) as caught:
        import_file(connection, _file(tmp_path, text), NOW)
    assert [str(fault)[:80] for fault in caught.value.faults] == [
        "Zeile 3, Spalte lon: „51.10000 N, 13.90000 E“ Die Position liegt 56 km außerhalb"
    ]
    import_file(connection, _file(tmp_path, text), NOW, Choices(anywhere=True))


def test_an_undone_file_can_come_again(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    undo(connection, fill_registry(connection, tmp_path), NOW)
    fill_registry(connection, tmp_path)
    assert len(registry.containers(connection)) == 2
    assert len(devices(connection, NOW)) == 5


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (
            "INSERT INTO sr.chamber (vehicle, number, fractions, capacity_kg, capacity_l)"
            " VALUES ('V1', 1, '{paper}', 1, 1)",
            "vehicle",
        ),
        ("INSERT INTO sr.closure (site, reason) VALUES ('S1', 'Markt')", "site"),
        (
            "INSERT INTO sr.event (name, first, last, municipality) "
            "VALUES ('Fest', '2026-06-01', '2026-06-02', '12066052')",
            "municipality",
        ),
    ],
)
def test_what_a_rule_of_the_operator_needs_is_kept_as_removed(
    connection: psycopg.Connection, tmp_path: pathlib.Path, rule: str, kind: str
) -> None:
    number = fill_registry(connection, tmp_path)
    connection.execute(rule)
    assert undo(connection, number, NOW)[kind][0] >= 1
    kept = connection.execute(f"SELECT removed_at IS NOT NULL FROM sr.{kind}")  # noqa: S608 - our own names
    assert kept.fetchall() == [(True,)]


def test_undo_once_and_only_what_exists(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    number = fill_registry(connection, tmp_path)
    undo(connection, number, NOW)
    with pytest.raises(SmartRegionError, match="was undone already"):
        undo(connection, number, NOW)
    with pytest.raises(NotFound, match=r"^import 4711: does not exist"):
        undo(connection, 4711, NOW)


def test_a_dated_swap_keeps_history(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    fill_registry(connection, tmp_path)
    head = "kind;id;site;fraction;volume_l;device;mounted_from\n"
    import_file(connection, _file(tmp_path, head + "container;C1;S1;paper;1100;spare-1;2026-06-01\n"), NOW)
    rows = connection.execute(
        "SELECT d.name, h.valid_to = 'infinity' FROM sr.mounting h JOIN sr.device d ON d.id = h.device "
        "WHERE h.object = 'C1' ORDER BY h.valid_from"
    ).fetchall()
    assert rows == [("bin-1", False), ("spare-1", True)]


def test_a_district_of_16000_rows(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    rows = ["kind;id;lon;lat;site;fraction;volume_l;device"]
    rows += [f"site;S{n};13,{n:04};51,5;;;;" for n in range(4000)]
    rows += [f"container;C{n};;;S{n // 3};paper;1100;bin-{n}" for n in range(12000)]
    done = import_file(connection, _file(tmp_path, "\n".join(rows)), NOW)
    assert done.counts["mounting"] == Count(12000, 0, 0)
    assert len(registry.containers(connection)) == 12000


def test_the_web_application_may_import_and_undo(
    connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    connection.execute("SET ROLE sr_web")
    number = fill_registry(connection, tmp_path)
    import_file(connection, _file(tmp_path, REGISTRY.replace("3.000", "2500")), NOW)
    for each in (number + 1, number):
        undo(connection, each, NOW)
    assert registry.containers(connection) == []


def _send(connection: psycopg.Connection, device: str, count: int) -> None:
    connection.execute(
        "INSERT INTO sr.quarantine (message, device, topic, payload, field, value, expected) "
        "SELECT n, %s, 'sr/1/x/fill', convert_to(n::text, 'UTF8'), 'device', %s, 'a registered device' "
        "FROM generate_series(1, %s) n",
        (device, device, count),
    )


def test_an_unknown_device_is_shown_and_adopted(
    connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    fill_registry(connection, tmp_path)
    _send(connection, "stranger", 3)
    unknown = unknown_devices(connection)
    assert [(u.device, u.messages, u.payload) for u in unknown] == [("stranger", 3, b"3")]
    done = adopt(connection, "stranger", NOW, "vendor-x", Place("container", "C2", 1.5, 0.1))
    assert done.waiting == 3
    assert unknown_devices(connection) == []
    found = {device.name: device for device in devices(connection, NOW)}["stranger"]
    assert (found.profile, found.object) == ("vendor-x", "C2")
    requests = connection.execute("SELECT device, reason, done_at FROM sr.replay_request").fetchall()
    assert requests == [("stranger", None, None)]


def test_adoption_refuses_what_makes_no_sense(connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    fill_registry(connection, tmp_path)
    _send(connection, "stranger", 1)
    with pytest.raises(NotFound, match=r"^device nobody: no message of it waits"):
        adopt(connection, "nobody", NOW)
    with pytest.raises(SmartRegionError, match=r"^device bin-1: is registered already"):
        adopt(connection, "bin-1", NOW)
    with pytest.raises(NotFound, match=r"^container C77: does not exist"):
        adopt(connection, "stranger", NOW, place=Place("container", "C77"))
    assert [u.device for u in unknown_devices(connection)] == ["stranger"]
