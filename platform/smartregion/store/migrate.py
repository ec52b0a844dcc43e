"""Numbered plain SQL migrations through yoyo, and the schema of the job queue.

yoyo marks a migration in another transaction than the one that applies it, and its lock is a row that
outlives a killed process. Here both happen in one transaction under an advisory lock: a migration is there
whole or not at all.
"""

import contextlib
import dataclasses
import datetime as dt
import pathlib
from collections.abc import Iterator
from typing import Any

import psycopg
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI

from smartregion.errors import SmartRegionError
from smartregion.store import database, job_schema, queries

_TABLE = "_yoyo_migration"
FOLDER = pathlib.Path(__file__).with_name("migrations")
"""Numbered migrations of this version."""


class MigrationError(SmartRegionError):
    """A migration stopped; the database is as it was before it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Status:
    """Applied migrations with their time (UTC), and the names of those still to apply."""

    applied: tuple[tuple[str, dt.datetime], ...]
    pending: tuple[str, ...]


def migrate(url: str, folder: pathlib.Path = FOLDER) -> list[str]:
    """Bring the schema to this version; returns the names of the migrations applied now.

    Raises MigrationError with the migration and the server's words, DatabaseUnavailable when nobody answers.
    """
    applied = []
    with _locked(url) as connection:
        backend = _Backend(connection)
        for migration in backend.to_apply(_available(folder)):
            try:
                backend.apply_one(migration)
            except psycopg.Error as error:
                raise MigrationError(f"migration {migration.id}: {_reason(error)}") from error
            applied.append(str(migration.id))
        try:
            applied += job_schema.bring_up_to_date(connection)
        except psycopg.Error as error:
            raise MigrationError(f"migration of the job queue: {_reason(error)}") from error
    return applied


def status(url: str, folder: pathlib.Path = FOLDER) -> Status:
    """What is applied and what is pending; changes nothing."""
    sql = queries.load("migrate")
    names = [str(migration.id) for migration in _available(folder)]
    with database.connect(url) as connection:
        known = connection.execute(sql["has_yoyo"]).fetchone()
        rows = connection.execute(sql["applied"]).fetchall() if known and known[0] else []
    applied = tuple((name, time.replace(tzinfo=dt.UTC)) for name, time in rows)
    done = {name for name, _ in applied}
    return Status(applied, tuple(name for name in names if name not in done))


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]
    """yoyo on a session of ours; statements of a migration and its mark commit together."""

    def __init__(self, connection: database.Connection) -> None:
        self._session = connection
        name = DatabaseURI("postgresql+psycopg", None, None, None, None, connection.info.dbname, {})
        super().__init__(name, _TABLE)
        self.create_lock_table()
        self.break_lock()  # we hold the advisory lock: a row can only be left over

    def connect(self, dburi: Any) -> database.Connection:
        return self._session

    def apply_one(self, migration: Any, force: bool = False, mark: bool = True) -> None:
        self.ensure_internal_schema_updated()
        with self.transaction():
            migration.process_steps(self, "apply", force=force)
            self.mark_one(migration, log=False)


def _reason(error: BaseException) -> str:
    """What the server said first; later errors only tell that the session or transaction is gone."""
    while isinstance(error.__context__, psycopg.Error):
        error = error.__context__
    return " ".join(str(error).split())


@contextlib.contextmanager
def _locked(url: str) -> Iterator[database.Connection]:
    sql = queries.load("migrate")
    with contextlib.closing(database.connect(url, autocommit=True)) as connection:
        connection.execute(sql["lock"])
        yield connection
        if not connection.closed:
            connection.execute(sql["unlock"])


def _available(folder: pathlib.Path) -> Any:
    return read_migrations(str(folder))
