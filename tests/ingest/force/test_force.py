"""Proved by force: whatever is killed, cut, filled or skewed, each message that ingest acknowledged is stored
once and the books balance."""

import contextlib
import datetime as dt
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator

import psycopg
import pytest

from ingest.bench_load import blast
from smartregion.demo import mosquitto
from smartregion.demo.ports import free_port
from smartregion.demo.supervisor import Supervisor
from smartregion.store.database import connect
from tests.support import force
from tests.support.force import Plant

DISK_MB = 200


@pytest.fixture(scope="module")
def disk() -> Iterator[tuple[pathlib.Path, bool]]:
    """A folder for the database on a disk of its own, DISK_MB small, where we may mount one."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="smartregion-force-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0755", "tmpfs", str(folder)]
    small = os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
    folder.chmod(0o755)
    yield folder, small
    if small:
        subprocess.run(["umount", str(folder)], check=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def _plant(disk: tuple[pathlib.Path, bool]) -> Iterator[Plant]:
    if mosquitto.find() is None:
        if os.environ.get("CI"):
            pytest.fail("mosquitto is not installed, but in CI nothing may be skipped")
        pytest.skip("mosquitto is not installed")
    with tempfile.TemporaryDirectory(prefix="smartregion-force-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        plant = Plant(folder, disk[0])
        try:
            plant.start()
            yield plant
        finally:
            plant.close()


@pytest.fixture
def plant(_plant: Plant) -> Iterator[Plant]:
    """A running plant without messages; whole again after the test."""
    yield _plant
    if _plant.ingest is None or _plant.ingest.poll() is not None:
        _plant.start_ingest()
    _plant.rest(0.4)
    _plant.empty()


def test_ingest_killed_at_random_moments(plant: Plant) -> None:
    force.kill_ingest_often(plant, range(6000), kills=3, seed=7)
    assert plant.stop_ingest() == 0
    verdict = plant.verdict()
    assert verdict.clean(), verdict
    assert verdict.stored == 6000


def test_wires_cut_and_slow(plant: Plant) -> None:
    force.hurt_wires(plant, range(6000), cuts=5, seed=11)
    plant.rest(0.5)
    verdict = plant.verdict()
    assert verdict.clean(), verdict
    assert verdict.stored == 6000


def test_database_restarted(plant: Plant) -> None:
    with plant.publishing(range(5000)):
        time.sleep(0.5)
        plant.kill_database()
        time.sleep(0.5)
        plant.start_database()
    plant.settle()
    plant.rest(0.5)
    verdict = plant.verdict()
    assert verdict.clean(), verdict
    assert verdict.stored == 5000


def test_broker_restarted(plant: Plant) -> None:
    with plant.publishing(range(4000)):
        time.sleep(0.5)
        plant.restart_broker()
    plant.settle()
    plant.rest(0.5)
    verdict = plant.verdict()
    assert verdict.clean(), verdict


def test_broker_killed(plant: Plant) -> None:
    """What it had saved comes through; what is missing was published after that, within the window."""
    assert plant.stop_ingest() == 0
    plant.publish(range(1000))
    assert plant.broker is not None
    plant.broker.process.send_signal(signal.SIGUSR1)  # mosquitto saves its store, as it does each 30 s
    time.sleep(1)
    plant.publish(range(1000, 1500))
    killed = time.monotonic()
    plant.kill_broker()
    plant.start_broker()
    plant.start_ingest()
    plant.publish(range(1500, 2000))
    plant.until(lambda: plant.stored() >= {*range(1000), *range(1500, 2000)})
    plant.rest()
    verdict = plant.verdict()
    assert verdict.clean(missing=True), verdict
    assert verdict.missing == set(range(1000, 1500)) - plant.stored()
    assert all(killed - plant.published[n] <= force.BROKER_WINDOW_S for n in verdict.missing)


def test_broker_killed_while_ingest_reads(plant: Plant) -> None:
    """What ingest had acknowledged is stored, also when the broker dies and takes messages with it."""
    with plant.publishing(range(4000)):
        time.sleep(1)
        killed = time.monotonic()
        plant.kill_broker()
        plant.start_broker()
    plant.rest(2.5)
    verdict = plant.verdict()
    assert verdict.clean(missing=True), verdict
    assert all(0 <= killed - plant.published[n] <= force.BROKER_WINDOW_S for n in verdict.missing)


@contextlib.contextmanager
def _pages(url: str) -> Iterator[Callable[[str], str]]:
    """The real process of the pages; asks it for one, which must be there in any state."""
    port = free_port()
    environment = os.environ | {"SMARTREGION_DATABASE_URL": url}
    command = [sys.executable, "-m", "smartregion", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def page(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return str(answer.read().decode())

    try:
        deadline_s = time.monotonic() + 60
        while True:
            try:
                page("/healthz")
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline_s
                time.sleep(0.2)
        yield page
    finally:
        process.terminate()
        process.wait(20)


def _answers(plant: Plant, supervisor: Supervisor) -> bool:
    """Whether the database does, kept alive as the demo does it."""
    supervisor.watch()
    try:
        plant.stored()
    except psycopg.OperationalError:
        return False
    return True


def test_disk_of_the_database_full(
    plant: Plant, disk: tuple[pathlib.Path, bool], tmp_path: pathlib.Path
) -> None:
    folder, small = disk
    if not small:
        pytest.skip("a small disk can only be mounted by root")
    plant.publish(range(1000))
    plant.settle()
    ballast = folder / "ballast"
    before = plant.said("No space left on device")
    assert plant.database is not None
    supervisor = Supervisor(tmp_path / "logs", print)
    supervisor.keep("database", plant.database.child)
    with _pages(plant.url) as page:
        assert "disk-full" not in page("/de/technik")
        try:
            with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(1 << 16))
            plant.until(lambda: 'id="disk-full"' in page("/de/technik"))
            assert 'id="disk-full"' in page("/en/waste")
            with plant.publishing(range(1000, 8000), per_s=20_000):
                plant.until(lambda: plant.said("No space left on device") > before)
                time.sleep(1)
                acknowledged = plant.witness.known()
                assert len(acknowledged) < 8000
                assert shutil.disk_usage(folder).free < 1 << 20
        finally:
            ballast.unlink()
        plant.until(lambda: _answers(plant, supervisor))  # a full disk of the log stops the server
        assert acknowledged <= plant.stored()
        plant.settle(90)
        plant.until(lambda: "disk-full" not in page("/de/technik"))
    plant.rest(0.5)
    verdict = plant.verdict()
    assert verdict.clean(), verdict
    assert verdict.stored == 8000


def test_clock_of_a_device_skewed(plant: Plant) -> None:
    """Days ahead is quarantined, years back is stored; neither touches its neighbours."""
    good = [force.message(number) for number in range(1000)]
    now = dt.datetime.now(dt.UTC)
    skewed = [
        (
            good[0][0],
            json.dumps({"t": (now + dt.timedelta(days=2, seconds=n)).isoformat(), "level": 0.1}).encode(),
        )
        for n in range(50)
    ]
    back = [
        (good[1][0], json.dumps({"t": f"2003-05-01T00:00:{n:02}Z", "level": 0.2}).encode()) for n in range(50)
    ]
    mixed = [item for trio in zip(good, skewed, back, strict=False) for item in trio] + good[50:]
    blast(plant.address, mixed)
    plant.until(lambda: plant.stored() >= set(range(1000)))
    plant.rest(0.5)
    verdict = plant.verdict()
    assert verdict.clean(), verdict
    assert (verdict.stored, verdict.quarantined, verdict.duplicate) == (1050, 50, 0)
    with connect(plant.url) as connection:
        fields = connection.execute("SELECT DISTINCT field, expected FROM sr.quarantine").fetchall()
    assert fields == [("t", "at most 24 h ahead of receipt")]
