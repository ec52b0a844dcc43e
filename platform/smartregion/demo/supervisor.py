"""Keeps the processes of the program running: starts, watches, restarts, stops them in order."""

import dataclasses
import pathlib
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from smartregion.demo import children
from smartregion.settings import child_environment

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 30.0


@dataclasses.dataclass
class _Kept:
    name: str
    child: children.Child
    started_s: float
    pause_s: float = _FIRST_PAUSE_S
    restart_at_s: float | None = None


class Supervisor:
    """Our processes by name; `say` receives one line for everything a person should know."""

    def __init__(self, logs: pathlib.Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say = say
        self._kept: dict[str, _Kept] = {}
        self.restarts = 0
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, arguments: Sequence[str], settings: Mapping[str, str]) -> pathlib.Path:
        """Start `smartregion ARGUMENTS` with these settings; returns the path of its log."""
        command = [sys.executable, "-m", "smartregion", *arguments]
        environment = child_environment(keep_settings=True, PYTHONUNBUFFERED="1", **settings)
        log = self._logs / f"{name}.log"
        self.keep(name, children.Child(command, log, environment=environment))
        return log

    def keep(self, name: str, child: children.Child) -> None:
        """Start again what somebody else started and will stop."""
        self._kept[name] = _Kept(name, child, time.monotonic())

    def is_running(self, name: str) -> bool:
        """Whether the process lives now."""
        return self._kept[name].child.process.poll() is None

    def last_line(self, name: str) -> str:
        """What it said last."""
        lines = self._kept[name].child.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "no message"

    def watch(self) -> None:
        """Restart what died, with a growing pause; call it about once a second."""
        now_s = time.monotonic()
        for kept in self._kept.values():
            if kept.child.process.poll() is None:
                if now_s - kept.started_s > _STEADY_S:
                    kept.pause_s = _FIRST_PAUSE_S
            elif kept.restart_at_s is None:
                last = self.last_line(kept.name)[:120]
                code = kept.child.process.returncode
                self._say(f"{kept.name} ended with {code} ({last}); it starts again in {kept.pause_s:.0f} s")
                kept.restart_at_s = now_s + kept.pause_s
                kept.pause_s = min(2 * kept.pause_s, _LONGEST_PAUSE_S)
            elif now_s >= kept.restart_at_s:
                kept.child.start_again()
                kept.started_s, kept.restart_at_s = now_s, None
                self.restarts += 1

    def stop(self, names: Sequence[str], patience_s: float) -> None:
        """Ask these to end, all at once; kill what has not ended after `patience_s` together."""
        chosen = [self._kept.pop(name) for name in names if name in self._kept]
        for kept in chosen:
            kept.child.process.send_signal(signal.SIGTERM)
        deadline_s = time.monotonic() + patience_s
        for kept in chosen:
            if not kept.child.stop(max(0.05, deadline_s - time.monotonic())):
                self._say(f"{kept.name} did not end in time and was killed")
