"""Ingest as a process between a real broker and a real database: nothing acknowledged is lost, books
balance."""

import datetime as dt
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ingest.bench_load import blast
from ingest.broker import parse_address
from smartregion.books import recount
from smartregion.store.database import Connection, connect

PATIENCE_S = 30
START = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)


class Ingest:
    """The process with a session of its own; killed at the end if it still runs."""

    def __init__(self, folder: pathlib.Path, database_url: str, broker_url: str, session: str) -> None:
        self._environment = os.environ | {
            "SMARTREGION_DATABASE_URL": database_url,
            "SMARTREGION_MQTT_URL": broker_url,
            "SMARTREGION_MQTT_SESSION": session,
            "SMARTREGION_DATA_DIR": str(folder / "data"),
        }
        self._folder = folder
        self.log = folder / "ingest.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> None:
        seen = self.text().count("connected as")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "smartregion", "ingest", *arguments],
                env=self._environment,
                stderr=log,
                cwd=self._folder,
            )
        workers = int(arguments[1]) if arguments else 1
        wait(lambda: self.text().count("connected as") >= seen + workers, self.text)

    def text(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def wait(condition: Callable[[], bool], told: Callable[[], str] = str) -> None:
    """Wait until it is so; fails with what was told meanwhile."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, told()
        time.sleep(0.02)


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """Device names of a test; the broker is shared."""
    return f"svc-{zlib.crc32(request.node.name.encode()):08x}"


@pytest.fixture
def ingest(tmp_path: pathlib.Path, database_url: str, mosquitto_broker: Any, prefix: str) -> Iterator[Ingest]:
    # A session of our own sees what other tests publish as well: their devices are unknown here and wait in
    # quarantine, which these tests count by device.
    process = Ingest(tmp_path, database_url, mosquitto_broker.url, prefix)
    yield process
    if process.process is not None and process.process.poll() is None:
        process.process.kill()
        process.process.wait()


def register(connection: Connection, *names: str) -> None:
    for name in names:
        connection.execute("INSERT INTO sr.device (name) VALUES (%s)", (name,))


def fills(prefix: str, count: int) -> list[tuple[str, bytes]]:
    """Numbered messages of ten devices, each with one reading."""
    return [
        (
            f"sr/1/{prefix}-{number % 10}/fill",
            json.dumps({"t": (START + dt.timedelta(seconds=number)).isoformat(), "level": 0.5}).encode(),
        )
        for number in range(count)
    ]


def book(connection: Connection, prefix: str) -> tuple[int, ...]:
    row = connection.execute(
        "SELECT coalesce(sum(received), 0)::int, coalesce(sum(stored), 0)::int,"
        " coalesce(sum(duplicate), 0)::int, coalesce(sum(quarantined), 0)::int"
        " FROM sr.book WHERE device LIKE %s",
        (f"{prefix}%",),
    ).fetchone()
    assert row is not None
    return row


def stored_readings(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM sr.reading").fetchone()
    assert row is not None
    return int(row[0])


def test_good_bad_and_unknown_side_by_side(
    ingest: Ingest, database_url: str, mosquitto_broker: Any, prefix: str
) -> None:
    with connect(database_url, autocommit=True) as connection:
        register(connection, *(f"{prefix}-{n}" for n in range(10)))
        ingest.start()
        good = fills(prefix, 50)
        odd = [
            (f"sr/1/{prefix}-1/fill", b"[" * 2000),
            (f"sr/1/{prefix}-stranger/fill", good[0][1]),
            (f"sr/1/{prefix}-2/colour", b"{}"),
            good[3],
            ("sr/1/_sim/state", b"{}"),  # steering of simulators is no message of a device
        ]
        blast(parse_address(mosquitto_broker.url), [*good[:25], *odd, *good[25:]])
        wait(lambda: book(connection, prefix)[0] == 54, ingest.text)
        assert book(connection, prefix) == (54, 50, 1, 3)
        assert connection.execute("SELECT count(*) FROM sr.book WHERE device = '_sim'").fetchone() == (0,)

        register(connection, f"{prefix}-stranger")
        connection.execute(
            "INSERT INTO sr.replay_request (reason) VALUES ('device: expected a registered device')"
        )
        wait(lambda: book(connection, prefix) == (54, 51, 1, 2), ingest.text)
        assert ingest.end(signal.SIGTERM) == 0
        assert [line for line in recount(connection, None) if not line.balanced] == []


def test_killed_in_the_middle(ingest: Ingest, database_url: str, mosquitto_broker: Any, prefix: str) -> None:
    """SIGKILL while messages flow: each is stored once, what came twice is a duplicate, books balance."""
    count = 6000
    with connect(database_url, autocommit=True) as connection:
        register(connection, *(f"{prefix}-{n}" for n in range(10)))
        ingest.start()
        messages = fills(prefix, count)
        for part in range(3):
            blast(parse_address(mosquitto_broker.url), messages[part * 2000 : part * 2000 + 2000])
            wait(lambda: stored_readings(connection) > 0, ingest.text)
            ingest.end(signal.SIGKILL)
            ingest.start()
        wait(lambda: stored_readings(connection) == count, ingest.text)
        assert ingest.end(signal.SIGTERM) == 0
        received, stored, duplicate, quarantined = book(connection, prefix)
        assert (stored, quarantined) == (count, 0)
        assert received == count + duplicate
        assert [line for line in recount(connection, None) if not line.balanced] == []


def test_messages_wait_at_the_broker_while_the_database_is_away(
    ingest: Ingest, database_url: str, mosquitto_broker: Any, prefix: str
) -> None:
    name = database_url.rsplit("/", 1)[1]
    with connect(database_url.rsplit("/", 1)[0] + "/postgres", autocommit=True) as server:
        with connect(database_url, autocommit=True) as connection:
            register(connection, *(f"{prefix}-{n}" for n in range(10)))
        ingest.start()
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        blast(parse_address(mosquitto_broker.url), fills(prefix, 500))
        wait(lambda: "wait unacknowledged" in ingest.text(), ingest.text)
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        with connect(database_url, autocommit=True) as connection:
            wait(lambda: book(connection, prefix) == (500, 500, 0, 0), ingest.text)
            assert [line for line in recount(connection, None) if not line.balanced] == []
        assert ingest.end(signal.SIGTERM) == 0


_BOMB = """
CREATE SEQUENCE bomb;
CREATE FUNCTION explode() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A sequence is not rolled back: only the first commit is interrupted.
    IF nextval('bomb') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER explode AFTER INSERT OR UPDATE ON sr.book DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION explode();
"""


def test_connection_lost_in_the_commit(
    ingest: Ingest, database_url: str, mosquitto_broker: Any, prefix: str
) -> None:
    """The database is asked what became of the transaction, so that nothing is counted twice or left out."""
    with connect(database_url, autocommit=True) as connection:
        register(connection, *(f"{prefix}-{n}" for n in range(10)))
        connection.execute(_BOMB)
        ingest.start()
        blast(parse_address(mosquitto_broker.url), fills(prefix, 300))
        wait(lambda: book(connection, prefix)[0] == 300, ingest.text)
        assert "wait unacknowledged" in ingest.text()
        assert book(connection, prefix) == (300, 300, 0, 0)
        assert ingest.end(signal.SIGTERM) == 0
        assert [line for line in recount(connection, None) if not line.balanced] == []


def test_two_workers_share_the_messages(
    ingest: Ingest, database_url: str, mosquitto_broker: Any, prefix: str
) -> None:
    with connect(database_url, autocommit=True) as connection:
        register(connection, *(f"{prefix}-{n}" for n in range(10)))
        ingest.start("--workers", "2")
        blast(parse_address(mosquitto_broker.url), fills(prefix, 1000))
        wait(lambda: book(connection, prefix)[0] == 1000, ingest.text)
        assert book(connection, prefix) == (1000, 1000, 0, 0)
        assert ingest.end(signal.SIGTERM) == 0
        row = connection.execute("SELECT count(DISTINCT message & 1023) FROM sr.reading").fetchone()
        assert row == (2,)


def test_wrong_password_is_one_clear_line(ingest: Ingest, mosquitto_broker: Any, database_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "smartregion", "ingest"],
        env=os.environ
        | {
            "SMARTREGION_DATABASE_URL": database_url,
            "SMARTREGION_MQTT_URL": f"mqtt://demo:wrong@127.0.0.1:{mosquitto_broker.port}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().endswith("check mqtt_url")
    assert "Traceback" not in done.stderr


def test_not_an_address() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "smartregion", "ingest"],
        env=os.environ
        | {"SMARTREGION_DATABASE_URL": "postgresql://x", "SMARTREGION_MQTT_URL": "http://user:secret@host"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "expected mqtt://" in done.stderr
    assert "secret" not in done.stderr
