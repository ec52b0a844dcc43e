"""The level just before a lift: what must have grown, and the habit of the crews who come.

Crews that come when a container looks full make its level before a lift alike, whatever the gap. So what is
expected lies between the growth since the lift before and the container's usual level before a lift; the
weight is learned from the lifts told: 1 where they follow a calendar, little where crews choose.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_PRIOR = 0.5
"""Squares of differences that speak for growth before any lift is known: a few lifts prove no habit."""


@dataclass(frozen=True)
class Habits:
    """What was learned from lifts with a level."""

    level: Floats
    """[containers] usual level before a lift, share of the volume; where none was told that of all."""
    trust: float
    """Weight of growth beside it, 0..1."""

    def before(self, who: NDArray[np.intp], growth: Floats) -> Floats:
        """Levels [lifts] before lifts of these containers, after such a growth since the lift before."""
        return np.asarray(self.trust * np.minimum(growth, 1.0) + (1.0 - self.trust) * self.level[who])


def learn(who: NDArray[np.intp], level: Floats, growth: Floats, containers: int) -> Habits:
    """Habits from lifts of containers `who` [lifts]: the level seen and the growth that was expected."""
    if not len(who):
        return Habits(np.full(containers, np.nan), 1.0)
    total, count = np.bincount(who, level, containers), np.bincount(who, minlength=containers)
    everywhere = float(level.mean())
    usual = np.where(count > 0, total / np.maximum(count, 1), everywhere)
    others = (total[who] - level) / np.maximum(count[who] - 1, 1)
    # Each lift is held against the habit that the other lifts of its container show.
    habit = np.where(count[who] > 1, others, everywhere)
    apart = np.minimum(growth, 1.0) - habit
    trust = float(np.clip((apart @ (level - habit) + _PRIOR) / (apart @ apart + _PRIOR), 0.0, 1.0))
    return Habits(usual, trust)
