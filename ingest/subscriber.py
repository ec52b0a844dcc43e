"""From the broker to the writer: batches by size and by time, acknowledged after the commit and never
before."""

import threading
import time
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
"""A batch with so many waits for no more: one is being written, one read and one collected while the broker
sends another."""

MAX_BYTES = 4_000_000
"""Payload in a batch; lists of a vehicle that comes home hold hundreds of rows each."""

WAITING_MAX = 2 * WINDOW
"""Packets that may wait in memory. More stay in the socket and at the broker: quality 0 is sent without
asking, and mosquitto 2.0.11 exceeds our receive-maximum after the first PUBACK."""

WAITING_MAX_BYTES = 16 * MAX_BYTES
"""Payload that may wait in memory."""

_NOT_FOR_US = f"{CONTROL_PREFIX}/"


class Arrivals(NamedTuple):
    """Packets that came together, with what is needed to acknowledge them."""

    packets: Sequence[Packet]
    """Also those that are not for us: they are acknowledged in their turn."""
    identifiers: Sequence[int]
    """Packet identifiers in their order, which acknowledgements keep (MQTT, section 4.6; rumqttd ends a
    connection that does not); 0 where quality is 0."""
    connection: int
    size: int
    """Bytes of payload."""


class Collected(NamedTuple):
    """The packets of a batch that are for us, and the arrivals that they came in."""

    packets: list[Packet]
    arrivals: list[Arrivals]


class Subscriber:
    """A persistent session whose messages wait in memory, at most one window of them.

    `leaving`: it is unsubscribed from the start, to be emptied.
    """

    def __init__(
        self,
        address: Address,
        client_id: str,
        receipts: Receipts,
        say: Callable[[str], None],
        topics: Sequence[str] = SUBSCRIPTIONS,
        leaving: bool = False,
    ) -> None:
        self._receipts = receipts
        self._came = threading.Condition()
        self._waiting: deque[Arrivals] = deque()
        self._waiting_packets = self._waiting_bytes = 0
        self._connection = 0
        self._unacknowledged = 0
        self._last_came = time.monotonic()
        self._session = Session(address, client_id, topics, self._arrive, say, self._full, leaving)
        self._closing = False

    def open(self) -> None:
        """Connect and subscribe. Raises BrokerUnavailable."""
        self._session.open()

    def can_hand_over(self) -> bool:
        """Whether the broker has what it takes: MQTT 5, and every topic confirmed."""
        return self._session.speaks_mqtt5 and self._session.subscribed

    def existed(self) -> bool:
        """Whether the broker knew the session when we connected."""
        return self._session.session_present

    def waiting(self) -> int:
        """Packets that came and are in no batch yet."""
        return self._waiting_packets

    def unacknowledged(self) -> int:
        """Packets that came through the present connection and are not acknowledged yet."""
        return self._unacknowledged if self._session.connection == self._connection else 0

    def quiet_s(self) -> float:
        """Seconds since something came; 0 while something waits for its acknowledgement."""
        return 0.0 if self.unacknowledged() else time.monotonic() - self._last_came

    def leave(self) -> None:
        """Unsubscribe, now and after each reconnect: nothing new comes, what waits at the broker does."""
        self._session.leave()

    def drained(self) -> bool:
        """Whether nothing waits here or at the broker, after `leave`. Asks the broker, so ask seldom."""
        if self._waiting or self.unacknowledged():
            return False
        before = self._last_came
        return self._session.left() and self._last_came == before and not self._waiting

    def forget_session(self) -> None:
        """Disconnect for good: the broker drops the session."""
        self._session.close(forget=True)

    def collect(self, patience_s: float) -> Collected:
        """The next batch: what came within FLUSH_S of its first packet, as far as it fits; empty after
        patience."""
        waiting = self._waiting
        arrivals: list[Arrivals] = []
        packets: list[Packet] = []
        with self._came:
            if not self._came.wait_for(lambda: waiting, patience_s):
                return Collected(packets, arrivals)
            self._came.wait_for(
                lambda: self._waiting_packets >= MAX_PACKETS or self._waiting_bytes >= MAX_BYTES, FLUSH_S
            )
            size = count = 0
            while waiting and count < MAX_PACKETS and size < MAX_BYTES:
                arrived = waiting.popleft()
                arrivals.append(arrived)
                packets += [p for p in arrived.packets if not p.topic.startswith(_NOT_FOR_US)]
                count += len(arrived.packets)
                size += arrived.size
            self._waiting_packets -= count
            self._waiting_bytes -= size
        return Collected(packets, arrivals)

    def acknowledge(self, batch: Collected) -> None:
        """Tell the broker that these are stored."""
        for arrived in batch.arrivals:
            self._acknowledge(arrived.identifiers, arrived.connection)

    def stop_receiving(self) -> None:
        """Take no more packets; what comes now stays unacknowledged and comes again next time."""
        self._closing = True

    def close(self) -> None:
        """Send what is acknowledged and disconnect."""
        self._session.close()

    def _full(self) -> bool:
        """A broker that sends more than the window allows is held back by the socket."""
        return self._waiting_packets >= WAITING_MAX or self._waiting_bytes >= WAITING_MAX_BYTES

    def _acknowledge(self, identifiers: Sequence[int], connection: int) -> None:
        numbers = [number for number in identifiers if number]
        self._session.acknowledge(numbers, connection)
        with self._came:
            if connection == self._connection:
                self._unacknowledged -= len(numbers)

    def _arrive(self, messages: list[Message], connection: int) -> None:
        if self._closing:
            return
        topics, payloads, identifiers, _ = zip(*messages, strict=True)
        receipts = self._receipts.take(len(messages))
        packets = list(map(Packet, receipts, topics, payloads))
        arrived = Arrivals(packets, identifiers, connection, sum(map(len, payloads)))
        with self._came:
            if connection != self._connection:
                self._connection = connection
                self._unacknowledged = 0
                self._forget_resent()
            self._waiting.append(arrived)
            self._waiting_packets += len(packets)
            self._waiting_bytes += arrived.size
            self._unacknowledged += len(identifiers) - identifiers.count(0)
            self._last_came = time.monotonic()
            self._came.notify()

    def _forget_resent(self) -> None:
        """Drop packets that the broker has sent again since, so that reconnecting fills no memory.

        Those of the last connection stay: a broker that was killed may no longer have them. So do those
        of a session that it forgot.
        """
        known, last = self._session.known_since, self._connection - 1
        kept = [
            _quality_0(arrived) if known <= arrived.connection < last else arrived
            for arrived in self._waiting
        ]
        self._waiting.clear()
        self._waiting.extend(arrived for arrived in kept if arrived.packets)
        self._waiting_packets = sum(len(arrived.packets) for arrived in self._waiting)
        self._waiting_bytes = sum(arrived.size for arrived in self._waiting)


def _quality_0(arrived: Arrivals) -> Arrivals:
    """Without the packets that the broker sends again."""
    pairs = zip(arrived.packets, arrived.identifiers, strict=True)
    packets = [packet for packet, number in pairs if number == 0]
    return Arrivals(packets, [0] * len(packets), arrived.connection, sum(len(p.payload) for p in packets))
