"""The demo's first fortnight: the simulators publish it, ingest stores it, we show how far it is."""

import datetime as dt
import pathlib
import re
import time
from collections.abc import Callable
from typing import Protocol

from smartregion.demo.secret_file import write_private
from smartregion.demo.supervisor import Supervisor
from smartregion.errors import SmartRegionError
from smartregion.store import database
from smartregion.store.queries import load

_DONE = re.compile(r"history done: (\d+) messages, (\d+) readings")
_PROGRESS = re.compile(r"history (\d+) %")
_PATIENCE_S = 600
_LONGEST_GAP = dt.timedelta(days=14)


class _Options(Protocol):
    @property
    def data(self) -> pathlib.Path: ...
    @property
    def speed(self) -> float: ...
    @property
    def seed(self) -> int: ...
    @property
    def history_days(self) -> int: ...


def start_simulator(options: _Options, supervisor: Supervisor, mqtt_url: str, database_url: str) -> bool:
    """Start the simulators; True when they publish the first history, which is worth waiting for.

    After a pause of the demo they publish what the devices measured meanwhile.
    """
    address = options.data / "simulator.mqtt"
    write_private(address, mqtt_url)
    arguments = ["simulate", "--folder", str(options.data / "region"), "--seed", str(options.seed)]
    arguments += ["--mqtt-file", str(address), "--speed", str(options.speed)]
    first = not _marker(options.data).exists()
    if first:
        arguments += ["--history-days", str(options.history_days)]
    else:
        since = _newest(database_url)
        if since is not None:
            oldest = dt.datetime.now(dt.UTC) - _LONGEST_GAP
            arguments += ["--since", max(since, oldest).isoformat()]
    (options.data / "logs" / "simulate.log").unlink(missing_ok=True)
    supervisor.start("simulate", arguments, {})
    return first


def wait(options: _Options, supervisor: Supervisor, database_url: str, say: Callable[[str], None]) -> None:
    """Until all messages of the history are in the database; raises SmartRegionError when that stalls."""
    log = options.data / "logs" / "simulate.log"
    deadline_s = time.monotonic() + _PATIENCE_S
    shown = -1
    while (done := _DONE.search(_text(log))) is None:
        supervisor.watch()
        found = _PROGRESS.findall(_text(log))
        if found and int(found[-1]) >= shown + 20:
            shown = int(found[-1])
            say(f"{options.history_days} days of history: {shown} % published")
        if time.monotonic() > deadline_s:
            raise SmartRegionError(f"the history does not end: {supervisor.last_line('simulate')}")
        time.sleep(0.2)
    messages = int(done[1])
    while (received := messages_received(database_url)) < messages:
        supervisor.watch()
        if time.monotonic() > deadline_s:
            raise SmartRegionError(
                f"history: {received} of {messages} messages stored: {supervisor.last_line('ingest')}"
            )
        time.sleep(0.2)
    _marker(options.data).touch()
    say(f"history stored: {messages} messages, {done[2]} readings")


def messages_received(database_url: str) -> int:
    """PUBLISH packets that ingest has committed."""
    with database.connect(database_url) as connection:
        row = connection.execute(load("demo")["messages_received"]).fetchone()
    return int(row[0]) if row else 0


def _newest(database_url: str) -> dt.datetime | None:
    with database.connect(database_url) as connection:
        row = connection.execute(load("demo")["newest_receipt"]).fetchone()
    return row[0] if row else None


def _marker(data: pathlib.Path) -> pathlib.Path:
    return data / "history.done"


def _text(path: pathlib.Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
