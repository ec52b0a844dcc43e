"""Backup and restore: the same rows in another database, and refusals that harm nothing."""

import datetime as dt
import pathlib
import stat

import psycopg
import pytest
from psycopg import sql

from smartregion.errors import InvalidInput, SmartRegionError
from smartregion.store import backup, binaries, database
from smartregion.store.health import health
from smartregion.store.policies import run_policies
from tests.smartregion.store_region import NOW
from tests.support.engines import ENGINES


@pytest.fixture
def other_url(server_url: str) -> str:
    """An empty database on the same server, dropped with the first one's fixture at the latest."""
    return _fresh(server_url, "other")


def _fresh(url: str, suffix: str) -> str:
    name = url.rsplit("/", 1)[1] + "_" + suffix
    with database.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    return url.rsplit("/", 1)[0] + "/" + name


def test_a_restored_database_has_the_same_rows(
    filled_url: str, other_url: str, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "region.dump"
    with database.connect(filled_url) as connection:
        before = backup.checksums(connection)
    size = backup.backup(filled_url, file, NOW).bytes
    backup.restore(other_url, file)
    with database.connect(other_url) as connection:
        after = backup.checksums(connection)
        connection.execute("SET ROLE sr_report")
        assert connection.execute("SELECT count(*) FROM report.container_level").fetchone() == (3,)
    assert after == before
    assert before["sr.reading"][0] == 4
    assert before["sr.lane_interval"][0] == 3
    assert before["sr.track"][0] == 2
    assert size == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert health(filled_url, NOW).last_backup == NOW
    assert health(other_url, NOW).migrations == health(filled_url, NOW).migrations


def test_a_changed_value_changes_the_checksum(filled_url: str) -> None:
    with database.connect(filled_url) as connection:
        before = backup.checksums(connection)
        connection.execute("UPDATE sr.reading SET value = value + 1e-9 WHERE value = 7")
        after = backup.checksums(connection)
    assert {name for name in before if before[name] != after[name]} == {"sr.reading"}


def test_a_filled_database_is_not_overwritten(filled_url: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "region.dump"
    backup.backup(filled_url, file, NOW)
    with pytest.raises(
        backup.NotEmptyError, match=r"holds \d+ tables already: restore into an empty database"
    ):
        backup.restore(filled_url, file)


def test_a_damaged_file_changes_nothing(filled_url: str, other_url: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "region.dump"
    backup.backup(filled_url, file, NOW)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(SmartRegionError, match=r"^pg_restore: "):
        backup.restore(other_url, file)
    with database.connect(other_url) as connection:
        assert connection.execute("SELECT to_regnamespace('sr')").fetchone() == (None,)


def test_a_file_that_is_no_backup(other_url: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Meine Notizen\n" * 100)
    with pytest.raises(SmartRegionError, match=r"^pg_restore: input file does not appear to be a valid"):
        backup.restore(other_url, file)


def test_a_backup_into_nowhere(filled_url: str, tmp_path: pathlib.Path) -> None:
    with pytest.raises(InvalidInput, match="is not a path in an existing folder"):
        backup.backup(filled_url, tmp_path / "missing" / "region.dump", NOW)


def test_a_failed_backup_leaves_no_file(
    filled_url: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump: error: disk is full' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(binaries, "find", lambda name, server: program)
    with pytest.raises(SmartRegionError, match=r"^pg_dump: disk is full$"):
        backup.backup(filled_url, tmp_path / "region.dump", NOW)
    assert not list(tmp_path.glob("region.dump*"))
    assert health(filled_url, NOW).last_backup is None


def test_a_missing_program_says_what_to_install() -> None:
    with pytest.raises(
        binaries.ProgramMissingError, match=r"^pg_dump: none of version 99 or newer found: install"
    ):
        binaries.find("pg_dump", 99)


def test_status_counts_rows_and_partitions(filled_url: str) -> None:
    with psycopg.connect(filled_url, autocommit=True) as connection:
        connection.execute("ANALYZE")
    found = health(filled_url, NOW)
    tables = {table.name: table for table in found.tables}
    assert found.server.engine in ENGINES
    assert tables["sr.reading"].rows == 4
    assert tables["sr.reading"].partitions >= 2
    assert tables["sr.container"].rows == 2


def test_policies_make_partitions_and_forget_what_must_go(filled_url: str) -> None:
    later = NOW + dt.timedelta(days=15)
    done = {policy.name: policy for policy in run_policies(filled_url, later)}
    assert done["retention track"].result == "2 rows deleted"
    assert not any(policy.failed for policy in done.values())
    with database.connect(filled_url) as connection:
        ahead = "SELECT sr.engine() = 'timescaledb' OR to_regclass('sr.reading_2027_02') IS NOT NULL"
        assert connection.execute(ahead).fetchone() == (True,)
        assert connection.execute("SELECT count(*) FROM sr.track").fetchone() == (0,)
