"""The process beside us in which codecs run: no credentials, no files, killed when it does not answer."""

import atexit
import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import selectors
import subprocess
import sys
import threading
import time
from typing import Any

_SANDBOX = pathlib.Path(__file__).with_name("codec_sandbox.py")
_START_S = 20.0
_ANSWER_BYTES = 256 * 1024
_CHUNK = 65536


class NoAnswer(Exception):
    """The process did not answer in time, or ended; it is gone, and the next call starts another."""


class NoProcess(Exception):
    """No process can be started; no codec is to blame."""


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What one message may take in a codec."""

    seconds: float = 0.05
    """Processor time."""
    memory_bytes: int = 16 * 2**20
    wall_s: float = 2.0
    """After this time the process is killed, whatever its engine thinks of it."""


class CodecProcess:
    """One process for all codecs, started by the first message that needs it. Calls wait for each other."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._known: set[str] = set()
        self._rest = b""

    @property
    def pid(self) -> int | None:
        """Number of the process, None while there is none."""
        return self._child.pid if self._child is not None else None

    def call(self, codec: str, source: str, now_ms: int, given: dict[str, Any]) -> dict[str, Any]:
        """Run a codec on one message: `text`, or `error` and `late`. `codec` names the source.

        Raises NoAnswer, NoProcess.
        """
        request: dict[str, Any] = {
            "codec": codec,
            "now_ms": now_ms,
            "input": given,
            "limit_s": self.limits.seconds,
            "memory_bytes": self.limits.memory_bytes,
            "answer_bytes": _ANSWER_BYTES,
        }
        with self._lock:
            child = self._ready()
            if codec not in self._known:
                request["source"] = source
            try:
                assert child.stdin is not None  # noqa: S101 - opened as a pipe
                child.stdin.write(json.dumps(request).encode() + b"\n")
                child.stdin.flush()
                answer = self._read(child, self.limits.wall_s)
            except OSError as error:
                self._end()
                raise NoAnswer("its process ended") from error
            self._known.add(codec)
            return answer

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        try:
            # A time zone is all that it is told: local times of a codec do not depend on the machine.
            child = subprocess.Popen(
                [sys.executable, "-I", str(_SANDBOX)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"TZ": "UTC0"},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise NoProcess(str(error)) from error
        self._child = child
        try:
            self._read(child, _START_S)
        except NoAnswer as error:
            raise NoProcess(str(error)) from error
        return child

    def _read(self, child: subprocess.Popen[bytes], within_s: float) -> dict[str, Any]:
        """The next line. Kills the process and raises NoAnswer when there is none in time."""
        assert child.stdout is not None  # noqa: S101 - opened as a pipe
        end = time.monotonic() + within_s
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not selector.select(max(0.0, end - time.monotonic())):
                    self._end()
                    raise NoAnswer(f"no answer within {within_s:g} s")
                part = os.read(child.stdout.fileno(), _CHUNK)
                if not part or len(self._rest) > 8 * _ANSWER_BYTES:
                    self._end()
                    raise NoAnswer("its process ended")
                self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError as error:
            self._end()
            raise NoAnswer("its process answered nonsense") from error
        return answer if isinstance(answer, dict) else {}

    def _end(self) -> None:
        child, self._child = self._child, None
        self._known.clear()
        self._rest = b""
        if child is None:
            return
        with contextlib.suppress(OSError):
            child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


@functools.cache
def shared_process() -> CodecProcess:
    """The process of this program."""
    process = CodecProcess()
    atexit.register(process.close)
    return process
