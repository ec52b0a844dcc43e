"""Policies: which containers to lift on a morning."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.draws import Float
from simulators.whatif.scenario import Policy

Mask = NDArray[np.bool_]
Int = NDArray[np.int64]

_RHYTHMS = np.array([1, 2, 3, 4, 7, 14, 21, 28])


@dataclass(frozen=True)
class Morning:
    """What there is to know on a working morning; arrays by container."""

    day: int
    seen: Float
    """Levels as sensors tell them."""
    true: Float
    growth_ahead: Float
    """[containers, days] true growth of this and the coming days."""
    since_lift_days: Int
    closed_days: int
    """Days without work that follow this one: a Saturday has one."""


@dataclass(frozen=True)
class Known:
    """What the operator knows of each container."""

    rhythm_days: Int
    days_to_full: Float


def choose(policy: Policy, known: Known, morning: Morning) -> Mask:
    """The containers that a policy lifts this morning."""
    gap = 1 + morning.closed_days
    match policy.kind:
        case "rhythm":
            chosen = morning.since_lift_days + morning.closed_days >= known.rhythm_days
        case "best_rhythm":
            chosen = morning.since_lift_days + morning.closed_days >= best_rhythm(
                known.days_to_full, policy.fill
            )
        case "threshold":
            chosen = morning.seen >= policy.level
        case "forecast":
            ahead_days = policy.days + gap - 1
            chosen = morning.seen + ahead_days / known.days_to_full >= policy.level
        case "perfect":
            ahead_days = int(np.ceil(policy.days)) + gap - 1
            chosen = morning.true + morning.growth_ahead[:, : ahead_days + 1].sum(axis=1) > 1.0
    mask: Mask = np.asarray(chosen)
    return mask


def best_rhythm(days_to_full: Float, fill: float) -> Int:
    """The longest rhythm in days that keeps the mean container below `fill`.

    Daily for those that fill faster.
    """
    place = np.searchsorted(_RHYTHMS, fill * days_to_full, side="right") - 1
    rhythm: Int = _RHYTHMS[np.maximum(place, 0)]
    return rhythm
