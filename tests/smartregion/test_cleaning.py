"""The filter over levels: echoes, lifts, stuck and silent sensors, and what crews tell."""

import numpy as np
import pytest

from smartregion.waste.cleaning import DAY_S, Reason, Tank

_STEP_S = DAY_S / 4


def _run(levels: list[float], tank: Tank | None = None, start: int = 0) -> tuple[Tank, list[int]]:
    """Feed one container a reading each six hours; the readings that confirmed a lift."""
    tank = tank or Tank(1)
    lifts = []
    for k, level in enumerate(levels, start):
        if tank.read(np.array([0]), np.array([k * _STEP_S]), np.array([level]))[0]:
            lifts.append(k)
    return tank, lifts


def _rising(count: int, start: float = 0.1, a_day: float = 0.08) -> list[float]:
    return [start + a_day * k / 4 + 0.004 * (-1) ** k for k in range(count)]


def test_steady_filling_is_followed() -> None:
    tank, lifts = _run(_rising(40))
    assert lifts == []
    level, sd = tank.at(39 * _STEP_S)
    assert level[0] == pytest.approx(0.1 + 0.08 * 39 / 4, abs=0.02)
    assert sd[0] < 0.03
    assert tank.gained[0] == pytest.approx(0.08 * 39 / 4, abs=0.02)
    assert tank.rate[0] == pytest.approx(0.08, abs=0.02)
    assert tank.reasons(39 * _STEP_S)[0] == Reason.MEASURED


@pytest.mark.parametrize("false", [0.0, 1.2, 0.55])
def test_a_single_echo_changes_nothing(false: float) -> None:
    levels = _rising(30)
    tank, lifts = _run([*levels[:20], false, *levels[21:]])
    assert lifts == []
    assert tank.at(29 * _STEP_S)[0][0] == pytest.approx(levels[29], abs=0.03)


def test_a_lift_is_found_by_the_second_reading_with_time_and_level() -> None:
    full = _rising(36)
    tank, lifts = _run([*full, *_rising(6, start=0.03)])
    assert lifts == [37]
    assert tank.lift_s[0] == pytest.approx(35.5 * _STEP_S)
    assert tank.lift_level[0] == pytest.approx(full[-1], abs=0.05)
    assert tank.at(41 * _STEP_S)[0][0] == pytest.approx(0.03 + 0.08 * 5 / 4, abs=0.04)


def test_two_readings_at_the_end_of_the_scale_are_not_yet_a_lift() -> None:
    tank, lifts = _run([*_rising(30), 0.0, 0.0])
    assert lifts == []
    assert tank.at(31 * _STEP_S)[0][0] > 0.6
    assert _run([0.0], tank, start=32)[1] == [32]


def test_a_sensor_that_repeats_itself_is_stuck_and_its_level_carried_on() -> None:
    tank, _ = _run([*_rising(30), *[0.68] * 20])
    assert tank.stuck()[0]
    assert tank.reasons(49 * _STEP_S)[0] == Reason.STUCK
    assert tank.at(49 * _STEP_S)[0][0] == pytest.approx(0.68 + 0.08 * 5, abs=0.15)
    # A crew's lift counts more than what the sensor goes on to repeat.
    tank.lifted(np.array([0]), np.array([49.5 * _STEP_S]))
    _run([0.68] * 4, tank, start=50)
    assert tank.at(53 * _STEP_S)[0][0] < 0.2


def test_silence_makes_unsure_and_says_so() -> None:
    tank, _ = _run(_rising(30))
    soon, late = (tank.at((29 + 4 * days) * _STEP_S)[1][0] for days in (1, 6))
    assert late > 2 * soon
    assert tank.reasons((29 + 4 * 6) * _STEP_S)[0] == Reason.CARRIED
    assert Tank(1).reasons(0.0)[0] == Reason.UNKNOWN


def test_a_jump_up_is_believed_when_it_stays() -> None:
    tank, lifts = _run([*_rising(20), *_rising(4, start=0.8)])
    assert lifts == []
    assert tank.at(23 * _STEP_S)[0][0] == pytest.approx(0.86, abs=0.05)
    assert tank.reasons(23 * _STEP_S)[0] == Reason.JUMPED


def test_many_echoes_and_a_flat_battery_are_reasons() -> None:
    levels = _rising(80, a_day=0.02)
    tank, _ = _run(
        [0.9 - 0.01 * (k % 7) if k % 3 == 0 and k > 3 else level for k, level in enumerate(levels)]
    )
    assert tank.reasons(79 * _STEP_S)[0] == Reason.ECHOES
    plain, _ = _run(_rising(10))
    assert plain.reasons(9 * _STEP_S, np.array([2.7]))[0] == Reason.BATTERY
