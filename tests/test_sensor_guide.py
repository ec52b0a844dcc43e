"""docs/add-a-sensor.md from its first line to its last: every file written, every command run, against a real
broker, database and ingest."""

import os
import pathlib
import re
import subprocess
import time
from collections.abc import Iterator

import psycopg
import pytest

from smartregion.settings import child_environment
from tests.conftest import Broker

_GUIDE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "add-a-sensor.md"
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PATIENCE_S = 60
_SAYS = {
    "echo ": '"quantity":"distance","value":1.2',
    "tr -d": '"quantity":"battery","value":3.6',
    "profile check": "examples are right",
    "devices unknown": "The Things Stack v3; profile -",
    "devices adopt": "1 waiting messages will be replayed",
    "export": "surface_temperature,°C,2026-11-21 05:00:00+00,24.59",
    "decode --profile": '"quantity":"surface_temperature","value":24.59',
    "import containers.csv": "Behälter: 1 neu",
}
"""What a command must print, by words of it."""


@pytest.fixture
def environment(
    smartregion: str, database_url: str, mosquitto_broker: Broker, tmp_path: pathlib.Path
) -> dict[str, str]:
    """The settings of the guide, the program in the path, and a session of our own at the broker."""
    return child_environment(
        SMARTREGION_DATABASE_URL=database_url,
        SMARTREGION_MQTT_URL=mosquitto_broker.url,
        SMARTREGION_MQTT_SESSION="sensor-guide",
        PATH=f"{pathlib.Path(smartregion).parent}:{os.environ['PATH']}",
    )


class _Ingest:
    """`smartregion ingest` beside the guide, started again when a file of ours has changed, as it says."""

    def __init__(self, folder: pathlib.Path, environment: dict[str, str]) -> None:
        self._folder, self._environment = folder, environment
        self._process: subprocess.Popen[str] | None = None
        self._read: dict[str, float] = {}

    def ready(self) -> None:
        """Running, with the files as they are, and subscribed."""
        files = {str(file): file.stat().st_mtime for file in self._folder.glob("smartregion-data/*/*")}
        if self._process is not None and files == self._read:
            return
        self.stop()
        self._read = files
        self._process = subprocess.Popen(
            ["smartregion", "ingest"],
            cwd=self._folder,
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if "connected as" in line:
                return
        pytest.fail("ingest ended")

    def stop(self) -> None:
        """Ended cleanly."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=_PATIENCE_S)
            self._process = None


@pytest.fixture
def ingest(tmp_path: pathlib.Path, environment: dict[str, str]) -> Iterator[_Ingest]:
    """Ended with the test."""
    made = _Ingest(tmp_path, environment)
    yield made
    made.stop()


def test_the_guide_from_its_first_line_to_its_last(
    tmp_path: pathlib.Path, environment: dict[str, str], ingest: _Ingest, database_url: str
) -> None:
    said: set[str] = set()
    sent = 0
    for language, name, text in _BLOCK.findall(_GUIDE.read_text("utf-8")):
        if language != "sh":
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as open_file:
                open_file.write(text)
            continue
        for command in text.splitlines():
            if "smartregion replay" in command:
                ingest.ready()
            printed = _run(command, tmp_path, environment)
            if "smartregion replay" in command:
                sent += 1
                _wait_for(database_url, sent)
            for words, expected in _SAYS.items():
                if words in command:
                    said.add(words)
                    assert expected in printed, (command, printed)
    assert said == set(_SAYS)


def _run(command: str, folder: pathlib.Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def _wait_for(database_url: str, devices: int) -> None:
    """Until ingest has looked at the messages of so many strangers."""
    deadline = time.monotonic() + _PATIENCE_S
    with psycopg.connect(database_url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            row = connection.execute("SELECT count(*) FROM sr.guess").fetchone()
            if row is not None and row[0] >= devices:
                return
            time.sleep(0.1)
    pytest.fail(f"messages of {devices} devices did not arrive")
