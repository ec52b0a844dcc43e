"""The demo refuses clearly: a taken port, a folder in use, nonsense on the command line."""

import fcntl
import os
import pathlib
import socket
import subprocess

import pytest


def _demo(smartregion: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [smartregion, "demo", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_a_taken_port_is_one_clear_line(smartregion: str, tmp_path: pathlib.Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = _demo(smartregion, "--port", str(port), "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert done.stderr.startswith(f"smartregion: port {port} is taken")
    assert done.stderr.count("\n") == 1


def test_a_data_folder_in_use_is_one_clear_line(
    smartregion: str, tmp_path: pathlib.Path, free_port: int
) -> None:
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = _demo(smartregion, "--port", str(free_port), "--data", str(tmp_path))
    assert done.returncode == 1
    assert "another demo uses it" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [["--port", "0"], ["--port", "http"], ["--speed", "-1"], ["--minutes", "nan"]],
    ids=" ".join,
)
def test_wrong_usage_is_exit_2(smartregion: str, arguments: list[str]) -> None:
    done = _demo(smartregion, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_database_that_is_down_is_one_clear_line(
    smartregion: str, tmp_path: pathlib.Path, free_port: int
) -> None:
    done = subprocess.run(
        [smartregion, "demo", "--port", str(free_port), "--data", str(tmp_path)],
        env={**os.environ, "SMARTREGION_DATABASE_URL": f"postgresql://x:y@127.0.0.1:{free_port}/z"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"database 127.0.0.1:{free_port}" in done.stderr
    assert "Traceback" not in done.stderr
