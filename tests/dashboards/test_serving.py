"""The verb `serve`: where it refuses, how it stops."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator

import psycopg
import pytest

from dashboards.serving import is_loopback
from smartregion import access
from smartregion.program import main
from smartregion.settings import settings

_PATIENCE_S = 30


@pytest.fixture
def environment(database_url: str, tmp_path: pathlib.Path) -> dict[str, str]:
    """Settings of a server on a fresh database, away from any settings file."""
    return {**os.environ, "SMARTREGION_DATABASE_URL": database_url}


@pytest.fixture
def called(
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> "Iterator[Callable[..., tuple[int, str]]]":
    """Calls the program in this process; gives exit code and stderr."""
    monkeypatch.setenv("SMARTREGION_DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    yield lambda *options: (main(["serve", *options]), capsys.readouterr().err)
    settings.cache_clear()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "host 0.0.0.0: reachable from outside"),  # noqa: S104 - it must refuse
        (["--host", "0.0.0.0", "--tls-cert", "x.pem"], "one is missing"),  # noqa: S104
        (["--tls-cert", "no.pem", "--tls-key", "no.pem"], "--tls-cert no.pem: not usable"),
        (["--port", "0"], "port: 0 is not a port number"),
        (["--port", "70000"], "port: 70000 is not a port number"),
        (["--behind-proxy"], "sign-in: nobody is registered"),
        (["--host", "0.0.0.0", "--behind-proxy"], "sign-in: nobody is registered"),  # noqa: S104
    ],
)
def test_wrong_use_is_one_line(
    called: "Callable[..., tuple[int, str]]", free_port: int, options: list[str], words: str
) -> None:
    if "--port" not in options:
        options = [*options, "--port", str(free_port)]
    code, errors = called(*options)
    assert code == 2
    assert words in errors
    assert errors.count("\n") == 1


def test_a_taken_port_is_one_line(called: "Callable[..., tuple[int, str]]") -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, errors = called("--port", str(port))
    assert code == 1
    assert errors.startswith(f"smartregion: port {port} on 127.0.0.1: Address already in use")
    assert errors.count("\n") == 1


def test_a_database_that_is_down_is_one_line(
    called: "Callable[..., tuple[int, str]]", monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv("SMARTREGION_DATABASE_URL", "postgresql://x:secret@127.0.0.1:1/x")
    code, errors = called("--port", str(free_port))
    assert code == 1
    assert "database 127.0.0.1:1" in errors
    assert "secret" not in errors
    assert errors.count("\n") == 1


@contextlib.contextmanager
def _running(
    command: list[str], environment: dict[str, str], folder: pathlib.Path
) -> "Iterator[subprocess.Popen[str]]":
    """A process that is gone afterwards."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=environment, cwd=folder, stdout=pipe, stderr=pipe, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _wait(process: "subprocess.Popen[str]", address: str, context: ssl.SSLContext | None = None) -> None:
    """Until the server answers."""
    deadline = time.monotonic() + _PATIENCE_S
    while not _answers(address, context):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _answers(address: str, context: ssl.SSLContext | None) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5, context=context) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def server(
    smartregion: str, environment: dict[str, str], tmp_path: pathlib.Path, free_port: int
) -> "Iterator[tuple[subprocess.Popen[str], str]]":
    """A server that answers, and its address."""
    address = f"http://127.0.0.1:{free_port}"
    with _running([smartregion, "serve", "--port", str(free_port)], environment, tmp_path) as process:
        _wait(process, address)
        yield process, address


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_open_stream_does_not_hold_up_the_stop(
    server: "tuple[subprocess.Popen[str], str]", number: signal.Signals
) -> None:
    process, address = server
    with urllib.request.urlopen(f"{address}/api/v1/live", timeout=5) as stream:  # noqa: S310 - our own
        assert stream.readline().startswith(b"retry:")
        process.send_signal(number)
        out, errors = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 0
    assert errors == ""
    assert out == f"{address}/\n"


@pytest.fixture
def certificate(tmp_path: pathlib.Path) -> list[str]:
    """Options for a certificate of our own."""
    if shutil.which("openssl") is None:
        if os.environ.get("CI"):
            pytest.fail("openssl is not installed, but in CI nothing may be skipped")
        pytest.skip("openssl is not installed")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"]
    command += ["-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    return ["--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem")]


def test_beyond_loopback_with_tls_and_a_person(
    smartregion: str,
    environment: dict[str, str],
    connection: psycopg.Connection,
    certificate: list[str],
    tmp_path: pathlib.Path,
    free_port: int,
) -> None:
    options = ["--host", "0.0.0.0", *certificate, "--port", str(free_port)]  # noqa: S104 - what it is about
    access.add_person(connection, "Ines", "correct horse battery", "viewer")
    connection.commit()
    trusting = ssl._create_unverified_context()  # noqa: S323 - our own certificate, on this machine
    with _running([smartregion, "serve", *options], environment, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"https://0.0.0.0:{free_port}/\n"
        address = f"https://127.0.0.1:{free_port}"
        _wait(process, address, trusting)
        with urllib.request.urlopen(f"{address}/en/sign-in", timeout=5, context=trusting) as answer:  # noqa: S310
            assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("192.168.1.5", False),
        ("localhost.example.org", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, local: bool) -> None:
    assert is_loopback(host) is local
