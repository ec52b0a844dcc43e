"""Compiled kernels on disk, under a key of everything they depend on.

Numba's own cache looks at the file of the cached function only and runs stale code after a change in a callee
of another file. So the folder is named after a hash of all kernel sources, the versions of Python, numba and
numpy and the processor; a changed kernel finds an empty folder.
"""

import hashlib
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core.registry import cpu_target

_KERNELS = Path(__file__).parent / "kernels"
_chosen: list[bool] = []  # filled once this process has decided where compiled kernels go


def default_folder() -> Path:
    """Where compiled kernels are kept unless the caller says otherwise."""
    return Path.home() / ".cache" / "smartregion" / "kernels"


def key(kernels: Path = _KERNELS) -> str:
    """Hash of all kernel sources, versions and the processor, 16 hex digits."""
    digest = hashlib.sha256()
    for source in sorted(kernels.rglob("*.py")):
        digest.update(source.relative_to(kernels).as_posix().encode())
        digest.update(source.read_bytes())
    for part in (platform.python_version(), numba.__version__, np.__version__, _processor()):
        digest.update(part.encode())
    return digest.hexdigest()[:16]


def _processor() -> str:
    """Processor and its features as the code generator sees them."""
    return " ".join(cpu_target.target_context.codegen().magic_tuple())


def use_cache(folder: Path | None = None, say: Callable[[str], None] | None = None) -> Path | None:
    """Keep the kernels compiled from now on below `folder`; returns the folder in use, None if unwritable.

    Without a writable folder everything works and is compiled anew in every process; `say` is told so.
    """
    from routing.kernels.anneal import run
    from routing.kernels.genetic import breed
    from routing.kernels.lean import run_lean

    _chosen.append(True)
    chosen = (folder or default_folder()) / key()
    try:
        return chosen if all(keep(entry, chosen) for entry in (run, run_lean, breed)) else None
    except (OSError, RuntimeError) as error:
        if say is not None:
            say(f"kernels cannot be kept in {chosen} ({error}): they are compiled anew in each process")
        return None


def keep(entry: Callable[..., object], folder: Path) -> bool:
    """Let numba read and write the compiled code of one entry in `folder`; false if numba is switched off.

    OSError or RuntimeError if the folder cannot be written.
    """
    enable = getattr(entry, "enable_caching", None)
    if enable is None:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=folder).close()
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder)
    try:
        enable()
    finally:
        config.CACHE_DIR = before
    return True


def use_cache_once(say: Callable[[str], None] | None = None) -> None:
    """Keep compiled kernels in the default folder, unless this process has chosen a folder before."""
    if not _chosen:
        use_cache(say=say)
