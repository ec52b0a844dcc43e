"""What the database holds: engine, schema, rows and bytes, backups."""

import dataclasses
import datetime as dt

from psycopg.rows import class_row

from smartregion.store import database, migrate
from smartregion.store.queries import load


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """Engine (plain or timescaledb), versions, name and bytes of the database."""

    engine: str
    version: str
    timescaledb: str | None
    name: str
    bytes: int


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A table with its partitions; rows as the server counts them."""

    name: str
    rows: int
    bytes: int
    partitions: int


@dataclasses.dataclass(frozen=True, slots=True)
class Health:
    """All that `db status` shows."""

    server: Server
    migrations: migrate.Status
    tables: list[Table]
    last_backup: dt.datetime | None


def health(url: str) -> Health:
    """Look at the database; changes nothing."""
    migrations = migrate.status(url)
    sql = load("store")
    with database.connect(url) as connection:
        with connection.cursor(row_factory=class_row(Server)) as cursor:
            server = cursor.execute(sql["server"]).fetchone()
        assert server is not None  # noqa: S101 - one row always
        with connection.cursor(row_factory=class_row(Table)) as cursor:
            tables = cursor.execute(sql["tables"]).fetchall()
        known = any(table.name == "sr.backup" for table in tables)
        last = connection.execute(sql["last_backup"]).fetchone() if known else None
    return Health(server, migrations, tables, last[0] if last else None)
