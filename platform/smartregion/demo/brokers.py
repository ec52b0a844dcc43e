"""The demo's broker: mosquitto with rights per user, or iotcore where mosquitto is not installed."""

import dataclasses
import pathlib
import signal
import subprocess
import sys
import time

from smartregion.demo import children, mosquitto
from smartregion.demo.ports import answers
from smartregion.demo.secret_file import Secrets
from smartregion.demo.servants import Servant
from smartregion.errors import BrokerUnavailable
from smartregion.settings import child_environment

IOTCORE_COST = (
    "mosquitto is not installed: the demo uses iotcore, on this machine only. It speaks MQTT 3.1.1, has no "
    "passwords and no rights per topic, and loses its queue when it stops."
)
_DATA_TOPICS = ("sr/1/#", "v3/#", "application/#")


@dataclasses.dataclass
class Broker:
    """A running broker and the addresses for its users."""

    process: subprocess.Popen[bytes]
    kind: str
    ingest_url: str
    simulator_url: str
    demo_url: str

    def stop(self) -> None:
        """End it; mosquitto writes its store first."""
        children.stop(self.process, signal.SIGTERM, 3)


def start(folder: pathlib.Path, port: int, secrets: Secrets, servant: Servant) -> Broker:
    """Start the broker on loopback; its state lies in `folder`. Raises BrokerUnavailable with the reason."""
    if mosquitto.find() is None:
        return _start_iotcore(folder, port)
    people = [
        mosquitto.Person("ingest", secrets.broker_ingest, [f"read {topic}" for topic in _DATA_TOPICS]),
        mosquitto.Person(
            "simulator", secrets.broker_simulator, [f"readwrite {topic}" for topic in _DATA_TOPICS]
        ),
        mosquitto.Person("demo", secrets.broker_demo, [f"readwrite {topic}" for topic in _DATA_TOPICS]),
    ]
    process = mosquitto.start(folder, port, people, servant)
    urls = [f"mqtt://{person.name}:{person.password}@127.0.0.1:{port}" for person in people]
    return Broker(process, "mosquitto", *urls)


def _start_iotcore(folder: pathlib.Path, port: int) -> Broker:
    log = folder.parent / f"{folder.name}.log"
    command = [sys.executable, "-m", "iotcore", "--listen", "127.0.0.1", "--port", str(port)]
    process = children.start(command, log, environment=child_environment())
    deadline_s = time.monotonic() + 10
    while not answers(port):
        if process.poll() is not None or time.monotonic() > deadline_s:
            children.stop(process, signal.SIGTERM, 1)
            raise BrokerUnavailable("neither mosquitto nor iotcore can be started: install mosquitto")
        time.sleep(0.05)
    url = f"mqtt://127.0.0.1:{port}"
    return Broker(process, "iotcore", url, url, url)
