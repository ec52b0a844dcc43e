"""A process of the benchmark: ingest with a clock on every message, or with paho's own reading.

Reads its options as a line of JSON, prints `connected`, works until SIGTERM, then prints what it measured.
"""

import json
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

from ingest.broker import Session, parse_address
from ingest.bulk_client import BulkClient, Deliver
from ingest.process import tune_interpreter
from ingest.profiles import shipped_profiles
from ingest.service import Options, Service
from ingest.writer import Packet

SENT = "sent "
"""Before the monotonic time (s) at which a message was published, in its note."""
_MARK = f'"{SENT}'.encode()


class PahoClient(BulkClient):
    """paho as it comes: a packet at a time, an acknowledgement at a time."""

    def __init__(self, deliver: Deliver, *arguments: Any, **options: Any) -> None:
        super().__init__(deliver, *arguments, **options)
        self.on_message = lambda _client, _data, m: deliver([(m.topic, bytes(m.payload), m.mid, m.qos)])

    def acknowledge(self, identifiers: Sequence[int]) -> None:
        """As paho does it."""
        for identifier in identifiers:
            self.ack(identifier, 1)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """As paho does it."""
        return mqtt.Client.loop_read(self, max_packets)


class Clock:
    """Waits from publishing to commit, of messages that tell when they were sent."""

    def __init__(self) -> None:
        self.waits_s: dict[int, float] = {}
        """By number of the message; of one that came twice the first."""

    def stored(self, packets: list[Packet]) -> None:
        """These are committed now."""
        now = time.monotonic()
        for packet in packets:
            if _MARK in packet.payload:
                content = msgspec.json.decode(packet.payload)
                self.waits_s.setdefault(content["seq"], now - float(content["note"].removeprefix(SENT)))


def main() -> None:
    """Run until SIGTERM."""
    given = json.loads(sys.stdin.readline())
    if given["client"] == "paho":
        Session.client_class = PahoClient
    tune_interpreter()
    clock = Clock()
    options = Options(given["database_url"], parse_address(given["broker_url"]), given["session"])

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)
        if text.startswith("connected"):
            print("connected", flush=True)

    service = Service(options, shipped_profiles(), say, clock.stored)
    signal.signal(signal.SIGTERM, lambda *_: service.stop())
    service.run()
    print(json.dumps({"waits_s": sorted(clock.waits_s.items())}), flush=True)


if __name__ == "__main__":
    main()
