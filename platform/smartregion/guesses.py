"""How often a password may be guessed: a pause after several wrong ones, by who asks and for whom."""

import datetime as dt
import threading
from collections import deque
from collections.abc import Hashable

_MAX_KNOWN = 10_000


class Guesses:
    """Wrong guesses of a key (say, a client's address) within a window; for one process, in memory.

    `limit` wrong guesses within `window` shut the door until the oldest of them has left the window.
    """

    def __init__(self, limit: int, window: dt.timedelta) -> None:
        self._limit = limit
        self._window = window
        self._lock = threading.Lock()
        self._wrong: dict[Hashable, deque[dt.datetime]] = {}

    def wait(self, key: Hashable, now: dt.datetime) -> dt.timedelta:
        """How long this key has to wait before its next guess; zero when it need not."""
        with self._lock:
            times = self._wrong.get(key)
            if times is None:
                return dt.timedelta(0)
            while times and times[0] <= now - self._window:
                times.popleft()
            if len(times) < self._limit:
                return dt.timedelta(0)
            return times[-self._limit] + self._window - now

    def wrong(self, key: Hashable, now: dt.datetime) -> None:
        """Remember a wrong guess; the key that guessed longest ago is forgotten when there are too many."""
        with self._lock:
            times = self._wrong.pop(key, None) or deque(maxlen=self._limit)
            times.append(now)
            self._wrong[key] = times
            if len(self._wrong) > _MAX_KNOWN:
                del self._wrong[next(iter(self._wrong))]

    def right(self, key: Hashable) -> None:
        """A right guess clears the key."""
        with self._lock:
            self._wrong.pop(key, None)
