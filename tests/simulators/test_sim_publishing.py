"""`smartregion simulate` against a real broker: what it sends arrives, and it goes when it is told to."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from simulators.errors import BadArgument, SimulatorError
from simulators.publishing import Publisher, read_broker
from smartregion.program import main

_PATIENCE_S = 60


class _Listener:
    """Counts what arrives at the broker."""

    def __init__(self, url: str) -> None:
        broker = read_broker(url, None)
        self.topics: list[str] = []
        self.state: list[dict[str, object]] = []
        self._subscribed = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        self.client.username_pw_set(broker.user, broker.password)
        self.client.on_message = self._take
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        self.client.subscribe([("sr/1/#", 1), ("v3/#", 1), ("application/#", 1)])
        assert self._subscribed.wait(_PATIENCE_S)

    def _take(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == "sr/1/_sim/state":
            if message.payload:
                self.state.append(json.loads(message.payload))
        elif not message.topic.startswith("sr/1/_sim"):
            self.topics.append(message.topic)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def listener(mosquitto_url: str) -> Iterator[_Listener]:
    heard = _Listener(mosquitto_url)
    yield heard
    heard.close()


@pytest.fixture
def mosquitto_url(request: pytest.FixtureRequest) -> str:
    """Address of the real broker of this session."""
    return str(request.getfixturevalue("mosquitto_broker").url)


def _wait_for(condition: object, what: str) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    assert callable(condition)
    while not condition():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.05)


@contextmanager
def _simulator(smartregion: str, folder: pathlib.Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = [smartregion, "simulate", "--folder", str(folder), "--scale", "0.03", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def test_history_arrives_whole_then_live_follows_until_told_to_stop(
    smartregion: str, listener: _Listener, mosquitto_url: str, tmp_path: pathlib.Path
) -> None:
    secret = tmp_path / "broker"
    secret.write_text(mosquitto_url + "\n", encoding="utf-8")
    arguments = ("--mqtt-file", str(secret), "--history-days", "1")
    with _simulator(smartregion, tmp_path / "region", *arguments) as process:
        assert process.stdout is not None
        done = re.fullmatch(r"history done: (\d+) messages, (\d+) readings\n", process.stdout.readline())
        assert done is not None
        messages, readings = int(done[1]), int(done[2])
        assert messages > 100
        assert readings > 5 * messages
        _wait_for(lambda: len(listener.topics) >= messages, "history is at the listener")
        _wait_for(lambda: len(listener.topics) > messages and listener.state, "live messages follow")
        order = b'{"fault": {"device": "bin-0001", "kind": "silent"}, "pause": true}'
        listener.client.publish("sr/1/_sim/control", order, 1)
        _wait_for(lambda: listener.state and listener.state[-1]["paused"], "the order shows in the state")
        assert listener.state[-1]["faults"] == [{"device": "bin-0001", "kind": "silent"}]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert process.stderr is not None
        assert "history 100 %" in process.stderr.read()
    _wait_for(lambda: not listener.state[-1]["running"], "the last state says that it ended")
    formats = {topic.split("/")[0] for topic in listener.topics}
    assert formats == {"sr", "v3", "application"}
    # The state stays at the broker for those who come later; nobody after this test shall read it.
    listener.client.publish("sr/1/_sim/state", b"", 1, retain=True).wait_for_publish(_PATIENCE_S)


def test_ctrl_c_in_the_middle_of_the_history_ends_it(
    smartregion: str, mosquitto_url: str, tmp_path: pathlib.Path
) -> None:
    arguments = ("--mqtt", mosquitto_url, "--history-days", "900")
    with _simulator(smartregion, tmp_path / "region", *arguments) as process:
        assert process.stderr is not None
        while "history" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


class _Proxy:
    """A TCP proxy before the broker whose connections a test can cut."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._open: list[socket.socket] = []
        self.accepted = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.accepted += 1
            upstream = socket.create_connection(("127.0.0.1", self._target))
            self._open += [client, upstream]
            for source, sink in ((client, upstream), (upstream, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            end.close()

    def cut(self) -> None:
        for end in self._open:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                end.close()
        self._open.clear()

    def close(self) -> None:
        self._server.close()
        self.cut()


def test_what_was_on_its_way_arrives_after_the_connection_is_lost(
    listener: _Listener, mosquitto_url: str
) -> None:
    broker = read_broker(mosquitto_url, None)
    proxy = _Proxy(broker.port)
    said: list[str] = []
    url = f"mqtt://{broker.user}:{broker.password}@127.0.0.1:{proxy.port}"
    with Publisher(read_broker(url, None), "sim-test-cut", threading.Event(), said.append) as publisher:
        for k in range(3000):
            if k == 1000:
                proxy.cut()
            publisher.publish(f"sr/1/cut-{k}/fill", b"{}")
        assert publisher.drain(_PATIENCE_S)
        _wait_for(lambda: len(set(listener.topics)) >= 3000, "all messages came")
    proxy.close()
    assert proxy.accepted == 2
    assert any("is gone" in line for line in said)
    assert any("is back" in line for line in said)
    assert not any(str(broker.password) in line for line in said)


def test_a_wrong_password_is_told_without_it(mosquitto_url: str) -> None:
    broker = read_broker(mosquitto_url, None)
    wrong = read_broker(f"mqtt://{broker.user}:open-sesame@{broker.host}:{broker.port}", None)
    with (
        pytest.raises(SimulatorError, match="refused") as caught,
        Publisher(wrong, "x", threading.Event(), print),
    ):
        pass
    assert "open-sesame" not in str(caught.value)


def test_nobody_there_is_told_and_a_stop_is_heard_meanwhile(free_port: int) -> None:
    stop, said = threading.Event(), list[str]()

    def say(line: str) -> None:
        said.append(line)
        stop.set()

    with Publisher(read_broker(f"mqtt://127.0.0.1:{free_port}", None), "x", stop, say) as publisher:
        assert publisher.sent == 0
    assert len(said) == 1
    assert "does not answer" in said[0]


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:1883",  # no scheme
        "http://127.0.0.1:1883",  # not MQTT
        "mqtt://",  # no host
        "mqtt://user:secret@127.0.0.1:port",  # no number
        "mqtt://user:secret@127.0.0.1:1883/topic",  # a path
    ],
)
def test_a_wrong_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadArgument, match="--mqtt") as caught:
        read_broker(url, None)
    assert "secret" not in str(caught.value)


def test_addresses_are_read() -> None:
    broker = read_broker("mqtts://a%40b:p%2Fw@broker.example", None)
    assert (broker.host, broker.port, broker.user, broker.password, broker.tls) == (
        "broker.example",
        8883,
        "a@b",
        "p/w",
        True,
    )
    assert broker.shown == "mqtts://broker.example:8883"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--mqtt", "nowhere"], "--mqtt"),
        (["--mqtt-file", "/does/not/exist"], "--mqtt-file"),
        (["--scale", "0"], "--scale"),
        (["--speed", "0.5"], "--speed"),
        (["--seed", "-1"], "--seed"),
        (["--since", "yesterday"], "--since"),
        (["--since", "2026-11-19T09:00:00"], "zone"),
        (["--since", "2999-01-01T00:00:00Z"], "1000 days"),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: list[str], complaint: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "--folder", str(tmp_path / "region"), *arguments]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert complaint in told
    assert not os.listdir(tmp_path)


def test_write_only_writes_and_ends(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--folder", str(tmp_path / "region"), "--scale", "0.02", "--write-only"]) == 0
    assert "8 sites, 32 containers" in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "region").iterdir()} == {
        "region.osm.pbf",
        "registry.csv",
        "truth.json",
    }
