"""Start, stop and look for real demos in their own processes."""

import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

from smartregion.demo.ports import free_port

ARTIFACTS = pathlib.Path(__file__).resolve().parents[2] / "artifacts"
_PATIENCE_S = 300


@dataclasses.dataclass
class Demo:
    """A running demo: its addresses, its process and what it printed."""

    process: subprocess.Popen[bytes]
    data: pathlib.Path
    log: pathlib.Path
    web: str
    mqtt: str
    database: str
    api_key: str

    def environment(self) -> dict[str, str]:
        """For verbs of the program that look at the demo's database and broker."""
        return {**os.environ, "SMARTREGION_DATABASE_URL": self.database, "SMARTREGION_MQTT_URL": self.mqtt}


def until(condition: Callable[[], Any], patience_s: float = 30, pause_s: float = 0.1) -> Any:
    """The first true answer of `condition`; the last answer when patience ends."""
    deadline = time.monotonic() + patience_s
    while True:
        answer = condition()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(pause_s)


def start_demo(
    smartregion: str, data: pathlib.Path, *arguments: str, env: dict[str, str] | None = None
) -> Demo:
    """Start a demo and wait until its page answers."""
    data.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}.log"
    command = [smartregion, "demo", "--port", str(free_port()), "--data", str(data), *arguments]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
    run_file = data / "run.json"
    try:
        until(lambda: run_file.exists() or process.poll() is not None, _PATIENCE_S)
        assert process.poll() is None, log.read_text()
        assert run_file.exists(), log.read_text()
        return Demo(process, data, log, **json.loads(run_file.read_text()))
    except BaseException:
        process.kill()
        raise


def stop_demo(demo: Demo, how: signal.Signals = signal.SIGTERM) -> int:
    """Ask it to end; returns its exit code."""
    with contextlib.suppress(ProcessLookupError):
        demo.process.send_signal(how)
    return demo.process.wait(30)


def processes_of(data: pathlib.Path) -> dict[int, list[str]]:
    """Processes that still speak of this data folder: their commands by their numbers."""
    found = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            environment = (folder / "environ").read_bytes().decode(errors="replace")
            ours = f"SMARTREGION_DATA_DIR={data}" in environment or str(data) in " ".join(command)
            if ours and int(folder.name) != os.getpid():
                found[int(folder.name)] = command
    return found
