"""One value a database kept for a slot of time: for what is dear to compute and may be a little old."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from smartregion.store.database import Connection

T = TypeVar("T")
_MAX_ENTRIES = 16


class Kept(Generic[T]):
    """The newest value by database and question; one thread computes it while the others wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[Hashable, tuple[Hashable, T]] = {}

    def get(self, connection: Connection, question: Hashable, slot: Hashable, compute: Callable[[], T]) -> T:
        """The value computed for this `slot` (say, this minute) of this question, or a new one."""
        info = connection.info
        key = (info.host, info.port, info.dbname, question)
        with self._lock:
            found = self._entries.get(key)
            if found is not None and found[0] == slot:
                return found[1]
            value = compute()
            self._entries.pop(key, None)
            self._entries[key] = (slot, value)
            if len(self._entries) > _MAX_ENTRIES:
                del self._entries[next(iter(self._entries))]
            return value
