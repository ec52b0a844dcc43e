"""The ingest process: batches from the broker into the database until told to stop; says when one of them
is away."""

import contextlib
import dataclasses
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
from ingest.sources import Source
from ingest.subscriber import Arrival, Subscriber, packets_of
from ingest.topics import SUBSCRIPTIONS
from ingest.writer import Fate, Packet, Tally, Writer, read_native
from smartregion.errors import BrokerUnavailable, DatabaseUnavailable
from smartregion.store.database import connect
from smartregion.store.queries import load

_COLLECT_S = 0.2
_POLL_S = 1.0
_REGISTRY_S = 60.0
_REPORT_S = 60.0
_BACKOFF_S = (0.2, 0.5, 1, 2, 5, 10)


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """How one worker runs; `worker` of `workers`."""

    database_url: str = dataclasses.field(repr=False)
    broker: Address
    session: str
    worker: int = 0
    workers: int = 1
    sources: tuple[Source, ...] | None = None
    """Network servers; None for the shipped ones."""

    @property
    def client_id(self) -> str:
        """Name of our session at the broker."""
        return self.session if self.workers == 1 else f"{self.session}-{self.worker}"

    @property
    def topics(self) -> tuple[str, ...]:
        """Topic filters; several workers share them."""
        if self.workers == 1:
            return SUBSCRIPTIONS
        return tuple(f"$share/{self.session}/{topic}" for topic in SUBSCRIPTIONS)


class Service:
    """One worker. `stop` may be called from a signal handler; `stored` gets every batch after its commit."""

    def __init__(
        self,
        options: Options,
        profiles: dict[str, Profile],
        say: Callable[[str], None],
        stored: Callable[[list[Arrival]], None] | None = None,
    ) -> None:
        self._options, self._profiles, self._say, self._stored = options, profiles, say, stored
        self._stopping = False
        self._writer: Writer | None = None
        self._replays: RequestedReplays | None = None
        self.tally = Tally()

    def stop(self) -> None:
        """Finish the batches that are here, acknowledge them, and return from `run`."""
        self._stopping = True

    def run(self) -> None:
        """Work until stopped. Raises BrokerUnavailable when the broker refuses us at the start."""
        self._ready_writer()
        if self._writer is None:
            return
        above = self._greatest_receipt()
        receipts = Receipts(self._options.worker, time.time_ns, above)
        subscriber = Subscriber(
            self._options.broker, self._options.client_id, receipts, self._say, self._options.topics
        )
        if not self._open(subscriber):
            return
        self._say(f"connected as {self._options.client_id} to broker {self._options.broker}")
        ahead = ReadAhead(subscriber.collect, self._read_ahead)
        try:
            self._loop(subscriber, ahead)
            subscriber.stop_receiving()
            for batch, found in itertools.chain(ahead.rest(), _remaining(subscriber)):
                if not self._store(batch, found):
                    break
                subscriber.acknowledge(batch)
        finally:
            subscriber.close()
            self._close_database()
        self._say(f"stopped; {self._told()}")

    def _read_ahead(self, batch: list[Arrival]) -> list[Decoded | None]:
        return read_native(packets_of(batch), self._options.sources)

    def _loop(self, subscriber: Subscriber, ahead: ReadAhead) -> None:
        polled = registry = reported = time.monotonic()
        while not self._stopping:
            batch, found = ahead.next(_COLLECT_S)
            if batch and self._store(batch, found):
                subscriber.acknowledge(batch)
                if self._stored is not None:
                    self._stored(batch)
            now = time.monotonic()
            if now - registry >= _REGISTRY_S and self._writer is not None:
                registry = now
                self._writer.registry.forget_devices()
            if now - polled >= _POLL_S or (self._replays is not None and self._replays.busy):
                polled = now
                self._answer()
            if now - reported >= _REPORT_S:
                reported = now
                self._say(f"{self._told()}, {subscriber.waiting()} waiting")

    def _store(self, batch: list[Arrival], found: Sequence[Decoded | None] | None) -> bool:
        """Write a batch, through as many faults of the database as it takes; False when told to stop
        meanwhile."""
        left = packets_of(batch)
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
                    break
                self._say(
                    f"database: {' '.join(str(error).split())}; {len(left)} packets wait unacknowledged"
                )
                if self._stopping:
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
        self._close_database()
        self.tally.add(known.values())
        return [packet for packet in packets if packet.receipt not in known]

    def _fate_of(self, transaction: str) -> str | None:
        """Fate of a transaction whose commit was not answered; waits until the database can tell."""
        attempt = 0
        while True:
            try:
                with connect(self._options.database_url, autocommit=True) as connection:
                    arguments = {"transaction": transaction}
                    row = connection.execute(load("ingest")["fate"], arguments).fetchone()
                    if row is not None and row[0] != "in progress":
                        return None if row[0] is None else str(row[0])
            except (psycopg.Error, DatabaseUnavailable):
                pass
            if self._stopping:
                return None
            attempt = self._wait(attempt)

    def _ready_writer(self) -> None:
        """A writer with a living connection; tries until the database answers or we are told to stop."""
        attempt = 0
        said = False
        while self._writer is None:
            try:
                connection = connect(self._options.database_url, autocommit=True)
                self._writer = Writer(connection, Registry(self._profiles), self._options.sources)
                self._replays = RequestedReplays(self._writer)
                if said:
                    self._say("database answers again")
            except (psycopg.Error, DatabaseUnavailable) as error:
                if not said:
                    self._say(f"{' '.join(str(error).split())}; trying on")
                said = True
                attempt = self._wait(attempt)
                if self._stopping:
                    return

    def _open(self, subscriber: Subscriber) -> bool:
        """Connect to the broker; tries on while nobody answers. Raises BrokerUnavailable when refused."""
        attempt = 0
        while not self._stopping:
            try:
                subscriber.open()
                return True
            except BrokerUnavailable as error:
                if isinstance(error, BrokerRefuses):
                    raise
                if attempt == 0:
                    self._say(f"{error}; trying on")
                attempt = self._wait(attempt)
        return False

    def _answer(self) -> None:
        """Replay what a page asked for."""
        if self._replays is None:
            return
        try:
            told = self._replays.step(dt.datetime.now(dt.UTC))
            if told is not None:
                self._say(told)
        except psycopg.Error as error:
            self._say(f"database: {' '.join(str(error).split())}")
            self._close_database()

    def _greatest_receipt(self) -> int:
        assert self._writer is not None  # noqa: S101 - called when it is ready
        row = self._writer.connection.execute(load("ingest")["greatest_receipt"]).fetchone()
        return int(row[0]) if row is not None else 0

    def _close_database(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(psycopg.Error):
                self._writer.connection.close()
            self._writer = self._replays = None

    def _wait(self, attempt: int) -> int:
        """Back off, awake for a stop; the number of the next attempt."""
        end = time.monotonic() + _BACKOFF_S[min(attempt, len(_BACKOFF_S) - 1)]
        while not self._stopping and time.monotonic() < end:
            time.sleep(0.1)
        return attempt + 1

    def _told(self) -> str:
        t = self.tally
        return (
            f"{t.received} packets: {t.stored} stored, {t.duplicate} duplicate, {t.quarantined} quarantined; "
            f"{t.rows} rows"
        )


def _remaining(subscriber: Subscriber) -> Iterator[Batch]:
    """What came before we stopped receiving and is in no batch."""
    while batch := subscriber.collect(0):
        yield batch, [None] * len(batch)
