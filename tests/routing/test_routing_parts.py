"""Large problems are worked on part by part."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from routing.flatten import flatten
from routing.kernels import lean_layout, lean_ruin
from routing.kernels.jit import entry
from routing.lean import new_lean_state
from tests.routing import small_problems

pytestmark = pytest.mark.usefixtures("compiled")

_STOPS = 4_000


@pytest.fixture(scope="module")
def seeds() -> Callable[[int, int], list[int]]:
    """Stops that steps begin with: from which step on, how many."""
    seed: Any = lean_ruin._seed
    draw = entry(getattr(seed, "py_func", seed))
    state = new_lean_state(flatten(small_problems.plain(1)), 1)

    def drawn(step: int, count: int) -> list[int]:
        state.counts[lean_layout.STAMP] = step
        return [draw(state, _STOPS) for _ in range(count)]

    return drawn


def test_steps_stay_in_one_part_for_a_while(seeds: Callable[[int, int], list[int]]) -> None:
    first, later = seeds(0, 500), seeds(999, 500)
    assert set(first) | set(later) <= set(range(200))
    assert len(set(first)) > 150


def test_the_next_part_overlaps_and_the_last_one_meets_the_first(
    seeds: Callable[[int, int], list[int]],
) -> None:
    assert set(seeds(1_000, 500)) <= set(range(100, 300))
    last = np.array(seeds(39_000, 500))
    assert ((last >= 3_900) | (last < 100)).all()
    assert (last < 100).any()


def test_every_stop_is_in_two_parts_of_a_round(seeds: Callable[[int, int], list[int]]) -> None:
    starts = [min(part) for part in (seeds(1_000 * number, 400) for number in range(39))]
    assert np.diff(starts).max() < 150
    assert seeds(40_000, 1)[0] < 200
