"""When is a container due? One simple rule of level and rate, the same for tables, maps and plans."""

import datetime as dt
from dataclasses import dataclass

FULLEST = 1.2
"""Greatest level that counts, 1 = rim: what lies on top is lifted too, a reading beyond is noise."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class DueRule:
    """A container is due when it would pass `level` within `horizon_days` at its present rate.

    Raises ValueError for a level outside 0..1.2, a negative horizon or a silence of no hours.
    """

    level: float = 0.8
    """Threshold, share of the usable volume, 0..1.2."""
    horizon_days: float = 1.0
    """How far ahead the present rate is carried, d."""
    silent_after_h: float = 24.0
    """A sensor that said nothing for so long is silent, h."""

    def __post_init__(self) -> None:
        if not 0 < self.level <= FULLEST:
            raise ValueError(f"level: {self.level} is not in 0..{FULLEST}")
        if not self.horizon_days >= 0:
            raise ValueError(f"horizon_days: {self.horizon_days} is not 0 or more")
        if not self.silent_after_h > 0:
            raise ValueError(f"silent_after_h: {self.silent_after_h} is not above 0")

    def due(self, level: float | None, rate_per_day: float | None) -> bool:
        """Is a container of this level (0..1.2) and rate (1/d) due? Without a level nobody knows: False."""
        if level is None:
            return False
        return expected_level(level, rate_per_day, self.horizon_days) >= self.level - _ROUNDING

    def silent(self, level_time: dt.datetime | None, now: dt.datetime) -> bool:
        """Has the sensor been silent for too long? One that never spoke is silent."""
        return level_time is None or now - level_time > dt.timedelta(hours=self.silent_after_h)


def expected_level(level: float, rate_per_day: float | None, days: float) -> float:
    """Level after `days` (0 or more) at the present rate, 0..1.2; a falling or unknown rate counts as 0."""
    return min(FULLEST, max(0.0, level + max(0.0, rate_per_day or 0.0) * max(0.0, days)))


def level_at(level: float, level_time: dt.datetime, rate_per_day: float | None, moment: dt.datetime) -> float:
    """Level of `level_time` carried to `moment` at the present rate, 0..1.2; also for silent sensors."""
    return expected_level(level, rate_per_day, (moment - level_time) / dt.timedelta(days=1))


def days_until(level: float, rate_per_day: float | None, threshold: float) -> float | None:
    """Days until the level reaches `threshold` at the present rate; 0 when it has, None if it never will."""
    if level >= threshold:
        return 0.0
    return (threshold - level) / rate_per_day if rate_per_day and rate_per_day > 0 else None
