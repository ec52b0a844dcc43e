"""The fast path of the MQTT client: packets cut anywhere, in both versions, give the same messages."""

import itertools
import struct
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from ingest.bench_load import publish_packet
from ingest.broker import parse_address
from ingest.bulk_client import BulkClient
from smartregion.errors import SettingsError

MESSAGES = [
    ("sr/1/a/fill", b"{}", 1, 1),
    ("sr/1/b/fill", b"x" * 300, 65535, 1),  # its length takes two bytes
    ("v3/a/devices/b/up", b"", 0, 0),
]


def packet(topic: str, payload: bytes, identifier: int, quality: int, version: Any) -> bytes:
    name = topic.encode()
    body = struct.pack("!H", len(name)) + name + (struct.pack("!H", identifier) if quality else b"")
    body += (b"\x00" if version == mqtt.MQTTv5 else b"") + payload
    length = len(body)
    digits = bytes([length]) if length < 128 else bytes([length % 128 | 0x80, length // 128])
    return bytes([0x30 | quality << 1]) + digits + body


class Socket:
    """Gives what it holds in the pieces that it is told."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def recv(self, size: int) -> bytes:
        if not self._pieces:
            raise BlockingIOError
        return self._pieces.pop(0)

    def close(self) -> None:
        """Nothing to close."""


def feed(version: Any, pieces: list[bytes]) -> tuple[list[tuple[Any, ...]], list[MQTTErrorCode]]:
    got: list[tuple[Any, ...]] = []
    client = BulkClient(got.extend, CallbackAPIVersion.VERSION2, "test", protocol=version)
    client._sock = Socket(list(pieces))  # type: ignore[assignment]
    return got, [client.loop_read() for _ in pieces]


@given(st.sampled_from([mqtt.MQTTv5, mqtt.MQTTv311]), st.lists(st.integers(1, 400), max_size=6))
def test_packets_cut_anywhere(version: Any, cuts: list[int]) -> None:
    data = b"".join(packet(*message, version) for message in MESSAGES)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in itertools.pairwise(edges)]
    got, results = feed(version, pieces)
    assert got == MESSAGES
    assert set(results) == {MQTTErrorCode.MQTT_ERR_SUCCESS}


def test_load_of_the_benchmark_is_readable() -> None:
    got, _ = feed(mqtt.MQTTv311, [publish_packet("sr/1/a/fill", b"{}" * 100, 7)])
    assert got == [("sr/1/a/fill", b"{}" * 100, 7, 1)]


@given(st.binary(min_size=2, max_size=40))
def test_no_bytes_of_a_broker_make_it_raise(data: bytes) -> None:
    """A broken PUBLISH ends the connection, which comes again; nothing else happens."""
    for version in (mqtt.MQTTv5, mqtt.MQTTv311):
        feed(version, [bytes([0x32, len(data)]) + data])


@pytest.mark.parametrize("url", ["http://host", "mqtt://", "mqtt://host:port", "host:1883"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(SettingsError, match="setting mqtt_url"):
        parse_address(url)


def test_address() -> None:
    address = parse_address("mqtts://user%40x:p%3Aw@[::1]")
    assert (address.host, address.port, address.user, address.password) == ("::1", 8883, "user@x", "p:w")
    assert address.tls
    assert "p:w" not in repr(address)


def test_a_full_receiver_leaves_packets_in_the_socket() -> None:
    got: list[tuple[Any, ...]] = []
    client = BulkClient(got.extend, CallbackAPIVersion.VERSION2, "test", protocol=mqtt.MQTTv311)
    client._sock = Socket([publish_packet("sr/1/a/fill", b"{}", 7)])  # type: ignore[assignment]
    client.full = lambda: True
    client.loop_read()
    assert got == []
    client.full = lambda: False
    client.loop_read()
    assert got == [("sr/1/a/fill", b"{}", 7, 1)]
