"""Connections to PostgreSQL: sessions in UTC, one clear line when the database does not answer."""

import re
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from smartregion.errors import Contended, DatabaseUnavailable, SettingsError, SmartRegionError
from smartregion.settings import Settings

Connection = psycopg.Connection[tuple[Any, ...]]
Pool = ConnectionPool[Connection]

_EXPECTED = (
    "expected postgresql://user:password@host:port/name (SMARTREGION_DATABASE_URL or smartregion.toml)"
)
_CONNECT_TIMEOUT_S = 5
_CONTENDED = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.SerializationFailure,
)
_OPTIONS = "-c TimeZone=UTC -c timescaledb.max_tuples_decompressed_per_dml_transaction=0"
"""A late batch opens as much of TimescaleDB's columnstore as it needs; plain PostgreSQL ignores that."""


def require_url(settings: Settings) -> str:
    """The database address; raises SettingsError when none is set."""
    if settings.database_url is None:
        raise SettingsError(f"setting database_url: not set: {_EXPECTED}")
    return settings.database_url.get_secret_value()


def connect(url: str, autocommit: bool = False) -> Connection:
    """Open one session in UTC.

    Raises DatabaseUnavailable with host, port, reason and what to do; SettingsError when `url` is no address.
    """
    parameters = _parameters(url)
    try:
        return psycopg.connect(autocommit=autocommit, **parameters)
    except psycopg.OperationalError as error:
        raise unavailable(url, error) from error


def open_pool(url: str, max_size: int = 8) -> Pool:
    """A pool of sessions in UTC; each is tried before it is handed out, so that a restart is survived.

    Raises DatabaseUnavailable when the database does not answer now.
    """
    connect(url).close()
    pool: Pool = ConnectionPool(
        "",
        kwargs=_parameters(url),
        min_size=1,
        max_size=max_size,
        timeout=_CONNECT_TIMEOUT_S,
        check=ConnectionPool.check_connection,
        open=False,
    )
    pool.open()
    return pool


def unavailable(url: str, error: Exception) -> DatabaseUnavailable:
    """The one line for a database that does not answer; never shows the password."""
    parameters = _parameters(url)
    place = f"{parameters.get('host', 'local socket')}:{parameters.get('port', 5432)}"
    reason = _reason(error)
    return DatabaseUnavailable(f"database {place}: {reason}; {_remedy(reason)}")


def failed(url: str, error: psycopg.OperationalError) -> SmartRegionError:
    """The one line for a statement that failed by no fault of its own: the database is away, or others came
    first."""
    if isinstance(error, _CONTENDED):
        return Contended(f"database: {_reason(error)}; nothing was changed: try again")
    return unavailable(url, error)


def _parameters(url: str) -> dict[str, Any]:
    try:
        parameters: dict[str, Any] = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise SettingsError(f"setting database_url: not an address of PostgreSQL: {_EXPECTED}") from error
    options = parameters.get("options", "")
    parameters["options"] = f"{options} {_OPTIONS}".strip()
    parameters.setdefault("connect_timeout", _CONNECT_TIMEOUT_S)
    parameters.setdefault("application_name", "smartregion")
    return parameters


def _reason(error: Exception) -> str:
    """What the server or the network said, without the addresses that we print ourselves."""
    text = " ".join(str(error).split())
    found = re.search(
        r"(FATAL:\s+.*|Connection refused|timeout expired|could not translate .*|server closed .*)", text
    )
    return (found.group(1) if found else text).removeprefix("FATAL:").strip()[:200]


def _remedy(reason: str) -> str:
    if "password" in reason or "role" in reason or "pg_hba" in reason:
        return "check user and password in database_url"
    if "does not exist" in reason:
        return "create the database or correct its name in database_url"
    return "start PostgreSQL or correct database_url (`smartregion demo` brings its own)"
