"""The forecast held against real lifts, and against a series made to be forecast."""

import csv
import datetime as dt
import pathlib

import numpy as np
import pytest

from smartregion.errors import InvalidInput
from smartregion.program import main
from smartregion.waste.backtest import Lifts, back_test, read_edinburgh


def test_regular_bins_are_told_better_than_by_their_last_gap() -> None:
    rng = np.random.default_rng(2)
    bins, days = 60, 28
    gaps = rng.choice([1.0, 2.0, 3.0], size=(bins, days))
    times = np.cumsum(gaps, axis=1) * 86_400.0
    rate = rng.uniform(0.15, 0.3, bins)[:, None]
    level = rate * gaps * np.exp(0.3 * rng.normal(size=gaps.shape) - 0.045)
    inside = times < 28 * 86_400.0
    number = np.repeat(np.arange(bins), days).reshape(bins, days)
    found = back_test(Lifts(number[inside], times[inside], np.minimum(level[inside], 1.0)))
    assert found["bins"] == bins
    assert found["mean_error"] < 0.8 * found["mean_error_last_rate"]
    assert found["mean_error"] < found["mean_error_weekday_mean"]
    assert found["weight_of_growth"] > 0.8
    assert 0.85 < found["inside_90_percent"] < 0.95


def test_edinburghs_lifts(shared_data: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shared_data / "series" / "edinburgh_litter_bins_2016-06.csv"
    found = back_test(read_edinburgh(path))
    assert found["lifts"] > 800
    # Emptied when nearly full, whatever the gap: growth alone tells no more than naive rules.
    assert found["weight_of_growth"] < 0.7
    assert found["mean_error"] < 0.95 * min(found["mean_error_last_rate"], found["mean_error_weekday_mean"])
    assert 0.88 <= found["inside_90_percent"] <= 0.925
    assert main(["bench", "forecast", str(path)]) == 0
    assert "inside_90_percent" in capsys.readouterr().out


def test_another_table_is_refused_in_one_line(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "bins.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["bin", "time"], ["1", dt.date(2026, 1, 1).isoformat()]])
    with pytest.raises(InvalidInput, match="Edinburgh") as caught:
        read_edinburgh(path)
    assert "\n" not in str(caught.value)
