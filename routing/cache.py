# mypy: disable-error-code="no-untyped-call"
"""Compiled kernels on disk, under a key of everything they depend on.

Numba's own cache looks at the file of the cached function only and runs stale code after a change in a callee
of another file. So the folder is named after a hash of all kernel sources, the versions of Python, numba and
numpy and the processor; a changed kernel finds an empty folder.
"""

import hashlib
import importlib
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core.caching import FunctionCache
from numba.core.registry import cpu_target
from numba.core.runtime.nrt import rtsys

ENTRIES = {
    "rich": ("routing.kernels.anneal", "run"),
    "lean": ("routing.kernels.lean", "run_lean"),
    "genetic": ("routing.kernels.genetic", "breed"),
}
"""Module and function of each search; the one that takes longest to compile comes first."""

Entry = Callable[..., None]

_KERNELS = Path(__file__).parent / "kernels"
_chosen: list[Path | None] = []  # filled once this process has decided where compiled kernels go
_imported: dict[str, Entry] = {}


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
    wanted = (folder or default_folder()) / key()
    used = None
    try:
        if _prepare(wanted) and all(keep(entry, wanted) for entry in _imported.values()):
            used = wanted
    except (OSError, RuntimeError) as error:
        if say is not None:
            say(f"kernels cannot be kept in {wanted} ({error}): they are compiled anew in each process")
    _chosen[:] = [used]
    return used


def entry(search: str) -> Entry:
    """The entry of a search of ENTRIES, imported when first asked for and kept where `use_cache` said."""
    if search not in _imported:
        module, name = ENTRIES[search]
        found: Entry = getattr(importlib.import_module(module), name)
        if _chosen and _chosen[0] is not None:
            keep(found, _chosen[0])
        _imported[search] = found
    return _imported[search]


def is_kept(search: str, folder: Path) -> bool:
    """Whether compiled code of the search lies in `folder`, which `use_cache` returned."""
    module, name = ENTRIES[search]
    return any(folder.rglob(f"{module.rpartition('.')[2]}.{name}-*.nbi"))


def keep(entry: Callable[..., object], folder: Path) -> bool:
    """Let numba read and write the compiled code of one entry in `folder`; false if numba is switched off.

    OSError or RuntimeError if the folder cannot be written.
    """
    if not _prepare(folder):
        return False
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder)
    try:
        compiled: Any = entry
        compiled._cache = _Kept(compiled.py_func)
    finally:
        config.CACHE_DIR = before
    return True


def _prepare(folder: Path) -> bool:
    """Make the folder, and find out whether it can be written; false if numba is switched off."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return False
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=folder).close()
    return True


class _Kept(FunctionCache):
    """Loads compiled code without what only compiling needs: importing that takes numba 0.2 s."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)  # what hands arrays over from Python
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def use_cache_once(say: Callable[[str], None] | None = None) -> None:
    """Keep compiled kernels in the default folder, unless this process has chosen a folder before."""
    if not _chosen:
        use_cache(say=say)
