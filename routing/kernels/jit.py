"""The decorators of the kernels.

They all release the interpreter lock, divide as C does and count no references: kernels allocate nothing, and
counting references to two dozen arrays in every call halves their speed.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np

from routing.kernels.pipeline import EntryCompiler, PartCompiler

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

_njit: Any = numba.njit  # its types leave out the options used here
_ALWAYS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}
_PART = _ALWAYS | {"no_cpython_wrapper": True, "pipeline_class": PartCompiler}


def kernel(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Compile for calls from other kernels, without the way in from Python: that takes longest to compile."""
    return cast("Callable[Parameters, Answer]", _njit(**_PART)(function))


def leaf(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """As `kernel`, and always inlined: for inner loops, where handing over all arrays would cost most."""
    jit = _njit(**_PART, forceinline=True)
    return cast("Callable[Parameters, Answer]", jit(function))


def once(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """For what a single place calls: becomes part of its caller before compiling, which saves a pass."""
    jit = _njit(**_PART, inline="always")
    return cast("Callable[Parameters, Answer]", jit(function))


def entry(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Compile for calls from Python. Only entries are cached (`routing.cache`): they hold what they call."""
    return cast("Callable[Parameters, Answer]", _njit(**_ALWAYS, pipeline_class=EntryCompiler)(function))


@leaf
def whole(number: int) -> int:
    """The number as a variable: for a literal argument numba would compile the called kernel once more."""
    return np.int64(number)  # type: ignore[return-value]
