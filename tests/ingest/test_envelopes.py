"""All recorded messages of network servers through broker, ingest and database: what comes out is what the
page in the docs says."""

import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from ingest.bench_load import blast
from ingest.broker import parse_address
from ingest.decode import flat_readings
from ingest.sources import device_of, find_source, shipped_sources, topic_of, with_device
from smartregion.books import recount
from smartregion.readings import Reading, TrackPoint
from smartregion.store.database import Connection, connect
from tests.conftest import ROOT, Broker
from tests.support.envelopes import Item, load, none_of, page

PAGE = ROOT / "docs" / "comparison-envelopes.md"
PATIENCE_S = 60


@pytest.fixture(scope="module")
def items(shared_data: pathlib.Path) -> list[Item]:
    return load(shared_data / "envelopes")


def test_page_tells_what_comes_out(items: list[Item]) -> None:
    told = "python -m tests.support.envelopes > docs/comparison-envelopes.md"
    assert page(items) == PAGE.read_text("utf-8"), told


def addressed(item: Item, number: int) -> tuple[str, str, bytes]:
    """Device, topic and payload of an item as if each came from a device of its own."""
    source = find_source(shipped_sources(), None, item.envelope)
    assert source is not None
    message = with_device(source, item.envelope, f"recorded-{number}")
    topic = topic_of(source, message)
    assert topic is not None
    return device_of(source, None, message), topic, json.dumps(message).encode()


EVENTS = ("tts_v3_data_formats.json", "chirpstack_v4_events.json")


def published(folder: pathlib.Path) -> list[tuple[str, str, bytes]]:
    """Device, topic and payload of one example of each event of both network servers."""
    found = []
    for message in [one for name in EVENTS for one in json.loads((folder / name).read_text("utf-8"))]:
        source = find_source(shipped_sources(), None, message)
        assert source is not None
        topic = topic_of(source, message)
        assert topic is not None
        found.append((device_of(source, topic, message), topic, json.dumps(message).encode()))
    return found


@pytest.fixture
def _ingest(
    tmp_path: pathlib.Path, database_url: str, mosquitto_broker: Broker
) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {
        "SMARTREGION_DATABASE_URL": database_url,
        "SMARTREGION_MQTT_URL": mosquitto_broker.url,
        "SMARTREGION_MQTT_SESSION": "recorded",
        "SMARTREGION_DATA_DIR": str(tmp_path / "data"),
    }
    command = [sys.executable, "-m", "smartregion", "ingest"]
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stderr is not None
        assert any("connected as" in line for line in process.stderr)
        yield process
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def readings(connection: Connection, device: str) -> list[Reading]:
    rows = connection.execute(
        "SELECT q.key, r.time, r.value, q.unit FROM sr.reading r JOIN sr.series s ON s.id = r.series"
        " JOIN sr.quantity q ON q.id = s.quantity JOIN sr.device d ON d.id = s.device WHERE d.name = %s",
        (device,),
    )
    points = connection.execute(
        "SELECT t.time, t.lon, t.lat FROM sr.track t JOIN sr.device d ON d.id = t.device WHERE d.name = %s",
        (device,),
    )
    found = [Reading(device, *row) for row in rows]
    return found + flat_readings(tuple(TrackPoint(device, *point) for point in points))


@pytest.mark.usefixtures("_ingest")
def test_through_broker_and_database(
    items: list[Item], shared_data: pathlib.Path, database_url: str, mosquitto_broker: Broker
) -> None:
    """What comes out is what the page says; joins, acknowledgements and the like give no readings."""
    recorded = [addressed(item, number) for number, item in enumerate(items)]
    events = published(shared_data / "envelopes")
    models = {device: item.profile for (device, _, _), item in zip(recorded, items, strict=True)}
    profiles = models | {device: None for device, _, _ in events}
    with connect(database_url, autocommit=True) as connection:
        for device, profile in profiles.items():
            name = profile.name if profile is not None else None
            connection.execute("INSERT INTO sr.device (name, profile) VALUES (%s, %s)", (device, name))
        messages = [(topic, payload) for _, topic, payload in (*recorded, *events)]
        blast(parse_address(mosquitto_broker.url), messages)
        wait_for(connection, list(profiles), len(messages))
        quarantine = connection.execute("SELECT device, field FROM sr.quarantine").fetchall()
        refused: dict[str, str] = dict(quarantine)
        by_item = {id(item): device for (device, _, _), item in zip(recorded, items, strict=True)}

        def stored(item: Item) -> tuple[list[Reading], str]:
            device = by_item[id(item)]
            return readings(connection, device), none_of(refused.get(device))

        assert page(items, stored) == PAGE.read_text("utf-8")
        lines = [line for line in recount(connection, None) if line.device in {one[0] for one in events}]
        assert (sum(line.stored for line in lines), sum(line.quarantined for line in lines)) == (14, 1)
        assert refused["0101010101010101"] == "decoded fields"  # the uplink of a device without a profile
        assert [one.value for one in readings(connection, "0101010101010101")] == [0.883]  # its status
        assert all(line.balanced for line in recount(connection, None))


def wait_for(connection: Connection, devices: list[str], packets: int) -> None:
    """Until the books of these devices hold so many packets."""
    end = time.monotonic() + PATIENCE_S
    arrived = 0
    while arrived < packets:
        assert time.monotonic() < end, f"{arrived} of {packets} arrived"
        time.sleep(0.1)
        row = connection.execute(
            "SELECT coalesce(sum(received), 0)::int FROM sr.book WHERE device = ANY(%s)", (devices,)
        ).fetchone()
        arrived = row[0] if row else 0
