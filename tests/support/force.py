"""A plant of broker, database and ingest that can be hit while numbered messages flow, and the verdict."""

import collections
import contextlib
import dataclasses
import datetime as dt
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from ingest.bench_load import blast
from ingest.broker import Address
from smartregion.books import recount
from smartregion.demo import children, mosquitto, postgres
from smartregion.demo.ports import free_port
from smartregion.demo.servants import choose_servant
from smartregion.store.database import connect
from smartregion.store.migrate import migrate
from tests.support.wire import Wire
from tests.support.witness import Witness

BROKER_WINDOW_S = 35
"""What a SIGKILL of the broker may lose, as docs/operate.md promises: with the shipped `autosave_interval 30`
mosquitto saves every 31 s (measured: more than 30 whole seconds must have gone), on a busy machine later."""
DEVICES = 20
START = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
_PASSWORD = "force"
_CHUNK = 100
_SETTINGS = {"shared_buffers": "32MB", "max_wal_size": "48MB", "min_wal_size": "32MB", "wal_recycle": "off"}


@dataclasses.dataclass
class Verdict:
    """What a run left behind. `missing`: published and acknowledged by the broker, but not stored."""

    stored: int
    missing: set[int]
    acknowledged_not_stored: set[int]
    unbalanced: list[str]
    received: int
    stored_in_books: int
    duplicate: int
    quarantined: int

    def clean(self, missing: bool = False) -> bool:
        """Nothing acknowledged is lost, each number is stored once, the books balance; `missing` allows
        numbers that a killed broker lost."""
        return (
            not self.acknowledged_not_stored
            and (missing or not self.missing)
            and not self.unbalanced
            and self.stored_in_books == self.stored
            and self.received == self.stored + self.duplicate + self.quarantined
        )


class Plant:
    """Servers of our own; ingest reaches both through wires."""

    def __init__(self, folder: pathlib.Path, database: pathlib.Path) -> None:
        self._folder, self._cluster = folder, database / "cluster"
        self._broker_port, self._database_port = free_port(), free_port()
        self._people = [mosquitto.Person("force", _PASSWORD, ("readwrite #",))]
        self._servant = choose_servant()
        self.broker: children.Child | None = None
        self.database: postgres.Postgres | None = None
        self.ingest: subprocess.Popen[bytes] | None = None
        self.witness = Witness()
        self.to_broker = Wire(self._broker_port, self.witness)
        self.to_database = Wire(self._database_port)
        self.published: dict[int, float] = {}
        """Monotonic time just before a number was sent that the broker then acknowledged."""
        self._log = folder / "ingest.log"

    @property
    def url(self) -> str:
        """The database, past the wire."""
        return self._url(self._database_port)

    @property
    def address(self) -> Address:
        """The broker, past the wire."""
        return Address("127.0.0.1", self._broker_port, "force", _PASSWORD)

    def start(self) -> None:
        """Everything, with DEVICES registered."""
        self.start_database()
        migrate(self.url)
        with connect(self.url, autocommit=True) as connection:
            for number in range(DEVICES):
                connection.execute("INSERT INTO sr.device (name) VALUES (%s)", (f"force-{number}",))
        self.start_broker()
        self.start_ingest()

    def start_broker(self) -> None:
        """With the shipped limits and persistence."""
        folder = self._folder / "broker"
        self.broker = mosquitto.start(folder, self._broker_port, self._people, self._servant)

    def start_database(self) -> None:
        """A cluster that syncs."""
        self.database = postgres.start(self._cluster, self._database_port, _PASSWORD, settings=_SETTINGS)

    def start_ingest(self) -> None:
        """One worker; waits until it is connected."""
        environment = os.environ | {
            "SMARTREGION_DATABASE_URL": self._url(self.to_database.port),
            "SMARTREGION_MQTT_URL": f"mqtt://force:{_PASSWORD}@127.0.0.1:{self.to_broker.port}",
            "SMARTREGION_MQTT_SESSION": "force",
            "SMARTREGION_DATA_DIR": str(self._folder / "data"),
        }
        seen = self.said("connected as")
        command = [sys.executable, "-m", "smartregion", "ingest"]
        with self._log.open("ab") as log:
            self.ingest = subprocess.Popen(command, env=environment, stderr=log, cwd=self._folder)
        self.until(lambda: self.said("connected as") > seen)

    def kill_ingest(self) -> None:
        """SIGKILL; what it had acknowledged must already be stored."""
        assert self.ingest is not None
        self.ingest.kill()
        self.ingest.wait()

    def stop_ingest(self) -> int:
        """SIGTERM; its exit code."""
        assert self.ingest is not None
        self.ingest.terminate()
        return self.ingest.wait(30)

    def kill_broker(self) -> None:
        """SIGKILL."""
        assert self.broker is not None
        self.broker.process.kill()
        self.broker.process.wait()

    def restart_broker(self) -> None:
        """A clean stop and start; it writes its store."""
        assert self.broker is not None
        self.broker.stop(4)
        self.start_broker()

    def kill_database(self) -> None:
        """Immediate shutdown: no checkpoint, recovery at the next start."""
        assert self.database is not None
        self.database.child.process.send_signal(signal.SIGQUIT)
        self.database.child.process.wait(30)

    def publish(self, numbers: Sequence[int]) -> None:
        """Publish until the broker has acknowledged all; a lost connection repeats its chunk."""
        for start in range(0, len(numbers), _CHUNK):
            chunk = numbers[start : start + _CHUNK]
            while True:
                sent = time.monotonic()
                try:
                    blast(self.address, [message(number) for number in chunk])
                    break
                except OSError:
                    time.sleep(0.05)
            self.published.update((number, sent) for number in chunk)

    @contextlib.contextmanager
    def publishing(self, numbers: Sequence[int], per_s: float = 2000) -> Iterator[None]:
        """Publish beside what the block does; at its end everything is published."""

        def run() -> None:
            started = time.monotonic()
            for start in range(0, len(numbers), _CHUNK):
                self.publish(numbers[start : start + _CHUNK])
                time.sleep(max(0.0, started + (start + _CHUNK) / per_s - time.monotonic()))

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield
        thread.join(300)
        assert not thread.is_alive(), "the publisher hangs"

    def said(self, text: str) -> int:
        """How often ingest said it."""
        return self._log.read_text().count(text) if self._log.exists() else 0

    def until(self, condition: Callable[[], bool], patience_s: float = 60) -> None:
        """Wait until it is so. Fails with the last lines of ingest."""
        end = time.monotonic() + patience_s
        while not condition():
            told = self._log.read_text()[-2000:] if self._log.exists() else ""
            assert time.monotonic() < end, told
            time.sleep(0.05)

    def stored(self, first: int = 0) -> set[int]:
        """Numbers from `first` on in the table, read past the wire."""
        with connect(self.url, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT extract(epoch FROM time - %(start)s)::bigint FROM sr.reading WHERE time >= %(first)s",
                {"start": START, "first": START + dt.timedelta(seconds=first)},
            ).fetchall()
        return {row[0] for row in rows}

    def settle(self, patience_s: float = 60, first: int = 0) -> None:
        """Wait until everything published from `first` on is stored."""
        wanted = {number for number in self.published if number >= first}
        self.until(lambda: self.stored(first) >= wanted, patience_s)

    def rest(self, quiet_s: float = 1.5, patience_s: float = 60) -> None:
        """Wait until the books no longer grow: what the broker still had is in."""
        end = time.monotonic() + patience_s
        last, since = -1, time.monotonic()
        while time.monotonic() < min(end, since + quiet_s) or last < 0:
            with connect(self.url, autocommit=True) as connection:
                row = connection.execute("SELECT coalesce(sum(received), 0)::int FROM sr.book").fetchone()
            received = row[0] if row else 0
            if received != last:
                last, since = received, time.monotonic()
            time.sleep(0.1)

    def verdict(self) -> Verdict:
        """Look into the tables past the wire, after ingest ended or in the middle."""
        acknowledged = self.witness.known()
        with connect(self.url, autocommit=True) as connection:
            rows = connection.execute("SELECT count(*) FROM sr.reading").fetchone()
            lines = recount(connection, None)
        stored = self.stored()
        sums: collections.Counter[str] = collections.Counter()
        for line in lines:
            sums.update(
                {name: getattr(line, name) for name in ("received", "stored", "duplicate", "quarantined")}
            )
        assert rows is not None
        return Verdict(
            stored=rows[0],
            missing=set(self.published) - stored,
            acknowledged_not_stored=acknowledged - stored,
            unbalanced=[str(line) for line in lines if not line.balanced],
            received=sums["received"],
            stored_in_books=sums["stored"],
            duplicate=sums["duplicate"],
            quarantined=sums["quarantined"],
        )

    def close(self) -> None:
        """End everything that still runs."""
        if self.ingest is not None and self.ingest.poll() is None:
            self.kill_ingest()
        self.to_broker.close()
        self.to_database.close()
        if self.broker is not None:
            self.broker.stop(4)
        if self.database is not None:
            self.database.stop()

    def _url(self, port: int) -> str:
        return f"postgresql://{postgres.OWNER}:{_PASSWORD}@127.0.0.1:{port}/{postgres.DATABASE}"

    def empty(self) -> None:
        """Forget the messages of an earlier scenario; ingest must be at rest."""
        with connect(self.url, autocommit=True) as connection:
            connection.execute(
                "TRUNCATE sr.reading, sr.latest, sr.book, sr.message_note, sr.conflict, sr.quarantine"
            )
        self.published.clear()
        self.witness.acknowledged.clear()


def message(number: int) -> tuple[str, bytes]:
    """A numbered message: its event time is START and so many seconds."""
    time_at = START + dt.timedelta(seconds=number)
    content = {"t": time_at.isoformat(), "level": number % 97 / 97, "seq": number}
    return f"sr/1/force-{number % DEVICES}/fill", json.dumps(content).encode()


def kill_ingest_often(
    plant: Plant, numbers: Sequence[int], kills: int, seed: int, per_s: float = 2000
) -> None:
    """SIGKILL ingest at random moments while the numbers are published; checks after each kill."""
    chance = random.Random(seed)
    gap_s = len(numbers) / per_s / (kills + 1)
    with plant.publishing(numbers, per_s):
        for _ in range(kills):
            time.sleep(gap_s * chance.uniform(0.2, 1.4))
            plant.kill_ingest()
            lost = plant.witness.known() - plant.stored()
            assert not lost, f"acknowledged and not stored: {sorted(lost)[:10]}"
            plant.start_ingest()
    plant.settle(300)


def hurt_wires(plant: Plant, numbers: Sequence[int], cuts: int, seed: int, per_s: float = 2000) -> None:
    """Cut and delay the wires to broker and database at random moments."""
    chance = random.Random(seed)
    gap_s = len(numbers) / per_s / (cuts + 1)
    with plant.publishing(numbers, per_s):
        for _ in range(cuts):
            wire = chance.choice((plant.to_broker, plant.to_database))
            wire.delay_s = chance.choice((0.0, 0.002, 0.02))
            time.sleep(gap_s * chance.uniform(0.3, 1.2))
            wire.cut()
        plant.to_broker.delay_s = plant.to_database.delay_s = 0.0
    plant.settle(120)
