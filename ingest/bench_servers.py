"""What every part of the benchmark runs on: an embedded PostgreSQL that syncs, mosquitto with our limits, two
hundred devices, and numbered messages of about 150 bytes."""

import contextlib
import datetime as dt
import os
import pathlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from ingest.broker import Address, parse_address
from smartregion.demo import mosquitto, postgres
from smartregion.demo.ports import free_port
from smartregion.demo.servants import choose_servant
from smartregion.errors import SmartRegionError
from smartregion.store.database import connect
from smartregion.store.migrate import migrate
from smartregion.store.queries import load

DEVICES = 200
LIVE_DEVICES = 10
"""More devices, whose messages are timed and counted apart."""
START = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
"""Event time of the first message."""
PATIENCE_S = 120
_PASSWORD = "bench"  # noqa: S105 - a broker and a database on loopback for the length of a run
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")

Message = tuple[str, bytes]
"""Topic and payload."""


class BenchFailed(SmartRegionError):
    """A contender did not do what is measured."""


class Servers(NamedTuple):
    """Addresses of the running servers, and the process of the broker."""

    database_url: str
    broker_url: str
    broker_pid: int

    @property
    def broker(self) -> Address:
        """The broker's address in parts."""
        return parse_address(self.broker_url)


@contextlib.contextmanager
def running() -> Iterator[Servers]:
    """Both servers in a folder that is removed afterwards, with the devices registered."""
    servant = choose_servant()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="smartregion-bench-"))
    folder.chmod(0o755)
    port = free_port()
    try:
        with postgres.running(folder / "cluster", free_port(), _PASSWORD, {}) as server:
            migrate(server.url)
            _register(server.url)
            person = mosquitto.Person("bench", _PASSWORD, ("readwrite #",))
            broker = mosquitto.start(folder / "broker", port, [person], servant)
            try:
                url = f"mqtt://bench:{_PASSWORD}@127.0.0.1:{port}"
                yield Servers(server.url, url, broker.process.pid)
            finally:
                broker.stop(4)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_messages(count: int, series: int) -> list[Message]:
    """Numbered messages of all devices in turn; each `series` has times of its own."""
    return [make_message(number, series) for number in range(count)]


def make_message(number: int, series: int) -> Message:
    """One of them."""
    return _make(f"bench-{number % DEVICES:03}", number // DEVICES, series, number, "a text that fills up")


def make_live_message(number: int, note: str) -> Message:
    """A message of the other devices."""
    return _make(f"bench-{DEVICES + number % LIVE_DEVICES:03}", number // LIVE_DEVICES, 0, number, note)


def _make(device: str, second: int, microsecond: int, number: int, note: str) -> Message:
    content = {
        "device": device,
        "t": (START + dt.timedelta(seconds=second, microseconds=microsecond)).isoformat(),
        "level": number % 97 / 97,
        "seq": number,
        "note": note,
    }
    return f"sr/1/{device}/fill", msgspec.json.encode(content)


def empty(database_url: str) -> None:
    """Nothing of an earlier round."""
    with connect(database_url, autocommit=True) as connection:
        connection.execute(load("bench")["empty"])


def wait_for_rows(database_url: str, query: str, count: int, patience_s: float = PATIENCE_S) -> None:
    """Wait until a query of bench.sql counts so many. Raises BenchFailed."""
    deadline = time.perf_counter() + patience_s
    found = 0
    with connect(database_url, autocommit=True) as connection:
        while time.perf_counter() < deadline:
            row = connection.execute(load("bench")[query]).fetchone()
            found = int(row[0]) if row is not None else 0
            if found >= count:
                return
            time.sleep(0.02)
    raise BenchFailed(f"bench: {found} of {count} messages stored in {patience_s:.0f} s")


def memory_bytes(pid: int) -> int:
    """Resident memory of a process."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def cpu_s(pid: int) -> float:
    """Seconds that a process has spent in user and system mode."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _register(database_url: str) -> None:
    sql = load("bench")
    with connect(database_url, autocommit=True) as connection:
        connection.execute(sql["register"], {"count": DEVICES + LIVE_DEVICES})
        connection.execute(sql["peer_table"])
