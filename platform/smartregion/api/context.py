"""What every request needs: database, settings, the clock and the live feed; made once a process."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psycopg

from smartregion.live import LiveFeed
from smartregion.settings import Settings
from smartregion.store.database import Connection, Pool, failed, require_url

_WAIT_S = 2.0
_LIVE_WAIT_S = 1.0


@dataclass(frozen=True)
class Context:
    """Shared by the API and the pages of one process; keep it as `app.state.context`."""

    pool: Pool
    settings: Settings
    clock: Callable[[], dt.datetime]
    """Gives the present moment, aware."""
    live: LiveFeed = field(init=False)

    def __post_init__(self) -> None:
        # The poller waits shortly, so that a server can stop quickly while the database is away.
        feed = LiveFeed(lambda: self.connection(_LIVE_WAIT_S), self.clock)
        object.__setattr__(self, "live", feed)

    @contextlib.contextmanager
    def connection(self, wait_s: float = _WAIT_S) -> Iterator[Connection]:
        """A connection of the pool in a transaction: committed at the end, rolled back after an error.

        Raises DatabaseUnavailable when none can be had within `wait_s` or the database went away, Contended
        when others held too long what it asks for.
        """
        try:
            with self.pool.connection(timeout=wait_s) as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise failed(require_url(self.settings), error) from error

    def now(self) -> dt.datetime:
        """The present moment in UTC."""
        return self.clock().astimezone(dt.UTC)

    def close(self) -> None:
        """The server stops: end the open streams."""
        self.live.close()
