"""Compiled kernels: kept under a key of all sources, never stale, and dispensable."""

import os
import pathlib
import shutil
import subprocess
import sys

import numba
import pytest

from routing import MaxIterations, Problem, cache, solve
from routing.kernels.anneal import run
from routing.warming import Warmth, warm_up
from tests.routing import small_problems

pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT),  # type: ignore[attr-defined]
    reason="nothing is compiled with NUMBA_DISABLE_JIT",
)

_ROOT = pathlib.Path(__file__).parents[2]
_OUTER = """
from pathlib import Path
from numba import njit
from inner import inner
from routing import cache

@njit
def outer(x):
    return inner(x) + 1

here = Path(__file__).parent
cache.keep(outer, here / "kept" / cache.key(here / "sources"))
print(outer(1), sum(outer.stats.cache_hits.values()))
"""


def _run(folder: pathlib.Path) -> str:
    done = subprocess.run(
        [sys.executable, str(folder / "outer.py")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), str(folder / "sources")])},
    )
    return done.stdout.strip()


def test_a_changed_callee_in_another_file_never_runs_stale(tmp_path: pathlib.Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "outer.py").write_text(_OUTER)
    inner = tmp_path / "sources" / "inner.py"
    inner.write_text("from numba import njit\n\n@njit\ndef inner(x):\n    return 10 * x\n")
    assert _run(tmp_path) == "11 0"
    assert _run(tmp_path) == "11 1", "the second process loads the compiled code"
    inner.write_text(inner.read_text().replace("10 * x", "20 * x"))
    assert _run(tmp_path) == "21 0"


def test_every_kernel_source_is_part_of_the_key(tmp_path: pathlib.Path) -> None:
    kernels = tmp_path / "kernels"
    shutil.copytree(pathlib.Path(cache.__file__).parent / "kernels", kernels)
    keys = {cache.key(kernels)}
    sources = sorted(kernels.glob("*.py"))
    for source in sources:
        source.write_text(source.read_text() + "\n# changed\n")
        keys.add(cache.key(kernels))
    assert len(keys) == len(sources) + 1


def test_without_a_writable_folder_it_says_so(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_chosen", [])
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    said: list[str] = []
    assert cache.use_cache(blocked / "kernels", said.append) is None
    assert "kernels cannot be kept in" in said[0]
    assert "\n" not in said[0]


@pytest.mark.parametrize(
    "problem", [small_problems.plain(1), small_problems.waste(1, vehicles=1), small_problems.waste(2)]
)
def test_every_problem_runs_the_code_that_was_warmed_up(compiled: pathlib.Path, problem: Problem) -> None:
    warm_up(None, compiled.parent)
    solve(problem, MaxIterations(5))
    assert len(getattr(run, "nopython_signatures", [1])) == 1


def test_warming_up_says_that_it_compiles_and_keeps_the_code(compiled: pathlib.Path) -> None:
    seen: list[Warmth] = []
    warmth = warm_up(seen.append, compiled.parent)
    assert [step.state for step in seen] == ["compiling", "ready"]
    assert warmth.folder == compiled
    assert list(compiled.rglob("*.nbi"))


_SECOND = """
import pathlib, sys
from routing import warm_up
from tests.routing import small_problems
warmth = warm_up(folder=pathlib.Path(sys.argv[1]), problem=small_problems.plain(1))
print(warmth.cached, "routing.kernels.anneal" in sys.modules, "numba.np.arrayobj" in sys.modules)
"""


def test_a_second_process_loads_only_the_search_that_the_problem_needs(compiled: pathlib.Path) -> None:
    solve(small_problems.plain(1), MaxIterations(0))
    done = subprocess.run(
        [sys.executable, "-c", _SECOND, str(compiled.parent)],
        capture_output=True,
        text=True,
        check=True,
        cwd=_ROOT,
    )
    assert done.stdout.strip() == "True False False"
