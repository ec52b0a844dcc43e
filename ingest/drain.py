"""Emptying a session that new messages no longer go to, beside the one that they go to now."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import psycopg

from ingest import sessions
from ingest.lane import Lane
from smartregion.errors import DatabaseUnavailable

_STEP_S = 0.2
_QUIET_S = 2.0
_FIRST_MOMENTS_S = 10.0


class Limits(NamedTuple):
    """When messages are said to wait at the broker: so many unacknowledged for so long."""

    packets: int
    seconds: float
    first_s: float
    """Instead of `seconds` in the first moments of the process: then it is an outage that has ended."""


class Backlog:
    """Notices that the broker has had more for us than we could take."""

    def __init__(self, limits: Limits, started_s: float) -> None:
        self._limits, self._started_s = limits, started_s
        self._since: float | None = None

    def noticed(self, unacknowledged: int, now_s: float) -> bool:
        """Whether the window has been full long enough, once each time that it has; told again and again,
        with a monotonic clock."""
        early = now_s - self._started_s < _FIRST_MOMENTS_S
        if unacknowledged < self._limits.packets:
            self._since = None
        elif self._since is None:
            self._since = now_s
        elif now_s - self._since >= (self._limits.first_s if early else self._limits.seconds):
            self._since = None
            return True
        return False


class Drain:
    """A thread that unsubscribes a session, stores what waits in it, and ends it at the broker.

    Told to stop before that, it leaves the session at the broker for the next start.
    """

    def __init__(
        self, lane: Lane, session: sessions.Session, say: Callable[[str], None], stopping: Callable[[], bool]
    ) -> None:
        self._lane, self._session, self._say, self._stopping = lane, session, say, stopping
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"drain {session.client_id}", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether there is work left; raises what broke the thread."""
        if self._failure is not None:
            raise self._failure
        return self._thread.is_alive()

    def join(self) -> None:
        """Wait for its end, after it was told to stop."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self._empty()
        except BaseException as failure:
            self._failure = failure

    def _empty(self) -> None:
        lane, name = self._lane, self._session.client_id
        started, before = time.monotonic(), lane.tally.received
        existed = lane.subscriber.existed()
        lane.subscriber.leave()
        while not self._stopping():
            lane.step(_STEP_S)
            if lane.subscriber.quiet_s() >= _QUIET_S and lane.subscriber.drained():
                break
        lane.finish()
        if self._stopping():
            lane.close()
            return
        lane.subscriber.forget_session()
        while (connection := lane.connection()) is not None:
            try:
                sessions.forget(connection, name)
                break
            except (psycopg.Error, DatabaseUnavailable):
                lane.close_database()
        lane.close_database()
        if not existed:
            return
        count, seconds = lane.tally.received - before, time.monotonic() - started
        self._say(f"session {name} is empty and ended: {count} packets in {seconds:.0f} s")
