"""The decorators of the kernels, and that kernels hold without them."""

import os
import pathlib
import subprocess
import sys

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from routing.kernels.jit import entry


def _allocating(values: NDArray[np.float64]) -> float:
    return float(np.zeros(len(values)).sum())


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled with NUMBA_DISABLE_JIT")  # type: ignore[attr-defined]
def test_a_kernel_that_allocates_is_refused() -> None:
    with pytest.raises(numba.core.errors.NumbaError):
        entry(_allocating)(np.ones(3))


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="these tests run so already")  # type: ignore[attr-defined]
def test_the_same_tests_hold_uncompiled(tmp_path: pathlib.Path) -> None:
    """Each wish that stops, vehicles and objective may have, and each move of the local search."""
    wishes = "tests/routing/test_routing_rich.py::test_the_least_cost_is_found"
    prices = "tests/routing/test_routing_local.py::test_a_price_is_the_difference_counted_anew"
    options = ["-q", "-n", "0", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'uncompiled'}"]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, wishes, prices],
        env={**ours, "NUMBA_DISABLE_JIT": "1"},
        cwd=pathlib.Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert " passed" in done.stdout
