"""`smartregion replay`: publish recorded messages or a described series as the devices would."""

import argparse
import csv
import datetime as dt
import pathlib
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TextIO

import msgspec
import paho.mqtt.client as mqtt

from ingest.broker import parse_address, publisher
from ingest.decode import decode
from ingest.profiles import shipped_profiles
from ingest.recordings import read_recording
from ingest.series import load_series
from ingest.series_parts import Message, Notes
from smartregion.errors import BrokerUnavailable, InvalidInput
from smartregion.settings import settings

_OUTSTANDING = 2000
_PATIENCE_S = 30
_COLUMNS = ("kind", "id", "name", "lon", "lat", "fraction", "volume_l", "site", "device", "profile")


def run(args: argparse.Namespace) -> int:
    """Publish a file, or print the registry of its devices."""
    file = pathlib.Path(args.file)
    if not file.is_file():
        raise InvalidInput("FILE", file, "a file that exists")
    if args.speed < 0:
        raise InvalidInput("--speed", args.speed, "0 or more")
    notes = Notes()
    series = load_series(args.series, file)
    messages: Iterable[Message] = (
        series.messages(file, notes, packed=args.speed == 0)
        if series is not None
        else read_recording(file, args.topic)
    )
    messages = islice(messages, args.limit)
    if args.register:
        write_registry(messages, notes, sys.stdout)
        return 0
    published, devices, seconds = publish(messages, settings().mqtt_url.get_secret_value(), args.speed)
    print(f"{published} messages of {devices} devices published and acknowledged in {seconds:.1f} s")
    for what, count in sorted(notes.counts.items()):
        print(f"{count} {what}")
    return 0


def publish(messages: Iterable[Message], url: str, speed: float) -> tuple[int, int, float]:
    """Publish with quality 1 and wait until all is acknowledged: messages, devices, seconds.

    `speed` 0: as fast as the broker acknowledges; X: X times as fast as event time. Raises BrokerUnavailable.
    """
    address = parse_address(url)
    room = threading.Semaphore(_OUTSTANDING)
    client = publisher(address, f"smartregion-replay-{time.time_ns()}")
    client.on_publish = lambda *_: room.release()
    started = time.monotonic()
    count = 0
    topics: set[str] = set()
    try:
        for message in _in_time(messages, speed):
            if not room.acquire(timeout=_PATIENCE_S):
                raise BrokerUnavailable(f"broker {address}: no acknowledgement for {_PATIENCE_S} s")
            content = message.content
            payload = content.encode() if isinstance(content, str) else msgspec.json.encode(content)
            sent = client.publish(message.topic, payload, qos=1)
            if sent.rc not in (mqtt.MQTT_ERR_SUCCESS, mqtt.MQTT_ERR_NO_CONN):
                raise BrokerUnavailable(f"broker {address}: {mqtt.error_string(sent.rc)}")
            topics.add(_device_part(message.topic))
            count += 1
        for _ in range(_OUTSTANDING):
            if not room.acquire(timeout=_PATIENCE_S):
                raise BrokerUnavailable(f"broker {address}: no acknowledgement for {_PATIENCE_S} s")
    finally:
        client.disconnect()
        client.loop_stop()
    return count, len(topics), time.monotonic() - started


def write_registry(messages: Iterable[Message], notes: Notes, out: TextIO) -> None:
    """A CSV for `devices import` with every device that the messages come from."""
    profiles = {model: profile for profile in shipped_profiles().values() for model in profile.models}
    devices: dict[str, str] = {}
    for message in messages:
        payload = msgspec.json.encode(message.content)
        profile = profiles.get(message.model or "")
        device = decode(message.topic, payload, dt.datetime.now(dt.UTC)).device
        devices[device] = profile.name if profile is not None else ""
    table = csv.DictWriter(out, _COLUMNS, delimiter=";", lineterminator="\n")
    table.writeheader()
    for device, profile_name in devices.items():
        place = notes.places.get(device)
        plain = {"kind": "device", "id": device, "profile": profile_name}
        for row in [plain] if place is None else _container(device, place):
            table.writerow(row)


def _container(device: str, place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"kind": "site", "id": f"{device}-site", **{key: place[key] for key in ("name", "lon", "lat")}}
    yield {
        "kind": "container",
        "id": f"{device}-bin",
        "site": f"{device}-site",
        "device": device,
        "fraction": place["fraction"],
        "volume_l": place["volume_l"],
    }


def _in_time(messages: Iterable[Message], speed: float) -> Iterator[Message]:
    """Hand messages out when their event time comes; those without a time at once."""
    first: dt.datetime | None = None
    started = time.monotonic()
    for message in messages:
        if speed > 0 and message.time is not None:
            first = first or message.time
            due = started + (message.time - first).total_seconds() / speed
            time.sleep(max(0.0, due - time.monotonic()))
        yield message


def _device_part(topic: str) -> str:
    """The topic up to the device."""
    parts = topic.split("/")
    known = {"sr": 3, "v3": 4, "application": 4}
    return "/".join(parts[: known.get(parts[0], len(parts))])
