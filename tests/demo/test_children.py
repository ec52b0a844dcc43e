"""Children end when they are stopped, and also when their parent is killed."""

import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from smartregion.demo import children
from smartregion.demo.supervisor import Supervisor

_STUBBORN = (
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('up', flush=True)\n"
    "time.sleep(600)\n"
)


def _alive(pid: int) -> bool:
    """Neither gone nor a zombie."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _wait(condition: Callable[[], bool], patience_s: float = 10) -> bool:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_stubborn_child_is_killed(tmp_path: pathlib.Path) -> None:
    log = tmp_path / "log"
    process = children.Child([sys.executable, "-c", _STUBBORN], log, environment=dict(os.environ)).process
    assert _wait(lambda: "up" in log.read_text())
    assert not children.stop(process, signal.SIGTERM, 0.2)
    assert process.returncode == -signal.SIGKILL


def test_a_willing_child_ends_by_itself(tmp_path: pathlib.Path) -> None:
    child = children.Child(["sleep", "600"], tmp_path / "log", environment=dict(os.environ))
    assert child.stop(5)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends orphans on Linux only")
def test_children_die_with_a_killed_parent(tmp_path: pathlib.Path) -> None:
    program = (
        "import os, pathlib, sys, time\n"
        "from smartregion.demo import children\n"
        "child = children.Child(['sleep', '600'], pathlib.Path(sys.argv[1]), environment=dict(os.environ))\n"
        "print(child.process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert _alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert _wait(lambda: not _alive(pid))


def test_the_supervisor_starts_again_what_was_killed(tmp_path: pathlib.Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(tmp_path / "logs", said.append)
    supervisor.start("broken", ["a-verb-that-does-not-exist"], {})

    def started_again() -> bool:
        supervisor.watch()
        return supervisor.restarts >= 1

    assert _wait(started_again, 20)
    assert "broken ended with 2" in said[0]
    supervisor.stop(["broken"], 2)
