"""paho's client with a fast path for what a subscriber does most: many PUBLISH packets in, many PUBACK
packets out.

paho reads three times from the socket for each packet and queues each acknowledgement alone: 13,000 to 20,000
messages/s fill one core. Here the socket is read in bulk, PUBLISH packets are parsed where they lie, and the
acknowledgements of a batch leave as one write. Connecting, keep-alive, reconnecting and all other packets
stay paho's.
"""

import ssl
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.exception import MalformedPacket

_BULK_BYTES = 1 << 18
_PUBLISH = 0x30
_PUBACK = 0x40
_ACK = struct.Struct("!BBH")

Message = tuple[str, bytes, int, int]
"""Topic, payload, packet identifier and quality."""
Deliver = Callable[[list[Message]], None]
"""Takes the messages of one reading from the socket; called in the network thread."""
_TOPICS_MAX = 20_000
_REST_S = 0.01


class BulkClient(mqtt.Client):
    """A paho client that hands messages of quality 0 and 1 to `deliver` and never acknowledges by itself."""

    def __init__(self, deliver: Deliver, *arguments: Any, **options: Any) -> None:
        options["manual_ack"] = True
        super().__init__(*arguments, **options)
        self._deliver = deliver
        self._rest = b""
        self._topics: dict[bytes, str] = {}
        self.full: Callable[[], bool] = lambda: False
        """Whether nothing more can be taken now; then the socket is not read."""

    def acknowledge(self, identifiers: Sequence[int]) -> None:
        """Send the PUBACK packets of these identifiers in one write; safe from any thread."""
        if identifiers:
            packets = b"".join(_ACK.pack(_PUBACK, 2, identifier) for identifier in identifiers)
            self._packet_queue(_PUBACK, packets, identifiers[-1], 1)

    def reconnect(self) -> MQTTErrorCode:
        """As paho's; a packet that the lost connection cut in two is forgotten."""
        self._rest = b""
        return super().reconnect()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what the socket has and handle every whole packet in it."""
        connection = self.socket()
        if connection is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        if self.full():
            self._rest_a_while()
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        try:
            data = connection.recv(_BULK_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError):
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        if not data:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        return self._handle(self._rest + data if self._rest else data)

    def _rest_a_while(self) -> None:
        """Leave what comes in the socket; the answer to our ping may lie there, so it is not missed."""
        time.sleep(_REST_S)
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
            self._ping_t = 0.0

    def _handle(self, data: bytes) -> MQTTErrorCode:
        messages: list[Message] = []
        try:
            return self._split(data, messages)
        finally:
            if messages:
                self._deliver(messages)

    def _split(self, data: bytes, messages: list[Message]) -> MQTTErrorCode:
        """Add the PUBLISH packets to `messages`; other packets are handled at once, after what came before
        them."""
        position, end = 0, len(data)
        with_properties = self.protocol == mqtt.MQTTv5
        topic_of, add = self._topics.get, messages.append
        while end - position >= 2:
            length, start = data[position + 1], position + 2
            if length >= 0x80 and start < end and data[start] < 0x80:
                length, start = length - 0x80 | data[start] << 7, start + 1
            elif length >= 0x80:
                length, start = _variable_length(data, position + 1, end)
                if start < 0:
                    if end - position > 4:
                        return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_PROTOCOL)
                    break
            after = start + length
            if after > end:
                break
            command = data[position]
            if command & 0xF0 == _PUBLISH and command & 0x06 <= 0x02:
                name = start + 2
                body = name + (data[start] << 8 | data[name - 1]) if length > 4 else after
                # What nearly all are: quality 1 and, in MQTT 5, no properties.
                if with_properties and command & 0x06 and body + 2 < after and data[body + 2] == 0:
                    raw = data[name:body]
                    topic = topic_of(raw) or self._remember(raw)
                    add((topic, data[body + 3 : after], data[body] << 8 | data[body + 1], 1))
                else:
                    message = self._publish(command, data, start, after, with_properties)
                    if message is None:
                        return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_PROTOCOL)
                    add(message)
            else:
                if messages:
                    self._deliver(messages.copy())
                    messages.clear()
                result = self._other(command, data[start:after])
                if result != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    return self._loop_rc_handle(result)
            position = after
        self._rest = data[position:]
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _publish(
        self, command: int, data: bytes, start: int, after: int, with_properties: bool
    ) -> Message | None:
        """The message of a PUBLISH packet; None when it is malformed."""
        quality = (command & 0x06) >> 1
        name = start + 2
        body = name + (data[start] << 8 | data[start + 1]) if after - name >= 0 else after + 1
        identifier = 0
        if quality:
            identifier = data[body] << 8 | data[body + 1] if body + 2 <= after else 0
            body += 2
        if with_properties and body < after:
            if data[body] == 0:
                body += 1
            else:
                length, body_start = _variable_length(data, body, after)
                body = body_start + length if body_start >= 0 else after + 1
        if body > after:
            return None
        raw = data[name : name + (data[start] << 8 | data[start + 1])]
        topic = self._topics.get(raw)
        if topic is None:
            topic = self._remember(raw)
        return topic, data[body:after], identifier, quality

    def _remember(self, raw: bytes) -> str:
        """The text of a topic; kept, because devices send to the same ones again and again."""
        if len(self._topics) >= _TOPICS_MAX:
            self._topics.clear()
        self._topics[raw] = topic = raw.decode("utf-8", "backslashreplace")
        return topic

    def _other(self, command: int, body: bytes) -> MQTTErrorCode:
        """Hand a packet of another kind to paho as if it had read it."""
        self._in_packet = {
            "command": command,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": bytearray(body),
            "to_process": 0,
            "pos": 0,
        }
        try:
            return self._packet_handle()
        except MalformedPacket:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        finally:
            self._in_packet |= {
                "command": 0,
                "have_remaining": 0,
                "packet": bytearray(),
                "remaining_length": 0,
            }


def _variable_length(data: bytes, position: int, end: int) -> tuple[int, int]:
    """A variable byte integer and the position behind it; position -1 when it is not whole."""
    length = shift = 0
    for index in range(position, min(end, position + 4)):
        byte = data[index]
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return length, index + 1
        shift += 7
    return 0, -1
