"""An order in which places near each other stand near each other, so that the search finds them in few lines
of memory."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from routing.problem import Matrix
from routing.ticks import block

_LEAF = 8


def side_by_side(distance: Matrix, locations: Sequence[int]) -> NDArray[np.int64]:
    """Indices into `locations`, by halving again and again along the line between two far ends."""
    at = np.array(locations, dtype=np.int64)
    if len(at) == 0:
        return at
    done: list[NDArray[np.int64]] = []
    waiting = [np.arange(len(at))]
    while waiting:
        members = waiting.pop()
        if len(members) <= _LEAF:
            done.append(members)
            continue
        one = members[_farthest(distance, at, members[0], members)]
        other = members[_farthest(distance, at, one, members)]
        lean = _row(distance, at[one], at[members]) - _row(distance, at[other], at[members])
        ranked = members[np.argsort(lean, kind="stable")]
        half = len(ranked) // 2
        waiting += [ranked[half:], ranked[:half]]
    return np.concatenate(done)


def _farthest(distance: Matrix, at: NDArray[np.int64], place: np.int64, members: NDArray[np.int64]) -> int:
    return int(np.argmax(_row(distance, at[place], at[members])))


def _row(distance: Matrix, start: np.int64, ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """Distances, places out of reach as far away as the farthest in reach."""
    row = block(distance, np.array([start]), ends)[0]
    reached = np.isfinite(row)
    found: NDArray[np.float64] = np.where(reached, row, row[reached].max(initial=0.0))
    return found
