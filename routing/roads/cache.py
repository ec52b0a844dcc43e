"""Compiled kernels of the roads on disk, so that only the first process compiles them."""

from functools import cache

from routing.cache import default_folder, keep, key
from routing.kernels import contraction


@cache
def keep_kernels() -> bool:
    """Keep what is compiled from now on; false without a writable folder: then each process compiles anew."""
    folder = default_folder() / key()
    kernels = (
        contraction.fill,
        contraction.customise,
        contraction.number,
        contraction.climb,
        contraction.sweep,
        contraction.meet,
        contraction.trace,
        contraction.unpack,
    )
    try:
        return all(keep(kernel, folder) for kernel in kernels)
    except (OSError, RuntimeError):
        return False
