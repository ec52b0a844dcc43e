"""Publishing with QoS 1, many messages on the way at once, through losses of the broker."""

import pathlib
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from simulators.errors import BadArgument, SimulatorError

_IN_FLIGHT = 800
"""Messages sent and not yet acknowledged; below the window that brokers usually grant."""
_WAITING = 3000
"""Messages handed over and not yet acknowledged, those in flight included: the bound on memory."""
_FIRST_TRY_S = 15.0
_LAST_WAIT_S = 10.0
_BACK_OFF_S = (1, 30)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Broker:
    """Where the broker is and who we are there."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool

    @property
    def shown(self) -> str:
        """The address without the password."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def read_broker(url: str | None, file: pathlib.Path | None) -> Broker:
    """The broker of an address, or of a file that holds one, so that no password stands in a list of
    processes.
    """
    if file is not None:
        try:
            url = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadArgument(
                "--mqtt-file", file, f"a readable file with mqtt://user:password@host:port ({error})"
            ) from error
    shown = (url or "").rpartition("@")[2]
    expected = "mqtt://user:password@host:port or mqtts://..."
    try:
        parts = urllib.parse.urlsplit(url or "")
        port = parts.port
    except ValueError as error:
        raise BadArgument("--mqtt", shown, expected) from error
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or parts.path not in ("", "/"):
        raise BadArgument("--mqtt", shown, expected)
    tls = parts.scheme == "mqtts"
    user, password = (
        urllib.parse.unquote(part) if part else None for part in (parts.username, parts.password)
    )
    return Broker(parts.hostname, port or (8883 if tls else 1883), user, password, tls)


class Publisher:
    """A connection that publishes; use it in a `with` block.

    `publish` waits while too much is on its way, and gives up quietly once `stop` is set.
    """

    def __init__(self, broker: Broker, client_id: str, stop: threading.Event, say: Say) -> None:
        self._broker, self._stop, self._say = broker, stop, say
        self._room = threading.Semaphore(_WAITING)
        self._connected = threading.Event()
        self._refused: str | None = None
        self._lost_at: float | None = None
        self._handlers: dict[str, Callable[[str, bytes], None]] = {}
        self.sent = 0
        self._acknowledged = 0
        self._client = client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv311
        )
        client.max_inflight_messages_set(_IN_FLIGHT)
        client.max_queued_messages_set(0)
        client.reconnect_delay_set(*_BACK_OFF_S)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_publish, client.on_message = self._on_publish, self._on_message
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            client.tls_set()

    def __enter__(self) -> "Publisher":
        deadline_s = time.monotonic() + _FIRST_TRY_S
        if not self._reached(deadline_s):
            return self
        self._client.loop_start()
        while not (self._connected.wait(0.1) or self._stop.is_set()):
            if self._refused is not None or time.monotonic() > deadline_s:
                self._client.loop_stop()
                why = self._refused or "no answer to CONNECT"
                raise SimulatorError(f"broker {self._broker.shown}: refused: {why}")
        return self

    def __exit__(self, *_: object) -> None:
        # Who was told to stop must not hang: a second is enough for what is on its way to a broker that is
        # there.
        if self._connected.is_set() or not self._stop.is_set():
            self.drain(1.0 if self._stop.is_set() else _LAST_WAIT_S)
        self._client.disconnect()
        self._client.loop_stop()

    def _reached(self, deadline_s: float) -> bool:
        """Open the connection, trying for a while; False when we are to stop meanwhile."""
        wait_s = 0.25
        while not self._stop.is_set():
            try:
                self._client.connect(self._broker.host, self._broker.port, keepalive=30)
                return True
            except OSError as error:
                reason = " ".join(str(error).split())
                if time.monotonic() > deadline_s:
                    raise SimulatorError(f"broker {self._broker.shown}: no connection: {reason}") from error
                self._say(f"broker {self._broker.shown} does not answer ({reason}), next try in {wait_s:g} s")
                self._stop.wait(wait_s)
                wait_s = min(2 * wait_s, 4.0)
        return False

    def subscribe(self, topic: str, handler: Callable[[str, bytes], None]) -> None:
        """Call `handler` with topic and payload of messages, in the network's thread.

        Retained ones are left out.
        """
        self._handlers[topic] = handler
        self._client.subscribe(topic, 1)

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        """Hand a message over; False when we are to stop."""
        while not self._room.acquire(timeout=0.25):
            if self._stop.is_set():
                return False
        self._client.publish(topic, payload, 1, retain)
        self.sent += 1
        return not self._stop.is_set()

    def drain(self, timeout_s: float | None = None) -> bool:
        """Wait until the broker has acknowledged everything, at most so long, or until we are to stop and it
        is away.
        """
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        while self._acknowledged < self.sent:
            if deadline_s is not None and time.monotonic() > deadline_s:
                return False
            if timeout_s is None and self._stop.is_set():
                return False
            time.sleep(0.02)
        return True

    @property
    def waiting(self) -> int:
        """Messages handed over and not yet acknowledged."""
        return self.sent - self._acknowledged

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._refused = str(reason)
            return
        if self._lost_at is not None:
            self._say(
                f"broker is back after {time.monotonic() - self._lost_at:.0f} s, "
                f"{self.waiting} messages go on"
            )
            self._lost_at = None
        for topic in self._handlers:
            client.subscribe(topic, 1)
        self._connected.set()

    def _on_disconnect(
        self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if self._connected.is_set() and reason.is_failure and not self._stop.is_set():
            self._connected.clear()
            self._lost_at = time.monotonic()
            self._say(
                f"broker {self._broker.shown} is gone ({reason}), trying again every 1 to 30 s, "
                f"{self.waiting} messages wait"
            )

    def _on_publish(self, _client: Any, _data: Any, _mid: int, _reason: Any, _properties: Any) -> None:
        self._acknowledged += 1
        self._room.release()

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        if not message.retain:
            for pattern, handler in self._handlers.items():
                if mqtt.topic_matches_sub(pattern, message.topic):
                    handler(message.topic, bytes(message.payload))
