"""Entries of the array of parameters that both searches take."""

from typing import Final

MEAN_REMOVED: Final = 0  # mean number of stops removed
STRING_MAX: Final = 1  # longest string
BLINK: Final = 2  # chance that a position is overlooked
NEAR: Final = 3  # neighbours looked at
RETRIED: Final = 4  # stops left out before that are tried again in each iteration
OPENING: Final = 5  # vehicle that new tours begin with when building
PARAMETERS: Final = 6
MANY: Final = 2_000  # stops from which on the lean search works on a part at a time
