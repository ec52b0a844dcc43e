"""How the search moves."""

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True)
class Parameters:
    """How the search moves; the names of Christiaens and Vanden Berghe (2020) in brackets.

    mean_removed [c-bar], longest_string [L-max]: stops. blink: chance to overlook a position. near:
    neighbours beside which a stop may go. hot, cold: first and last temperature as multiples of the mean cost
    of a leg (`Engine.mean_leg`).
    retried: stops left out that are tried again in each iteration.
    """

    mean_removed: float = 10.0
    longest_string: float = 10.0
    blink: float = 0.01
    near: int = 40
    hot: float = 1.0
    cold: float = 0.005
    retried: int = 8


PLAIN: Final = Parameters(near=20, hot=2.0, cold=0.02)
"""For equal vehicles that only capacity bounds; measured in `docs/routing-ablation.md`."""

LARGE: Final = replace(PLAIN, hot=10.0)
"""The same for thousands of stops: long tours far from the depot change as a whole only while it is hot."""

WINDOWED: Final = Parameters(cold=0.02)
"""For equal vehicles and stops that all must be served within windows: nothing moves when it is colder."""

MIXED: Final = Parameters(hot=2.0)
"""For vehicles of several kinds: the hotter beginning settles how many of each there are."""
