"""Passwords, sessions and API keys: only hashes are stored, wrong secrets open nothing."""

import datetime as dt

import psycopg
import pytest

from smartregion import access
from smartregion.access import Identity
from smartregion.errors import InvalidInput, NotFound, SmartRegionError

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
PASSWORD = "Größe 12 und mehr"


@pytest.fixture
def connection(rolled_back: psycopg.Connection) -> psycopg.Connection:
    """Nothing here is committed, so one database serves all tests."""
    return rolled_back


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing that costs nothing; stored hashes carry their own parameters."""
    monkeypatch.setattr(access, "_N", 16)


@pytest.fixture
def anna(connection: psycopg.Connection) -> psycopg.Connection:
    """A database that knows one dispatcher."""
    access.add_person(connection, "anna", PASSWORD, "dispatcher")
    return connection


def test_a_known_hash() -> None:
    """The second vector of scrypt in RFC 7914, section 12, with its own parameters."""
    digest = access._scrypt("password", b"NaCl", 1024, 8, 16)
    assert digest.hex().startswith("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")


def test_a_password_matches_only_itself() -> None:
    stored = access.hash_password(PASSWORD, b"0123456789abcdef")
    assert access.password_matches(PASSWORD, stored)
    assert not access.password_matches(PASSWORD + "x", stored)
    assert PASSWORD not in stored


def test_sign_in_and_out(anna: psycopg.Connection) -> None:
    token = access.sign_in(anna, "anna", PASSWORD, NOW)
    assert token is not None
    assert access.by_session(anna, token, NOW) == Identity("anna", "dispatcher")
    assert access.by_session(anna, token + "x", NOW) is None
    access.sign_out(anna, token)
    assert access.by_session(anna, token, NOW) is None


@pytest.mark.parametrize(
    ("name", "password"), [("anna", "something else"), ("nobody", PASSWORD), ("anna", "")]
)
def test_wrong_names_and_passwords_open_nothing(anna: psycopg.Connection, name: str, password: str) -> None:
    assert access.sign_in(anna, name, password, NOW) is None


def test_a_session_ends_by_time(anna: psycopg.Connection) -> None:
    token = access.sign_in(anna, "anna", PASSWORD, NOW)
    assert token is not None
    assert access.by_session(anna, token, NOW + access.SESSION_LENGTH - dt.timedelta(seconds=1))
    assert access.by_session(anna, token, NOW + access.SESSION_LENGTH) is None
    assert access.forget_sessions(anna, NOW + access.SESSION_LENGTH) == 1


def test_a_new_password_and_a_removal_end_sessions(anna: psycopg.Connection) -> None:
    token = access.sign_in(anna, "anna", PASSWORD, NOW) or ""
    access.set_password(anna, "anna", PASSWORD + "!")
    assert access.by_session(anna, token, NOW) is None
    token = access.sign_in(anna, "anna", PASSWORD + "!", NOW) or ""
    assert access.by_session(anna, token, NOW)
    access.remove_person(anna, "anna")
    assert access.by_session(anna, token, NOW) is None
    assert not access.has_people(anna)


def test_secrets_are_stored_as_hashes(anna: psycopg.Connection) -> None:
    token = access.sign_in(anna, "anna", PASSWORD, NOW) or ""
    _, key = access.add_key(anna, "grafana", "viewer")
    rows = anna.execute(
        "SELECT p::text FROM sr.person p UNION ALL SELECT s::text FROM sr.session s "
        "UNION ALL SELECT k::text FROM sr.api_key k"
    ).fetchall()
    stored = "".join(row[0] for row in rows)
    assert len(rows) == 3
    for secret in (PASSWORD, token, key, token.encode().hex(), key.encode().hex()):
        assert secret not in stored


def test_keys_live_until_revoked(connection: psycopg.Connection) -> None:
    number, key = access.add_key(connection, "partner", "dispatcher")
    assert key.startswith("sr_")
    assert access.by_key(connection, key) == Identity("partner", "dispatcher")
    assert access.by_key(connection, key[:-1]) is None
    access.revoke_key(connection, number, NOW)
    assert access.by_key(connection, key) is None
    assert access.keys(connection)[0].revoked_at == NOW
    with pytest.raises(NotFound, match="does not exist or was revoked before"):
        access.revoke_key(connection, number, NOW)


@pytest.mark.parametrize(
    ("name", "password", "message"),
    [
        ("ben", "kurz", "at least 10 characters"),
        ("", PASSWORD, "a printable name"),
        ("a\nb", PASSWORD, "a printable name"),
        ("anna", PASSWORD, "is registered already"),
    ],
)
def test_refused_registrations(anna: psycopg.Connection, name: str, password: str, message: str) -> None:
    with pytest.raises(SmartRegionError, match=message):
        access.add_person(anna, name, password, "viewer")


def test_a_weak_password_is_not_shown(connection: psycopg.Connection) -> None:
    with pytest.raises(InvalidInput) as caught:
        access.add_person(connection, "ben", "hunter2", "viewer")
    assert "hunter2" not in str(caught.value)


def test_unknown_people(connection: psycopg.Connection) -> None:
    with pytest.raises(NotFound, match="user nobody: is not registered"):
        access.set_password(connection, "nobody", PASSWORD)
    with pytest.raises(NotFound, match="user nobody: is not registered"):
        access.remove_person(connection, "nobody")


@pytest.mark.parametrize(
    ("role", "needed", "allowed"),
    [
        ("viewer", "viewer", True),
        ("viewer", "dispatcher", False),
        ("dispatcher", "viewer", True),
        ("dispatcher", "admin", False),
        ("admin", "dispatcher", True),
    ],
)
def test_roles_include_the_lower_ones(role: access.Role, needed: access.Role, allowed: bool) -> None:
    assert access.may(role, needed) is allowed


def test_a_known_key_is_registered_once_and_replaces_its_forerunner(connection: psycopg.Connection) -> None:
    access.ensure_key(connection, "demo", "sr_first", "admin")
    access.ensure_key(connection, "demo", "sr_first", "admin")
    assert len(access.keys(connection)) == 1
    access.ensure_key(connection, "demo", "sr_second", "admin")
    assert access.by_key(connection, "sr_first") is None
    assert access.by_key(connection, "sr_second") is not None
