"""`smartregion ingest`: one worker in this process, or several as children that are kept alive."""

import contextlib
import datetime as dt
import gc
import signal
import subprocess
import sys
import time

from ingest.broker import parse_address
from ingest.profiles import load_profiles
from ingest.service import Options, Service
from ingest.sources import load_sources
from smartregion.settings import Settings, settings
from smartregion.store.database import require_url

_RESTART_S = 2.0
_PATIENCE_S = 8.0


def run(workers: int, worker: int | None) -> int:
    """Run worker `worker` of `workers`; None with several workers starts and watches them all."""
    if workers > 1 and worker is None:
        return _watch(workers)
    service = make_service(settings(), worker or 0, workers)
    tune_interpreter()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    service.run()
    return 0


def tune_interpreter() -> None:
    """Look for garbage seldom: batches make many objects and no cycles, and the search took a fifth of all
    time. Change threads soon: the one that waits for the database would get its turn after 5 ms only."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    sys.setswitchinterval(0.001)


def make_service(options: Settings, worker: int = 0, workers: int = 1) -> Service:
    """A worker by the settings; profiles and sources of the data folder win over shipped ones."""
    service_options = Options(
        require_url(options),
        parse_address(options.mqtt_url.get_secret_value()),
        options.mqtt_session,
        worker,
        workers,
        load_sources([options.data_dir / "sources"]),
    )
    name = "ingest" if workers == 1 else f"ingest {worker}"
    return Service(
        service_options, load_profiles([options.data_dir / "profiles"]), lambda text: _say(name, text)
    )


def _say(name: str, text: str) -> None:
    now = dt.datetime.now(dt.UTC)
    print(f"{now:%Y-%m-%dT%H:%M:%SZ} {name}: {text}", file=sys.stderr, flush=True)


def _watch(workers: int) -> int:
    """Start all workers, start again what ends, and pass a stop on to them."""
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    children = {worker: _start(worker, workers) for worker in range(workers)}
    failed_at_once = 0
    started = time.monotonic()
    while not stopping:
        time.sleep(0.2)
        for worker, child in children.items():
            code = child.poll()
            if code is None:
                continue
            if time.monotonic() - started < _RESTART_S and code in (1, 2):
                failed_at_once = code
                stopping = True
                break
            _say("ingest", f"worker {worker} ended with {code}; starting it again")
            time.sleep(_RESTART_S)
            children[worker] = _start(worker, workers)
    for child in children.values():
        child.terminate()
    for child in children.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_PATIENCE_S)
        if child.poll() is None:
            child.kill()
    return failed_at_once


def _start(worker: int, workers: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "smartregion",
        "ingest",
        "--workers",
        str(workers),
        "--worker",
        str(worker),
    ]
    return subprocess.Popen(command)
