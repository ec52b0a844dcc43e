"""The three decorators of the kernels."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def kernel(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Compile for calls from other kernels: without the way in from Python, which costs most of the compile time.

    Releases the interpreter lock, divides as C does.
    """
    jit = numba.njit(
        nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False
    )
    return cast("Callable[Parameters, Answer]", jit(function))


def leaf(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """As `kernel`, and always inlined: for what is called in inner loops, where handing over all arrays costs most."""
    jit = numba.njit(
        nogil=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        _nrt=False,
        forceinline=True,
    )
    return cast("Callable[Parameters, Answer]", jit(function))


def entry(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Compile for calls from Python. Only entries are cached (`routing.cache`): they contain what they call."""
    jit = numba.njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True, _nrt=False)
    return cast("Callable[Parameters, Answer]", jit(function))
