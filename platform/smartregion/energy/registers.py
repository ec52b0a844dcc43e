"""Use of energy: differences of a register, shared out evenly between two readings; pure functions."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_STEP = Decimal("0.000001")


@dataclass(frozen=True)
class Register:
    """A register while one meter hangs at one place."""

    points: Sequence[tuple[dt.datetime, float]]
    """Event time and reading, ordered by time; those at a swap are points like others."""
    factor: float = 1.0
    """kWh of one unit: transformer ratio, or kWh a pulse."""
    digits: int | None = None
    """Digits before the point of a register that rolls over; None: a fall is a gap."""


@dataclass(frozen=True)
class Use:
    """Use in a span of time."""

    energy_kwh: Decimal
    covered_ms: int
    """Time between readings that a difference covers."""
    longest_s: int
    """Longest time between two readings that share in it."""


def use(register: Register, since: dt.datetime, until: dt.datetime) -> Use | None:
    """Use in [since, until); None when no difference reaches into it.

    A fall of the register is a rollover where it has `digits` and less than half of its range passed, else a
    gap, never a negative use. Edges are rounded to 1e-6 kWh, so that parts of a span add up to the whole.
    """
    energy_kwh, covered, longest_s, found = Decimal(0), dt.timedelta(), 0, False
    for (begin, first), (end, last) in zip(register.points, register.points[1:], strict=False):
        reached = _reached(first, last, register.digits)
        if end <= since or begin >= until or end == begin or reached is None:
            continue
        low, high = max(begin, since), min(end, until)
        edges = [
            _rounded((first + (reached - first) * ((edge - begin) / (end - begin))) * register.factor)
            for edge in (low, high)
        ]
        energy_kwh += edges[1] - edges[0]
        covered += high - low
        longest_s = max(longest_s, -((begin - end) // dt.timedelta(seconds=1)))
        found = True
    return Use(energy_kwh, round(covered / dt.timedelta(milliseconds=1)), longest_s) if found else None


def _reached(first: float, last: float, digits: int | None) -> float | None:
    if last >= first:
        return last
    if digits is None or last + 10.0**digits - first >= 10.0**digits / 2:
        return None
    return last + 10.0**digits


def _rounded(value: float) -> Decimal:
    """As the database rounds: 15 significant digits, then half away from zero."""
    return Decimal(f"{value:.15g}").quantize(_STEP, ROUND_HALF_UP)
