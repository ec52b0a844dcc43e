"""How the classes of a problem refuse nonsense: one line with field, value and what was expected."""

import itertools
import math
from collections.abc import Sequence

from routing.errors import RoutingError

Window = tuple[float, float]
ALWAYS: Window = (0.0, math.inf)


def refuse_negative(name: str, value: float, zero: bool = True) -> None:
    """Numbers are at least 0, or above 0."""
    if math.isnan(value) or value < 0 or (not zero and value == 0):
        raise RoutingError(f"{name}: {value}: expected a number {'>= 0' if zero else '> 0'}")


def refuse_amounts(name: str, values: tuple[float, ...]) -> None:
    """At least one amount, none below 0."""
    if not values:
        raise RoutingError(f"{name}: empty: expected a number a dimension")
    for value in values:
        refuse_negative(name, value)


def refuse_window(name: str, window: Window) -> None:
    """A window closes not before it opens, and opens at some time."""
    opens, closes = window
    if math.isnan(opens) or math.isnan(closes) or opens > closes or math.isinf(opens):
        raise RoutingError(
            f"{name}: {opens:g}..{closes:g}: expected an opening time not after the closing time"
        )


def refuse_windows(name: str, windows: Sequence[Window]) -> None:
    """Windows follow each other."""
    for window in windows:
        refuse_window(name, window)
    for before, after in itertools.pairwise(windows):
        if before[1] >= after[0]:
            raise RoutingError(f"{name}: {before} and {after}: expected windows in order, without overlap")


def refuse_outside(name: str, index: int, count: int) -> None:
    """An index into a list of `count`."""
    if not 0 <= index < count:
        raise RoutingError(f"{name}: {index}: expected 0..{count - 1}")


def refuse_words(name: str, words: tuple[str, ...]) -> None:
    """Words are texts that are not empty: a single text would count as its letters."""
    if isinstance(words, str) or not all(isinstance(word, str) and word for word in words):
        raise RoutingError(f"{name}: {words!r}: expected a list of names")
