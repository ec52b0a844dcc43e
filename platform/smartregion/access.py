"""Who may do what: people with passwords, sessions, API keys; the database holds hashes of secrets only."""

import base64
import dataclasses
import datetime as dt
import hashlib
import hmac
import secrets
from typing import Any, Literal

from psycopg.rows import class_row

from smartregion.errors import InvalidInput, NotFound, SmartRegionError
from smartregion.store.database import Connection
from smartregion.store.queries import load

Role = Literal["viewer", "dispatcher", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "dispatcher", "admin")
"""From reading only, over planning, to everything."""
SESSION_LENGTH = dt.timedelta(hours=12)
SHORTEST_PASSWORD = 10

_N, _R, _P = 1 << 15, 8, 3  # one of the equal choices of the OWASP cheat sheet: 32 MiB, about 0.2 s
_NOBODY = (
    f"scrypt${_N}${_R}${_P}$"
    + base64.b64encode(bytes(16)).decode()
    + "$"
    + base64.b64encode(bytes(32)).decode()
)


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: a person or a key, with a role."""

    name: str
    role: Role


@dataclasses.dataclass(frozen=True, slots=True)
class Person:
    """A registered person."""

    name: str
    role: Role
    created_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key without its secret."""

    id: int
    name: str
    role: Role
    created_at: dt.datetime
    revoked_at: dt.datetime | None


def may(role: Role, needed: Role) -> bool:
    """Whether a role includes the one needed."""
    return ROLES.index(role) >= ROLES.index(needed)


def hash_password(password: str, salt: bytes) -> str:
    """scrypt (RFC 7914) with its parameters and a salt of 16 bytes, as one line of text."""
    digest = _scrypt(password, salt, _N, _R, _P)
    return f"scrypt${_N}${_R}${_P}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def password_matches(password: str, stored: str) -> bool:
    """Compare in constant time."""
    _, n, r, p, salt, digest = stored.split("$")
    found = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, base64.b64decode(digest))


def add_person(connection: Connection, name: str, password: str, role: Role) -> None:
    """Register a person; raises InvalidInput for a weak password, SmartRegionError for a taken name."""
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise InvalidInput("name", name, "a printable name of 1 to 100 characters")
    hashed = _new_hash(password)
    parameters = {"name": name, "password_hash": hashed, "role": role}
    if connection.execute(load("access")["add_person"], parameters).fetchone() is None:
        raise SmartRegionError(
            f"user {name}: is registered already (`smartregion users password` changes it)"
        )


def set_password(connection: Connection, name: str, password: str) -> None:
    """Change a password and end the person's sessions."""
    parameters = {"name": name, "password_hash": _new_hash(password)}
    if connection.execute(load("access")["set_password"], parameters).fetchone() is None:
        raise NotFound(f"user {name}: is not registered")


def remove_person(connection: Connection, name: str) -> None:
    """Remove a person with all sessions."""
    if connection.execute(load("access")["remove_person"], {"name": name}).fetchone() is None:
        raise NotFound(f"user {name}: is not registered")


def people(connection: Connection) -> list[Person]:
    """Registered people by name."""
    with connection.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(load("access")["people"]).fetchall()


def has_people(connection: Connection) -> bool:
    """Whether anybody is registered."""
    row = connection.execute(load("access")["has_people"]).fetchone()
    return bool(row and row[0])


def sign_in(connection: Connection, name: str, password: str, now: dt.datetime) -> str | None:
    """Open a session; its token, or None when name or password are wrong (both take the same time)."""
    row = connection.execute(load("access")["password_hash"], {"name": name}).fetchone()
    matches = password_matches(password, row[0] if row else _NOBODY)
    if row is None or not matches:
        return None
    token = secrets.token_urlsafe(32)
    parameters = {"token_hash": _digest(token), "name": name, "expires_at": now + SESSION_LENGTH}
    forget_sessions(connection, now)
    connection.execute(load("access")["open_session"], parameters)
    return token


def sign_out(connection: Connection, token: str) -> None:
    """End a session."""
    connection.execute(load("access")["close_session"], {"token_hash": _digest(token)})


def forget_sessions(connection: Connection, now: dt.datetime) -> int:
    """Delete expired sessions; how many."""
    return connection.execute(load("access")["forget_sessions"], {"now": now}).rowcount


def by_session(connection: Connection, token: str, now: dt.datetime) -> Identity | None:
    """Who a session token belongs to."""
    return _identity(connection, "session", token_hash=_digest(token), now=now)


def by_key(connection: Connection, key: str) -> Identity | None:
    """Whose API key this is."""
    return _identity(connection, "key", key_hash=_digest(key))


def add_key(connection: Connection, name: str, role: Role) -> tuple[int, str]:
    """Make an API key; its number and the secret, which is shown once and never stored."""
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise InvalidInput("name", name, "a printable name of 1 to 100 characters")
    key = "sr_" + secrets.token_urlsafe(32)
    parameters = {"name": name, "key_hash": _digest(key), "role": role}
    row = connection.execute(load("access")["add_key"], parameters).fetchone()
    assert row is not None  # noqa: S101 - an insert returns its row
    return int(row[0]), key


def ensure_key(connection: Connection, name: str, key: str, role: Role) -> None:
    """Register this very key under the name; another key of that name is revoked."""
    parameters = {"name": name, "key_hash": _digest(key), "role": role}
    connection.execute(load("access")["revoke_others"], parameters)
    connection.execute(load("access")["ensure_key"], parameters)


def keys(connection: Connection) -> list[ApiKey]:
    """All keys by number."""
    with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(load("access")["keys"]).fetchall()


def revoke_key(connection: Connection, number: int, now: dt.datetime) -> None:
    """Make a key useless from now on."""
    if connection.execute(load("access")["revoke_key"], {"id": number, "now": now}).fetchone() is None:
        raise NotFound(f"key {number}: does not exist or was revoked before")


def _identity(connection: Connection, query: str, **parameters: Any) -> Identity | None:
    with connection.cursor(row_factory=class_row(Identity)) as cursor:
        return cursor.execute(load("access")[query], parameters).fetchone()


def _new_hash(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput("password", "*" * len(password), f"at least {SHORTEST_PASSWORD} characters long")
    return hash_password(password, secrets.token_bytes(16))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


def _digest(secret: str) -> bytes:
    """Tokens and keys carry 256 random bits: a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
