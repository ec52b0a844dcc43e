"""The simulators of a demo, seen and steered over MQTT: what they tell, and orders to them."""

import contextlib
import datetime as dt
import secrets
import threading
import time

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from smartregion.doctor_broker import parse

STATE_TOPIC = "sr/1/_sim/state"
CONTROL_TOPIC = "sr/1/_sim/control"
FRESH_S = 20.0
"""Simulators tell their state every five seconds; after this silence they are gone."""


class SimulatorState(msgspec.Struct, frozen=True):
    """What the simulators told last."""

    time: dt.datetime
    """Their clock, UTC."""
    speed: float
    """Times real time."""
    paused: bool
    messages: int = 0
    """Published since their start."""
    refused: str | None = None
    """Why the last order could not be followed."""


class SimulatorLink:
    """A connection that is made when somebody first asks; without a broker there is simply no state."""

    def __init__(self, mqtt_url: str) -> None:
        self._address = parse(mqtt_url)
        self._lock = threading.Lock()
        self._client: mqtt.Client | None = None
        self._state: SimulatorState | None = None
        self._heard_s = 0.0

    def state(self) -> SimulatorState | None:
        """The newest state; None while nobody tells one."""
        self._connect()
        return self._state if time.monotonic() - self._heard_s < FRESH_S else None

    def order(self, speed: float | None = None, pause: bool | None = None) -> None:
        """Ask for another speed (times real time, above 0) or for a pause; what is None stays."""
        wish = {"speed": speed, "pause": pause}
        payload = msgspec.json.encode({name: value for name, value in wish.items() if value is not None})
        self._connect().publish(CONTROL_TOPIC, payload, qos=1)

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def _connect(self) -> mqtt.Client:
        with self._lock:
            if self._client is None:
                self._client = self._start()
            return self._client

    def _start(self) -> mqtt.Client:
        # MQTT 3.1.1: the demo's fallback broker knows no other.
        name = f"smartregion-steering-{secrets.token_hex(4)}"
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv311)
        if self._address.user is not None:
            client.username_pw_set(self._address.user, self._address.password)
        if self._address.tls:
            client.tls_set()
        client.on_connect = lambda client, *_: client.subscribe(STATE_TOPIC, qos=1)
        client.on_message = lambda client, data, message: self._take(message.payload)
        client.reconnect_delay_set(1, 30)
        client.connect_async(self._address.host, self._address.port, keepalive=30)
        client.loop_start()
        return client

    def _take(self, payload: bytes | bytearray) -> None:
        """What is no state changes nothing."""
        with contextlib.suppress(msgspec.DecodeError, msgspec.ValidationError):
            self._state = msgspec.json.decode(payload, type=SimulatorState)
            self._heard_s = time.monotonic()
