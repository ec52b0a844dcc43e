"""Child processes that never outlive us: they end when we stop them, and also when we are killed."""

import contextlib
import ctypes
import dataclasses
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Callable, Sequence

from smartregion.demo.servants import Servant

_PR_SET_PDEATHSIG = 1


@dataclasses.dataclass(eq=False)
class Child:
    """A process of `command`, output appended to `log`, that can be started again as it was.

    It gets a session of its own, so that Ctrl-C reaches only us; the kernel sends it `end_signal` when the
    calling thread's process dies.
    """

    command: Sequence[str]
    log: pathlib.Path
    _: dataclasses.KW_ONLY
    environment: dict[str, str]
    servant: Servant | None = None
    end_signal: signal.Signals = signal.SIGTERM
    folder: pathlib.Path | None = None
    process: subprocess.Popen[bytes] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.start_again()

    def start_again(self) -> None:
        """After it ended; `process` is another one then."""
        servant = self.servant or Servant()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,
                user=servant.uid,
                group=servant.gid,
                extra_groups=[] if servant.uid is not None else None,
                preexec_fn=_end_with_parent(self.end_signal),
            )

    def stop(self, patience_s: float) -> bool:
        """Ask it to end in its own way, kill it after `patience_s`; True when it ended by itself."""
        return stop(self.process, self.end_signal, patience_s)


def stop(process: subprocess.Popen[bytes], how: signal.Signals, patience_s: float) -> bool:
    """Ask the process to end, kill its whole group after `patience_s`; True when it ended by itself."""
    if process.returncode is not None:
        return True
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, how)  # Popen.send_signal would reap it
    deadline_s = time.monotonic() + patience_s
    while not (willing := _has_ended(process)) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return willing


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Without reaping it: as long as it is not reaped, its number and its group belong to nobody else."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_with_parent(end_signal: signal.Signals) -> Callable[[], None] | None:
    """Linux only: PR_SET_PDEATHSIG, set after the change of user because that clears it."""
    try:
        prctl = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return None
    parent = os.getpid()

    def arm() -> None:
        prctl(_PR_SET_PDEATHSIG, int(end_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arm
