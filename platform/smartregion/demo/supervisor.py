"""Keeps the processes of the program running: starts, watches, restarts, stops them in order."""

import dataclasses
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from smartregion.demo import children
from smartregion.settings import child_environment

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 30.0


@dataclasses.dataclass
class _Child:
    name: str
    command: list[str]
    environment: dict[str, str]
    log: pathlib.Path
    process: subprocess.Popen[bytes]
    started_s: float
    pause_s: float = _FIRST_PAUSE_S
    restart_at_s: float | None = None


class Supervisor:
    """Our processes by name; `say` receives one line for everything a person should know."""

    def __init__(self, logs: pathlib.Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say = say
        self._children: dict[str, _Child] = {}
        self.restarts = 0
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, arguments: Sequence[str], settings: Mapping[str, str]) -> pathlib.Path:
        """Start `smartregion ARGUMENTS` with these settings; returns the path of its log."""
        command = [sys.executable, "-m", "smartregion", *arguments]
        environment = child_environment(keep_settings=True, PYTHONUNBUFFERED="1", **settings)
        log = self._logs / f"{name}.log"
        process = children.start(command, log, environment=environment)
        self._children[name] = _Child(name, command, environment, log, process, time.monotonic())
        return log

    def is_running(self, name: str) -> bool:
        """Whether the process lives now."""
        return self._children[name].process.poll() is None

    def last_line(self, name: str) -> str:
        """What it said last."""
        lines = self._children[name].log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "no message"

    def watch(self) -> None:
        """Restart what died, with a growing pause; call it about once a second."""
        now_s = time.monotonic()
        for child in self._children.values():
            if child.process.poll() is None:
                if now_s - child.started_s > _STEADY_S:
                    child.pause_s = _FIRST_PAUSE_S
            elif child.restart_at_s is None:
                last = self.last_line(child.name)[:120]
                code = child.process.returncode
                self._say(
                    f"{child.name} ended with {code} ({last}); it starts again in {child.pause_s:.0f} s"
                )
                child.restart_at_s = now_s + child.pause_s
                child.pause_s = min(2 * child.pause_s, _LONGEST_PAUSE_S)
            elif now_s >= child.restart_at_s:
                child.process = children.start(child.command, child.log, environment=child.environment)
                child.started_s, child.restart_at_s = now_s, None
                self.restarts += 1

    def stop(self, names: Sequence[str], patience_s: float) -> None:
        """Ask these to end, all at once; kill what has not ended after `patience_s` together."""
        chosen = [self._children.pop(name) for name in names if name in self._children]
        for child in chosen:
            child.process.send_signal(signal.SIGTERM)
        deadline_s = time.monotonic() + patience_s
        for child in chosen:
            left_s = max(0.05, deadline_s - time.monotonic())
            if not children.stop(child.process, signal.SIGTERM, left_s):
                self._say(f"{child.name} did not end in time and was killed")
