"""What does not show in rows per second: the wait from publishing to commit, memory over minutes, and how a
backlog is emptied while new messages come."""

import itertools
import json
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from ingest.bench_load import blast
from ingest.bench_pairs import installed, worker
from ingest.bench_servers import (
    BenchFailed,
    Message,
    Servers,
    empty,
    make_live_message,
    make_message,
    memory_bytes,
    wait_for_rows,
)
from ingest.bench_worker import SENT
from smartregion.store.database import connect
from smartregion.store.queries import load

PER_S = 1000
"""Messages a second of a steady load."""

_DRAIN_S = 1800
_SAMPLE_S = 1.0
_WARM_SHARE = 0.2
_SHOWN_EACH = 200_000
_TAIL_S = 3.0

Say = Callable[[str], None]


def latency(servers: Servers, seconds: float) -> dict[str, float]:
    """Milliseconds from publish to commit at a steady rate."""
    with worker(servers, "bench-latency") as process:
        blast(servers.broker, _live(itertools.count(), seconds), per_s=PER_S)
        time.sleep(_TAIL_S)
        waits_s = _stop(process)
    empty(servers.database_url)
    if len(waits_s) < seconds * PER_S * 0.99:
        raise BenchFailed(f"bench: {len(waits_s)} of {seconds * PER_S:.0f} timed messages stored")
    return {"per_s": PER_S, "messages": len(waits_s)} | _quantiles(waits_s)


def memory(servers: Servers, seconds: float, say: Say) -> dict[str, float]:
    """Resident memory of ingest at a steady rate, and its slope after the first fifth of the time."""
    samples: list[tuple[float, float]] = []
    with installed(servers, "bench-memory") as process:
        load_thread = threading.Thread(
            target=blast, args=(servers.broker, _live(itertools.count(), seconds), PER_S), daemon=True
        )
        load_thread.start()
        started = time.monotonic()
        while load_thread.is_alive():
            time.sleep(_SAMPLE_S)
            after_s = time.monotonic() - started
            samples.append((after_s, memory_bytes(process.pid) / 1e6))
            if len(samples) % 60 == 0:
                say(f"memory: {after_s:.0f} of {seconds:.0f} s, {samples[-1][1]:.1f} MB")
    empty(servers.database_url)
    warm = [sample for sample in samples if sample[0] >= seconds * _WARM_SHARE]
    slope_mb_per_s = statistics.linear_regression(*zip(*warm, strict=True)).slope
    return {
        "minutes": seconds / 60,
        "first_mb": warm[0][1],
        "last_mb": warm[-1][1],
        "most_mb": max(mb for _, mb in samples),
        "slope_mb_per_min": slope_mb_per_s * 60,
    }


def drain(servers: Servers, count: int, say: Say) -> dict[str, Any]:
    """An outage: so many messages wait at the broker; seconds until all are stored, while new ones come."""
    with worker(servers, "bench-drain") as process:
        _stop(process)
    say(f"drain: {count} messages are published while ingest is away")
    blast(servers.broker, _backlog(count, say))
    broker_bytes = memory_bytes(servers.broker_pid)
    say(f"drain: the broker holds them in {broker_bytes / 1e6:.0f} MB; ingest starts")
    over = threading.Event()
    numbers = itertools.count()
    live_thread = threading.Thread(
        target=blast, args=(servers.broker, _live(numbers, _DRAIN_S, over), PER_S), daemon=True
    )
    started = time.perf_counter()
    with worker(servers, "bench-drain") as process:
        live_thread.start()
        wait_for_rows(servers.database_url, "stored", count, _DRAIN_S)
        seconds = time.perf_counter() - started
        say(f"drain: stored after {seconds:.0f} s")
        time.sleep(_TAIL_S)
        over.set()
        live_thread.join()
        time.sleep(_TAIL_S)
        waits_s = _stop(process)
    sent = next(numbers)
    stored = _rows(servers.database_url)
    empty(servers.database_url)
    if stored != count + sent or len(waits_s) != sent:
        raise BenchFailed(
            f"bench: {stored} rows of {count} waiting and {sent} new messages, {len(waits_s)} of them timed"
        )
    return {
        "messages": count,
        "seconds": seconds,
        "messages_per_s": count / seconds,
        "broker_mb": broker_bytes / 1e6,
        "broker_bytes_per_message": broker_bytes / count,
        "live": {"per_s": PER_S, "messages": sent} | _quantiles(waits_s),
    }


def _live(numbers: Iterator[int], seconds: float, over: threading.Event | None = None) -> Iterator[Message]:
    """Messages that tell when they were sent."""
    for number in itertools.islice(numbers, int(seconds * PER_S)):
        yield make_live_message(number, f"{SENT}{time.monotonic():.6f}")
        if over is not None and over.is_set():
            return


def _backlog(count: int, say: Say) -> Iterator[Message]:
    for number in range(count):
        if number and number % _SHOWN_EACH == 0:
            say(f"drain: {number} of {count} published")
        yield make_message(number, 0)


def _stop(process: subprocess.Popen[str]) -> list[float]:
    """End a worker; the waits that it measured."""
    process.send_signal(signal.SIGTERM)
    told, _ = process.communicate(timeout=60)
    lines = told.splitlines()
    if not lines:
        raise BenchFailed("bench: ingest ended without telling what it measured")
    return [wait_s for _, wait_s in json.loads(lines[-1])["waits_s"]]


def _quantiles(waits_s: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(waits_s, n=20)
    return {"p50_ms": 1000 * cuts[9], "p95_ms": 1000 * cuts[18], "max_ms": 1000 * max(waits_s)}


def _rows(database_url: str) -> int:
    with connect(database_url) as connection:
        row = connection.execute(load("bench")["rows"]).fetchone()
    return int(row[0]) if row is not None else 0
