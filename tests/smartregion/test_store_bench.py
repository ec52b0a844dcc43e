"""The bench of the store: the seeded district is the same each time, and a small run gives every figure."""

import dataclasses

import numpy as np
import psycopg

from smartregion.store.bench import FIRST_DAY, measure
from smartregion.store.bench_rows import CONTAINERS, binary, days
from smartregion.store.bench_verbs import table


def test_the_same_seed_gives_the_same_district() -> None:
    one, two, other = (next(iter(days(FIRST_DAY, 1, seed))) for seed in (1, 1, 2))
    for name in ("reading", "lane", "track"):
        assert binary(getattr(one, name)) == binary(getattr(two, name))
        assert binary(getattr(one, name)) != binary(getattr(other, name))


def test_vehicles_rest_on_sundays() -> None:
    week = [day.track.size for day in days(FIRST_DAY, 7, 1)]
    assert week[-1] == 0
    assert len(set(week[:-1])) == 1


def test_a_small_run_gives_every_figure(database_url: str) -> None:
    result = measure(database_url, 1, 2, 1, lambda line: None)
    assert result.rows == CONTAINERS * 24 + 200 * 96 + 30 * 7200
    assert set(result.write_rows_per_s) == {"plain COPY", "reading", "lane", "track"}
    assert all(speed > 0 for speed in result.write_rows_per_s.values())
    rows = {name: timing.rows for name, timing in result.queries.items()}
    assert rows == {
        "containers_now": 1600, "latest_all": 10230, "container_series": 24, "station_quarters": 96,
        "station_band": 96, "dtv": 100, "vehicle_day": 7200, "fleet_days": 30,
    }  # fmt: skip
    text = table(dataclasses.replace(result, late_batch_s=0.5))
    assert "a late batch of 10,000 rows: 0.50 s" in text
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT min(value), max(value) FROM sr.reading").fetchone()
        assert found is not None
        assert np.all(np.isfinite(found))
        late = connection.execute("SELECT count(*) FROM sr.reading WHERE time < '2026-03-03'").fetchone()
    assert late == (CONTAINERS * 24 + 5000,)
