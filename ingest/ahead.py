"""The next batch is read while the database stores the last one: psycopg gives other threads their turn while
it waits."""

import queue
import threading
from collections.abc import Callable, Iterator

from ingest.outcome import Decoded
from ingest.subscriber import Collected
from ingest.writer import Packet

_POLL_S = 0.2

Batch = tuple[Collected, list[Decoded | None]]
"""A batch and what could be read of it without the registry."""


class ReadAhead:
    """A thread that collects and reads one batch ahead; it ends by `rest`."""

    def __init__(
        self,
        collect: Callable[[float], Collected],
        read: Callable[[list[Packet]], list[Decoded | None]],
    ) -> None:
        self._collect, self._read = collect, read
        self._ready: queue.Queue[Batch] = queue.Queue(maxsize=1)
        self._failure: BaseException | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="read ahead", daemon=True)
        self._thread.start()

    def next(self, patience_s: float) -> Batch:
        """The next batch; empty after patience. Raises what broke the thread."""
        try:
            return self._ready.get(timeout=patience_s)
        except queue.Empty:
            if self._failure is not None:
                raise self._failure from None
            return Collected([], []), []

    def rest(self) -> Iterator[Batch]:
        """Stop collecting; what was collected by then. A batch that is not taken stays unacknowledged."""
        self._stopping = True
        while self._thread.is_alive() or not self._ready.empty():
            batch = self.next(0.02)
            if batch[0].arrivals:
                yield batch

    def _run(self) -> None:
        try:
            while not self._stopping:
                batch = self._collect(_POLL_S)
                if batch.arrivals:
                    self._ready.put((batch, self._read(batch.packets)))
        except BaseException as failure:
            self._failure = failure
