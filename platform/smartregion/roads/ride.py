"""How rough a drive was, from vertical acceleration and speed. Relative; neither ZEB nor IRI."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.roads.geometry import angle_between_rad
from smartregion.errors import InvalidInput

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RideRule:
    """What the ride index counts; our own proposal, to be fitted per vehicle."""

    v_ref_mps: float = 13.9
    """Speed to which the index is brought, m/s (50 km/h)."""
    beta: float = 0.7
    """Exponent of speed, 0.5 to 1.0: theory gives 0.5 for a profile of slope -2."""
    slowest_mps: float = 20 / 3.6
    fastest_mps: float = 90 / 3.6
    braking_mps2: float = 1.0
    """More change of speed than this is braking or starting, m/s²."""
    turning_rad_per_s: float = 0.15
    """More change of direction than this is turning, rad/s."""

    def __post_init__(self) -> None:
        if not 0 < self.slowest_mps < self.fastest_mps:
            raise InvalidInput("slowest_mps", self.slowest_mps, f"above 0 and below {self.fastest_mps}")
        if not 0 <= self.beta <= 2:
            raise InvalidInput("beta", self.beta, "an exponent from 0 to 2")
        if not self.v_ref_mps > 0:
            raise InvalidInput("v_ref_mps", self.v_ref_mps, "a speed above 0")


RULE = RideRule()


def ride_index(
    az_rms_mps2: ArrayLike,
    speed_mps: ArrayLike,
    v_ref_mps: float = RULE.v_ref_mps,
    beta: float = RULE.beta,
    k_vehicle: float = 1.0,
) -> Floats:
    """r = RMS(a_z) · (v_ref / v)^beta · k_vehicle in m/s²; NaN outside 20 to 90 km/h or if unknown."""
    rms, speed = np.asarray(az_rms_mps2, dtype=np.float64), np.asarray(speed_mps, dtype=np.float64)
    usable = (speed >= RULE.slowest_mps) & (speed <= RULE.fastest_mps) & (rms >= 0)
    safe = np.where(usable, speed, v_ref_mps)
    return np.asarray(np.where(usable, rms * (v_ref_mps / safe) ** beta * k_vehicle, np.nan))


def steady(
    time_s: Floats, speed_mps: Floats, heading_rad: Floats, drive: NDArray[np.int64], rule: RideRule = RULE
) -> NDArray[np.bool_]:
    """Points [n] at which the vehicle neither brakes, starts nor turns, by the steps before and after."""
    if len(time_s) < 2:
        return np.ones(len(time_s), dtype=np.bool_)
    joined = drive[1:] == drive[:-1]
    step_s = np.where(joined, np.maximum(np.diff(time_s), 1e-3), 1.0)
    faster = np.abs(np.diff(speed_mps)) / step_s > rule.braking_mps2
    turning = np.abs(angle_between_rad(heading_rad[:-1], heading_rad[1:])) / step_s > rule.turning_rad_per_s
    uneven = joined & (faster | turning)
    return np.asarray(~(np.append(False, uneven) | np.append(uneven, False)))
