"""The decorators of the kernels."""

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
