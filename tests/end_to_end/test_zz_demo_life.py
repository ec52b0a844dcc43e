"""The life of a demo: files, a killed child, a neighbour, the end, the second start. Runs after the pages."""

import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import urllib.error
import urllib.request

import pytest

from smartregion.demo import mosquitto
from tests.support.running_demo import Demo, processes_of, start_demo, stop_demo, until


def _server(demo: Demo, program: str) -> int | None:
    """The first process of a server whose files lie in the demo's folder."""
    found = [
        number
        for number, (name, *arguments) in processes_of(demo.data).items()
        if pathlib.PurePath(name).name == program and str(demo.data) in " ".join(arguments)
    ]
    return min(found, default=None)


def _pid_of(demo: Demo, verb: str) -> int | None:
    running = processes_of(demo.data).items()
    return next((number for number, command in running if {"smartregion", verb} <= set(command)), None)


def test_run_file_is_private_and_complete(demo: Demo) -> None:
    path = demo.data / "run.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(json.loads(path.read_text())) == {"web", "mqtt", "database", "api_key"}


def test_no_password_in_process_list_or_logs(demo: Demo) -> None:
    secrets = json.loads((demo.data / "secrets.json").read_text()).values()
    text = "\n".join(" ".join(command) for command in processes_of(demo.data).values()) + demo.log.read_text()
    for path in (demo.data / "logs").iterdir():
        text += path.read_text(errors="replace")
    assert not [secret for secret in secrets if secret in text]


def test_a_killed_ingest_comes_back_and_the_books_balance(demo: Demo, smartregion: str) -> None:
    pid = _pid_of(demo, "ingest")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: _pid_of(demo, "ingest") not in (None, pid))
    assert until(lambda: "ingest ended with -9" in demo.log.read_text())
    done = subprocess.run(
        [smartregion, "books", "--json"], env=demo.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize(("name", "program"), [("database", "postgres"), ("broker", "mosquitto")])
def test_a_killed_server_comes_back_and_the_books_balance(
    demo: Demo, smartregion: str, name: str, program: str
) -> None:
    if name == "broker" and mosquitto.find() is None:
        pytest.skip("mosquitto is not installed")
    pid = _server(demo, program)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: f"{name} ended with -9" in demo.log.read_text())
    assert until(lambda: _server(demo, program) not in (None, pid))

    def balanced() -> bool:
        command = [smartregion, "books", "--json"]
        done = subprocess.run(command, env=demo.environment(), capture_output=True, check=False)
        return done.returncode == 0

    assert until(balanced, 60)


def test_a_second_demo_lives_beside_the_first_and_ends_by_itself(
    demo: Demo, smartregion: str, reachable_folder: pathlib.Path, with_kernels: dict[str, str]
) -> None:
    wish = ("--history-days", "1", "--seed", "2", "--minutes", "0.1")
    other = start_demo(smartregion, reachable_folder / "data", *wish, env=with_kernels)
    with urllib.request.urlopen(f"{demo.web}/healthz", timeout=10) as answer:  # noqa: S310
        assert answer.status == 200
    assert other.process.wait(90) == 0
    said = other.log.read_text()
    assert re.search(r"messages +\d+ received", said)
    assert "balanced, recounted from the tables" in said
    assert re.search(r"tours +\d+ with", said)
    assert not processes_of(other.data)


def test_the_end_leaves_nothing_behind_and_the_data_survive(
    demo: Demo, smartregion: str, with_kernels: dict[str, str]
) -> None:
    def answered() -> bool:
        try:
            with urllib.request.urlopen(f"{demo.web}/api/v1/overview", timeout=20) as answer:  # noqa: S310
                assert answer.status == 200
            with urllib.request.urlopen(f"{demo.web}/api/v1/readings?limit=1", timeout=20) as answer:  # noqa: S310
                return len(json.load(answer)["items"]) == 1
        except urllib.error.HTTPError as error:  # the pages' server may still have to find a killed database
            print(error.code, error.read())
            return False

    assert until(answered)
    assert stop_demo(demo, signal.SIGINT) == 0
    assert until(lambda: not processes_of(demo.data), 5), processes_of(demo.data)
    assert not (demo.data / "run.json").exists()
    again = start_demo(smartregion, demo.data, env=with_kernels)
    vars(demo).update(vars(again))
    assert until(answered)
    assert "history" not in demo.log.read_text().split("stopped")[-1].replace("history.done", "")
    assert stop_demo(demo) == 0  # other rooms' tests want the cores
