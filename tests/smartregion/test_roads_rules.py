"""Ride index and surface states, by hand-made values."""

import numpy as np
import pytest

from smartregion.errors import InvalidInput
from smartregion.roads.ride import RideRule, ride_index, steady
from smartregion.roads.winter import WinterRule, surface_state


def test_ride_index_brings_every_speed_to_50_km_per_h() -> None:
    assert ride_index(1.2, 13.9) == pytest.approx(1.2)
    assert ride_index(1.2, 13.9, k_vehicle=0.5) == pytest.approx(0.6)
    assert ride_index(1.0, 13.9 * 1.5, beta=0.5) == pytest.approx(1.5**-0.5)
    assert ride_index(1.0, 10.0, v_ref_mps=20.0, beta=1.0) == pytest.approx(2.0)


def test_rougher_roads_and_the_same_roughness_at_other_speeds() -> None:
    speed = np.array([8.0, 14.0, 22.0])
    same_road = 0.9 * (speed / 13.9) ** 0.7
    assert ride_index(same_road, speed) == pytest.approx([0.9, 0.9, 0.9])


@pytest.mark.parametrize("speed_kmh", [0.0, 19.9, 90.1, float("nan")])
def test_no_ride_index_outside_20_to_90_km_per_h(speed_kmh: float) -> None:
    assert np.isnan(ride_index(1.0, speed_kmh / 3.6))


def test_no_ride_index_without_acceleration() -> None:
    assert np.isnan(ride_index([float("nan"), -1.0], [14.0, 14.0])).all()


def test_braking_and_turning_do_not_count() -> None:
    time_s = np.arange(8, dtype=np.float64) * 2
    speed = np.array([14, 14, 14, 9, 9, 9, 9, 9], dtype=np.float64)
    heading = np.array([0, 0, 0, 0, 0, 0, 1.2, 1.2])
    drive = np.zeros(8, dtype=np.int64)
    assert steady(time_s, speed, heading, drive).tolist() == [
        True,
        True,
        False,
        False,
        True,
        False,
        False,
        True,
    ]
    apart = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    assert steady(time_s, speed, heading, apart).all()


@pytest.mark.parametrize(
    ("surface_c", "dew_c", "water_um", "friction", "state"),
    [
        (5.0, 1.0, 0.0, None, "dry"),
        (-2.0, -5.0, 0.0, None, "dry"),  # cold, but above the dew point
        (-2.0, -1.0, 0.0, None, "frosty"),
        (0.5, 1.0, 0.0, None, "dry"),  # dew, but no frost
        (-2.0, None, 0.0, None, "dry"),
        (3.0, 1.0, 20.0, None, "moist"),
        (3.0, 1.0, 100.0, None, "wet"),
        (0.0, -1.0, 20.0, None, "freezing"),
        (-1.0, -1.0, 300.0, None, "freezing"),
        (None, None, 300.0, None, "wet"),
        (2.0, 1.0, 0.0, 0.15, "slippery"),
        (2.0, 1.0, 0.0, 0.82, "dry"),
        (-2.0, -1.0, None, None, None),  # a film nobody measured
        (None, None, None, 0.2, "slippery"),
    ],
)
def test_surface_states(
    surface_c: float | None,
    dew_c: float | None,
    water_um: float | None,
    friction: float | None,
    state: str | None,
) -> None:
    assert surface_state(surface_c, dew_c, water_um, friction) == state


def test_salt_and_margins_are_settings() -> None:
    salted = WinterRule(freezing_c=-6.0, dew_margin_k=1.0)
    assert surface_state(-3.0, -4.0, 150.0, None, salted) == "wet"
    assert surface_state(-2.0, -1.5, 0.0, None, salted) == "dry"


@pytest.mark.parametrize(
    ("rule", "field", "value"),
    [
        (RideRule, "beta", 3.0),
        (RideRule, "v_ref_mps", 0.0),
        (RideRule, "slowest_mps", 30.0),  # above the fastest
        (WinterRule, "wet_um", 0.0),
        (WinterRule, "slippery_friction", 1.0),
    ],
)
def test_rules_refuse_nonsense(rule: type, field: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=field):
        rule(**{field: value})
