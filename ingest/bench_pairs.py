"""Rows per second, contender against contender in turn: ours, ours with paho's own reading, the peer, and the
limit of the database without MQTT and decoding."""

import contextlib
import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import IO, Any

import msgspec

from ingest.batch import Batch
from ingest.bench_load import blast
from ingest.bench_servers import DEVICES, START, BenchFailed, Message, Servers, cpu_s, empty, wait_for_rows
from ingest.receipt import Receipts, received_quarter
from ingest.registry import Registry
from ingest.rows_store import insert_rows
from smartregion.settings import child_environment
from smartregion.store.database import Connection, connect
from smartregion.store.queries import load

_LIMIT_BATCH = 5000
_PEER_TRIES = 10
_PEER_PAUSE_S = 1.0
_PEER_SETTLES_S = 2.0
_PEER = (
    "import json, sys, mq_bridge\n"
    "route = mq_bridge.Route.from_config(json.loads(sys.stdin.readline()))\n"
    "route.start(); print('started', flush=True); route.join()\n"
)


def limit(servers: Servers, messages: list[Message]) -> dict[str, float]:
    """The writer's own statements through staging, on rows laid out beforehand, in batches of 5,000."""
    receipts = Receipts(0, time.time_ns)
    registry = Registry({})
    with connect(servers.database_url, autocommit=True) as connection:
        sql = load("ingest")
        connection.execute(sql["stage"])
        batches = _lay_out(connection, registry, receipts, messages)
        started = time.perf_counter()
        for batch in batches:
            with connection.transaction():
                insert_rows(connection, registry, batch)
                connection.execute(sql["keep_books"], _books(len(batch.readings) // DEVICES))
        seconds = time.perf_counter() - started
    empty(servers.database_url)
    return {"rows_per_s": len(messages) / seconds}


def ours(servers: Servers, messages: list[Message]) -> dict[str, float]:
    """The process as it is installed."""
    with installed(servers, "bench-ingest") as process:
        return _race(servers, messages, "stored", process.pid)


def paho(servers: Servers, messages: list[Message]) -> dict[str, float]:
    """The same with paho reading packet by packet."""
    with worker(servers, "bench-paho", client="paho") as process:
        return _race(servers, messages, "stored", process.pid)


def peer(servers: Servers, messages: list[Message]) -> dict[str, float]:
    """mq-bridge in a process of its own, configured for bulk COPY; it keeps no books."""
    address = servers.broker
    route = {
        "input": {
            "mqtt": {
                "url": f"mqtt://{address}",
                "username": address.user,
                "password": address.password,
                "topic": "sr/1/+/fill",
                "client_id": "bench-peer",
                "qos": 1,
                "max_inflight": 2000,
                "queue_capacity": 20000,
            }
        },
        "output": {
            "sqlx": {
                "url": servers.database_url,
                "table": "bench_peer",
                "columns": "auto",
                "bulk_copy": True,
            }
        },
        "batch_size": 5000,
    }
    for _ in range(_PEER_TRIES):
        time.sleep(_PEER_PAUSE_S)
        with _child([sys.executable, "-c", _PEER], route) as process:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            if process.stdout.readline().strip() != "started":
                continue
            time.sleep(_PEER_SETTLES_S)
            if process.poll() is None:
                return _race(servers, messages, "peer_rows", process.pid)
    raise BenchFailed(f"bench: mq-bridge did not start in {_PEER_TRIES} tries")


@contextlib.contextmanager
def installed(servers: Servers, session: str) -> Iterator[subprocess.Popen[str]]:
    """`smartregion ingest`, connected; stopped at the end."""
    environment = child_environment(
        SMARTREGION_DATABASE_URL=servers.database_url,
        SMARTREGION_MQTT_URL=servers.broker_url,
        SMARTREGION_MQTT_SESSION=session,
    )
    command = [sys.executable, "-m", "smartregion", "ingest"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None  # noqa: S101 - a pipe was asked for
            _await_line(process.stderr, "connected as")
            yield process
        finally:
            process.terminate()
            process.communicate()


@contextlib.contextmanager
def worker(servers: Servers, session: str, client: str = "ours") -> Iterator[subprocess.Popen[str]]:
    """`ingest.bench_worker`, connected; killed at the end if it still runs."""
    options = {
        "database_url": servers.database_url,
        "broker_url": servers.broker_url,
        "session": session,
        "client": client,
    }
    with _child([sys.executable, "-m", "ingest.bench_worker"], options) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        _await_line(process.stdout, "connected")
        yield process


@contextlib.contextmanager
def _child(command: list[str], told: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdin is not None  # noqa: S101 - a pipe was asked for
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
            yield process
        finally:
            process.kill()


def _await_line(stream: IO[str], part: str) -> None:
    while part not in (line := stream.readline()):
        if not line:
            raise BenchFailed("bench: ingest ended before it connected")


def _race(servers: Servers, messages: list[Message], query: str, pid: int) -> dict[str, float]:
    """From the first PUBLISH to the last row in the table; also CPU time of the contender's process."""
    before, started = cpu_s(pid), time.perf_counter()
    blast(servers.broker, messages)
    wait_for_rows(servers.database_url, query, len(messages))
    seconds = time.perf_counter() - started
    used_s = cpu_s(pid) - before
    empty(servers.database_url)
    return {"rows_per_s": len(messages) / seconds, "cpu_us_per_row": 1e6 * used_s / len(messages)}


def _lay_out(
    connection: Connection, registry: Registry, receipts: Receipts, messages: list[Message]
) -> list[Batch]:
    registry.look_up(connection, {topic.split("/")[2] for topic, _ in messages[:DEVICES]})
    ids = {name: registry.device(name) for name in (f"bench-{n:03}" for n in range(DEVICES))}
    series = {(device.id, "level"): "1" for device in ids.values() if device is not None}
    registry.ensure(connection, series, [START])
    batches = []
    for start in range(0, len(messages), _LIMIT_BATCH):
        batch = Batch()
        for _, payload in messages[start : start + _LIMIT_BATCH]:
            content = msgspec.json.decode(payload)
            device = ids[content["device"]]
            assert device is not None  # noqa: S101 - all were registered before
            at = dt.datetime.fromisoformat(content["t"])
            place = registry.series[device.id, "level"]
            batch.add_reading(device.id, "level", place, at, content["level"], receipts.next())
        batches.append(batch)
    return batches


def _books(per_device: int) -> dict[str, list[Any]]:
    quarter = received_quarter(Receipts(0, time.time_ns).next())
    counts = {column: [per_device] * DEVICES for column in ("received", "stored")}
    zero = {column: [0] * DEVICES for column in ("duplicate", "quarantined")}
    return {
        "devices": [f"bench-{number:03}" for number in range(DEVICES)],
        "quarters": [quarter] * DEVICES,
        **counts,
        **zero,
    }
