"""Connections: UTC, a pool that survives a lost session, and one clear line when nobody answers."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from smartregion.errors import DatabaseUnavailable, SettingsError
from smartregion.settings import Settings
from smartregion.store import database


def test_sessions_are_in_utc(database_url: str) -> None:
    with database.connect(database_url) as connection:
        row = connection.execute(
            "SELECT current_setting('TimeZone'), timestamptz '2026-07-01 00:00+00'"
        ).fetchone()
    assert row is not None
    assert row[0] == "UTC"
    assert row[1].utcoffset().total_seconds() == 0


def test_a_closed_port_is_one_line(free_port: int) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        database.connect(f"postgresql://someone:hunter2@127.0.0.1:{free_port}/sr")
    line = str(caught.value)
    assert line.startswith(f"database 127.0.0.1:{free_port}: Connection refused; start PostgreSQL")
    assert "hunter2" not in line
    assert "\n" not in line


def test_a_missing_database_is_named(database_url: str) -> None:
    with pytest.raises(DatabaseUnavailable, match='database "nowhere" does not exist; create the database'):
        database.connect(database_url.rsplit("/", 1)[0] + "/nowhere")


def test_a_wrong_password_is_not_shown(database_url: str) -> None:
    parts = conninfo_to_dict(database_url)
    url = f"postgresql://{parts['user']}:hunter2@{parts['host']}:{parts['port']}/{parts['dbname']}"
    with pytest.raises(DatabaseUnavailable, match="check user and password in database_url") as caught:
        database.connect(url)
    assert "hunter2" not in str(caught.value)


def test_an_address_that_is_none(database_url: str) -> None:
    with pytest.raises(SettingsError, match=r"^setting database_url: not an address of PostgreSQL: expected"):
        database.connect("mysql://hunter2@host/name")


def test_a_missing_address_says_where_to_set_it() -> None:
    with pytest.raises(
        SettingsError, match=r"^setting database_url: not set: expected postgresql://.*SMARTREGION_"
    ):
        database.require_url(Settings(database_url=None))


def test_the_pool_replaces_a_session_that_was_cut(database_url: str) -> None:
    with database.open_pool(database_url, max_size=2) as pool:
        with pool.connection() as connection:
            first = connection.info.backend_pid
        with database.connect(database_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (first,))
        with pool.connection() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert connection.info.backend_pid != first


def test_a_pool_without_server_says_so(free_port: int) -> None:
    with pytest.raises(DatabaseUnavailable, match="Connection refused"):
        database.open_pool(f"postgresql://someone@127.0.0.1:{free_port}/sr")
