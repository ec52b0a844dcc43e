"""Fixtures of the platform's tests: a shared database with each test rolled back, and compiled kernels."""

import contextlib
import pathlib
from collections.abc import Iterator

import psycopg
import pytest

import routing
from smartregion.demo.postgres import Postgres
from smartregion.settings import settings
from smartregion.store import database as databases
from tests.smartregion.api_client import database
from tests.smartregion.store_region import fill_data, fill_registry
from tests.support.timescale import pack


@pytest.fixture(scope="session")
def kernels(kernel_folder: pathlib.Path) -> pathlib.Path:
    """The run's folder of kernels, with those that every plan needs."""
    routing.warm_up(folder=kernel_folder)
    return kernel_folder


@pytest.fixture
def own_settings(database_url: str, kernels: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Verbs called in this process use the test's database, with the worker's rights, and its kernels."""
    monkeypatch.setenv("SMARTREGION_DATABASE_URL", f"{database_url}?options=-c%20role%3Dsr_web")
    monkeypatch.setenv("SMARTREGION_KERNEL_CACHE_DIR", str(kernels))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def _scratch_url(postgres_server: Postgres, _template: str) -> Iterator[str]:
    with database(postgres_server.url, _template) as url:
        yield url


@pytest.fixture
def scratch(_scratch_url: str) -> Iterator[psycopg.Connection]:
    """A connection to a migrated, empty database, much quicker than one of its own.

    For code that neither commits nor keeps values by database from test to test.
    """
    with contextlib.closing(psycopg.connect(_scratch_url)) as connection:
        connection.execute("SELECT 1")  # a block `transaction()` is a savepoint from here on
        yield connection
        connection.rollback()


@pytest.fixture
def filled_url(server_url: str, tmp_path: pathlib.Path) -> str:
    """A database with rows of every kind, on TimescaleDB too where a native server is named."""
    with databases.connect(server_url) as connection:
        fill_registry(connection, tmp_path)
        fill_data(connection, tmp_path)
        pack(connection)
    return server_url
