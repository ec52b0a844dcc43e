"""What the sensors in containers say: distances with noise, and the faults such sensors have."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulators import draws
from simulators.draws import Float
from simulators.region.kinds import CHIRPSTACK, NATIVE, THINGS_STACK, Container
from simulators.truth.filling import MICRO
from simulators.truth.weather import air_temp_c

Int = NDArray[np.int64]

_DAY_S = 86_400
# A fault lasts from a random moment of a block to the block's end: length of the block in days, chance a
# block.
_FAULT_BLOCKS = {"dead": (36, 0.018), "stuck": (24, 0.018), "flat battery": (45, 0.015)}
_ECHO_PRONE = 0.015
_ECHO_SHARE, _ECHO_SHARE_PRONE = 0.003, 0.08
INTERVALS_S = {THINGS_STACK: 21_600, CHIRPSTACK: 21_600}
"""Seconds between two uplinks over LoRaWAN; native devices report every one or two hours."""
FARTHEST_M = 4.5
"""What a sensor reports when no echo comes back, m."""


_SOUND_20_MPS = 343.2


@dataclass(frozen=True)
class BinReadings:
    """Readings of containers, ordered by container, then time.

    `battery_v` and `temp_c` come with every reading.
    """

    container: Int
    time_s: Int
    counter: Int
    distance_m: Float
    temp_c: Float
    battery_v: Float


class Levels(Protocol):
    """What sensors look at: `filling.Filling`, or a world in which somebody empties as he likes."""

    def micro(self, container: Int, time_s: Float) -> Int:
        """Level in millionths at times (n containers, n times)."""


class BinSensors:
    """All container sensors of a district."""

    def __init__(self, seed: int, containers: list[Container], uncompensated: bool = False) -> None:
        """uncompensated: all reckon with the speed of sound at 20 °C, whatever the air has."""
        self.seed, self.containers, self._uncompensated = seed, containers, uncompensated
        number = np.arange(len(containers))
        native_s = np.where(draws.uniform(seed, "hourly", number) < 0.6, 3600, 7200)
        fixed = [INTERVALS_S.get(bin_.speech, 0) for bin_ in containers]
        self.interval_s: Int = np.where(np.array(fixed) > 0, fixed, native_s).astype(np.int64)
        self.phase_s: Int = (draws.bits(seed, "offset", number) >> np.uint64(20)).astype(
            np.int64
        ) % self.interval_s
        self._empty_m = np.array([bin_.empty_distance_m for bin_ in containers])
        self._full_m = np.array([bin_.full_distance_m for bin_ in containers])
        self._prone = draws.uniform(seed, "echo prone", number) < _ECHO_PRONE
        self._native = np.array([bin_.speech == NATIVE for bin_ in containers])

    def readings(self, filling: Levels, start_s: float, end_s: float) -> BinReadings:
        """What all sensors report from `start_s` up to, not including, `end_s`."""
        first = np.ceil((start_s - self.phase_s) / self.interval_s).astype(np.int64)
        last = np.ceil((end_s - self.phase_s) / self.interval_s).astype(np.int64)
        counts = np.maximum(last - first, 0)
        container = np.repeat(np.arange(len(counts)), counts)
        k = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[container]
        time_s = k * self.interval_s[container] + self.phase_s[container]
        heard = ~self._in_fault("dead", container, time_s)[0]
        heard &= ~(
            self._in_fault("flat battery", container, time_s)[0]
            & (draws.uniform(self.seed, "weak", container, k) < 0.6)
        )
        container, k, time_s = container[heard], k[heard], time_s[heard]
        return BinReadings(
            container, time_s, k, self.distance_m(filling, container, time_s),
            np.round(air_temp_c(self.seed, time_s.astype(np.float64)) + 1.5, 1), self.battery_v(container,
            time_s),
        )  # fmt: skip

    def distance_m(self, filling: Levels, container: Int, time_s: Int) -> Float:
        """Measured distances, m, to the millimetre."""
        stuck, since_s = self._in_fault("stuck", container, time_s)
        # What a stuck sensor repeats lies within the days that a filling remembers.
        seen_s = np.where(stuck, np.maximum(since_s, time_s - 30 * _DAY_S), time_s)
        level = filling.micro(container, seen_s.astype(np.float64)) / MICRO
        surface = 0.018 * draws.smooth(self.seed, "heap", seen_s / 30_000, container)
        distance = (
            self._empty_m[container]
            - np.minimum(level, 1.12) * (self._empty_m - self._full_m)[container]
            + surface
        )
        if self._uncompensated:
            distance *= _SOUND_20_MPS / _sound_mps(air_temp_c(self.seed, seen_s.astype(np.float64)))
        noise = 0.005 * draws.normal(self.seed, "noise", container, time_s)
        distance = np.where(stuck, distance, distance + noise)
        chance = draws.uniform(self.seed, "echo", container, time_s)
        share = np.where(self._prone[container], _ECHO_SHARE_PRONE, _ECHO_SHARE)
        kind = draws.uniform(self.seed, "echo kind", container, time_s)
        false = np.where(kind < 0.45, FARTHEST_M, np.where(kind < 0.75, 0.25 + 0.2 * kind, 0.0))
        distance = np.where((chance < share) & ~stuck, false, np.clip(distance, 0.2, FARTHEST_M))
        return np.round(distance, 3).astype(np.float64)

    def battery_v(self, container: Int, time_s: Int) -> Float:
        """Battery voltages, V.

        A lithium cell over five years, lower in the cold, flat before it is changed.
        """
        age = (time_s / (5 * 365 * _DAY_S) + draws.uniform(self.seed, "age", container)) % 1
        flat = self._in_fault("flat battery", container, time_s)[0]
        volts = 3.62 - 0.22 * age**3 + 0.004 * (air_temp_c(self.seed, time_s.astype(np.float64)) - 12)
        noise = 0.006 * draws.normal(self.seed, "volts", container, time_s)
        return np.round(np.where(flat, 2.75, volts) + noise, 3)

    def echo_prone(self) -> NDArray[np.bool_]:
        """Which sensors often take a false echo."""
        return self._prone

    def fault(self, time_s: int) -> list[str]:
        """Fault of each sensor at a time, empty when it is well."""
        found = ["prone to false echoes" if prone else "" for prone in self._prone]
        number = np.arange(len(found))
        for kind in _FAULT_BLOCKS:
            broken = self._in_fault(kind, number, np.full(len(found), time_s))[0]
            found = [
                kind if is_broken else before
                for is_broken, before in zip(broken.tolist(), found, strict=True)
            ]
        return found

    def _in_fault(self, kind: str, container: Int, time_s: Int) -> tuple[NDArray[np.bool_], Int]:
        """Whether each sensor has the fault, and since when it would."""
        days, chance = _FAULT_BLOCKS[kind]
        length_s = days * _DAY_S
        shift_s = (draws.uniform(self.seed, kind, container) * length_s).astype(np.int64)
        block = (time_s + shift_s) // length_s
        start_s = block * length_s - shift_s
        since_s = start_s + (draws.uniform(self.seed, kind, container, block) * length_s).astype(np.int64)
        chosen = draws.uniform(self.seed, f"{kind} chosen", container, block) < chance
        return chosen & (time_s >= since_s), since_s


def _sound_mps(temp_c: Float) -> Float:
    """Speed of sound in air, m/s, near usual temperatures."""
    return 331.3 + 0.606 * temp_c
