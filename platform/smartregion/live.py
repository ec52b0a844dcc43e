"""Newest values for many listeners from one poller, which reads `latest` by receipt once a second.

Workers commit out of order, so each poll looks back a little beyond the newest receipt it knows; what was
told already is left out. A slow listener never grows: of each item it is owed only the newest value.
"""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import psycopg
from psycopg.rows import class_row

from smartregion.errors import SmartRegionError
from smartregion.store import queries
from smartregion.store.database import Connection

PERIOD_S = 1.0
"""Time between two polls."""
OVERLAP_S = 10
"""How far a poll looks back for commits that came late."""
_RECEIPTS_A_SECOND = 1_000_000 * 1024
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LiveValue:
    """The newest value of one item of a device."""

    message: int
    """Receipt of the message, grows with time."""
    object_kind: str | None
    object: str | None
    device: str
    item: str
    """A quantity, `lane N` or `track`."""
    time: dt.datetime
    value: float
    level: float | None
    """Fill level 0..1.2 where the object is a container."""
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What a listener gets at once."""

    cursor: int
    """Resume after this receipt."""
    values: list[bytes]
    """JSON objects."""


class Window:
    """Which values are new: remembers what was told inside the overlap."""

    def __init__(self, mark: int) -> None:
        self.mark = mark
        self._told: dict[_Key, int] = {}

    @property
    def after(self) -> int:
        """Receipt after which the next poll reads."""
        return self.mark - OVERLAP_S * _RECEIPTS_A_SECOND

    def fresh(self, values: Iterable[LiveValue]) -> list[LiveValue]:
        """Values that were not told before; moves the mark."""
        new = []
        for value in values:
            key = (value.device, value.item)
            if self._told.get(key) != value.message:
                self._told[key] = value.message
                self.mark = max(self.mark, value.message)
                new.append(value)
        self._told = {key: message for key, message in self._told.items() if message > self.after}
        return new


class Listener:
    """What one open stream is owed: of each item the newest value, and news of an outage."""

    def __init__(self, kinds: frozenset[str] | None) -> None:
        self._kinds = kinds
        self._owed: dict[_Key, bytes] = {}
        self._woken = asyncio.Event()
        self._cursor = 0
        self.outage_since: dt.datetime | None = None

    def offer(self, values: Sequence[tuple[LiveValue, bytes]], cursor: int) -> None:
        """Take what this listener wants of new values."""
        self._owed.update(self._wanted(values))
        self._moved(cursor)

    def catch_up(self, values: Sequence[tuple[LiveValue, bytes]], cursor: int) -> None:
        """Take what it missed before it joined; never in place of something newer."""
        self._owed = dict(self._wanted(values)) | self._owed
        self._moved(max(cursor, self._cursor))

    def wake(self) -> None:
        """Let the stream look around now."""
        self._woken.set()

    def _wanted(self, values: Sequence[tuple[LiveValue, bytes]]) -> Iterator[tuple[_Key, bytes]]:
        for value, text in values:
            if self._kinds is None or value.object_kind in self._kinds:
                yield (value.device, value.item), text

    def _moved(self, cursor: int) -> None:
        self._cursor = cursor
        if self._owed:
            self._woken.set()

    async def take(self, timeout_s: float) -> Batch | None:
        """What is owed, after waiting at most `timeout_s` for it; None when nothing came."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), timeout_s)
        self._woken.clear()
        if not self._owed:
            return None
        batch = Batch(self._cursor, list(self._owed.values()))
        self._owed.clear()
        return batch


class LiveFeed:
    """One poller for all listeners of a process; it runs only while somebody listens."""

    def __init__(
        self,
        connect: Callable[[], contextlib.AbstractContextManager[Connection]],
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._listeners: set[Listener] = set()
        self._poller: asyncio.Task[None] | None = None
        self._window = Window(0)
        self.closed = False

    @contextlib.asynccontextmanager
    async def listen(
        self, after: int | None = None, kinds: frozenset[str] | None = None
    ) -> AsyncIterator[Listener]:
        """Join the listeners; `after` (a cursor) asks for what came since, `kinds` narrows to object kinds.

        Raises DatabaseUnavailable or psycopg.OperationalError when the database does not answer at the start.
        """
        listener = Listener(kinds)
        if self._poller is None or self._poller.done():
            self._window = Window(await asyncio.to_thread(self._read_mark))
            self._window.fresh(await asyncio.to_thread(self._read, self._window.after))
        self._listeners.add(listener)
        try:
            if self._poller is None or self._poller.done():
                self._poller = asyncio.create_task(self._poll())
            if after is not None:
                missed = await asyncio.to_thread(self._read, Window(min(after, self._window.mark)).after)
                listener.catch_up(_encoded(missed), self._window.mark)
            yield listener
        finally:
            self._listeners.discard(listener)

    @property
    def mark(self) -> int:
        """Cursor of the newest value that listeners were told."""
        return self._window.mark

    def close(self) -> None:
        """End all streams soon: the server stops."""
        self.closed = True
        for listener in self._listeners:
            listener.wake()

    async def _poll(self) -> None:
        while self._listeners and not self.closed:
            try:
                values = await asyncio.to_thread(self._read, self._window.after)
            except (SmartRegionError, psycopg.OperationalError):
                self._tell_outage(self._clock())
            else:
                self._tell_outage(None)
                fresh = _encoded(self._window.fresh(values))
                for listener in self._listeners if fresh else ():
                    listener.offer(fresh, self._window.mark)
            await asyncio.sleep(PERIOD_S)

    def _tell_outage(self, since: dt.datetime | None) -> None:
        for listener in self._listeners:
            if (listener.outage_since is None) != (since is None):
                listener.outage_since = since
                listener.wake()

    def _read(self, after: int) -> list[LiveValue]:
        with self._connect() as connection, connection.cursor(row_factory=class_row(LiveValue)) as cursor:
            return cursor.execute(queries.load("live")["newest"], {"after": after}).fetchall()

    def _read_mark(self) -> int:
        with self._connect() as connection:
            row = connection.execute(queries.load("live")["mark"]).fetchone()
        return int(row[0]) if row else 0


def _encoded(values: Iterable[LiveValue]) -> list[tuple[LiveValue, bytes]]:
    """Each value with its JSON, made once for all listeners."""
    return [(value, msgspec.json.encode(_public(value))) for value in values]


def _public(value: LiveValue) -> dict[str, object]:
    return {
        "object_kind": value.object_kind,
        "object": value.object,
        "device": value.device,
        "item": value.item,
        "time": value.time,
        "value": value.value,
        "level": value.level,
        "lon": value.lon,
        "lat": value.lat,
    }
