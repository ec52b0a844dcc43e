"""The optimiser's kernels, compiled in the background so that the first plan need not wait."""

import threading
from collections.abc import Callable

import routing


class Warming:
    """One compilation a process; whoever needs the kernels waits for it and sees how far it is."""

    def __init__(self, warm_up: Callable[[Callable[[str], None]], None] = routing.warm_up) -> None:
        self._warm_up = warm_up
        self._thread = threading.Thread(target=self._run, name="warm-up", daemon=True)
        self._begun = False
        self._lock = threading.Lock()
        self._error: Exception | None = None
        self.step = ""
        """What is being compiled."""

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
            self._warm_up(self._note)
        except Exception as error:
            self._error = error

    def _note(self, step: str) -> None:
        self.step = step
