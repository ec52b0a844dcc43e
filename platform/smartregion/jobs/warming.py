"""The optimiser's kernels, compiled in the background so that the first plan need not wait."""

import pathlib
import threading
from collections.abc import Callable


def _compile(folder: pathlib.Path | None) -> None:
    import routing

    routing.warm_up(folder=folder)


class Warming:
    """One compilation a process; whoever needs the kernels waits for it.

    `folder` keeps compiled kernels from one process to the next; None is the user's cache folder.
    """

    def __init__(
        self, folder: pathlib.Path | None = None, compile_: Callable[[pathlib.Path | None], None] = _compile
    ) -> None:
        self._folder, self._compile = folder, compile_
        self._thread = threading.Thread(target=self._run, name="warm-up", daemon=True)
        self._begun = False
        self._lock = threading.Lock()
        self._error: Exception | None = None

    def start(self) -> None:
        """Begin, unless it has begun. The thread never keeps a process from ending."""
        with self._lock:
            if not self._begun:
                self._begun = True
                self._thread.start()

    def ready(self, timeout_s: float) -> bool:
        """Are the kernels there, now or within `timeout_s`? Starts if nobody did; raises what went wrong."""
        self.start()
        self._thread.join(timeout_s)
        if self._error is not None:
            raise self._error
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._compile(self._folder)
        except Exception as error:
            self._error = error
