"""`smartregion demo`: a whole district on this machine, in one supervised tree of processes."""

import contextlib
import dataclasses
import datetime as dt
import fcntl
import json
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from smartregion import access
from smartregion.demo import brokers, history, postgres, summary
from smartregion.demo.logins import make_logins, with_login
from smartregion.demo.ports import answers, free_port, is_taken
from smartregion.demo.secret_file import Secrets, load_or_make, write_private
from smartregion.demo.servants import choose_servant, state_folder
from smartregion.demo.supervisor import Supervisor
from smartregion.errors import SmartRegionError
from smartregion.settings import Settings, child_environment
from smartregion.store import database, migrate
from smartregion.store.queries import load

_WEB_PATIENCE_S = 60
_PLAN_SECONDS = 10


@dataclasses.dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    port: int
    data: pathlib.Path
    speed: float
    seed: int
    minutes: float | None
    history_days: int
    broker: str = "auto"


class PortTaken(SmartRegionError):
    """Another program listens on the port."""


def run_demo(options: Options, settings: Settings) -> int:
    """Start everything, watch it until Ctrl-C, SIGTERM or the end of `minutes`, stop everything."""
    if is_taken(options.port):
        raise PortTaken(
            f"port {options.port} is taken: expected a free port, for example --port {free_port()}"
        )
    say = _teller(time.monotonic())
    options.data.mkdir(parents=True, exist_ok=True)
    previous = signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)  # a shell that starts us in the background has it ignored
    try:
        with _only_one(options.data):
            stack = contextlib.ExitStack()
            try:
                _start_and_watch(options, settings, stack, say)
            except KeyboardInterrupt:
                say("stopping")
            finally:
                _deafen()
                stack.close()
            say("everything is stopped")
    finally:
        signal.signal(signal.SIGTERM, previous)
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return 0


def _start_and_watch(
    options: Options, settings: Settings, stack: contextlib.ExitStack, say: Callable[[str], None]
) -> None:
    secrets = load_or_make(options.data / "secrets.json")
    servant = choose_servant()
    state = state_folder(options.data, servant)
    supervisor = Supervisor(options.data / "logs", say)
    owner_url = _database(settings, state, secrets, supervisor, stack, say)
    with database.connect(owner_url, autocommit=True) as connection:
        ours = settings.database_url is None
        if ours:
            make_logins(
                connection,
                {
                    "ingest": (secrets.database_ingest, "sr_ingest"),
                    "web": (secrets.database_web, "sr_web"),
                },
            )
        access.ensure_key(connection, "demo", secrets.api_key, "admin")
    ingest_url = with_login(owner_url, "ingest", secrets.database_ingest) if ours else owner_url
    web_url = with_login(owner_url, "web", secrets.database_web) if ours else owner_url

    _region(options, owner_url, say)
    broker = brokers.start(state / "broker", free_port(), secrets, servant, options.broker)
    stack.callback(broker.stop)
    say("broker answers" if broker.kind == "mosquitto" else brokers.IOTCORE_COST)

    supervisor.keep("broker", broker.child)
    stack.callback(supervisor.stop, ["ingest"], 3)
    stack.callback(supervisor.stop, ["simulate", "serve", "work"], 3)
    common = {"SMARTREGION_DATA_DIR": str(options.data.resolve())}
    supervisor.start(
        "ingest",
        ["ingest"],
        common | {"SMARTREGION_DATABASE_URL": ingest_url, "SMARTREGION_MQTT_URL": broker.ingest_url},
    )
    web = common | {"SMARTREGION_DATABASE_URL": web_url, "SMARTREGION_MQTT_URL": broker.web_url}
    supervisor.start("serve", ["serve", "--port", str(options.port)], web)
    supervisor.start("work", ["work"], web)
    first = history.start_simulator(options, supervisor, broker.simulator_url, owner_url)
    address = f"http://127.0.0.1:{options.port}/"
    if first:
        history.wait(options, supervisor, owner_url, say)
    _wait_for_page(supervisor, options.port)
    run_file = options.data / "run.json"
    doors = {
        "web": address.rstrip("/"),
        "mqtt": broker.demo_url,
        "database": owner_url,
        "api_key": secrets.api_key,
    }
    write_private(run_file, json.dumps(doors, indent=2))
    stack.callback(run_file.unlink, missing_ok=True)
    if first:
        _ask_for_plan(address, secrets.api_key, settings, say)
    say(f"the page answers: {address}   (Ctrl-C stops everything)")
    _watch(options, supervisor)
    supervisor.stop(["simulate"], 3)
    _drain(owner_url)
    summary.tell(owner_url, supervisor.restarts)


def _database(
    settings: Settings,
    state: pathlib.Path,
    secrets: Secrets,
    supervisor: Supervisor,
    stack: contextlib.ExitStack,
    say: Callable[[str], None],
) -> str:
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        say("using the database of SMARTREGION_DATABASE_URL")
    else:
        server = postgres.start(state / "postgres", free_port(), secrets.database_owner)
        stack.callback(server.stop, 4)
        supervisor.keep("database", server.child)
        url = server.url
    applied = migrate.migrate(url)
    say(f"database answers, {len(applied)} migrations applied" if applied else "database answers")
    return url


def _region(options: Options, url: str, say: Callable[[str], None]) -> None:
    """Write the simulated region once, and register it as a user would: roads import, devices import."""
    folder = options.data / "region"
    settings = {"SMARTREGION_DATABASE_URL": url}
    _run(["simulate", "--folder", str(folder), "--seed", str(options.seed), "--write-only"], settings)
    with database.connect(url) as connection:
        known_networks = connection.execute(load("demo")["networks"]).fetchone()
        known_objects = connection.execute(load("demo")["registered"]).fetchone()
    if known_networks == (0,):
        _run(["roads", "import", str(folder / "region.osm.pbf"), "--name", "demo"], settings)
        say("road network imported")
    if known_objects is None or sum(known_objects) == 0:
        _run(["devices", "import", str(folder / "registry.csv")], settings)
        with database.connect(url) as connection:
            row = connection.execute(load("demo")["registered"]).fetchone() or (0, 0, 0, 0)
        say("registered: {} sites, {} containers, {} counting stations, {} vehicles".format(*row))


def _run(arguments: list[str], settings: dict[str, str]) -> None:
    environment = child_environment(keep_settings=True, **settings)
    done = subprocess.run(
        [sys.executable, "-m", "smartregion", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SmartRegionError(f"{' '.join(arguments[:2])}: {reason.removeprefix('smartregion: ')}")


def _wait_for_page(supervisor: Supervisor, port: int) -> None:
    deadline_s = time.monotonic() + _WEB_PATIENCE_S
    while not answers(port):
        supervisor.watch()
        if time.monotonic() > deadline_s:
            raise SmartRegionError(f"the page does not answer: {supervisor.last_line('serve')}")
        time.sleep(0.1)


def _ask_for_plan(address: str, api_key: str, settings: Settings, say: Callable[[str], None]) -> None:
    """A first plan for today, so that the map shows tours; it compiles the optimiser on the way."""
    import urllib.request

    today = dt.datetime.now(settings.zone).date()
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{address}api/v1/plans",
        data=json.dumps({"date": today.isoformat(), "seconds": _PLAN_SECONDS}).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {api_key}"},
    )
    try:
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
    except OSError as error:
        say(f"the first plan could not be asked for: {error}")
        return
    say("a first plan for today is being made")


def _watch(options: Options, supervisor: Supervisor) -> None:
    end_s = time.monotonic() + options.minutes * 60 if options.minutes is not None else float("inf")
    while time.monotonic() < end_s:
        supervisor.watch()
        time.sleep(min(1.0, max(0.0, end_s - time.monotonic())))


def _drain(url: str) -> None:
    """Give ingest a moment for what the broker still holds: until no message came for a second."""
    before = -1
    for _ in range(8):
        now = history.messages_received(url)
        if now == before:
            return
        before = now
        time.sleep(1)


@contextlib.contextmanager
def _only_one(data: pathlib.Path) -> Iterator[None]:
    with (data / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SmartRegionError(
                f"data folder {data}: another demo uses it: expected another --data folder"
            ) from error
        yield


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def _deafen() -> None:
    """A second Ctrl-C must not break the orderly stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _teller(start_s: float) -> Callable[[str], None]:
    def say(text: str) -> None:
        print(f"[{time.monotonic() - start_s:5.1f} s] {text}", flush=True)

    return say
