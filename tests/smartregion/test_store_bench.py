"""The bench of the store: the seeded district is the same each time, and a small run gives every figure."""

import dataclasses
import datetime as dt
import pathlib
from zoneinfo import ZoneInfo

import psycopg

from smartregion.store.bench import measure
from smartregion.store.bench_fill import FIRST_DAY, ZONE, fill
from smartregion.store.bench_rows import CONTAINERS, binary, days
from smartregion.store.bench_verbs import tables
from smartregion.store.rollup_proof import prove


def test_the_same_seed_gives_the_same_district() -> None:
    one, two, other = (next(iter(days(FIRST_DAY, 1, seed))) for seed in (1, 1, 2))
    for name in ("reading", "lane", "track"):
        assert binary(getattr(one, name)) == binary(getattr(two, name))
        assert binary(getattr(one, name)) != binary(getattr(other, name))


def test_vehicles_rest_at_weekends() -> None:
    week = [day.track.size for day in days(FIRST_DAY, 7, 1)]
    assert week[5:] == [0, 0]
    assert len(set(week[:5])) == 1


def test_a_small_run_gives_every_figure_and_goes_on_where_it_stopped(
    server_url: str, tmp_path: pathlib.Path
) -> None:
    told: list[str] = []
    kept = tmp_path / "result.json"
    with psycopg.connect(server_url, autocommit=True) as connection:
        fill(connection, 1, 1, told.append)
    result = measure(server_url, 2, 2, 1, told.append, kept)
    assert [line for line in told if line.startswith("written")] == [
        "written 1 of 1 days, about 0.0 minutes left",
        "written 2 of 2 days, about 0.0 minutes left",
    ]
    assert result.filled.rows == {
        "reading": 2 * CONTAINERS * 24,
        "lane": 2 * 200 * 96,
        "track": 2 * 30 * 7200,
    }
    assert all(size > 0 for size in result.filled.bytes_per_row.values())
    rows = {name: timing.rows for name, timing in result.queries.items()}
    assert rows == {
        "station, whole time": 192, "day against its band": 96, "latest of 10,000 devices": 10_000,
        "fleet month by segment": 10_000, "DTV of 200 stations": 200, "container, whole time": 48,
        "vehicle, one day": 7200,
    }  # fmt: skip
    assert result.writer_rows_per_s > 0
    assert len(result.late_batches_s) == 6
    told.clear()
    assert measure(server_url, 2, 2, 1, told.append, kept) == result
    assert told == []
    with psycopg.connect(server_url, autocommit=True) as connection:
        proof = prove(connection, FIRST_DAY + dt.timedelta(days=2), ZoneInfo(ZONE), sample=200)
    assert proof.holds, proof.differing
    slow = dataclasses.replace(result, late_batches_s=[0.5, 6.25])
    text = tables({"plain": slow})
    assert "late batch of 10,000 rows rolled up: 6.25 s at most of 2 (limit 5 s)  over the limit" in text
    assert "TimescaleDB: not measured" in text
    assert "TimescaleDB: 2 days" in tables({"plain": slow, "timescaledb": result})
