"""One session at the broker into the database: batch by batch, acknowledged after the commit, through as many
faults of either as it takes."""

import contextlib
import datetime as dt
import itertools
import time
from collections.abc import Callable, Iterator, Sequence

import psycopg

from ingest.ahead import Batch, ReadAhead
from ingest.broker import Address, BrokerRefuses
from ingest.outcome import Decoded
from ingest.profiles import Profile
from ingest.quarantine import RequestedReplays
from ingest.receipt import Receipts
from ingest.registry import Registry
from ingest.sessions import Session
from ingest.sources import Source
from ingest.subscriber import Collected, Subscriber
from ingest.writer import Fate, Packet, Tally, Writer, read_native
from smartregion.errors import BrokerUnavailable, DatabaseUnavailable
from smartregion.store.database import Connection, connect
from smartregion.store.queries import load

_BACKOFF_S = (0.2, 0.5, 1, 2, 5, 10)


class Lane:
    """A session with a connection to the database of its own; used by one thread at a time.

    `stopping` tells that the process is to end: then nothing is waited for any longer. `stored` gets every
    batch after its commit.
    """

    def __init__(
        self,
        database_url: str,
        profiles: dict[str, Profile],
        sources: tuple[Source, ...] | None,
        say: Callable[[str], None],
        stopping: Callable[[], bool],
        stored: Callable[[list[Packet]], None] | None = None,
    ) -> None:
        self._database_url, self._profiles, self._sources = database_url, profiles, sources
        self._say, self._stopping, self._stored = say, stopping, stored
        self._writer: Writer | None = None
        self._replays: RequestedReplays | None = None
        self._ahead: ReadAhead | None = None
        self.tally = Tally()

    def connection(self) -> Connection | None:
        """A living connection to the database; waits for it. None when told to stop meanwhile."""
        self._ready_writer()
        return self._writer.connection if self._writer is not None else None

    def open(self, address: Address, session: Session, receipts: Receipts, leaving: bool = False) -> bool:
        """Connect to the broker and subscribe, or unsubscribe; waits while nobody answers. False when told
        to stop.

        Raises BrokerUnavailable when refused.
        """
        self.subscriber = Subscriber(address, session.client_id, receipts, self._say, session.topics, leaving)
        attempt = 0
        while not self._stopping():
            try:
                self.subscriber.open()
                self._ahead = ReadAhead(self.subscriber.collect, self._read_ahead)
                return True
            except BrokerUnavailable as error:
                if isinstance(error, BrokerRefuses):
                    raise
                if attempt == 0:
                    self._say(f"{error}; trying on")
                attempt = self._wait(attempt)
        return False

    def step(self, patience_s: float) -> None:
        """Store the next batch and acknowledge it; nothing comes of it after patience."""
        assert self._ahead is not None  # noqa: S101 - opened
        self._settle(*self._ahead.next(patience_s))

    def finish(self) -> None:
        """Take nothing more from the broker, store and acknowledge what is here."""
        self.subscriber.stop_receiving()
        assert self._ahead is not None  # noqa: S101 - opened
        for batch, found in itertools.chain(self._ahead.rest(), self._remaining()):
            if not self._settle(batch, found):
                break

    def close(self) -> None:
        """Disconnect from both; the session stays at the broker."""
        self.subscriber.close()
        self.close_database()

    def close_database(self) -> None:
        """Disconnect from the database; the next use connects again."""
        if self._writer is not None:
            with contextlib.suppress(psycopg.Error):
                self._writer.connection.close()
            self._writer = self._replays = None

    def look_again(self) -> None:
        """Ask the registry for every device again."""
        if self._writer is not None:
            self._writer.registry.forget_devices()

    @property
    def replaying(self) -> bool:
        """Whether a replay that a page asked for is under way."""
        return self._replays is not None and self._replays.busy

    def replay(self) -> None:
        """Replay some of what a page asked for."""
        if self._replays is None:
            return
        try:
            told = self._replays.step(dt.datetime.now(dt.UTC))
            if told is not None:
                self._say(told)
        except psycopg.Error as error:
            self._say(f"database: {' '.join(str(error).split())}")
            self.close_database()

    def _read_ahead(self, packets: list[Packet]) -> list[Decoded | None]:
        return read_native(packets, self._sources)

    def _settle(self, batch: Collected, found: Sequence[Decoded | None]) -> bool:
        if not self._store(batch.packets, found):
            return False
        self.subscriber.acknowledge(batch)
        if self._stored is not None and batch.packets:
            self._stored(batch.packets)
        return True

    def _remaining(self) -> Iterator[Batch]:
        """What came before we stopped receiving and is in no batch."""
        while (batch := self.subscriber.collect(0)).arrivals:
            yield batch, [None] * len(batch.packets)

    def _store(self, packets: list[Packet], found: Sequence[Decoded | None] | None) -> bool:
        """Write a batch, through as many faults of the database as it takes; False when told to stop
        meanwhile."""
        left = packets
        attempt = 0
        while left:
            try:
                self._ready_writer()
                if self._writer is None:
                    return False
                self.tally.add(self._writer.write(left, found=found))
                return True
            except (psycopg.Error, DatabaseUnavailable) as error:
                found = None
                left = self._left_after(left)
                if not left:
                    return True
                self._say(
                    f"database: {' '.join(str(error).split())}; {len(left)} packets wait unacknowledged"
                )
                if self._stopping():
                    return False
                attempt = self._wait(attempt)
        return True

    def _left_after(self, packets: list[Packet]) -> list[Packet]:
        """Packets that a failed write did not commit; asks the database where the commit itself was lost."""
        writer = self._writer
        if writer is None:
            return packets
        known: dict[int, Fate] = dict(writer.committed)
        if writer.pending is not None:
            transaction, fates = writer.pending
            if self._fate_of(transaction) == "committed":
                known |= fates
        self.close_database()
        self.tally.add(known.values())
        return [packet for packet in packets if packet.receipt not in known]

    def _fate_of(self, transaction: str) -> str | None:
        """Fate of a transaction whose commit was not answered; waits until the database can tell."""
        attempt = 0
        while True:
            try:
                with connect(self._database_url, autocommit=True) as connection:
                    arguments = {"transaction": transaction}
                    row = connection.execute(load("ingest")["fate"], arguments).fetchone()
                    if row is not None and row[0] != "in progress":
                        return None if row[0] is None else str(row[0])
            except (psycopg.Error, DatabaseUnavailable):
                pass
            if self._stopping():
                return None
            attempt = self._wait(attempt)

    def _ready_writer(self) -> None:
        """A writer with a living connection; tries until the database answers or we are told to stop."""
        attempt = 0
        said = False
        while self._writer is None:
            try:
                connection = connect(self._database_url, autocommit=True)
                self._writer = Writer(connection, Registry(self._profiles), self._sources)
                self._replays = RequestedReplays(self._writer)
                if said:
                    self._say("database answers again")
            except (psycopg.Error, DatabaseUnavailable) as error:
                if not said:
                    self._say(f"{' '.join(str(error).split())}; trying on")
                said = True
                attempt = self._wait(attempt)
                if self._stopping():
                    return

    def _wait(self, attempt: int) -> int:
        """Back off, awake for a stop; the number of the next attempt."""
        end = time.monotonic() + _BACKOFF_S[min(attempt, len(_BACKOFF_S) - 1)]
        while not self._stopping() and time.monotonic() < end:
            time.sleep(0.1)
        return attempt + 1
