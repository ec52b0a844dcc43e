"""The broker of a machine without mosquitto ends a connection that acknowledges out of order."""

import pathlib
import time
from collections.abc import Iterator

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.broker import Address
from ingest.receipt import Receipts
from ingest.subscriber import Subscriber
from ingest.writer import Packet
from smartregion.demo import brokers
from smartregion.demo.ports import free_port
from smartregion.demo.secret_file import Secrets
from smartregion.demo.servants import choose_servant

_SECRETS = Secrets(*["owner", "in", "web", "ingest", "simulator", "web", "demo", "key"])
_MESSAGES = 300


@pytest.fixture
def port(reachable_folder: pathlib.Path) -> Iterator[int]:
    number = free_port()
    broker = brokers.start(reachable_folder / "broker", number, _SECRETS, choose_servant(), "iotcore")
    yield number
    broker.stop()


def test_messages_that_are_not_for_us_are_acknowledged_in_their_turn(port: int) -> None:
    said: list[str] = []
    subscriber = Subscriber(
        Address("127.0.0.1", port, "ingest", _SECRETS.broker_ingest, tls=False),
        "ingest",
        Receipts(0, time.time_ns, 0),
        said.append,
    )
    subscriber.open()
    publisher = mqtt.Client(CallbackAPIVersion.VERSION2, "publisher")
    publisher.username_pw_set("demo", _SECRETS.broker_demo)
    publisher.connect("127.0.0.1", port)
    publisher.loop_start()
    for number in range(_MESSAGES):
        topic = "sr/1/_sim/state" if number % 10 == 7 else "sr/1/bin-1/fill"
        publisher.publish(topic, str(number), 1)
    came: list[Packet] = []
    connections: set[int] = set()
    arrived = 0
    deadline_s = time.monotonic() + 30
    while arrived < _MESSAGES and time.monotonic() < deadline_s:
        batch = subscriber.collect(0.5)
        time.sleep(0.02)  # as if the batch were being stored, while more arrives
        subscriber.acknowledge(batch)
        came += batch.packets
        connections |= {arrivals.connection for arrivals in batch.arrivals}
        arrived += sum(len(arrivals.packets) for arrivals in batch.arrivals)
    subscriber.stop_receiving()
    subscriber.close()
    publisher.disconnect()
    publisher.loop_stop()
    assert connections == {1}, said
    wanted = [str(number).encode() for number in range(_MESSAGES) if number % 10 != 7]
    assert [packet.payload for packet in came] == wanted
