"""A codec on the way to the database: what it breaks waits in quarantine, neighbours are stored."""

import base64
import json
import pathlib
from collections.abc import Iterator

import pytest

from ingest.profiles import Profile, load_profiles, read_profile
from ingest.quarantine import replay
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.times import parse_time
from ingest.writer import Packet, Writer
from smartregion.books import recount
from smartregion.store.database import Connection, connect

NOW = parse_time("2026-11-21T12:00:00Z")
FIRST = first_receipt(NOW)

LOOPS = "function decodeUplink(i) { while (i.bytes[0] === 255); return {data: {temperature: i.bytes[0]}} }"
MENDED = "function decodeUplink(i) { return {data: {temperature: i.bytes[0] === 255 ? 0.5 : i.bytes[0]}} }"


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "own.js").write_text(LOOPS, "utf-8")
    text = (
        'name = "own"\ntitle = "Our own"\ncodec = "own.js"\n[fields.temperature]\nquantity = "temperature"\n'
    )
    (tmp_path / "own.toml").write_text(text, "utf-8")
    return tmp_path


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO sr.device (name, profile) VALUES ('air-1', 'own')")
        connection.execute("INSERT INTO sr.device (name) VALUES ('bin-1')")
        connection.execute("SET ROLE sr_ingest")
        yield connection


def uplink(counter: int, first: int) -> Packet:
    content = {
        "end_device_ids": {"device_id": "air-1", "application_ids": {"application_id": "a"}},
        "received_at": f"2026-11-21T10:{counter:02}:00Z",
        "uplink_message": {
            "f_port": 1,
            "f_cnt": counter,
            "frm_payload": base64.b64encode(bytes([first])).decode(),
        },
    }
    topic = "v3/a@t/devices/air-1/up"
    return Packet(FIRST + 1024 * counter, topic, json.dumps(content).encode())


def neighbour(number: int) -> Packet:
    content = {"t": f"2026-11-21T11:{number:02}:00Z", "level": 0.5}
    return Packet(FIRST + 1024 * (500 + number), "sr/1/bin-1/fill", json.dumps(content).encode())


def reasons(connection: Connection) -> list[tuple[str, int]]:
    query = "SELECT field, count(*) FROM sr.quarantine WHERE resolved_at IS NULL GROUP BY 1 ORDER BY 1"
    return connection.execute(query).fetchall()


def test_a_codec_that_loops_is_suspended_and_mended_later(
    folder: pathlib.Path, connection: Connection
) -> None:
    writer = Writer(connection, Registry({"own": read_profile(folder / "own.toml")}))
    packets = [
        uplink(1, 20),
        neighbour(1),
        *(uplink(n, 255) for n in range(2, 6)),
        neighbour(2),
        uplink(6, 21),
    ]
    kinds = [fate.kind for fate in writer.write(packets)]
    assert kinds == ["stored", "stored", *["quarantined"] * 4, "stored", "quarantined"]
    assert reasons(connection) == [("codec", 3), ("codec suspended", 2)]
    assert all(line.balanced for line in recount(connection, None))

    (folder / "own.js").write_text(MENDED, "utf-8")
    assert replay(writer).stored == 5
    assert reasons(connection) == []
    values = connection.execute(
        "SELECT value FROM sr.reading r JOIN sr.series s ON s.id = r.series"
        " JOIN sr.quantity q ON q.id = s.quantity WHERE q.key = 'temperature' ORDER BY time"
    )
    assert [value for (value,) in values] == [20, 0.5, 0.5, 0.5, 0.5, 21]
    assert all(line.balanced for line in recount(connection, None))


def test_profiles_of_the_data_folder_find_their_codecs(folder: pathlib.Path) -> None:
    profile: Profile = load_profiles([folder])["own"]
    assert profile.decode_bytes(b"\7", 1, NOW) == ({"temperature": 7}, [])
