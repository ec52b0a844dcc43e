"""From the broker to the writer: batches by size and by time, acknowledged after the commit and never
before."""

import dataclasses
import queue
import time
from collections.abc import Callable, Sequence

from ingest.broker import WINDOW, Address, Session
from ingest.receipt import Receipts
from ingest.topics import CONTROL_PREFIX, SUBSCRIPTIONS
from ingest.writer import Packet

FLUSH_S = 0.05
"""A batch waits so long for more; it also ends a batch that the broker's window keeps from getting full."""

MAX_PACKETS = WINDOW // 2
"""Packets in a batch: the broker fills one half of the window while the other is being written."""

MAX_BYTES = 4_000_000
"""Payload in a batch; lists of a vehicle that comes home hold hundreds of rows each."""

UNACKNOWLEDGED_MAX = 50_000
"""Packets of quality 0 that may wait; the broker sends them without asking, more would fill the memory."""

_NOT_FOR_US = f"{CONTROL_PREFIX}/"


@dataclasses.dataclass(frozen=True, slots=True)
class Arrival:
    """A packet with what is needed to acknowledge it."""

    packet: Packet
    identifier: int
    quality: int
    connection: int


class Subscriber:
    """A persistent session whose messages wait in memory, at most one window of them."""

    def __init__(
        self,
        address: Address,
        client_id: str,
        receipts: Receipts,
        say: Callable[[str], None],
        topics: Sequence[str] = SUBSCRIPTIONS,
    ) -> None:
        self._receipts, self._say = receipts, say
        self._waiting: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self._session = Session(address, client_id, topics, self._arrive, say)
        self._closing = False
        self.dropped = 0
        """Packets of quality 0 that found no room; nobody can send them again."""

    def open(self) -> None:
        """Connect and subscribe. Raises BrokerUnavailable."""
        self._session.open()

    def waiting(self) -> int:
        """Packets that came and are in no batch yet."""
        return self._waiting.qsize()

    def collect(self, patience_s: float) -> list[Arrival]:
        """The next batch: what came within FLUSH_S of its first packet, as far as it fits; empty after
        patience."""
        try:
            first = self._waiting.get(timeout=patience_s)
        except queue.Empty:
            return []
        batch = [first]
        size = len(first.packet.payload)
        end = time.monotonic() + FLUSH_S
        while len(batch) < MAX_PACKETS and size < MAX_BYTES:
            try:
                arrival = self._waiting.get_nowait()
            except queue.Empty:
                left = end - time.monotonic()
                if left <= 0:
                    break
                try:
                    arrival = self._waiting.get(timeout=left)
                except queue.Empty:
                    break
            batch.append(arrival)
            size += len(arrival.packet.payload)
        return batch

    def acknowledge(self, batch: Sequence[Arrival]) -> None:
        """Tell the broker that these are stored."""
        self._session.acknowledge([(a.identifier, a.quality, a.connection) for a in batch])

    def stop_receiving(self) -> None:
        """Take no more packets; what comes now stays unacknowledged and comes again next time."""
        self._closing = True

    def close(self) -> None:
        """Send what is acknowledged and disconnect."""
        self._session.close()

    def _arrive(self, topic: str, payload: bytes, identifier: int, quality: int, connection: int) -> None:
        if self._closing:
            return
        if topic.startswith(_NOT_FOR_US):
            self._session.acknowledge([(identifier, quality, connection)])
            return
        if quality == 0 and self._waiting.qsize() >= UNACKNOWLEDGED_MAX:
            self.dropped += 1
            if self.dropped == 1 or self.dropped % 10_000 == 0:
                self._say(
                    f"{self.dropped} packets of quality 0 found no room: the database is too slow or away"
                )
            return
        packet = Packet(self._receipts.next(), topic, payload)
        self._waiting.put(Arrival(packet, identifier, quality, connection))
