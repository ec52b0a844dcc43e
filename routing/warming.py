"""Compiling everything ahead of the first plan, so that a page can show that it does."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from routing.cache import use_cache
from routing.flatten import flatten, new_state
from routing.kernels.anneal import BUILD, run
from routing.kernels.lean import run_lean
from routing.kernels.parameters import PARAMETERS
from routing.lean import is_lean, new_lean_state
from routing.problem import Problem, Stop, Vehicle


@dataclass(frozen=True)
class Warmth:
    """What warming up did. state: "compiling", then "ready"; cached: the code came from disk."""

    state: str
    seconds: float
    cached: bool = False
    folder: Path | None = None


def warm_up(
    progress: Callable[[Warmth], None] | None = None,
    folder: Path | None = None,
    say: Callable[[str], None] | None = None,
    clock: Callable[[], float] = time.perf_counter,
    problem: Problem | None = None,
) -> Warmth:
    """Compile the kernels, or load them from `folder` (`routing.cache.default_folder` if None).

    Cold it takes up to half a minute, from disk a fraction of a second. `progress` is called before and
    after. problem: only the kernel that searches it is needed.
    """
    began = clock()
    if progress is not None:
        progress(Warmth("compiling", 0.0))
    used = use_cache(folder, say)
    flat = flatten(_tiny())
    kernels: list[Callable[..., None]] = []
    if problem is None or is_lean(problem):
        kernels.append(run_lean)
        run_lean(flat.data, new_lean_state(flat, 1), np.zeros(PARAMETERS), -1, 1.0, 1.0)
    if problem is None or not is_lean(problem):
        kernels.append(run)
        run(flat.data, new_state(flat, 1), np.zeros(PARAMETERS), BUILD, 0, 1.0, 1.0)
    hits = all(getattr(getattr(kernel, "stats", None), "cache_hits", {}) for kernel in kernels)
    done = Warmth("ready", clock() - began, hits, used)
    if progress is not None:
        progress(done)
    return done


def _tiny() -> Problem:
    """The types of the arrays are the same for every problem, so any will do."""
    matrix = np.ones((3, 3)) - np.eye(3)
    return Problem([Stop(1), Stop(2)], [Vehicle(0, 0)], matrix, matrix)
