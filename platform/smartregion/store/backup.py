"""Backup and restore with PostgreSQL's own programs, in its custom or directory format."""

import contextlib
import dataclasses
import datetime as dt
import os
import pathlib
import re
import shutil
import time
from collections.abc import Iterator

from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Literal

from smartregion.errors import InvalidInput, SmartRegionError
from smartregion.store import binaries, database, manifest, scratch
from smartregion.store.progress import Report, TableProgress
from smartregion.store.queries import load

_LEAST_SHARE = 0.05
"""A compressed backup takes at least this share of the database; asked for where no earlier one tells."""
_GRANTED = re.compile(r"^(?:GRANT|REVOKE) .* (?:TO|FROM) \"?(\w+)\"?;$", re.MULTILINE)


class NotEmptyError(SmartRegionError):
    """A restore wants an empty database, a backup a new file."""


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """A backup: bytes of its files, and what it holds."""

    bytes: int
    manifest: manifest.Manifest


def backup(
    url: str,
    path: pathlib.Path,
    now: dt.datetime,
    *,
    jobs: int | None = None,
    overwrite: bool = False,
    report: Report | None = None,
) -> Taken:
    """Save the whole database to a file, or with `jobs` in parallel to a folder, readable by its owner only.

    The backup appears whole or not at all, beside it its manifest, which counts and hashes what it holds at
    the same moment. Raises NotEmptyError where `path` exists (unless `overwrite`), SmartRegionError with the
    reason of pg_dump or that the disk has too little room.
    """
    if not path.parent.is_dir():
        raise InvalidInput("file", path, "a path in an existing folder")
    if path.exists() and not overwrite:
        raise NotEmptyError(f"{path}: exists already: give another name or --overwrite")
    started = time.monotonic()
    with database.connect(url) as connection:
        connection.execute(load("store")["snapshot"])
        _refuse_full(connection, path.parent)
        snapshot = connection.execute(load("store")["export_snapshot"]).fetchall()[0][0]
        described = manifest.describe(connection, now)
        part = path.with_name(path.name + ".part")
        try:
            dump(url, part, connection, jobs=jobs, snapshot=snapshot, report=report)
            _replace(part, path)
            manifest.write(described, path)
        except OSError as error:
            raise InvalidInput("file", path, f"a writable path ({error.strerror})") from error
        finally:
            _remove(part)
    size = sum(file.stat().st_size for file in [path, *path.glob("*")] if file.is_file())
    parameters = {
        "taken_at": now,
        "file": path.name,
        "bytes": size,
        "seconds": time.monotonic() - started,
        "rows": described.rows,
    }
    with database.connect(url, autocommit=True) as connection:
        connection.execute(load("store")["add_backup"], parameters)
    return Taken(size, described)


def dump(
    url: str,
    path: pathlib.Path,
    connection: database.Connection,
    *,
    jobs: int | None = None,
    snapshot: str | None = None,
    report: Report | None = None,
) -> None:
    """Run pg_dump into a new file, or with `jobs` into a new folder. Raises SmartRegionError, OSError."""
    program = binaries.find("pg_dump", connection.info.server_version // 10000)
    if jobs is None:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        options = ["--format=custom"]
    else:
        path.mkdir(mode=0o700)
        options = ["--format=directory", f"--jobs={jobs}"]
    if snapshot is not None:
        options.append(f"--snapshot={snapshot}")
    sizes: dict[str, int] = dict(connection.execute(load("store")["data_sizes"]).fetchall())
    progress = TableProgress(sizes, report) if report is not None else None
    arguments = [*options, "--compress=3", "--verbose", f"--file={path}"]
    binaries.run(program, arguments, parameters_of(url), progress.listen if progress else None)


def restore(
    url: str,
    path: pathlib.Path,
    *,
    jobs: int | None = None,
    overwrite: bool = False,
    report: Report | None = None,
) -> None:
    """Fill an empty database from a backup, all or nothing.

    With `overwrite`, or with `jobs` in parallel, a new database is filled beside it and takes its name and
    place at the end: until then the old one stays as it is. One process restores what comes from TimescaleDB,
    whatever `jobs`. Raises NotEmptyError when there are tables already (unless `overwrite`), SmartRegionError
    when versions or room do not fit, or with the reason of pg_restore.
    """
    if not path.exists():
        raise InvalidInput("file", path, "an existing backup file or folder")
    with database.connect(url, autocommit=True) as connection:
        tables = _value(connection, "foreign_tables")
        if tables and not overwrite:
            name = connection.info.dbname
            raise NotEmptyError(
                f"database {name}: holds {tables} tables already: restore into an empty database, "
                "or --overwrite"
            )
    if not overwrite and jobs is None:
        _fill(url, path, None, report)
        return
    with scratch.beside(url, "restoring") as other:
        _fill(other, path, jobs or 1, report)
        scratch.take_place(other, url)


def fill_scratch(url: str, path: pathlib.Path, report: Report | None = None) -> None:
    """Restore into a database that is thrown away when this fails."""
    _fill(url, path, 1, report)


def checksums(connection: database.Connection) -> dict[str, tuple[int, str]]:
    """Rows and an order-free sum of row hashes of each table."""
    found = manifest.contents(connection)
    return {
        table: (sum(rows for rows, _ in days.values()), str(sum(int(total) for _, total in days.values())))
        for table, days in found.items()
    }


def parameters_of(url: str) -> dict[str, str]:
    """Host, port, user, password and database of an address."""
    return {key: str(value) for key, value in conninfo_to_dict(url).items()}


def _fill(url: str, path: pathlib.Path, jobs: int | None, report: Report | None) -> None:
    """Run pg_restore; without `jobs` in one transaction."""
    sql = load("store")
    described = manifest.read(path)
    with database.connect(url, autocommit=True) as connection:
        server = connection.info.server_version // 10000
        program = binaries.find("pg_restore", server)
        listing = binaries.run(program, ["--list", str(path)], {})
        _refuse_older_server(path, listing, server)
        timescale = " EXTENSION - timescaledb" in listing
        if timescale and not _value(connection, "timescaledb_there"):
            raise SmartRegionError(
                f"{path.name}: comes from TimescaleDB, which this server does not have: install it"
            )
        if described is not None:
            scratch.refuse_full(connection, described.bytes)
        grants = binaries.run(program, ["--schema-only", "--file=-", str(path)], {})
        roles = sorted({role for role in _GRANTED.findall(grants) if role.startswith("sr_")})
        connection.execute(SQL(sql["ensure_roles"]).format(roles=Literal(roles)))
        progress = TableProgress(_tables_of(listing), report) if report is not None else None
        arguments = [f"--dbname={connection.info.dbname}", "--exit-on-error", "--no-owner", "--verbose"]
        # The tables of TimescaleDB's own catalogue refer to each other and only go in in their order.
        arguments += ["--single-transaction"] if jobs is None else [f"--jobs={1 if timescale else jobs}"]
        with _timescale_restore(connection) if timescale else contextlib.nullcontext():
            listen = progress.listen if progress else None
            binaries.run(program, [*arguments, str(path)], parameters_of(url), listen)
        connection.execute(sql["analyze"])


def _tables_of(listing: str) -> dict[str, int]:
    """Tables whose data a backup holds, each as much as the other: it does not tell their bytes."""
    return {f"{schema}.{table}": 1 for schema, table in re.findall(r" TABLE DATA (\S+) (\S+) ", listing)}


def _refuse_older_server(path: pathlib.Path, listing: str, server: int) -> None:
    made_by = re.search(r"Dumped from database version: (\d+)", listing)
    if made_by is not None and int(made_by[1]) > server:
        raise SmartRegionError(
            f"{path.name}: made by PostgreSQL {made_by[1]}, this server is {server}: "
            f"expected {made_by[1]} or newer"
        )


def _refuse_full(connection: database.Connection, folder: pathlib.Path) -> None:
    last = connection.execute(load("store")["last_backup_bytes"]).fetchone()
    size = connection.execute(load("store")["server"]).fetchall()[0][4]
    needed = int(last[0] if last else size * _LEAST_SHARE)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SmartRegionError(
            f"{folder}: {free / 1e9:.1f} GB free, a backup needs about {needed / 1e9:.1f} GB: "
            "make room or choose another folder"
        )


def _replace(part: pathlib.Path, path: pathlib.Path) -> None:
    """Put the new backup in the place of an old one, of whatever format."""
    _remove(path)
    part.rename(path)


def _remove(path: pathlib.Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _timescale_restore(connection: database.Connection) -> Iterator[None]:
    connection.execute(load("store")["before_restore"])
    try:
        yield
    finally:
        connection.execute(load("store")["after_restore"])


def _value(connection: database.Connection, query: str) -> int:
    row = connection.execute(load("store")[query]).fetchone()
    return int(row[0]) if row else 0
