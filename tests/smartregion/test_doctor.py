"""The doctor: each finding with what to do, against real servers and real configuration."""

import dataclasses
import datetime as dt
import pathlib
import sys
import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from smartregion import doctor, doctor_broker, doctor_mosquitto
from smartregion.demo import children, mosquitto, ports
from smartregion.demo.servants import choose_servant
from smartregion.errors import InvalidInput, SettingsError
from smartregion.settings import Settings, child_environment
from smartregion.store import backup

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)


def _states(checks: list[doctor.Check]) -> dict[str, str]:
    return {check.subject: check.state for check in checks}


def test_a_healthy_database(database_url: str, tmp_path: pathlib.Path) -> None:
    backup.backup(database_url, tmp_path / "x.dump", NOW)
    checks = doctor.check_database(Settings(database_url=SecretStr(database_url)), NOW + dt.timedelta(days=1))
    assert _states(checks) == {"database": "ok", "schema": "ok", "backup": "ok", "clock": "ok"}


def test_a_database_that_is_down(free_port: int) -> None:
    url = f"postgresql://x:hunter2@127.0.0.1:{free_port}/sr"
    checks = doctor.check_database(Settings(database_url=SecretStr(url)), NOW)
    assert _states(checks) == {"database": "bad"}
    assert "Connection refused; start PostgreSQL" in str(checks[0])
    assert "hunter2" not in str(checks[0])


def test_a_database_without_schema(database_url: str) -> None:
    name = database_url.rsplit("/", 1)[0] + "/postgres"
    checks = {c.subject: c for c in doctor.check_database(Settings(database_url=SecretStr(name)), NOW)}
    assert checks["schema"].state == "bad"
    assert checks["schema"].remedy == "run `smartregion db migrate`"


@pytest.mark.parametrize(("days", "state"), [(None, "note"), (0.5, "ok"), (7.1, "note")])
def test_backups_grow_old(days: float | None, state: str) -> None:
    last = None if days is None else NOW - dt.timedelta(days=days)
    check = doctor.judge_backup(last, NOW)
    assert check.state == state
    assert bool(check.remedy) == (state == "note")


@pytest.mark.parametrize(("offset_s", "state"), [(0.01, "ok"), (-1.9, "ok"), (2.5, "bad"), (-3600, "bad")])
def test_clocks_must_agree(offset_s: float, state: str) -> None:
    assert doctor.judge_clock(offset_s).state == state


@pytest.mark.parametrize(
    ("free", "total", "state"),
    [(500e9, 1000e9, "ok"), (150e9, 1000e9, "note"), (90e9, 1000e9, "bad"), (1.5e9, 4e9, "bad")],
)
def test_disks_fill(free: float, total: float, state: str) -> None:
    assert doctor.judge_disk(pathlib.Path("/"), int(free), int(total)).state == state


def test_the_disk_of_a_folder_that_is_not_there_yet(tmp_path: pathlib.Path) -> None:
    assert str(tmp_path) in doctor.check_disk(Settings(data_dir=tmp_path / "a" / "b")).found


def test_versions_are_told() -> None:
    assert _states(doctor.check_versions()) == {"versions": "ok", "packages": "ok"}


@dataclasses.dataclass
class _Broker:
    port: int

    def url(self, user: str) -> str:
        return f"mqtt://{user}:secret@127.0.0.1:{self.port}"


@pytest.fixture
def broker(reachable_folder: pathlib.Path, mosquitto_broker: object) -> Iterator[_Broker]:
    """A real mosquitto with an account that reads and one that may do everything."""
    port = ports.free_port()
    people = [
        mosquitto.Person("reader", "secret", ["read #"]),
        mosquitto.Person("anything", "secret", ["readwrite #"]),
    ]
    started = mosquitto.start(reachable_folder / "broker", port, people, choose_servant())
    yield _Broker(port)
    started.stop(4)


def test_a_broker_with_our_configuration(broker: _Broker) -> None:
    checks = doctor_broker.check_broker(broker.url("reader"))
    assert _states(checks) == {"broker": "ok", "inflight": "ok", "rights": "ok", "sign-in": "ok"}


def test_an_account_that_may_write_everything(broker: _Broker) -> None:
    checks = {check.subject: check for check in doctor_broker.check_broker(broker.url("anything"))}
    assert checks["rights"].state == "bad"
    assert "pattern write sr/1/%u/#" in checks["rights"].remedy


def test_a_wrong_password(broker: _Broker) -> None:
    checks = doctor_broker.check_broker(broker.url("reader").replace("secret", "hunter2"))
    assert _states(checks) == {"broker": "bad"}
    assert checks[0].remedy == "correct user and password in mqtt_url"
    assert "hunter2" not in str(checks[0])


def test_a_broker_that_is_down(free_port: int) -> None:
    checks = doctor_broker.check_broker(f"mqtt://127.0.0.1:{free_port}")
    assert _states(checks) == {"broker": "bad"}
    assert str(checks[0]).endswith("Connection refused; start the broker or correct mqtt_url")


def test_a_broker_of_the_old_protocol(free_port: int, tmp_path: pathlib.Path) -> None:
    command = [sys.executable, "-m", "iotcore", "--listen", "127.0.0.1", "--port", str(free_port)]
    broker = children.Child(command, tmp_path / "iotcore.log", environment=child_environment())
    try:
        for _ in range(200):
            if ports.answers(free_port):
                break
            time.sleep(0.05)
        checks = doctor_broker.check_broker(f"mqtt://127.0.0.1:{free_port}")
    finally:
        broker.stop(3)
    assert _states(checks) == {"broker": "note"}
    assert "speaks MQTT 3.1.1 only; fit for a demo only" in str(checks[0])


@pytest.mark.parametrize("url", ["http://host", "mqtt://", "mqtt://host:port", "host:1883"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^setting mqtt_url: not an address: expected mqtt://"):
        doctor_broker.parse(url)


def test_an_address_with_escapes() -> None:
    address = doctor_broker.parse("mqtts://a%40b:p%3Aw@broker.example")
    assert (address.host, address.port, address.user, address.password) == (
        "broker.example",
        8883,
        "a@b",
        "p:w",
    )


def test_the_shipped_limits_pass() -> None:
    path = pathlib.Path(mosquitto.LIMITS)
    states = _states(doctor_mosquitto.check_configuration(path))
    assert {states[name] for name in ("persistence", "autosave", "queue", "inflight")} == {"ok"}
    assert states["rights"] == states["sign-in"] == "bad"  # those lines are added where the broker is started


def test_an_empty_file_has_the_dangerous_defaults(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "mosquitto.conf"
    path.write_text("# nothing\n")
    assert set(_states(doctor_mosquitto.check_configuration(path)).values()) == {"bad"}


@pytest.mark.parametrize(
    ("line", "subject", "state"),
    [
        ("autosave_interval 0", "autosave", "bad"),
        ("autosave_interval 30", "autosave", "ok"),
        ("max_queued_messages 0", "queue", "ok"),  # 0 = no limit
        ("max_inflight_messages 999", "inflight", "bad"),
        ("max_inflight_messages viele", "inflight", "bad"),
        ("acl_file /etc/acl", "rights", "ok"),
    ],
)
def test_single_lines(tmp_path: pathlib.Path, line: str, subject: str, state: str) -> None:
    path = tmp_path / "mosquitto.conf"
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "local.conf").write_text(line + "\n")
    path.write_text(f"include_dir {tmp_path / 'conf.d'}\n")
    assert _states(doctor_mosquitto.check_configuration(path))[subject] == state


def test_a_configuration_that_cannot_be_read(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InvalidInput, match=r"^--mosquitto-conf: .* is not a readable file"):
        doctor_mosquitto.check_configuration(tmp_path / "none.conf")
