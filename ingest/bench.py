"""`smartregion bench ingest`: publisher, broker, ingest and database on this machine, beside the limit and
a peer.

Every contender stores the same messages of about 150 bytes, quality 1, one row each, into a table with the
same key, fsync on. The limit is what the database takes without MQTT and decoding: our staging COPY and
insert in batches of 5,000, books kept. The peer, where installed, is mq-bridge with its bulk COPY, and
keeps no books.
"""

import contextlib
import datetime as dt
import importlib.util
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from ingest.batch import Batch
from ingest.bench_load import blast
from ingest.broker import parse_address
from ingest.profiles import shipped_profiles
from ingest.receipt import Receipts, received_quarter
from ingest.registry import Registry
from ingest.rows_store import insert_rows
from ingest.service import Options, Service
from ingest.writer import Packet
from smartregion.demo import mosquitto, postgres
from smartregion.demo.ports import free_port
from smartregion.demo.servants import choose_servant
from smartregion.errors import SmartRegionError
from smartregion.settings import child_environment
from smartregion.store.database import Connection, connect
from smartregion.store.migrate import migrate
from smartregion.store.queries import load

_DEVICES = 200
_LIMIT_BATCH = 5000
_START = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
_PATIENCE_S = 120
_LATENCY_PER_S = 1000
_PASSWORD = "bench"  # noqa: S105 - a broker and a database on loopback for the length of a run


class BenchFailed(SmartRegionError):
    """A contender did not store everything."""


def run(quick: bool, as_json: bool) -> int:
    """Measure and print a table or JSON."""
    count, rounds = (30_000, 1) if quick else (200_000, 5)
    results: dict[str, list[float]] = {"ours": [], "limit": []}
    peer = importlib.util.find_spec("mq_bridge") is not None
    if peer:
        results["mq-bridge"] = []
    with _servers() as (database_url, broker_url), connect(database_url, autocommit=True) as connection:
        _register(connection)
        for number in range(rounds):
            messages = make_messages(count, number)
            results["limit"].append(_limit(database_url, messages))
            _empty(connection)
            results["ours"].append(_ours(connection, database_url, broker_url, messages))
            _empty(connection)
            if peer:
                results["mq-bridge"].append(_peer(connection, database_url, broker_url, messages))
            print(f"round {number + 1} of {rounds} done", file=sys.stderr)
        latency_ms = _latency(database_url, broker_url, 5 if quick else 30)
    told = _tell(results, latency_ms, count)
    if as_json:
        print(json.dumps(told))
        return 0
    print(f"{'contender':12} {'rows/s (median)':>16}   of the limit")
    for name, rows_per_s in told["rows_per_s"].items():
        print(f"{name:12} {rows_per_s:16,.0f}   {rows_per_s / told['rows_per_s']['limit']:.2f}")
    if not peer:
        print("mq-bridge    not installed, so not measured")
    print(f"publish to commit at {_LATENCY_PER_S} messages/s:", end=" ")
    print(f"p50 {latency_ms[0]:.0f} ms, p95 {latency_ms[1]:.0f} ms")
    return 0


def make_messages(count: int, series: int) -> list[tuple[str, bytes]]:
    """Numbered messages of about 150 bytes, of 200 devices in turn; each `series` has times of its own."""
    messages = []
    for number in range(count):
        device = f"bench-{number % _DEVICES:03}"
        time_at = _START + dt.timedelta(seconds=number // _DEVICES, microseconds=series)
        content = {
            "device": device,
            "t": time_at.isoformat(timespec="microseconds"),
            "level": number % 97 / 97,
            "seq": number,
            "note": "a text that fills up",
        }
        messages.append((f"sr/1/{device}/fill", msgspec.json.encode(content)))
    return messages


@contextlib.contextmanager
def _servers() -> Iterator[tuple[str, str]]:
    """An embedded PostgreSQL that syncs, and mosquitto with our limits, in a folder that is removed
    afterwards."""
    servant = choose_servant()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="smartregion-bench-"))
    folder.chmod(0o755)
    port = free_port()
    try:
        with postgres.running(folder / "cluster", free_port(), _PASSWORD, {}) as server:
            migrate(server.url)
            person = mosquitto.Person("bench", _PASSWORD, ("readwrite #",))
            broker = mosquitto.start(folder / "broker", port, [person], servant)
            try:
                yield server.url, f"mqtt://bench:{_PASSWORD}@127.0.0.1:{port}"
            finally:
                mosquitto.stop(broker)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _register(connection: Connection) -> None:
    sql = load("bench")
    connection.execute(sql["register"], {"count": _DEVICES})
    connection.execute(sql["peer_table"])


def _empty(connection: Connection) -> None:
    connection.execute(load("bench")["empty"])


def _limit(database_url: str, messages: list[tuple[str, bytes]]) -> float:
    """Rows/s of the writer's own statements on rows laid out beforehand."""
    receipts = Receipts(0, time.time_ns)
    registry = Registry({})
    with connect(database_url, autocommit=True) as connection:
        sql = load("ingest")
        connection.execute(sql["stage"])
        registry.look_up(connection, {topic.split("/")[2] for topic, _ in messages[:_DEVICES]})
        ids = {name: registry.device(name) for name in (f"bench-{n:03}" for n in range(_DEVICES))}
        series = {(device.id, "level"): "1" for device in ids.values() if device is not None}
        registry.ensure(connection, series, [_START])
        batches = []
        for start in range(0, len(messages), _LIMIT_BATCH):
            batch = Batch()
            for _, payload in messages[start : start + _LIMIT_BATCH]:
                content = msgspec.json.decode(payload)
                device = ids[content["device"]]
                assert device is not None  # noqa: S101 - all were registered above
                at = dt.datetime.fromisoformat(content["t"])
                place = registry.series(device.id, "level")
                batch.add_reading(device.id, "level", place, at, content["level"], receipts.next())
            batches.append(batch)
        started = time.perf_counter()
        for batch in batches:
            with connection.transaction():
                insert_rows(connection, registry, batch)
                per_device = len(batch.readings) // _DEVICES
                connection.execute(sql["keep_books"], _books(per_device))
        return len(messages) / (time.perf_counter() - started)


def _books(per_device: int) -> dict[str, list[Any]]:
    quarter = received_quarter(Receipts(0, time.time_ns).next())
    counts = {column: [per_device] * _DEVICES for column in ("received", "stored")}
    zero = {column: [0] * _DEVICES for column in ("duplicate", "quarantined")}
    return {
        "devices": [f"bench-{number:03}" for number in range(_DEVICES)],
        "quarters": [quarter] * _DEVICES,
        **counts,
        **zero,
    }


def _ours(
    connection: Connection, database_url: str, broker_url: str, messages: list[tuple[str, bytes]]
) -> float:
    environment = child_environment(
        SMARTREGION_DATABASE_URL=database_url,
        SMARTREGION_MQTT_URL=broker_url,
        SMARTREGION_MQTT_SESSION="bench-ingest",
    )
    command = [sys.executable, "-m", "smartregion", "ingest"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None  # noqa: S101 - a pipe was asked for
            while "connected as" not in (line := process.stderr.readline()):
                if not line:
                    raise BenchFailed("bench: ingest ended before it connected")
            return _race(connection, broker_url, messages, "received")
        finally:
            process.terminate()


def _peer(
    connection: Connection, database_url: str, broker_url: str, messages: list[tuple[str, bytes]]
) -> float:
    """mq-bridge in a process of its own, configured for bulk COPY."""
    address = parse_address(broker_url)
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
            "sqlx": {"url": database_url, "table": "bench_peer", "columns": "auto", "bulk_copy": True}
        },
        "batch_size": 5000,
    }
    program = (
        "import json, sys, mq_bridge\n"
        "route = mq_bridge.Route.from_config(json.loads(sys.stdin.readline()))\n"
        "route.start(); print('started', flush=True); route.join()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
            process.stdin.write(json.dumps(route) + "\n")
            process.stdin.flush()
            if process.stdout.readline().strip() != "started":
                raise BenchFailed("bench: mq-bridge does not start")
            time.sleep(2)
            return _race(connection, broker_url, messages, "peer_rows")
        finally:
            process.kill()


def _race(connection: Connection, broker_url: str, messages: list[tuple[str, bytes]], query: str) -> float:
    """Rows/s from the first PUBLISH to the last row in the table."""
    address = parse_address(broker_url)
    started = time.perf_counter()
    blast(address, messages)
    while time.perf_counter() < started + _PATIENCE_S:
        row = connection.execute(load("bench")[query]).fetchone()
        if row is not None and row[0] >= len(messages):
            return len(messages) / (time.perf_counter() - started)
        time.sleep(0.02)
    raise BenchFailed(f"bench: {row[0] if row else 0} of {len(messages)} messages stored in {_PATIENCE_S} s")


def _latency(database_url: str, broker_url: str, seconds: int) -> tuple[float, float]:
    """Milliseconds from publish to commit, median and 95th percentile, at a steady rate."""
    sent: dict[bytes, float] = {}
    waits: list[float] = []

    def stored(batch: list[Packet]) -> None:
        now = time.perf_counter()
        waits.extend(now - sent[packet.payload] for packet in batch if packet.payload in sent)

    def messages() -> Iterator[tuple[str, bytes]]:
        for topic, payload in make_messages(_LATENCY_PER_S * seconds, 900):
            sent[payload] = time.perf_counter()
            yield topic, payload

    options = Options(database_url, parse_address(broker_url), "bench-latency")
    connected = threading.Event()

    def say(text: str) -> None:
        if text.startswith("connected"):
            connected.set()

    service = Service(options, shipped_profiles(), say, stored)
    worker = threading.Thread(target=service.run)
    worker.start()
    connected.wait(_PATIENCE_S)
    blast(options.broker, messages(), per_s=_LATENCY_PER_S)
    service.stop()
    worker.join(_PATIENCE_S)
    quantiles = statistics.quantiles(waits, n=20)
    return 1000 * statistics.median(waits), 1000 * quantiles[18]


def _tell(results: dict[str, list[float]], latency_ms: tuple[float, float], count: int) -> dict[str, Any]:
    medians: dict[str, float] = {name: statistics.median(values) for name, values in results.items()}
    best: Callable[[float], float] = lambda value: round(value, 3)  # noqa: E731
    told: dict[str, Any] = {
        "messages": count,
        "rounds": results,
        "rows_per_s": medians,
        "share_of_limit": best(medians["ours"] / medians["limit"]),
        "latency_ms": {"p50": best(latency_ms[0]), "p95": best(latency_ms[1]), "per_s": _LATENCY_PER_S},
    }
    if "mq-bridge" in medians:
        pairs = [a / b for a, b in zip(results["ours"], results["mq-bridge"], strict=True)]
        told["times_peer"] = best(statistics.median(pairs))
    return told
