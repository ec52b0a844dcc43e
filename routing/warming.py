"""Compiling everything ahead of the first plan, so that a page can show that it does."""

import contextlib
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from routing.cache import ENTRIES, entry, is_kept, use_cache
from routing.flatten import Flat, flatten, new_state
from routing.genetic import Breeding
from routing.kernels.parameters import PARAMETERS
from routing.lean import is_lean, new_lean_state
from routing.problem import Problem, Stop, Vehicle

_BUILD = 1  # phase of the rich search, which does nothing without stops to insert
# Numba makes many objects that live long: looking for garbage took a fifth.
_COLLECT_AFTER = (100_000, 50, 100)


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

    Cold it takes up to half a minute, with a second process beside this one; from disk, part of a second.
    `progress` is called before and after. problem: only the kernel that searches it first is needed.
    """
    began = clock()
    if progress is not None:
        progress(Warmth("compiling", 0.0))
    used = use_cache(folder, say)
    searches = list(ENTRIES) if problem is None else ["lean" if is_lean(problem) else "rich"]
    missing = [] if used is None else [search for search in searches if not is_kept(search, used)]
    with _compiling_beside(used, missing[1:]), _few_collections():
        for search in searches:
            if search not in missing[1:]:
                _start(search)
    for search in missing[1:]:
        _start(search)
    hits = all(getattr(getattr(entry(search), "stats", None), "cache_hits", {}) for search in searches)
    done = Warmth("ready", clock() - began, hits, used)
    if progress is not None:
        progress(done)
    return done


@contextlib.contextmanager
def _compiling_beside(used: Path | None, searches: Sequence[str]) -> Iterator[None]:
    """Another process compiles the searches onto the disk meanwhile; whatever it misses is compiled here.

    It ends with this one: its input then closes.
    """
    if used is None or not searches or (os.cpu_count() or 1) < 2:
        yield
        return
    command = [sys.executable, "-m", "routing.warming", str(used.parent.resolve()), *searches]
    with subprocess.Popen(
        command,
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as other:
        yield
        other.wait()


@contextlib.contextmanager
def _few_collections() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _start(search: str) -> None:
    """Call the entry of a search with nothing to do; the types of the arrays are alike for every problem."""
    flat = _tiny()
    if search == "lean":
        entry(search)(flat.data, new_lean_state(flat, 1), np.zeros(PARAMETERS), -1, 1.0, 1.0)
    elif search == "rich":
        entry(search)(flat.data, new_state(flat, 1), np.zeros(PARAMETERS), _BUILD, 0, 1.0, 1.0)
    else:
        Breeding(flat, 1)


def _tiny() -> Flat:
    matrix = np.ones((3, 3)) - np.eye(3)
    return flatten(Problem([Stop(1), Stop(2)], [Vehicle(0, 0)], matrix, matrix))


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    use_cache(Path(sys.argv[1]))
    with _few_collections():
        for name in sys.argv[2:]:
            _start(name)
