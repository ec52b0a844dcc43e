"""Load for the benchmark: PUBLISH packets made beforehand and written to the socket in bulk, acknowledged
in a window.

A client library would spend more time on sending than the whole of ingest on storing.
"""

import socket
import struct
import time
from collections.abc import Iterable

from ingest.broker import Address

_WINDOW = 1000
_PUBACK_BYTES = 4


def publish_packet(topic: str, payload: bytes, identifier: int) -> bytes:
    """A PUBLISH packet of MQTT 3.1.1 with quality 1."""
    name = topic.encode()
    body = struct.pack("!H", len(name)) + name + struct.pack("!H", identifier) + payload
    return b"\x32" + _length(len(body)) + body


def connect(address: Address, client_id: str) -> socket.socket:
    """A clean session without keep-alive. Raises OSError when the broker refuses."""
    flags = 0x02 | (0x80 if address.user is not None else 0) | (0x40 if address.password is not None else 0)
    body = b"\x00\x04MQTT\x04" + bytes([flags]) + b"\x00\x00" + _text(client_id)
    for part in (address.user, address.password):
        if part is not None:
            body += _text(part)
    connection = socket.create_connection((address.host, address.port), timeout=30)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(b"\x10" + _length(len(body)) + body)
        if not connection.recv(4).endswith(b"\0"):
            raise OSError("the broker refuses the connection")
    except OSError:
        connection.close()
        raise
    return connection


def blast(address: Address, messages: Iterable[tuple[str, bytes]], per_s: float | None = None) -> float:
    """Publish everything and wait for its acknowledgement; seconds. `per_s` limits the rate."""
    started = time.perf_counter()
    with connect(address, f"smartregion-bench-{time.time_ns()}") as connection:
        sent = acknowledged = rest = 0
        parts: list[bytes] = []
        for topic, payload in messages:
            parts.append(publish_packet(topic, payload, sent % 65535 + 1))
            sent += 1
            if per_s is not None:
                time.sleep(max(0.0, started + sent / per_s - time.perf_counter()))
            if len(parts) >= (100 if per_s is None else 1):
                connection.sendall(b"".join(parts))
                parts.clear()
            while sent - acknowledged > _WINDOW:
                acknowledged, rest = _read(connection, acknowledged, rest)
        connection.sendall(b"".join(parts))
        while acknowledged < sent:
            acknowledged, rest = _read(connection, acknowledged, rest)
        connection.sendall(b"\xe0\x00")
    return time.perf_counter() - started


def _read(connection: socket.socket, acknowledged: int, rest: int) -> tuple[int, int]:
    received = len(connection.recv(1 << 16))
    if received == 0:
        raise OSError("the broker hung up")
    return acknowledged + (rest + received) // _PUBACK_BYTES, (rest + received) % _PUBACK_BYTES


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("!H", len(raw)) + raw


def _length(number: int) -> bytes:
    digits = bytearray()
    while True:
        number, digit = divmod(number, 128)
        digits.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(digits)
