"""The MQTT broker: its address, and a session that outlives us, in MQTT 5 or, where a broker lacks it, in
3.1.1."""

import dataclasses
import threading
import urllib.parse
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.bulk_client import BulkClient, Message
from smartregion.errors import BrokerUnavailable, SettingsError

WINDOW = 10_000
"""Most messages that the broker may send before we acknowledge one: back-pressure and bound of our memory."""

_EXPIRY_S = 30 * 86400
_KEEPALIVE_S = 30
_PATIENCE_S = 10
_REFUSED = {
    "Bad user name or password": "user or password is wrong",
    "Not authorized": "user may not connect",
    "Client identifier not valid": "client identifier is refused",
}


class BrokerRefuses(BrokerUnavailable):
    """The broker answers but does not let us in; trying again will not help."""


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """Where a broker listens and who we are there."""

    host: str
    port: int
    user: str | None
    password: str | None = dataclasses.field(repr=False)
    tls: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_address(url: str) -> Address:
    """Read mqtt://user:password@host:port or mqtts://...; raises SettingsError that never shows the
    password."""
    expected = "expected mqtt://user:password@host:port or mqtts://... (SMARTREGION_MQTT_URL)"
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"setting mqtt_url: {error}: {expected}") from error
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise SettingsError(f"setting mqtt_url: scheme {parts.scheme!r}, host {parts.hostname!r}: {expected}")
    user, password = (
        urllib.parse.unquote(text) if text else None for text in (parts.username, parts.password)
    )
    tls = parts.scheme == "mqtts"
    return Address(parts.hostname, port or (8883 if tls else 1883), user, password, tls)


class Session:
    """A persistent session at the broker; paho keeps it connected from its own thread.

    `on_messages` gets what came together and the number of the connection: an acknowledgement is only sent
    through the same connection, because a broker counts packet identifiers anew. While `full`, nothing is
    read from the socket. `leaving`: instead of subscribing it unsubscribes.
    """

    client_class: ClassVar[type[BulkClient]] = BulkClient
    """The benchmark puts paho's own reading here."""

    def __init__(
        self,
        address: Address,
        client_id: str,
        topics: Sequence[str],
        on_messages: Callable[[list[Message], int], None],
        say: Callable[[str], None],
        full: Callable[[], bool] = lambda: False,
        leaving: bool = False,
    ) -> None:
        self._full = full
        self._address, self._client_id, self._topics = address, client_id, topics
        self._deliver, self._say = on_messages, say
        self._answered = threading.Event()
        self._left = threading.Event()
        self._leaving = leaving
        self._refusal: str | None = None
        self.connection = 0
        """Number of the present connection; 0 before the first."""
        self.session_present = False
        self.subscribed = False
        """Whether the broker has confirmed every topic."""
        self.known_since = 0
        """The first connection of the session that the broker has now."""
        self._client = self._make(mqtt.MQTTv5)

    def open(self) -> None:
        """Connect and subscribe. Raises BrokerUnavailable when nobody answers or we are refused."""
        try:
            self._connect()
        except _SpeaksNoMqtt5:
            self._client = self._make(mqtt.MQTTv311)
            self._connect()
            self._say(
                f"broker {self._address} speaks MQTT 3.1.1 only: no receive-maximum, no reasons for refusals"
            )

    def acknowledge(self, numbers: Sequence[int], connection: int) -> None:
        """Acknowledge packet identifiers, where the connection that they came through still stands."""
        if connection == self.connection and self._client.is_connected():
            self._client.acknowledge(numbers)

    def leave(self) -> None:
        """Unsubscribe, now and after each reconnect; what waits at the broker still comes."""
        self._leaving = True
        self._unsubscribe()

    def left(self, patience_s: float = 5) -> bool:
        """Whether the broker confirms that we are unsubscribed.

        It answers in order: what it had sent on our last acknowledgements comes before the answer.
        """
        self._left.clear()
        return self._unsubscribe() and self._left.wait(patience_s)

    def close(self, patience_s: float = 2, forget: bool = False) -> None:
        """Let acknowledgements leave, then disconnect; session and subscriptions stay at the broker, but
        when it is told to forget them."""
        waited = threading.Event()
        for _ in range(int(patience_s / 0.02)):
            if not self._client.want_write():
                break
            waited.wait(0.02)
        if forget and self.speaks_mqtt5:
            properties: Any = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = 0
            self._client.disconnect(properties=properties)
        else:
            self._client.disconnect()
        self._client.loop_stop()

    @property
    def speaks_mqtt5(self) -> bool:
        """Whether the broker has what handing over needs: a window, and an end of a session."""
        return self._client.protocol == mqtt.MQTTv5

    def _unsubscribe(self) -> bool:
        result, _ = self._client.unsubscribe(list(self._topics))
        return result == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _make(self, protocol: Any) -> BulkClient:
        options: dict[str, Any] = {} if protocol == mqtt.MQTTv5 else {"clean_session": False}
        client = self.client_class(
            self._on_messages, CallbackAPIVersion.VERSION2, self._client_id, protocol=protocol, **options
        )
        client.full = self._full
        if self._address.user is not None:
            client.username_pw_set(self._address.user, self._address.password)
        if self._address.tls:
            client.tls_set()
        client.reconnect_delay_set(1, 30)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe
        return client

    def _connect(self) -> None:
        client, address = self._client, self._address
        self._answered.clear()
        self._refusal = None
        arguments: dict[str, Any] = {}
        if client.protocol == mqtt.MQTTv5:
            properties: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = _EXPIRY_S
            properties.ReceiveMaximum = WINDOW
            arguments = {"clean_start": False, "properties": properties}
        try:
            client.connect(address.host, address.port, _KEEPALIVE_S, **arguments)
        except (OSError, ValueError) as error:
            raise BrokerUnavailable(f"broker {address}: {error}; start it or correct mqtt_url") from error
        client.loop_start()
        self._answered.wait(_PATIENCE_S)
        if self.connection > 0:
            return
        client.disconnect()
        client.loop_stop()
        if client.protocol == mqtt.MQTTv5 and self._refusal in (None, "Unsupported protocol version"):
            raise _SpeaksNoMqtt5
        if self._refusal is None:
            raise BrokerUnavailable(f"broker {address}: no answer to MQTT; check mqtt_url")
        raise BrokerRefuses(f"broker {address}: {_REFUSED.get(self._refusal, self._refusal)}; check mqtt_url")

    def _on_connect(
        self, client: mqtt.Client, _data: object, flags: mqtt.ConnectFlags, reason: ReasonCode, _: object
    ) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
            if self.connection > 0:
                self._say(f"broker {self._address} refuses us: {reason}; trying on")
            self._answered.set()
            return
        again = self.connection > 0
        self.subscribed = False
        self.connection += 1
        self.session_present = flags.session_present
        if not flags.session_present:
            self.known_since = self.connection
        if self._leaving:
            self._unsubscribe()
        elif client.protocol == mqtt.MQTTv5:
            options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
            client.subscribe([(topic, options) for topic in self._topics])
        else:
            client.subscribe([(topic, 1) for topic in self._topics])
        if again:
            kept = "" if flags.session_present else ", but it had forgotten our session"
            self._say(f"broker {self._address} answers again{kept}")
        if self._leaving:
            self._answered.set()

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _number: int, reasons: list[ReasonCode], _: object
    ) -> None:
        refused = [topic for topic, why in zip(self._topics, reasons, strict=False) if why.is_failure]
        if refused:
            self._say(f"broker {self._address}: we may not read {', '.join(refused)}")
        self.subscribed = not refused
        self._answered.set()

    def _on_unsubscribe(self, *_: object) -> None:
        self._left.set()

    def _on_disconnect(
        self, _client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _: object
    ) -> None:
        if self.connection > 0 and reason != 0:
            self._say(f"broker {self._address} is gone ({reason}); reconnecting")
        if self.connection == 0:
            self._answered.set()

    def _on_messages(self, messages: list[Message]) -> None:
        self._deliver(messages, self.connection)


class _SpeaksNoMqtt5(Exception):
    """The broker hung up on MQTT 5."""


def publisher(address: Address, client_id: str) -> mqtt.Client:
    """A connected client that publishes; its loop runs. Raises BrokerUnavailable."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv311, clean_session=True)
    answered = threading.Event()
    refusal: list[str] = []

    def on_connect(
        _client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _: object
    ) -> None:
        if reason.is_failure:
            refusal.append(str(reason))
        answered.set()

    client.on_connect = on_connect
    if address.user is not None:
        client.username_pw_set(address.user, address.password)
    if address.tls:
        client.tls_set()
    client.max_inflight_messages_set(1000)
    client.max_queued_messages_set(0)
    try:
        client.connect(address.host, address.port, _KEEPALIVE_S)
    except (OSError, ValueError) as error:
        raise BrokerUnavailable(f"broker {address}: {error}; start it or correct mqtt_url") from error
    client.loop_start()
    if not answered.wait(_PATIENCE_S) or refusal:
        client.loop_stop()
        if not refusal:
            raise BrokerUnavailable(f"broker {address}: no answer to MQTT; check mqtt_url")
        raise BrokerRefuses(f"broker {address}: {_REFUSED.get(refusal[0], refusal[0])}; check mqtt_url")
    return client
