"""Described series through decoder and writer into a database, as ingest would take them."""

import itertools
import json
import pathlib

from ingest.profiles import shipped_profiles
from ingest.receipt import first_receipt
from ingest.registry import Registry
from ingest.series import Series, load_series
from ingest.series_parts import Notes
from ingest.writer import Packet, Writer
from smartregion.store.database import Connection
from tests.smartregion.store_region import NOW

_BATCH = 2000


def take(connection: Connection, file: pathlib.Path, **changes: str) -> tuple[Notes, int]:
    """Write a described series; notes, and how many messages it were."""
    series = load_series(None, file)
    assert series is not None, file.name
    notes = Notes()
    messages = Series(series.name, series.description | changes).messages(file, notes, packed=True)
    writer = Writer(connection, Registry(shipped_profiles()))
    numbered = enumerate(messages)
    count = 0
    while batch := list(itertools.islice(numbered, _BATCH)):
        devices = sorted({message.topic.split("/")[2] for _, message in batch})
        connection.execute(
            "INSERT INTO sr.device (name) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", (devices,)
        )
        writer.write(
            [
                Packet(
                    first_receipt(NOW) + number * 1024, message.topic, json.dumps(message.content).encode()
                )
                for number, message in batch
            ]
        )
        count += len(batch)
    return notes, count
