"""Guesses about devices that nobody registered: source, profile, readings, or why there would be none."""

import base64
import datetime as dt
import json
from collections.abc import Iterator

import pytest

from ingest.guesses import guess
from ingest.profiles import shipped_profiles
from ingest.quarantine import RequestedReplays
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.writer import Packet, Writer
from smartregion.registry.devices import Place, adopt, known_profiles, unknown_devices
from smartregion.store.database import Connection, connect

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
RAW = base64.b64encode(bytes.fromhex("0201f40003062c00050bc2")).decode()
"""A distance of 1.58 m from a Decentlab DL-MBX."""


def _things_stack(model: str | None = None, **uplink: object) -> bytes:
    brand = {"brand_id": "decentlab", "model_id": model} if model else {}
    content = {
        "end_device_ids": {"device_id": "mbx-7", "application_ids": {"application_id": "bins"}},
        "uplink_message": {
            "f_port": 1,
            "received_at": "2026-11-21T11:59:00Z",
            "version_ids": brand,
            **uplink,
        },
    }
    return json.dumps(content).encode()


TOPIC = "v3/bins@ttn/devices/mbx-7/up"


@pytest.fixture
def db(database_url: str) -> Iterator[Connection]:
    with connect(database_url, autocommit=True) as connection:
        yield connection


def test_a_native_device_needs_no_profile() -> None:
    found = guess("sr/1/bin-7/fill", b'{"t": "2026-11-21T11:00:00Z", "level": 0.4}', NOW, shipped_profiles())
    assert (found.source, found.profile, found.problem) == ("MQTT (sr/1)", None, None)
    assert found.readings == [{"quantity": "level", "value": 0.4, "unit": "1"}]


def test_the_network_server_tells_the_model() -> None:
    found = guess(TOPIC, _things_stack("dl-mbx", frm_payload=RAW), NOW, shipped_profiles())
    assert (found.source, found.model, found.profile) == (
        "The Things Stack v3", "decentlab/dl-mbx", "decentlab-dl-mbx",
    )  # fmt: skip
    assert {"quantity": "distance", "value": 1.58, "unit": "m"} in found.readings


def test_field_names_tell_the_profile() -> None:
    fields = {"distance_mm": 1580, "number_of_valid_samples": 5, "battery_v": 3.01, "device_id": 500}
    found = guess(TOPIC, _things_stack(decoded_payload=fields), NOW, shipped_profiles())
    assert found.problem is None
    assert {"quantity": "distance", "value": 1.58, "unit": "m"} in found.readings


def test_bytes_that_several_profiles_read_are_no_guess() -> None:
    found = guess(TOPIC, _things_stack(frm_payload=RAW), NOW, shipped_profiles())
    assert found.profile is None
    assert found.problem is not None
    assert found.problem.startswith("decoded fields: ")


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"\xff\x00", b'{"end_device_ids": 7}', b"1e999"])
def test_nothing_that_arrives_stops_a_guess(payload: bytes) -> None:
    for topic in (TOPIC, "sr/1/x/fill", "application/a/device/0102030405060708/event/up"):
        found = guess(topic, payload, NOW, shipped_profiles())
        assert found.readings == []
        assert found.source


def test_from_quarantine_to_rows_in_one_step(db: Connection) -> None:
    db.execute("INSERT INTO sr.site (id, name, lon, lat) VALUES ('S1', 'S1', 13.9, 51.7)")
    db.execute("INSERT INTO sr.container (id, site, fraction, volume_l) VALUES ('C1', 'S1', 'paper', 1100)")
    writer = Writer(db, Registry(shipped_profiles()))
    replays = RequestedReplays(writer)
    writer.write([Packet(first_receipt(NOW), TOPIC, _things_stack("dl-mbx", frm_payload=RAW))])
    assert replays.step(NOW) is None
    (unknown,) = unknown_devices(db)
    assert (unknown.device, unknown.messages, unknown.profile) == ("mbx-7", 1, "decentlab-dl-mbx")
    assert known_profiles(db).keys() == shipped_profiles().keys()
    adopt(db, "mbx-7", NOW, unknown.profile, Place("container", "C1", 1.8, 0.2))
    told = None
    while told is None:
        told = replays.step(NOW)
    assert told.endswith("1 messages became rows, 0 stay in quarantine")
    assert unknown_devices(db) == []
    assert db.execute(
        "SELECT r.value FROM sr.reading r JOIN sr.series e ON e.id = r.series"
        " JOIN sr.quantity q ON q.id = e.quantity WHERE q.key = 'distance'"
    ).fetchall() == [(1.58,)]


def test_a_newer_message_makes_a_newer_guess(db: Connection) -> None:
    writer = Writer(db, Registry(shipped_profiles()))
    replays = RequestedReplays(writer)
    for number, level in enumerate((0.4, 0.5)):
        content = json.dumps({"t": "2026-11-21T11:00:00Z", "level": level}).encode()
        writer.write([Packet(first_receipt(NOW) + 1024 * number, "sr/1/bin-7/fill", content)])
        replays.step(NOW)
        assert unknown_devices(db)[0].readings == [{"quantity": "level", "value": level, "unit": "1"}]
