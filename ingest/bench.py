"""`smartregion bench ingest`: publisher, broker, ingest and database on this machine, beside the limit and
a peer.

Every contender stores the same messages of about 150 bytes, quality 1, one row each, into a table with the
same key, fsync on. The limit is what the database takes without MQTT and decoding: our staging COPY and
insert in batches of 5,000, books kept. The peer, where installed, is mq-bridge with its bulk COPY, and
keeps no books. Each result is printed when it is there and kept in a file, from which a run goes on.
"""

import datetime as dt
import importlib.util
import json
import pathlib
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ingest import bench_pairs, bench_steady
from ingest.bench_servers import Servers, make_messages, running

PARTS = ("pairs", "latency", "memory", "drain")
"""What can be measured alone."""

_KEPT = dt.timedelta(hours=12)
_WARM_UP = 5000


class Extent(NamedTuple):
    """How much is measured."""

    rounds: int = 5
    messages: int = 200_000
    """Messages of a contender in a round."""
    latency_s: float = 30
    memory_s: float = 600
    drain: int = 2_000_000
    """Messages that wait at the broker."""


QUICK = Extent(rounds=1, messages=30_000, latency_s=5, memory_s=20, drain=30_000)
"""A small run."""


class Results:
    """Results by name in a file, so that a run which was broken off goes on; old ones are measured anew."""

    def __init__(self, path: pathlib.Path, extent: Extent, now: dt.datetime, fresh: bool) -> None:
        self._path = path
        self._kept: dict[str, Any] = {"started": now.isoformat(), "extent": list(extent), "results": {}}
        if not fresh and path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            recent = now - dt.datetime.fromisoformat(kept["started"]) < _KEPT
            if recent and kept["extent"] == list(extent):
                self._kept = kept

    def get(self, name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The result of that name, measured where there is none yet; said on stderr."""
        results = self._kept["results"]
        known = name in results
        if not known:
            results[name] = measure()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self._kept, indent=2) + "\n", encoding="utf-8")
        _say(f"{name}: {_short(results[name])}{' (measured before)' if known else ''}")
        found: dict[str, Any] = results[name]
        return found


def run(parts: Sequence[str], extent: Extent, path: pathlib.Path, as_json: bool, fresh: bool) -> int:
    """Measure and print a table or JSON."""
    results = Results(path, extent, dt.datetime.now(dt.UTC), fresh)
    told: dict[str, Any] = {"extent": extent._asdict()}
    with running() as servers:
        if "pairs" in parts:
            told |= _pairs(servers, extent, results)
        if "latency" in parts:
            told["latency"] = results.get("latency", lambda: bench_steady.latency(servers, extent.latency_s))
        if "memory" in parts:
            told["memory"] = results.get(
                "memory", lambda: bench_steady.memory(servers, extent.memory_s, _say)
            )
        if "drain" in parts:
            told["drain"] = results.get("drain", lambda: bench_steady.drain(servers, extent.drain, _say))
    print(json.dumps(told) if as_json else "\n".join(_table(told)))
    return 0


def _pairs(servers: Servers, extent: Extent, results: Results) -> dict[str, Any]:
    contenders: dict[str, Callable[[], dict[str, float]]] = {
        "limit": lambda: bench_pairs.limit(servers, messages),
        "ours": lambda: bench_pairs.ours(servers, messages),
        "paho": lambda: bench_pairs.paho(servers, messages),
        "mq-bridge": lambda: bench_pairs.peer(servers, messages),
    }
    if importlib.util.find_spec("mq_bridge") is None:
        del contenders["mq-bridge"]
        _say("mq-bridge is not installed, so not measured: pip install 'smartregion[peers]'")
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
    bench_pairs.limit(servers, make_messages(_WARM_UP, 0))
    for number in range(extent.rounds):
        messages = make_messages(extent.messages, number)
        for name, measure in contenders.items():
            rounds[name].append(results.get(f"round {number + 1} {name}", measure))
    rows_per_s = {name: [found["rows_per_s"] for found in each] for name, each in rounds.items()}
    median = {name: statistics.median(values) for name, values in rows_per_s.items()}
    told: dict[str, Any] = {
        "rounds": rounds,
        "rows_per_s": median,
        "share_of_limit": _median_ratio(rows_per_s["ours"], rows_per_s["limit"]),
        "times_paho": _median_ratio(rows_per_s["ours"], rows_per_s["paho"]),
    }
    if "mq-bridge" in rows_per_s:
        told["times_peer"] = _median_ratio(rows_per_s["ours"], rows_per_s["mq-bridge"])
    return told


def _median_ratio(ours: list[float], others: list[float]) -> float:
    """Median of the ratios, round by round: a machine that slows down slows both."""
    return round(statistics.median(a / b for a, b in zip(ours, others, strict=True)), 3)


def _table(told: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    if "rows_per_s" in told:
        lines.append(f"{'contender':12} {'rows/s (median)':>16}   ours is, by the median of the rounds")
        ratios = {"limit": "share_of_limit", "paho": "times_paho", "mq-bridge": "times_peer"}
        for name, rows_per_s in told["rows_per_s"].items():
            times = f"{told[ratios[name]]:.2f} times this" if name in ratios else ""
            lines.append(f"{name:12} {rows_per_s:16,.0f}   {times}".rstrip())
    return lines + [f"{part}: {_short(told[part])}" for part in PARTS if part in told]


def _short(found: dict[str, Any]) -> str:
    """A result in one line."""
    return ", ".join(f"{name} {_shown(value)}" for name, value in found.items())


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"({_short(value)})"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
