"""From the broker to the writer: batches by size and by time, acknowledged after the commit and never
before."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ingest.broker import WINDOW, Address, Session
from ingest.bulk_client import Message
from ingest.receipt import Receipts
from ingest.topics import CONTROL_PREFIX, SUBSCRIPTIONS
from ingest.writer import Packet

FLUSH_S = 0.05
"""A batch waits so long for more; it also ends a batch that the broker's window keeps from getting full."""

MAX_PACKETS = WINDOW // 4
"""Packets in a batch: one is being written, one read and one collected while the broker sends another."""

MAX_BYTES = 4_000_000
"""Payload in a batch; lists of a vehicle that comes home hold hundreds of rows each."""

WAITING_MAX = 2 * WINDOW
"""Packets that may wait in memory. More stay in the socket and at the broker: quality 0 is sent without
asking, and mosquitto 2.0.11 exceeds our receive-maximum after the first PUBACK."""

WAITING_MAX_BYTES = 16 * MAX_BYTES
"""Payload that may wait in memory."""

_NOT_FOR_US = f"{CONTROL_PREFIX}/"


class Arrival(NamedTuple):
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
        self._receipts = receipts
        self._came = threading.Condition()
        self._waiting: deque[Arrival] = deque()
        self._waiting_bytes = 0
        self._connection = 0
        self._session = Session(address, client_id, topics, self._arrive, say, self._full)
        self._closing = False

    def open(self) -> None:
        """Connect and subscribe. Raises BrokerUnavailable."""
        self._session.open()

    def waiting(self) -> int:
        """Packets that came and are in no batch yet."""
        return len(self._waiting)

    def collect(self, patience_s: float) -> list[Arrival]:
        """The next batch: what came within FLUSH_S of its first packet, as far as it fits; empty after
        patience."""
        waiting = self._waiting
        with self._came:
            if not self._came.wait_for(lambda: waiting, patience_s):
                return []
            self._came.wait_for(
                lambda: len(waiting) >= MAX_PACKETS or self._waiting_bytes >= MAX_BYTES, FLUSH_S
            )
            batch: list[Arrival] = []
            size = 0
            while waiting and len(batch) < MAX_PACKETS and size < MAX_BYTES:
                arrival = waiting.popleft()
                batch.append(arrival)
                size += len(arrival.packet.payload)
            self._waiting_bytes -= size
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

    def _full(self) -> bool:
        """A broker that sends more than the window allows is held back by the socket."""
        return len(self._waiting) >= WAITING_MAX or self._waiting_bytes >= WAITING_MAX_BYTES

    def _arrive(self, messages: list[Message], connection: int) -> None:
        if self._closing:
            return
        for topic, _, identifier, quality in messages:
            if topic.startswith(_NOT_FOR_US):
                self._session.acknowledge([(identifier, quality, connection)])
        receipts = self._receipts.take(len(messages))
        arrivals = [
            Arrival(Packet(receipt, topic, payload), identifier, quality, connection)
            for receipt, (topic, payload, identifier, quality) in zip(receipts, messages, strict=True)
            if not topic.startswith(_NOT_FOR_US)
        ]
        with self._came:
            if connection != self._connection:
                self._connection = connection
                self._forget_resent()
            self._waiting.extend(arrivals)
            self._waiting_bytes += sum(len(arrival.packet.payload) for arrival in arrivals)
            self._came.notify()

    def _forget_resent(self) -> None:
        """Drop packets that the broker has sent again since, so that reconnecting fills no memory.

        Those of the last connection stay: a broker that was killed may no longer have them. So do those
        of a session that it forgot.
        """
        known, last = self._session.known_since, self._connection - 1
        kept = [a for a in self._waiting if a.quality == 0 or not known <= a.connection < last]
        if len(kept) < len(self._waiting):
            self._waiting.clear()
            self._waiting.extend(kept)
            self._waiting_bytes = sum(len(arrival.packet.payload) for arrival in kept)
