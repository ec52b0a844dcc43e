"""What can be seen of an MQTT broker from outside: protocol, limits, who may connect and write."""

import dataclasses
import secrets
import threading
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from smartregion.doctor import Check
from smartregion.errors import SettingsError

_WAIT_S = 5
_LEAST_INFLIGHT = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """A broker's address from its URL."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool

    @property
    def place(self) -> str:
        """Host and port, without secrets."""
        return f"{self.host}:{self.port}"


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """How the broker answered: `refusal` is empty when it let us in; None where it gave no answer at all."""

    refusal: str | None
    receive_maximum: int = 65535
    may_write_others: bool | None = None


def parse(url: str) -> Address:
    """Read mqtt://user:password@host:port or mqtts://...; raises SettingsError."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or port == -1:
        raise SettingsError(
            "setting mqtt_url: not an address: expected mqtt://user:password@host:port or mqtts://"
        )
    tls = parts.scheme == "mqtts"
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return Address(parts.hostname, port or (8883 if tls else 1883), user, password, tls)


def check_broker(url: str) -> list[Check]:
    """Connect as MQTT 5 and judge what is seen; MQTT 3.1.1 is tried where that is refused."""
    try:
        address = parse(url)
    except SettingsError as error:
        return [Check("bad", "broker", str(error))]
    answer = ask(address, MQTTProtocolVersion.MQTTv5)
    if answer.refusal is None or answer.refusal:
        older = ask(address, MQTTProtocolVersion.MQTTv311)
        if older.refusal == "":
            remedy = "fit for a demo only: install mosquitto for sessions that survive, and rights per topic"
            return [Check("note", "broker", f"{address.place} speaks MQTT 3.1.1 only", remedy)]
        return [_unreachable(address, answer)]
    checks = [Check("ok", "broker", f"{address.place} speaks MQTT 5{' over TLS' if address.tls else ''}")]
    checks.append(judge_inflight(answer.receive_maximum))
    checks.append(judge_rights(answer.may_write_others))
    checks.append(_anonymous(address))
    return checks


def judge_inflight(receive_maximum: int) -> Check:
    """A batch that waits for more messages than may be in flight is only sent off by its time limit."""
    text = f"{receive_maximum} messages may be unacknowledged"
    if receive_maximum < _LEAST_INFLIGHT:
        return Check(
            "bad", "inflight", text, f"set max_inflight_messages {_LEAST_INFLIGHT} or more in mosquitto.conf"
        )
    return Check("ok", "inflight", text)


def judge_rights(may_write_others: bool | None) -> Check:
    """The account of ingest only reads; a device only writes below its own name."""
    if may_write_others is None:
        return Check(
            "note", "rights", "the broker does not tell whether a message was allowed", "check its ACL"
        )
    if may_write_others:
        remedy = "give devices `pattern write sr/1/%u/#` and this account `topic read #` in the ACL file"
        return Check("bad", "rights", "this account may write topics of any device", remedy)
    return Check("ok", "rights", "this account may not write topics of devices")


def ask(address: Address, protocol: MQTTProtocolVersion, anonymous: bool = False) -> Answer:
    """Connect once and, with MQTT 5, try to write below the name of a device that nobody has.

    The topic has one level more than any that ingest reads, so that nothing enters the books.
    """
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=f"sr-doctor-{secrets.token_hex(4)}", protocol=protocol
    )
    if address.tls:
        client.tls_set()
    if address.user is not None and not anonymous:
        client.username_pw_set(address.user, address.password)
    seen: dict[str, Any] = {}
    connected, answered = threading.Event(), threading.Event()

    def on_connect(
        _c: mqtt.Client, _u: Any, _f: Any, code: ReasonCode, properties: Properties | None
    ) -> None:
        seen["refusal"] = str(code) if code.is_failure else ""
        seen["receive_maximum"] = getattr(properties, "ReceiveMaximum", 65535)
        connected.set()

    def on_publish(_c: mqtt.Client, _u: Any, _m: int, code: ReasonCode, _p: Properties | None) -> None:
        seen["written"] = not code.is_failure
        answered.set()

    def on_disconnect(*_: Any) -> None:
        connected.set()
        answered.set()

    client.on_connect, client.on_publish, client.on_disconnect = on_connect, on_publish, on_disconnect
    try:
        client.connect(address.host, address.port, keepalive=30)
    except OSError as error:
        return Answer(None if not str(error) else f"{error.strerror or error}")
    client.loop_start()
    try:
        connected.wait(_WAIT_S)
        refusal = seen.get("refusal")
        if refusal == "" and protocol == MQTTProtocolVersion.MQTTv5 and not anonymous:
            client.publish(f"sr/1/doctor-{secrets.token_hex(4)}/doctor/rights", b"", qos=1)
            answered.wait(_WAIT_S)
        return Answer(refusal, seen.get("receive_maximum", 65535), seen.get("written"))
    finally:
        client.on_disconnect = None
        client.disconnect()
        client.loop_stop()


def _unreachable(address: Address, answer: Answer) -> Check:
    reason = answer.refusal or "no answer"
    if "uthor" in reason or "ser name" in reason:
        return Check("bad", "broker", f"{address.place}: {reason}", "correct user and password in mqtt_url")
    return Check("bad", "broker", f"{address.place}: {reason}", "start the broker or correct mqtt_url")


def _anonymous(address: Address) -> Check:
    if ask(address, MQTTProtocolVersion.MQTTv5, anonymous=True).refusal == "":
        remedy = "set allow_anonymous false and a password_file in mosquitto.conf"
        return Check("bad", "sign-in", "anybody may connect without a password", remedy)
    return Check("ok", "sign-in", "nobody connects without a password")
