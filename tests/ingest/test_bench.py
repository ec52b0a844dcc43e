"""The benchmark of ingest: results are kept and gone on from; a small outage is emptied while messages
come."""

import datetime as dt
import pathlib
from typing import Any

import pytest

from ingest import bench, bench_steady
from ingest.bench_servers import make_live_message, make_message, running
from smartregion.demo import mosquitto

NOW = dt.datetime(2026, 11, 22, 3, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("extent", "age", "fresh", "measured"),
    [
        (bench.QUICK, dt.timedelta(hours=1), False, 1),
        (bench.QUICK, dt.timedelta(hours=13), False, 2),  # too old
        (bench.Extent(), dt.timedelta(hours=1), False, 2),  # another extent
        (bench.QUICK, dt.timedelta(hours=1), True, 2),
    ],
)
def test_a_run_goes_on_where_it_was_broken_off(
    tmp_path: pathlib.Path, extent: bench.Extent, age: dt.timedelta, fresh: bool, measured: int
) -> None:
    path = tmp_path / "folder" / "results.json"
    calls: list[int] = []

    def measure() -> dict[str, Any]:
        calls.append(1)
        return {"rows_per_s": 1000.0 * len(calls)}

    bench.Results(path, bench.QUICK, NOW - age, fresh=False).get("round 1 ours", measure)
    found = bench.Results(path, extent, NOW, fresh).get("round 1 ours", measure)
    assert len(calls) == measured
    assert found == {"rows_per_s": 1000.0 * measured}


def test_messages_are_about_150_bytes() -> None:
    topic, payload = make_message(12_345, 3)
    assert topic == "sr/1/bench-145/fill"
    assert 110 <= len(payload) <= 170
    assert make_live_message(12, "sent 1.5")[0] == "sr/1/bench-202/fill"


def test_a_backlog_is_emptied_while_messages_come(mosquitto_broker: Any) -> None:
    """Runs its own servers; the fixture only skips where mosquitto is absent."""
    assert mosquitto.find() is not None
    said: list[str] = []
    with running() as servers:
        found = bench_steady.drain(servers, 2000, said.append)
    assert found["messages"] == 2000
    assert found["live"]["messages"] > 0
    assert found["live"]["p95_ms"] > 0
    assert any("ingest starts" in line for line in said)
