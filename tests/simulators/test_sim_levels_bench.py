"""Cleaning and forecast against the truth of a district."""

import json

import pytest

from smartregion.program import main


def test_levels_lifts_and_forecasts_agree_with_the_truth(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "levels", "--quick", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["containers"] == 400
    assert found["lifts"]["precision"] > 0.97
    assert found["lifts"]["recall"] > 0.93
    assert found["levels"]["cleaned_mean_error"] < 0.8 * found["levels"]["last_reading_mean_error"]
    assert found["reasons"]["sound_told_as_broken"] < 0.03
    assert found["sound"]["mended_mean_error"] < 0.5 * found["sound"]["as_told_mean_error"]
    forecast = found["forecast"]
    assert 0.84 < forecast["inside_90_percent"] < 0.95
    assert forecast["mean_error"] < 0.75 * forecast["mean_error_last_weekday"]
    assert forecast["mean_error"] < 0.6 * forecast["mean_error_last_rate"]
