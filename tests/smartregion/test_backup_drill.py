"""Backups in both formats, restores in the place of what is there, drills, and roles afterwards."""

import datetime as dt
import json
import pathlib
import shutil

import psycopg
import pytest

from ingest.profiles import shipped_profiles
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.writer import Packet, Writer
from smartregion.errors import InvalidInput, SmartRegionError
from smartregion.jobs import keeping
from smartregion.store import backup, binaries, database, manifest, scratch
from smartregion.store.drill import drill, last_drill, newest_backup
from smartregion.store.health import health
from smartregion.waste.levels import container_states
from tests.smartregion.store_region import NOW, fill_data, fill_registry
from tests.support.timescale import Timescale, pack


def contents(url: str) -> dict[str, manifest.Days]:
    with database.connect(url) as connection:
        return manifest.contents(connection)


def test_a_folder_written_and_read_by_two_processes(filled_url: str, tmp_path: pathlib.Path) -> None:
    told: list[tuple[float, str]] = []
    folder = tmp_path / "region"
    taken = backup.backup(filled_url, folder, NOW, jobs=2, report=lambda *step: told.append(step))
    assert (folder / "toc.dat").is_file()
    assert {"sr.device", "sr.series"} <= {table for _, table in told}
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert taken.manifest.tables["sr.reading"] == manifest.read(folder).tables["sr.reading"]  # type: ignore[union-attr]
    with database.connect(filled_url, autocommit=True) as connection:
        connection.execute("DELETE FROM sr.reading")
    backup.restore(filled_url, folder, jobs=2, overwrite=True)
    assert manifest.differences(taken.manifest.tables, contents(filled_url)) == []


def test_a_failed_restore_leaves_the_old_database(filled_url: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "region.dump"
    backup.backup(filled_url, file, NOW)
    before = contents(filled_url)
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(SmartRegionError, match=r"^pg_restore: "):
        backup.restore(filled_url, file, overwrite=True)
    assert contents(filled_url) == before
    with database.connect(filled_url) as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE current_database() || '_restoring%'"
        )
        assert left.fetchall() == []


def test_a_backup_does_not_take_the_place_of_another_unasked(filled_url: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "region.dump"
    first = backup.backup(filled_url, file, NOW)
    with pytest.raises(backup.NotEmptyError, match=r"exists already: give another name or --overwrite$"):
        backup.backup(filled_url, file, NOW)
    later = NOW + dt.timedelta(hours=1)
    assert backup.backup(filled_url, file, later, overwrite=True).manifest.rows == first.manifest.rows + 1
    assert newest_backup(tmp_path) == file


def test_a_restored_database_works_with_least_privileges(filled_url: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "region.dump"
    backup.backup(filled_url, file, NOW)
    with scratch.beside(filled_url, "roles") as other:
        backup.restore(other, file)
        with database.connect(f"{other} options='-c role=sr_ingest'", autocommit=True) as connection:
            content = {"t": NOW.isoformat(), "level": 0.75}
            packet = Packet(first_receipt(NOW), "sr/1/bin-2/fill", json.dumps(content).encode())
            Writer(connection, Registry(shipped_profiles())).write([packet])
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT FROM sr.person")
        with database.connect(f"{other} options='-c role=sr_web'") as connection:
            states = {state.id: state for state in container_states(connection, NOW)}
            assert states["C2"].level == 0.75
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DELETE FROM sr.reading")


def test_a_drill_compares_table_by_table_and_day(filled_url: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "region.dump"
    backup.backup(filled_url, file, NOW)
    found = drill(filled_url, file, NOW)
    assert found.passed
    assert (found.taken_at, found.rows) == (NOW, manifest.read(file).rows)  # type: ignore[union-attr]
    assert found.days >= 10
    held = json.loads(manifest.path_of(file).read_text())
    held["tables"]["sr.reading"]["2025-03-01"] = [1, "17"]
    manifest.path_of(file).write_text(json.dumps(held))
    broken = drill(filled_url, file, NOW)
    assert not broken.passed
    assert broken.different == ["sr.reading 2025-03-01"]
    with database.connect(filled_url) as connection:
        assert last_drill(connection) == broken
        left = connection.execute(
            "SELECT count(*) FROM pg_database WHERE datname LIKE current_database() || '_drill%'"
        ).fetchone()
        assert left == (0,)


def test_a_drill_without_a_backup_takes_one(filled_url: str) -> None:
    assert drill(filled_url, None, NOW).passed
    found = health(filled_url, NOW)
    assert found.last_drill is not None
    assert found.last_drill.passed


def test_a_drill_that_cannot_be_held_says_why(filled_url: str, tmp_path: pathlib.Path) -> None:
    found = drill(filled_url, tmp_path / "none.dump", NOW)
    assert not found.passed
    assert found.error is not None
    assert found.error.endswith("is missing: nothing to compare with")


def test_nightly_backups_of_the_last_days_stay(
    filled_url: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "KEPT", 1)
    folder = tmp_path / "nightly"
    for day in (0, 1):
        moment = NOW + dt.timedelta(days=day)
        keeping.save(keeping.Keeping(filled_url, folder, lambda moment=moment: moment))  # type: ignore[misc]
    assert newest_backup(folder) == folder / "nightly-2026-11-21.dump"
    assert len(list(folder.iterdir())) == 2  # with its manifest


def test_too_little_room_is_seen_before(
    filled_url: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "region.dump"
    backup.backup(filled_url, file, NOW)
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(SmartRegionError, match=r"0\.0 GB free, a backup needs about .* make room or choose"):
        backup.backup(filled_url, tmp_path / "other.dump", NOW)
    with pytest.raises(SmartRegionError, match="the restored database takes"):
        backup.restore(filled_url, file, overwrite=True)


def test_a_newer_servers_backup_is_refused(
    filled_url: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "region.dump"
    backup.backup(filled_url, file, NOW)
    monkeypatch.setattr(binaries, "run", lambda *_: "; Dumped from database version: 99.1")
    with pytest.raises(SmartRegionError, match=r"made by PostgreSQL 99, this server is \d+: expected 99 or"):
        backup.restore(filled_url, file, overwrite=True)


def test_a_damaged_manifest(tmp_path: pathlib.Path) -> None:
    manifest.path_of(tmp_path / "x.dump").write_text('{"tables": 7}')
    with pytest.raises(InvalidInput, match="is not a readable manifest of a backup"):
        manifest.read(tmp_path / "x.dump")


def test_timescaledb_comes_back_with_its_hypertables(
    timescale_engine: Timescale, tmp_path: pathlib.Path
) -> None:
    """What was dumped is restored into an emptied database."""
    file = tmp_path / "region.dump"
    with database.connect(timescale_engine.url, autocommit=True) as connection:
        fill_registry(connection, tmp_path)
        fill_data(connection, tmp_path)
        assert pack(connection) == 4
        before = manifest.contents(connection)
        backup.dump(timescale_engine.url, file, connection)
        connection.execute("DROP SCHEMA sr, report CASCADE; DROP EXTENSION timescaledb CASCADE")
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    timescale_engine.kill_engine()  # its library is still there, but must be loaded by the restore
    backup.restore(timescale_engine.url, file)
    with database.connect(timescale_engine.url) as connection:
        assert manifest.differences(before, manifest.contents(connection)) == []
        hypertables = connection.execute("SELECT count(*) FROM timescaledb_information.hypertables")
        assert hypertables.fetchone() == (3,)
        chunks = connection.execute("SELECT count(*) FROM timescaledb_information.chunks").fetchone()
        assert chunks is not None
        assert chunks[0] >= 3
        connection.execute(
            "INSERT INTO sr.reading (time, message, value, series) VALUES ('2031-01-01', 9, 0.1, 1)"
        )
