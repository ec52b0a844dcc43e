"""Migrations: in order, once, whole or not at all, one at a time; roles see only what they need."""

import pathlib
import shutil
import threading

import psycopg
import pytest

from smartregion.store import database
from smartregion.store.migrate import FOLDER, MigrationError, migrate, status

READABLE = {
    "sr_report": {"report.container_now", "report.tour"},
    "sr_ingest": {"sr.device", "sr.reading", "sr.quarantine", "sr.backup", "public._yoyo_migration"},
    "sr_web": {
        "public._yoyo_migration",
        "sr.person",
        "sr.reading",
        "report.tour",
        "public.procrastinate_jobs",
    },
}
FORBIDDEN = {
    "sr_report": ["SELECT FROM sr.reading", "SELECT FROM sr.person", "SELECT FROM sr.track"],
    "sr_ingest": [
        "SELECT FROM sr.person",
        "SELECT FROM sr.api_key",
        "SELECT FROM sr.session",
        "DELETE FROM sr.reading",
    ],
    "sr_web": [
        "UPDATE sr.reading SET value = 0",
        "DELETE FROM sr.book",
        "INSERT INTO sr.quarantine (message) VALUES (1)",
    ],
}


@pytest.fixture
def empty_url(database_url: str) -> str:
    """A database without any schema of ours."""
    with database.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA sr CASCADE; DROP SCHEMA report CASCADE; DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return database_url


def test_everything_is_applied_once(empty_url: str) -> None:
    names = sorted(path.stem for path in FOLDER.glob("*.sql"))
    assert status(empty_url).pending == tuple(names)
    assert migrate(empty_url) == [*names, "procrastinate"]
    assert migrate(empty_url) == []
    assert [name for name, _ in status(empty_url).applied] == names
    assert status(empty_url).pending == ()


def test_a_broken_migration_leaves_nothing_and_can_be_repeated(
    empty_url: str, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "0001.good.sql").write_text("CREATE TABLE good (id int);")
    broken = tmp_path / "0002.broken.sql"
    broken.write_text("CREATE TABLE half (id int);\nINSERT INTO half VALUES ('x');")
    with pytest.raises(
        MigrationError, match=r"^migration 0002\.broken: invalid input syntax for type integer"
    ):
        migrate(empty_url, tmp_path)
    assert [name for name, _ in status(empty_url, tmp_path).applied] == ["0001.good"]
    with database.connect(empty_url) as connection:
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)
    broken.write_text("CREATE TABLE half (id int);")
    assert migrate(empty_url, tmp_path)[0] == "0002.broken"


def test_a_session_that_dies_within_a_migration_leaves_neither_rows_nor_lock(
    empty_url: str, tmp_path: pathlib.Path
) -> None:
    deadly = tmp_path / "0001.deadly.sql"
    deadly.write_text("CREATE TABLE half (id int);\nSELECT pg_terminate_backend(pg_backend_pid());")
    with pytest.raises(MigrationError, match=r"^migration 0001\.deadly: terminating connection"):
        migrate(empty_url, tmp_path)
    deadly.write_text("CREATE TABLE half (id int);")
    assert migrate(empty_url, tmp_path)[0] == "0001.deadly"


def test_two_at_the_same_time_share_the_work(empty_url: str, tmp_path: pathlib.Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    applied: list[str] = []
    threads = [
        threading.Thread(target=lambda: applied.extend(migrate(empty_url, tmp_path))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == sorted([*(path.stem for path in FOLDER.glob("*.sql")), "procrastinate"])


@pytest.mark.parametrize("role", READABLE)
def test_roles_read_what_they_need(rolled_back: psycopg.Connection, role: str) -> None:
    rolled_back.execute(f"SET ROLE {role}")
    for name in READABLE[role]:
        rolled_back.execute(f"SELECT FROM {name} LIMIT 1")


@pytest.mark.parametrize(
    ("role", "statement"), [(role, text) for role, all_ in FORBIDDEN.items() for text in all_]
)
def test_roles_do_no_more(rolled_back: psycopg.Connection, role: str, statement: str) -> None:
    rolled_back.execute(f"SET ROLE {role}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rolled_back.execute(statement)


def test_ingest_makes_partitions_without_owning_tables(rolled_back: psycopg.Connection) -> None:
    rolled_back.execute("SET ROLE sr_ingest")
    rolled_back.execute("SELECT sr.ensure_partitions(ARRAY[timestamptz '2031-05-05'])")
    rolled_back.execute(
        "INSERT INTO sr.track (time, message, lon, lat, device) VALUES ('2031-05-05', 1, 13, 51, 1)"
    )
    rolled_back.execute("RESET ROLE")
    assert rolled_back.execute("SELECT tableoid::regclass::text FROM sr.track").fetchone() == (
        "sr.track_2031_05",
    )
