"""Fixtures that all rooms share: real servers, fresh databases, and the folder of real inputs."""

import contextlib
import functools
import os
import pathlib
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from smartregion.demo import mosquitto, postgres
from smartregion.demo.ports import free_port as _free_port
from smartregion.demo.servants import choose_servant
from smartregion.settings import settings
from tests.support.engines import (  # noqa: F401 - fixtures for every test
    _timescale_folder,
    _timescale_wasm,
    either,
    either_url,
    server_url,
    timescale_engine,
    timescale_rolled_back,
    timescale_shared,
    timescale_url,
)

ROOT = pathlib.Path(__file__).resolve().parent.parent
_FIRST = {"end_to_end": 0, "kernels": 1}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest groups begin first, so that no core waits for them at the end."""
    items.sort(key=lambda item: _FIRST.get(_group(item.path), len(_FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Processes take whole groups: one starts the demo of all its tests, one compiles the kernels."""
    return _ByGroup(config, log)


class _ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        return _group(ROOT / nodeid.split("::")[0])


@functools.cache
def _group(path: pathlib.Path) -> str:
    """A file's tests run in one process and one after another; so do all that compile the kernels."""
    if path.parent.name == "end_to_end":
        return path.parent.name
    if path.parent.name == "routing" or "kernels: " in path.read_text("utf-8"):
        return "kernels"
    return path.stem


def _absent(what: str) -> None:
    """Skip with the reason; in CI everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not installed, but in CI nothing may be skipped")
    pytest.skip(f"{what} is not installed")


@contextlib.contextmanager
def _reachable_folder() -> Iterator[pathlib.Path]:
    """pytest's folders are private, and a second run of root makes them so again at any moment."""
    with tempfile.TemporaryDirectory(prefix="smartregion-test-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(autouse=True)
def _settings_read_anew() -> None:
    """No test gets the settings that another one of its process has read."""
    settings.cache_clear()


@pytest.fixture(scope="session")
def shared_data() -> pathlib.Path:
    """Folder of real inputs beside the project; tests skip where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not there")
    return folder


@pytest.fixture(scope="session")
def kernel_folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Where this run keeps kernels: new, so that nothing old hides a fault, and one for all processes."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "kernels"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Postgres]:
    """One embedded PostgreSQL for the whole run."""
    with (
        _reachable_folder() as folder,
        postgres.running(folder / "cluster", _free_port(), secrets.token_hex(8), _FAST) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def _template(postgres_server: postgres.Postgres) -> str:
    from smartregion.store.migrate import migrate

    name = "template_migrated"
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrate(_database(postgres_server, name))
    return name


@pytest.fixture
def database_url(postgres_server: postgres.Postgres, _template: str) -> Iterator[str]:
    """Address of a fresh, migrated database with owner's rights; dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(_template))
        )
        yield _database(postgres_server, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection to a fresh, migrated database."""
    with psycopg.connect(database_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def _shared_url(postgres_server: postgres.Postgres, _template: str) -> str:
    name = "shared"
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(_template))
        )
    return _database(postgres_server, name)


@pytest.fixture
def rolled_back(_shared_url: str) -> Iterator[psycopg.Connection]:
    """A connection to a database of the whole run; all that a test does is rolled back: never commit."""
    with psycopg.connect(_shared_url, options="-c TimeZone=UTC") as opened:
        opened.execute("SELECT 1")  # a block `transaction()` is a savepoint from here on
        yield opened
        opened.rollback()


class Broker(NamedTuple):
    """A running mosquitto with our configuration; `url` may publish and read everything."""

    url: str
    port: int
    user: str
    password: str


@pytest.fixture(scope="session")
def mosquitto_broker() -> Iterator[Broker]:
    """A real mosquitto with the shipped limits, for the whole run; use own device names and session names."""
    if mosquitto.find() is None:
        _absent("mosquitto")
    password = secrets.token_hex(8)
    port = _free_port()
    people = [mosquitto.Person("demo", password, ("readwrite #",))]
    with _reachable_folder() as folder:
        started = mosquitto.start(folder / "broker", port, people, choose_servant())
        yield Broker(f"mqtt://demo:{password}@127.0.0.1:{port}", port, "demo", password)
        started.stop(4)


@pytest.fixture
def reachable_folder() -> Iterator[pathlib.Path]:
    """A folder where a server that runs as another user can have its files."""
    with _reachable_folder() as folder:
        yield folder


@pytest.fixture
def free_port() -> int:
    """A port that is free now."""
    return _free_port()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser; tests skip where it is absent."""
    found = shutil.which("chromium")
    if found is None:
        _absent("chromium")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def node() -> str:
    """Path of Node.js; tests skip where it is absent."""
    found = shutil.which("node")
    if found is None:
        _absent("Node.js")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def smartregion() -> str:
    """Path of the installed program."""
    beside = pathlib.Path(sys.executable).with_name("smartregion")
    assert beside.exists(), "the project is not installed: make install"
    return str(beside)


def _database(server: postgres.Postgres, name: str) -> str:
    return server.url.rsplit("/", 1)[0] + "/" + name
