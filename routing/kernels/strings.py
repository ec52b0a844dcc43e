"""How many strings are removed, how long, and what stays within: drawn alike in both searches.

Christiaens and Vanden Berghe, Slack Induction by String Removals for Vehicle Routing Problems,
Transportation Science 54 (2020), section 5.1; the names of the paper stand in brackets.
"""

from routing.kernels.jit import leaf
from routing.kernels.layout import Int
from routing.kernels.random import uniform

_SPLIT_SHARE = 0.5  # alpha
_SPLIT_GROWTH = 0.01  # beta


@leaf
def string_count(random: Int, mean_removed: float, string_max: float) -> int:
    """Number of strings [k-s] of at most `string_max` [l-s-max] stops that remove `mean_removed` [c-bar]."""
    return int(uniform(random) * (4.0 * mean_removed / (1.0 + string_max) - 1.0) + 1.0)


@leaf
def string_length(random: Int, size: int, string_max: float) -> int:
    """Number of stops [l-t] to remove from a tour of `size` stops."""
    length = int(uniform(random) * min(float(size), string_max) + 1.0)
    return int(min(length, size))


@leaf
def kept_within(random: Int, length: int, size: int) -> int:
    """Number of stops [m] that stay between the removed ones: half of the time some, if the tour has them."""
    if length <= 1 or uniform(random) >= _SPLIT_SHARE:
        return 0
    kept = 1
    while length + kept < size and uniform(random) < _SPLIT_GROWTH:
        kept += 1
    return kept if length + kept <= size else 0
