"""Distances of sensors that do not compensate for the temperature, mended by their profile."""

import datetime as dt
import pathlib

import pytest

from ingest.fields import flatten
from ingest.profiles import read_profile
from smartregion.errors import InvalidInput
from smartregion.sound import compensated_m

_PROFILE = """
name = "echo"
title = "Echo without compensation"
sound_at_c = {at_c}
[fields]
far = {{ quantity = "distance", unit = "mm" }}
cold = {{ quantity = "temperature", unit = "°C" }}
"""
_TIME = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


def _profile(folder: pathlib.Path, at_c: str = "20.0") -> pathlib.Path:
    path = folder / "echo.toml"
    path.write_text(_PROFILE.format(at_c=at_c), encoding="utf-8")
    return path


@pytest.mark.parametrize(("temp_c", "expected_m"), [(-10.0, 1.7), (20.0, 1.7943), (40.0, 1.8545)])
def test_a_distance_is_mended_by_the_temperature_beside_it(
    tmp_path: pathlib.Path, temp_c: float, expected_m: float
) -> None:
    profile = read_profile(_profile(tmp_path))
    found = profile.apply(flatten({"far": 1794.3, "cold": temp_c}), _TIME)
    assert found.values == {"distance": pytest.approx(expected_m, abs=2e-4), "temperature": temp_c}


def test_without_a_temperature_the_distance_stays(tmp_path: pathlib.Path) -> None:
    profile = read_profile(_profile(tmp_path))
    assert profile.apply(flatten({"far": 1794.3}), _TIME).values == {"distance": 1.7943}


def test_the_speed_of_sound_grows_by_a_sixth_of_a_percent_a_kelvin() -> None:
    assert compensated_m(1.0, 21.0, 20.0) == pytest.approx(1.0017, abs=1e-4)


def test_an_impossible_temperature_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InvalidInput, match="sound_at_c"):
        read_profile(_profile(tmp_path, "200"))
