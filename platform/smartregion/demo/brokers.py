"""The demo's broker: mosquitto with rights per user, or iotcore where mosquitto is not installed."""

import dataclasses
import pathlib
import sys
import time
from collections.abc import Sequence

from smartregion.demo import children, mosquitto
from smartregion.demo.ports import answers
from smartregion.demo.secret_file import Secrets
from smartregion.demo.servants import Servant
from smartregion.errors import BrokerUnavailable
from smartregion.settings import child_environment

IOTCORE_COST = (
    "broker answers: iotcore instead of mosquitto, on this machine only. It speaks MQTT 3.1.1, knows "
    "passwords but no rights per topic, and loses its queue when it stops. Better: install mosquitto."
)
_IOTCORE = """\
id = 0

[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 1000
max_segment_size = 104857600
max_segment_count = 20

[v4.1]
name = "loopback"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1

[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 1000
dynamic_filters = true

[v4.1.connections.auth]
{passwords}
"""
_DATA_TOPICS = ("sr/1/#", "v3/#", "application/#")


@dataclasses.dataclass
class Broker:
    """A running broker and the addresses for its users."""

    child: children.Child
    kind: str
    ingest_url: str
    simulator_url: str
    web_url: str
    demo_url: str

    def stop(self) -> None:
        """End it; mosquitto writes its store first."""
        self.child.stop(3)


def start(folder: pathlib.Path, port: int, secrets: Secrets, servant: Servant, kind: str = "auto") -> Broker:
    """Start the broker on loopback; its state lies in `folder`.

    `kind` is mosquitto, iotcore, or auto: mosquitto where it is installed.
    Raises BrokerUnavailable with the reason.
    """
    people = [
        mosquitto.Person("ingest", secrets.broker_ingest, ["read #"]),
        mosquitto.Person(
            "simulator", secrets.broker_simulator, [f"readwrite {topic}" for topic in _DATA_TOPICS]
        ),
        mosquitto.Person("web", secrets.broker_web, ["read sr/1/_sim/#", "write sr/1/_sim/control"]),
        mosquitto.Person("demo", secrets.broker_demo, ["readwrite #"]),
    ]
    if kind == "auto":
        kind = "iotcore" if mosquitto.find() is None else "mosquitto"
    run = _start_iotcore if kind == "iotcore" else mosquitto.start
    child = run(folder, port, people, servant)
    urls = [f"mqtt://{person.name}:{person.password}@127.0.0.1:{port}" for person in people]
    return Broker(child, kind, *urls)


def _start_iotcore(
    folder: pathlib.Path, port: int, people: Sequence[mosquitto.Person], servant: Servant
) -> children.Child:
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "iotcore.toml"
    configuration.touch(mode=0o600)
    passwords = "\n".join(f'{person.name} = "{person.password}"' for person in people)
    configuration.write_text(_IOTCORE.format(port=port, passwords=passwords), encoding="utf-8")
    log = folder.parent / f"{folder.name}.log"
    command = [sys.executable, "-m", "iotcore", "--config", str(configuration), "--log-level", "ERROR"]
    child = children.Child(command, log, environment=child_environment())
    deadline_s = time.monotonic() + 10
    while not answers(port):
        if child.process.poll() is not None or time.monotonic() > deadline_s:
            child.stop(1)
            raise BrokerUnavailable("neither mosquitto nor iotcore can be started: install mosquitto")
        time.sleep(0.05)
    return child
