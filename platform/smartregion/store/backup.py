"""Backup and restore with PostgreSQL's own programs, in its custom format; checksums to compare the two."""

import contextlib
import datetime as dt
import os
import pathlib
import time
from collections.abc import Iterator

from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from smartregion.errors import InvalidInput, SmartRegionError
from smartregion.store import binaries, database
from smartregion.store.queries import load


class NotEmptyError(SmartRegionError):
    """A restore wants an empty database."""


def backup(url: str, file: pathlib.Path, now: dt.datetime) -> int:
    """Save the whole database to `file`, readable by its owner only; returns bytes.

    The file appears whole or not at all. Raises SmartRegionError with the reason of pg_dump.
    """
    if not file.parent.is_dir():
        raise InvalidInput("file", file, "a path in an existing folder")
    started = time.monotonic()
    with database.connect(url, autocommit=True) as connection:
        program = binaries.find("pg_dump", connection.info.server_version // 10000)
        part = file.with_name(file.name + ".part")
        try:
            os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
            binaries.run(program, ["--format=custom", "--compress=3", f"--file={part}"], _parameters(url))
            part.replace(file)
        except OSError as error:
            raise InvalidInput("file", file, f"a writable path ({error.strerror})") from error
        finally:
            part.unlink(missing_ok=True)
        size = file.stat().st_size
        parameters = {
            "taken_at": now,
            "file": file.name,
            "bytes": size,
            "seconds": time.monotonic() - started,
        }
        connection.execute(load("store")["add_backup"], parameters)
    return size


def restore(url: str, file: pathlib.Path) -> None:
    """Fill an empty database from a backup, all or nothing.

    Raises NotEmptyError when there are tables already, SmartRegionError with the reason of pg_restore.
    """
    if not file.is_file():
        raise InvalidInput("file", file, "an existing backup file")
    sql = load("store")
    with database.connect(url, autocommit=True) as connection:
        tables = _value(connection, "foreign_tables")
        if tables:
            name = connection.info.dbname
            raise NotEmptyError(
                f"database {name}: holds {tables} tables already: restore into an empty database"
            )
        program = binaries.find("pg_restore", connection.info.server_version // 10000)
        listing = binaries.run(program, ["--list", str(file)], {})
        timescale = " EXTENSION - timescaledb" in listing
        if timescale and not _value(connection, "timescaledb_there"):
            raise SmartRegionError(
                f"{file.name}: comes from TimescaleDB, which this server does not have: install it"
            )
        connection.execute(sql["ensure_roles"])
        arguments = ["--exit-on-error", "--no-owner", "--single-transaction", str(file)]
        with _timescale_restore(connection) if timescale else contextlib.nullcontext():
            binaries.run(program, [f"--dbname={connection.info.dbname}", *arguments], _parameters(url))
        connection.execute(sql["analyze"])


def checksums(connection: database.Connection) -> dict[str, tuple[int, str]]:
    """Rows and an order-free sum of row hashes of each table."""
    sums = {}
    for schema, table in connection.execute(load("store")["base_tables"]).fetchall():
        query = SQL(load("store")["checksum"]).format(table=Identifier(schema, table))
        row = connection.execute(query).fetchone()
        if row is not None:
            sums[f"{schema}.{table}"] = (int(row[0]), str(row[1]))
    return sums


@contextlib.contextmanager
def _timescale_restore(connection: database.Connection) -> Iterator[None]:
    connection.execute(load("store")["before_restore"])
    try:
        yield
    finally:
        connection.execute(load("store")["after_restore"])


def _parameters(url: str) -> dict[str, str]:
    return {key: str(value) for key, value in conninfo_to_dict(url).items()}


def _value(connection: database.Connection, query: str) -> int:
    row = connection.execute(load("store")[query]).fetchone()
    return int(row[0]) if row else 0
