"""TimescaleDB for tests: in WebAssembly under Node, one transaction at a time, or a native server."""

import contextlib
import datetime as dt
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator

import psycopg
from psycopg import sql

from smartregion.store.migrate import migrate

PGLITE = pathlib.Path(__file__).parent / "pglite"
NATIVE = "SMARTREGION_TEST_TIMESCALE_URL"
"""Names a native server with TimescaleDB; databases of our own are made there and dropped again."""
GROUPS = "sr_ingest, sr_web, sr_report"


class Timescale:
    """The engine on a folder; what is committed outlives its death."""

    def __init__(self, node: str, folder: pathlib.Path, port: int) -> None:
        self._command = [node, str(PGLITE / "server.mjs"), str(port), str(folder)]
        self.url = f"postgresql://postgres@127.0.0.1:{port}/template1"
        self._process: subprocess.Popen[str] | None = None
        self._engine = 0

    def start(self) -> None:
        """Start and wait until clients may come."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._wait()

    def kill_engine(self) -> None:
        """SIGKILL; the server starts another one on what was committed."""
        os.kill(self._engine, signal.SIGKILL)
        assert self._line() == "ended null"
        self._wait()

    def stop(self) -> None:
        """End server and engine."""
        assert self._process is not None
        self._process.communicate()  # the end of its input is its end

    def _wait(self) -> None:
        word, _, number = self._line().partition(" ")
        assert word == "ready", f"TimescaleDB in WebAssembly: {word} {number}"
        self._engine = int(number)

    def _line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextlib.contextmanager
def running(node: str, folder: pathlib.Path, port: int) -> Iterator[Timescale]:
    """A server for the length of a with block."""
    server = Timescale(node, folder, port)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def migrated(node: str, folder: pathlib.Path, port: int, template: pathlib.Path) -> Iterator[str]:
    """Address of an engine with the schema of this version; what it begins with is kept as a template.

    Groups may COPY as they may with any client: here that means to read and write a file.
    """
    with running(node, folder, port) as server:
        migrate(server.url)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"GRANT pg_read_server_files, pg_write_server_files TO {GROUPS}")
            connection.execute("CHECKPOINT")
        shutil.copytree(folder, template)
        yield server.url


@contextlib.contextmanager
def copied(node: str, template: pathlib.Path, folder: pathlib.Path, port: int) -> Iterator[Timescale]:
    """An engine of its own that begins with what the template holds."""
    shutil.copytree(template, folder)
    with running(node, folder, port) as server:
        yield server
    shutil.rmtree(folder)


@contextlib.contextmanager
def native_database(url: str) -> Iterator[str]:
    """Address of a fresh, migrated database on a native server."""
    with empty_database(url) as own:
        migrate(own)
        yield own


@contextlib.contextmanager
def empty_database(url: str) -> Iterator[str]:
    """Address of a fresh, empty database on a native server."""
    name = f"sr_test_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield f"{url.rsplit('/', 1)[0]}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def pack(connection: psycopg.Connection, before: dt.datetime | None = None) -> int:
    """Move chunks into the columnstore, all or those that end before a moment; how many moved.

    Plain PostgreSQL has none.
    """
    if connection.execute("SELECT sr.engine()").fetchone() == ("plain",):
        return 0
    return connection.execute(
        "SELECT compress_chunk(format('%%I.%%I', chunk_schema, chunk_name)::regclass)"
        " FROM timescaledb_information.chunks WHERE hypertable_schema = 'sr' AND NOT is_compressed"
        " AND range_end <= coalesce(%s::timestamptz, 'infinity')",
        (before,),
    ).rowcount
