"""A database that many tests share, each in a transaction of its own that is rolled back."""

import contextlib
from collections.abc import Iterator

import psycopg
import pytest

from smartregion.demo.postgres import Postgres
from tests.smartregion.api_client import database


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
        yield connection
        connection.rollback()
