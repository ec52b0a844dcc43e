"""A whole platform for some simulated days: database, broker, ingest, API and jobs, its clock set by hand."""

import asyncio
import contextlib
import datetime as dt
import pathlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Mount

from routing.roads import read_osm
from smartregion import access
from smartregion.api.app import create_api
from smartregion.api.context import Context
from smartregion.api.serving import make_server
from smartregion.demo import brokers, history, postgres
from smartregion.demo.ports import answers, free_port
from smartregion.demo.secret_file import Secrets, load_or_make
from smartregion.demo.servants import choose_servant, state_folder
from smartregion.demo.supervisor import Supervisor
from smartregion.errors import SmartRegionError
from smartregion.jobs.app import PLAN_QUEUE, Work, make_app
from smartregion.registry.importer import import_file
from smartregion.roads.store import save_network
from smartregion.settings import Settings
from smartregion.store import database, migrate
from smartregion.waste import rules_store
from smartregion.waste.plan_run import Options

_LOOPBACK = "127.0.0.1"
_PATIENCE_S = 20.0
_STORED_PATIENCE_S = 600.0
_POLL_S = 0.02
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}
"""Nothing of a trial outlives it."""


@dataclass(frozen=True)
class Given:
    """The files that an operator would import."""

    extract: pathlib.Path
    """Streets, OpenStreetMap."""
    registry: pathlib.Path
    """Objects, CSV."""
    events: pathlib.Path
    """Announced events, CSV."""


@dataclass
class Trial:
    """A running platform; `now` is what its clock shows."""

    mqtt_url: str
    """Broker, for the simulators."""
    api_url: str
    api_key: str
    now: dt.datetime
    _url: str = field(repr=False)
    _options: Options
    _settings: Settings
    _supervisor: Supervisor

    def wait_until_stored(self, messages: int) -> None:
        """Ingest has committed so many messages since the start; raises SmartRegionError when it does not."""
        deadline_s = time.monotonic() + _STORED_PATIENCE_S
        while (received := history.messages_received(self._url)) < messages:
            if not self._supervisor.is_running("ingest") or time.monotonic() > deadline_s:
                last = self._supervisor.last_line("ingest")
                raise SmartRegionError(f"ingest: {received} of {messages} messages stored: {last}")
            time.sleep(_POLL_S)

    def work(self) -> None:
        """Do the jobs of plans that wait in the queue."""
        work = Work(self._url, self._settings.zone, lambda: self.now, options=self._options)
        asyncio.run(_until_done(work))


@contextlib.contextmanager
def trial(
    folder: pathlib.Path, given: Given, now: dt.datetime, options: Options, settings: Settings
) -> Iterator[Trial]:
    """A platform in an empty folder, with what an operator imported; all of it ends with the block."""
    servant = choose_servant()
    state = state_folder(folder, servant)
    keys = load_or_make(folder / "secrets.json")
    supervisor = Supervisor(folder / "logs", lambda line: None)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(
            postgres.running(state / "postgres", free_port(), keys.database_owner, _FAST)
        )
        _fill(server.url, given, keys, now)
        broker = brokers.start(state / "broker", free_port(), keys, servant)
        stack.callback(broker.stop)
        ingest = {
            "SMARTREGION_DATABASE_URL": server.url,
            "SMARTREGION_MQTT_URL": broker.ingest_url,
            "SMARTREGION_DATA_DIR": str(folder),
        }
        log = supervisor.start("ingest", ["ingest"], ingest)
        stack.callback(supervisor.stop, ["ingest"], 3)
        # Nobody keeps what is published before the session of ingest is there.
        _wait_until(lambda: "connected as" in log.read_text(encoding="utf-8"), "ingest does not connect")
        found = Trial(broker.simulator_url, "", keys.api_key, now, server.url, options, settings, supervisor)
        found.api_url = stack.enter_context(_serving(found))
        yield found


def _fill(url: str, given: Given, keys: Secrets, now: dt.datetime) -> None:
    migrate.migrate(url)
    network = read_osm(given.extract)
    with database.connect(url) as connection:
        access.ensure_key(connection, "trial", keys.api_key, "admin")
        save_network(connection, network, "trial", given.extract.name, now)
        import_file(connection, given.registry, now)
        rules_store.import_file(connection, "events", given.events)


@contextlib.contextmanager
def _serving(found: Trial) -> Iterator[str]:
    """The API over HTTP, in a thread."""
    settings = found._settings.model_copy(update={"database_url": SecretStr(found._url)})
    port = free_port()
    with database.open_pool(found._url) as pool:
        context = Context(pool, settings, lambda: found.now)
        app = Starlette(routes=[Mount("/api/v1", create_api(context))])
        server = make_server(app, context, host=_LOOPBACK, port=port, log_level="warning", access_log=False)
        thread = threading.Thread(target=server.run, name="trial-api", daemon=True)
        thread.start()
        try:
            _wait_until(lambda: server.started and answers(port), "the API does not answer")
            yield f"http://{_LOOPBACK}:{port}/api/v1"
        finally:
            server.should_exit = True
            thread.join(_PATIENCE_S)


def _wait_until(ready: Callable[[], bool], complaint: str) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while not ready():
        if time.monotonic() > deadline_s:
            raise SmartRegionError(f"trial: {complaint}")
        time.sleep(_POLL_S)


async def _until_done(work: Work) -> None:
    app = make_app(work)
    async with app.open_async():
        await app.run_worker_async(queues=[PLAN_QUEUE], wait=False, install_signal_handlers=False)
