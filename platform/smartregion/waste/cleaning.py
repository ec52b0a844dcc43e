"""Levels that can be trusted: a filter over the readings of all containers, one reading of each at a time.

Readings come as levels 0..1.2. A reading that fits the level expected from the one before is taken in
(Kalman). One that does not waits until the next ones say the same: a fall that is confirmed is a lift, a
confirmed rise is a load or a foreign object, and what nobody confirms was an echo. A sensor that repeats one
value while the container must have filled is stuck: its words count no more. The level of a silent or stuck
sensor is carried on at the usual rate of its container, with growing uncertainty.
"""

import enum
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

DAY_S = 86_400.0


class Reason(enum.IntEnum):
    """Why a level is as sure as it is; the name in small letters is its key."""

    MEASURED = 0
    """A reading that fits."""
    CARRIED = 1
    """No reading for a day: carried on at the usual rate."""
    ECHOES = 2
    """Many readings fit nothing: dirt, an object under the sensor, a bad mounting."""
    STUCK = 3
    """The sensor repeats one value while the container must have filled."""
    JUMPED = 4
    """It rose all at once: a load, or an object that is no waste."""
    BATTERY = 5
    """The battery is nearly flat: readings are missing."""
    LIFTS = 6
    """No sensor: from lifts and drivers' notes."""
    UNKNOWN = 7
    """Nobody knows anything."""
    TEMPERATURE = 8
    """The sensor is colder or hotter than it may work: what it says now does not count."""


@dataclass(frozen=True)
class Noise:
    """How sensors err; shares of the volume unless said. `P` = our own proposal, to be set by an operator."""

    reading: float = 0.02
    """Standard deviation of a reading, with the heap under the sensor."""
    heap: float = 0.011
    """The part of it that stays for hours, as the heap does: no averaging takes it away."""
    tolerance: float = 0.06
    """A reading within this of the expected level always fits."""
    sigmas: float = 4.0
    """And so does one within so many standard deviations."""
    lift: float = 0.08
    """A lift lowers the level by at least this."""
    same: float = 0.0006
    """Two readings this close are the same value."""
    stuck_rise: float = 0.12
    """A sensor is stuck when its value stays while the container should have gained this,"""
    stuck_readings: int = 6
    """with at least so many readings."""
    spread: float = 0.5
    """Standard deviation of a day's gain against its mean."""
    silent_s: float = DAY_S
    """A level older than this counts as carried, s."""
    coldest_c: float = -20.0
    """Below this an ultrasonic sensor says nothing that counts, °C; frost grows on it,"""
    hottest_c: float = 60.0
    """and above this neither: the sound is too fast for it, and the electronics drift."""
    battery_v: float = 2.9
    """Below this a cell is nearly flat, V."""
    echo_share: float = 0.15
    """From this share of unfitting readings a sensor is told as echoing."""


NOISE = Noise()
_START_RATE, _LEAST_RATE = 0.07, 0.001
_RATE_DAYS = 10.0
_ECHO_MEMORY = 0.96
_EMPTIED, _EMPTIED_SD = 0.03, 0.03


@dataclass
class Tank:
    """State of the filter; arrays [containers]. `gained` and `watched_s` only grow: differences are gains."""

    count: int
    noise: Noise = NOISE
    level: Floats = field(init=False)
    variance: Floats = field(init=False)
    time_s: Floats = field(init=False)
    """Of the last reading that was taken in or carried to."""
    rate: Floats = field(init=False)
    """Rise a day, a moving mean over about ten days."""
    gained: Floats = field(init=False)
    """All that was seen to come in, share of the volume."""
    watched_s: Floats = field(init=False)
    """Time over which that was seen, s."""
    lift_s: Floats = field(init=False)
    """Time of the last lift found or told; NaN before the first."""
    lift_level: Floats = field(init=False)
    """Level just before it."""
    heard_s: Floats = field(init=False)
    """Time of the last reading of any kind; NaN before the first."""

    def __post_init__(self) -> None:
        n = self.count
        self.level, self.variance = np.full(n, np.nan), np.ones(n)
        self.time_s, self.heard_s = np.full(n, np.nan), np.full(n, np.nan)
        self.rate = np.full(n, _START_RATE)
        self.gained, self.watched_s = np.zeros(n), np.zeros(n)
        self.lift_s, self.lift_level = np.full(n, np.nan), np.full(n, np.nan)
        self._waiting, self._waiting_s = np.full(n, np.nan), np.full(n, np.nan)
        self._waits = np.zeros(n, dtype=np.int64)
        self._same, self._same_s = np.full(n, np.nan), np.full(n, np.nan)
        self._same_count = np.zeros(n, dtype=np.int64)
        self._echoes, self._jump_s = np.zeros(n), np.full(n, -np.inf)

    def read(self, who: NDArray[np.intp], time_s: Floats, level: Floats) -> Flags:
        """Take in one reading each of the containers `who` (no one twice), later than all before of each.

        Returns for which of them this reading confirmed a lift; `lift_s` and `lift_level` tell of it.
        """
        noise = self.noise
        self.heard_s[who] = time_s
        first = np.isnan(self.level[who])
        self._begin(who[first], time_s[first], level[first])
        stuck = self._note_same(who, time_s, level)
        use = ~first & ~stuck
        who, time_s, level = who[use], time_s[use], level[use]
        days = np.maximum(time_s - self.time_s[who], 0.0) / DAY_S
        expected = self.level[who] + self.rate[who] * days
        variance = self.variance[who] + noise.spread**2 * (self.rate[who] * np.maximum(days, 0.05)) ** 2
        sure = np.sqrt(variance + noise.reading**2)
        fits = np.abs(level - expected) <= np.maximum(noise.tolerance, noise.sigmas * sure)
        # Whatever lies above the rim looks alike to a sensor.
        fits |= (level >= 1.0) & (expected >= 1.0)
        told_lift = np.zeros(len(use), dtype=bool)
        confirmed = ~fits & self._same_again(who, time_s, level)
        fell = confirmed & (self._waiting[who] < expected - noise.lift)
        self._lift(who[fell], expected[fell])
        self._jump(who[confirmed & ~fell], time_s[confirmed & ~fell])
        self._accept(who[fits], time_s[fits], level[fits], expected[fits], variance[fits], days[fits])
        self._restart(who[confirmed], time_s[confirmed], level[confirmed])
        self._wait(who[~fits & ~confirmed], time_s[~fits & ~confirmed], level[~fits & ~confirmed])
        self._echoes[who] = _ECHO_MEMORY * self._echoes[who] + (1 - _ECHO_MEMORY) * (~fits & ~confirmed)
        told_lift[np.flatnonzero(use)[fell]] = True
        return told_lift

    def lifted(self, who: NDArray[np.intp], time_s: Floats) -> None:
        """A crew told that these were emptied: no reading needs to confirm it."""
        now = self.at(time_s, who)[0]
        self.lift_level[who], self.lift_s[who] = now, time_s
        self.level[who], self.variance[who] = _EMPTIED, _EMPTIED_SD**2
        self.time_s[who] = time_s
        self._forget(who)

    def at(self, time_s: Floats | float, who: NDArray[np.intp] | None = None) -> tuple[Floats, Floats]:
        """Level and its standard deviation at a time, carried on at the usual rate; NaN where unknown."""
        part: NDArray[np.intp] | slice = slice(None) if who is None else who
        days = np.maximum(time_s - self.time_s[part], 0.0) / DAY_S
        gain = self.rate[part] * days
        # A day's surprise and an unsure rate: the one grows with the root of time, the other with time.
        variance = self.variance[part] + self.noise.spread**2 * self.rate[part] * gain + (0.15 * gain) ** 2
        return self.level[part] + gain, np.sqrt(variance + self.noise.heap**2)

    def reasons(self, time_s: float, battery_v: Floats | None = None) -> Ints:
        """Why each level is as sure as it is, values of `Reason`."""
        found = np.full(self.count, int(Reason.MEASURED))
        found[self._echoes > self.noise.echo_share] = Reason.ECHOES
        found[time_s - self._jump_s < DAY_S] = Reason.JUMPED
        if battery_v is not None:
            found[np.nan_to_num(battery_v, nan=np.inf) < self.noise.battery_v] = Reason.BATTERY
        found[time_s - self.time_s > self.noise.silent_s] = Reason.CARRIED
        found[self.stuck()] = Reason.STUCK
        found[np.isnan(self.level)] = Reason.UNKNOWN
        return found

    def stuck(self) -> Flags:
        """Sensors that repeat one value while their containers must have filled."""
        risen = self.rate * (self.heard_s - self._same_s) / DAY_S
        over = (self._same_count >= self.noise.stuck_readings) & (risen > self.noise.stuck_rise)
        # At the rim a level really stays.
        return np.asarray(over & (self._same < 1.0))

    def _begin(self, who: NDArray[np.intp], time_s: Floats, level: Floats) -> None:
        self.level[who], self.variance[who], self.time_s[who] = level, 0.05**2, time_s

    def _note_same(self, who: NDArray[np.intp], time_s: Floats, level: Floats) -> Flags:
        again = np.abs(level - self._same[who]) <= self.noise.same
        self._same_count[who] = np.where(again, self._same_count[who] + 1, 1)
        self._same_s[who] = np.where(again, self._same_s[who], time_s)
        self._same[who] = np.where(again, self._same[who], level)
        stuck = self.stuck()[who]
        # What it said since it stuck was no measurement: the level is carried on from there.
        # A lift that a crew told since then is the better knowledge.
        back = who[stuck & ~(self.lift_s[who] >= self._same_s[who])]
        self.time_s[back] = np.minimum(self.time_s[back], self._same_s[back])
        return stuck

    def _same_again(self, who: NDArray[np.intp], time_s: Floats, level: Floats) -> Flags:
        """Does the reading say the same as the ones that wait? At the end of the scale one more is needed."""
        days = (time_s - self._waiting_s[who]) / DAY_S
        near = self._waiting[who] + self.rate[who] * days
        limit = np.maximum(self.noise.tolerance, 2.0 * self.rate[who] * days)
        alike = np.abs(level - near) <= limit
        at_stop = ((level <= 0.0) & (self._waiting[who] <= 0.0)) | (
            (level >= 1.2) & (self._waiting[who] >= 1.2)
        )
        self._waits[who] = np.where(alike, self._waits[who] + 1, 0)
        return np.asarray(alike & (~at_stop | (self._waits[who] >= 2)))

    def _wait(self, who: NDArray[np.intp], time_s: Floats, level: Floats) -> None:
        fresh = self._waits[who] == 0
        self._waiting[who] = np.where(fresh, level, self._waiting[who])
        self._waiting_s[who] = np.where(fresh, time_s, self._waiting_s[who])

    def _forget(self, who: NDArray[np.intp]) -> None:
        self._waiting[who], self._waiting_s[who], self._waits[who] = np.nan, np.nan, 0

    def _lift(self, who: NDArray[np.intp], expected: Floats) -> None:
        self.lift_level[who] = np.minimum(expected, 1.2)
        # Between the last reading that fitted and the first that did not.
        self.lift_s[who] = (self.time_s[who] + self._waiting_s[who]) / 2

    def _jump(self, who: NDArray[np.intp], time_s: Floats) -> None:
        self._jump_s[who] = time_s

    def _restart(self, who: NDArray[np.intp], time_s: Floats, level: Floats) -> None:
        self.level[who], self.variance[who], self.time_s[who] = level, self.noise.reading**2, time_s
        self._forget(who)

    def _accept(
        self,
        who: NDArray[np.intp],
        time_s: Floats,
        level: Floats,
        expected: Floats,
        variance: Floats,
        days: Floats,
    ) -> None:
        trust = variance / (variance + self.noise.reading**2)
        now = expected + trust * (level - expected)
        gain = now - self.level[who]
        # What comes on top of a full container is not seen, and says nothing about the rate.
        seen = (self.level[who] < 1.0) & (days > 0)
        self.gained[who] += np.where(seen, gain, 0.0)
        self.watched_s[who] += np.where(seen, days * DAY_S, 0.0)
        share = np.where(seen, 1 - np.exp(-days / _RATE_DAYS), 0.0)
        newest = np.minimum(gain / np.maximum(days, 1e-6), 3.0)
        self.rate[who] = np.maximum(self.rate[who] + share * (newest - self.rate[who]), _LEAST_RATE)
        self.level[who], self.variance[who], self.time_s[who] = now, variance * (1 - trust), time_s
        self._forget(who)
