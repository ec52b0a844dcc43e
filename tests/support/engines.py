"""Fixtures of the store's one test suite: the same tests on plain PostgreSQL and on TimescaleDB."""

import os
import pathlib
import tempfile
from collections.abc import Iterator

import psycopg
import pytest

from smartregion.demo.ports import free_port
from tests.support import timescale

ENGINES = ("plain", "timescaledb")
SERVERS = ENGINES if os.environ.get(timescale.NATIVE) else ENGINES[:1]
"""Engines whose server can make databases beside the one it has, as WebAssembly cannot."""


@pytest.fixture(scope="session")
def _timescale_folder() -> Iterator[pathlib.Path]:
    """Where engines in WebAssembly live."""
    if not (timescale.PGLITE / "node_modules").is_dir():
        reason = "TimescaleDB in WebAssembly is not installed: npm ci --prefix tests/support/pglite"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="smartregion-timescale-") as name:
        yield pathlib.Path(name)


@pytest.fixture(scope="session")
def _timescale_wasm(node: str, _timescale_folder: pathlib.Path) -> Iterator[str]:
    """One engine in WebAssembly for the whole run; beside it `template`, from which others are made."""
    folder = _timescale_folder
    with timescale.migrated(node, folder / "shared", free_port(), folder / "template") as url:
        yield url


@pytest.fixture(scope="session")
def timescale_shared(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of one TimescaleDB for the whole run: native where it is named, else in WebAssembly."""
    native = os.environ.get(timescale.NATIVE)
    if native:
        with timescale.native_database(native) as url:
            yield url
    else:
        yield request.getfixturevalue("_timescale_wasm")


@pytest.fixture
def timescale_engine(
    node: str, _timescale_wasm: str, _timescale_folder: pathlib.Path
) -> Iterator[timescale.Timescale]:
    """An engine in WebAssembly of its own, fresh and migrated; about 3 s."""
    folder = _timescale_folder
    with timescale.copied(node, folder / "template", folder / "own", free_port()) as server:
        yield server


@pytest.fixture
def timescale_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a fresh, migrated database on TimescaleDB."""
    native = os.environ.get(timescale.NATIVE)
    if native:
        with timescale.native_database(native) as url:
            yield url
    else:
        yield request.getfixturevalue("timescale_engine").url


@pytest.fixture
def timescale_rolled_back(timescale_shared: str) -> Iterator[psycopg.Connection]:
    """A connection to TimescaleDB; all that a test does is rolled back: never commit."""
    with psycopg.connect(timescale_shared, options="-c TimeZone=UTC") as connection:
        connection.execute("SELECT 1")  # a block `transaction()` is a savepoint from here on
        yield connection
        connection.rollback()
        left = connection.execute("SELECT count(*) FROM sr.device").fetchone()
        assert left == (0,), "this test left rows for those that follow"


@pytest.fixture(params=ENGINES)
def either(request: pytest.FixtureRequest) -> psycopg.Connection:
    """A connection to a migrated database of each engine; everything is rolled back: never commit."""
    name = "rolled_back" if request.param == "plain" else "timescale_rolled_back"
    connection: psycopg.Connection = request.getfixturevalue(name)
    return connection


@pytest.fixture(params=ENGINES)
def either_url(request: pytest.FixtureRequest) -> str:
    """Address of a fresh, migrated database of each engine; one transaction at a time on TimescaleDB."""
    return str(request.getfixturevalue("database_url" if request.param == "plain" else "timescale_url"))


@pytest.fixture(params=SERVERS)
def server_url(request: pytest.FixtureRequest) -> str:
    """Address of a fresh, migrated database on a server that can make others."""
    return str(request.getfixturevalue("database_url" if request.param == "plain" else "timescale_url"))
