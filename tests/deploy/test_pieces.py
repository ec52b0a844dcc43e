"""The pieces of the deployment, run for real: the broker with its rights, the database with its roles."""

import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from smartregion.demo import mosquitto, postgres
from smartregion.store.migrate import migrate

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
_PATIENCE_S = 10


def _until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(scope="module")
def made_secrets(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """What make-secrets makes, in a copy of deploy/."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("deploy")
    shutil.copy(DEPLOY / "make-secrets", folder)
    subprocess.run([str(folder / "make-secrets"), "region.example.org"], check=True, capture_output=True)
    with (folder / "secrets" / "mqtt_devices").open("a") as devices:
        devices.write("gauge-1:" + secrets.token_hex(8) + "\n")
    return folder / "secrets"


def test_secrets_are_made_once_and_closed(made_secrets: pathlib.Path) -> None:
    assert made_secrets.stat().st_mode & 0o077 == 0
    before = {path.name: path.read_bytes() for path in made_secrets.iterdir()}
    subprocess.run(
        [str(made_secrets.parent / "make-secrets"), "region.example.org"], check=True, capture_output=True
    )
    assert before == {path.name: path.read_bytes() for path in made_secrets.iterdir()}
    passwords = [value for name, value in before.items() if name.endswith("_password")]
    assert len(set(passwords)) == len(passwords)
    assert all(len(value) >= 24 for value in passwords)


@pytest.fixture(scope="module")
def broker_port(made_secrets: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """mosquitto as the compose file starts it."""
    if mosquitto.find() is None:
        if os.environ.get("CI"):
            pytest.fail("mosquitto is not installed, but in CI nothing may be skipped")
        pytest.skip("mosquitto is not installed")
    shipped = tmp_path_factory.mktemp("shipped")
    shutil.copy(DEPLOY / "mosquitto" / "acl", shipped / "acl")
    shutil.copy(mosquitto.LIMITS, shipped / "limits.conf")
    port, tls_port = _port(), _port()
    environment = {
        **os.environ,
        "PATH": os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin",
        "SECRETS": str(made_secrets),
        "SHIPPED": str(shipped),
        "PLAIN_PORT": str(port),
        "TLS_PORT": str(tls_port),
        "PLAIN_HOST": "127.0.0.1",
        "TLS_HOST": "127.0.0.1",
    }
    with tempfile.TemporaryDirectory(prefix="smartregion-test-") as state:
        pathlib.Path(state).chmod(0o755)  # mosquitto gives up root and must still enter
        process = subprocess.Popen(
            ["sh", str(DEPLOY / "mosquitto" / "start.sh")], env={**environment, "STATE": state}
        )
        assert _until(lambda: _answers(port) and _answers(tls_port)), "the broker did not start"
        yield port
        process.terminate()
        process.wait(10)


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class _Client:
    def __init__(self, port: int, user: str | None, password: str | None) -> None:
        self.refused = False
        self.connected = False
        self.received: list[str] = []
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.username_pw_set(user, password)
        self.client.on_connect = self._on_connect
        self.client.on_message = lambda *args: self.received.append(args[2].topic)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert _until(lambda: self.connected or self.refused)

    def _on_connect(self, *args: object) -> None:
        self.refused = getattr(args[3], "is_failure", True)
        self.connected = not self.refused

    def subscribe(self, *topics: str) -> None:
        """Returns when the broker has confirmed it: what is published after that arrives."""
        done: list[bool] = []
        self.client.on_subscribe = lambda *args: done.append(True)
        self.client.subscribe([(topic, 1) for topic in topics])
        assert _until(lambda: bool(done))

    def publish(self, topic: str) -> bool:
        """Whether the broker took it."""
        done: list[bool] = []
        self.client.on_publish = lambda *args: done.append(not args[3].is_failure)
        self.client.publish(topic, b"{}", qos=1)
        assert _until(lambda: bool(done))
        return done[0]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def test_broker_keeps_each_to_its_own_topics(broker_port: int, made_secrets: pathlib.Path) -> None:
    name, password = (made_secrets / "mqtt_devices").read_text().splitlines()[-1].split(":")
    reader = _Client(broker_port, "ingest", (made_secrets / "mqtt_ingest_password").read_text())
    reader.subscribe("sr/1/+/+", "v3/#", "application/#")
    device = _Client(broker_port, name, password)
    server = _Client(
        broker_port, "network-server", (made_secrets / "mqtt_network_server_password").read_text()
    )
    try:
        assert device.publish(f"sr/1/{name}/fill")
        assert not device.publish("sr/1/another/fill")
        assert not device.publish("v3/app/devices/x/up")
        assert server.publish("v3/app@tenant/devices/x/up")
        assert not server.publish("sr/1/another/fill")
        assert not reader.publish("sr/1/another/fill")
        assert _until(lambda: len(reader.received) == 2)
        assert sorted(reader.received) == [f"sr/1/{name}/fill", "v3/app@tenant/devices/x/up"]
    finally:
        for client in (reader, device, server):
            client.close()


@pytest.mark.parametrize(("user", "password"), [(None, None), ("ingest", "wrong"), ("stranger", "x")])
def test_broker_refuses_strangers(broker_port: int, user: str | None, password: str | None) -> None:
    client = _Client(broker_port, user, password)
    client.close()
    assert client.refused


def _denied() -> pytest.RaisesExc[psycopg.Error]:
    return pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction))


def test_database_logins_have_only_their_rights(
    reachable_folder: pathlib.Path, made_secrets: pathlib.Path
) -> None:
    binaries = postgres.find_binaries()
    password = (made_secrets / "database_owner_password").read_text()
    with postgres.running(reachable_folder / "cluster", _port(), password, {"fsync": "off"}) as server:
        parts = conninfo_to_dict(server.url)
        environment = {
            **os.environ,
            "PATH": f"{binaries.folder / 'bin'}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(parts["port"]),
            "PGPASSWORD": password,
            "POSTGRES_USER": str(parts["user"]),
            "POSTGRES_DB": str(parts["dbname"]),
            "SECRETS": str(made_secrets),
            "LOGINS": str(DEPLOY / "database" / "logins.sql"),
        }
        done = subprocess.run(
            ["sh", str(DEPLOY / "database" / "logins.sh")],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        migrate(server.url)
        for login in ("ingest", "web", "report"):
            secret = (made_secrets / f"{login}_password").read_text()
            url = make_conninfo(server.url, user=login, password=secret)
            with psycopg.connect(url) as connection:
                connection.execute("SELECT * FROM report.book_quarter" if login == "report" else "SELECT 1")
                with _denied(), connection.transaction():
                    connection.execute("DROP TABLE sr.book")
                if login != "ingest":
                    with _denied(), connection.transaction():
                        connection.execute("INSERT INTO sr.book VALUES ('x', now(), 1, 1, 0, 0)")
