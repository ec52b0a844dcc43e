"""Mosquitto with our configuration: passwords, rights per topic, a queue that survives an outage."""

import dataclasses
import pathlib
import shutil
import subprocess
import time
from collections.abc import Sequence

from smartregion.demo import children
from smartregion.demo.ports import answers
from smartregion.demo.servants import Servant, give, owned_folder
from smartregion.errors import BrokerUnavailable
from smartregion.settings import child_environment

LIMITS = pathlib.Path(__file__).with_name("mosquitto.conf")
"""Limits and persistence, the same in the demo, in tests and in deploy/."""
_PATIENCE_S = 10


@dataclasses.dataclass(frozen=True)
class Person:
    """Someone who may sign in at the broker, with mosquitto's ACL lines, e.g. `readwrite sr/1/#`."""

    name: str
    password: str
    rights: Sequence[str]


def find() -> str | None:
    """Path of mosquitto, also where only root has it on the path."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def start(folder: pathlib.Path, port: int, people: Sequence[Person], servant: Servant) -> children.Child:
    """Write configuration, passwords and rights into `folder` and start the broker on loopback.

    Raises BrokerUnavailable with the last line of its log.
    """
    program = find()
    if program is None:
        raise BrokerUnavailable("mosquitto is not installed")
    owned_folder(folder, servant)
    configuration = _write_configuration(folder, port, people, servant)
    log = folder.parent / f"{folder.name}.log"
    child = children.Child(
        [program, "-c", str(configuration)],
        log,
        environment=child_environment(),
        servant=servant,
        folder=pathlib.Path("/"),
    )
    deadline = time.monotonic() + _PATIENCE_S
    while not answers(port):
        if child.process.poll() is not None or time.monotonic() > deadline:
            child.stop(1)
            last = (log.read_text(errors="replace").strip().splitlines() or ["no message"])[-1]
            raise BrokerUnavailable(f"mosquitto does not start: {last}")
        time.sleep(0.05)
    return child


def _write_configuration(
    folder: pathlib.Path, port: int, people: Sequence[Person], servant: Servant
) -> pathlib.Path:
    passwords, rights, configuration = folder / "passwords", folder / "acl", folder / "mosquitto.conf"
    passwords.write_text("".join(f"{person.name}:{person.password}\n" for person in people))
    passwords.chmod(0o600)
    subprocess.run([_password_program(), "-U", str(passwords)], check=True, capture_output=True)
    rights.write_text(_rights(people))
    configuration.write_text(
        f"listener {port} 127.0.0.1\n"
        "allow_anonymous false\n"
        f"password_file {passwords}\n"
        f"acl_file {rights}\n"
        f"persistence_location {folder}/\n"
        "log_dest stderr\n" + LIMITS.read_text(encoding="utf-8")
    )
    for path in (passwords, rights, configuration):
        give(path, servant)
    return configuration


def _rights(people: Sequence[Person]) -> str:
    blocks = [
        "\n".join([f"user {person.name}", *(f"topic {right}" for right in person.rights)])
        for person in people
    ]
    return "\n\n".join(blocks) + "\n"


def _password_program() -> str:
    found = shutil.which("mosquitto_passwd") or shutil.which("mosquitto_passwd", path="/usr/bin:/usr/sbin")
    if found is None:
        raise BrokerUnavailable("mosquitto_passwd is not installed beside mosquitto")
    return found
