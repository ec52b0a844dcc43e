"""Orders from outside: speed, pause, and faults that devices shall have for a while."""

import datetime as dt
import threading
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

import msgspec

from ingest import topics
from simulators.clock import Clock
from simulators.speech.message import Message

CONTROL = f"{topics.CONTROL_PREFIX}/control"
STATE = f"{topics.CONTROL_PREFIX}/state"
FASTEST = 3600.0

FaultKind = Literal["silent", "garbage", "future", "duplicate"]


class FaultOrder(msgspec.Struct, forbid_unknown_fields=True):
    """A device that shall say nothing, send rubbish, run two days ahead, or say all twice, for so many
    minutes.
    """

    device: str
    kind: FaultKind
    minutes: Annotated[float, msgspec.Meta(gt=0, le=10_080)] = 10.0


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """What `sr/1/_sim/control` takes, as JSON."""

    speed: Annotated[float, msgspec.Meta(gt=0, le=FASTEST)] | None = None
    pause: bool | None = None
    fault: FaultOrder | None = None


class State(msgspec.Struct):
    """What `sr/1/_sim/state` tells, retained."""

    running: bool
    time: str
    lag_s: float
    speed: float
    paused: bool
    seed: int
    messages: int
    waiting: int
    faults: list[dict[str, str]]
    refused: str | None
    """Why the last order could not be followed."""


class Steering:
    """Takes orders in the network's thread and applies them in the simulation's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._faults: dict[str, tuple[FaultKind, float]] = {}
        self.refused: str | None = None

    def take(self, topic: str, payload: bytes) -> None:
        """Follow an order; one that cannot be read is told in the state."""
        if topic == STATE:
            return
        try:
            order = msgspec.json.decode(payload, type=Order)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            self.refused = f"order: {error}"
            return
        with self._lock:
            self.refused = None
            if order.speed is not None:
                self._clock.speed = order.speed
            if order.pause is not None:
                self._clock.paused = order.pause
            if order.fault is not None:
                until_s = self._clock.simulated_s + 60 * order.fault.minutes
                self._faults[order.fault.device] = (order.fault.kind, until_s)

    def faults(self, now_s: float) -> dict[str, FaultKind]:
        """Ordered faults that last at a simulated time, by device."""
        with self._lock:
            self._faults = {device: fault for device, fault in self._faults.items() if fault[1] > now_s}
            return {device: kind for device, (kind, _) in self._faults.items()}


def with_faults(messages: Iterable[Message], faults: dict[str, FaultKind]) -> Iterator[Message]:
    """The messages as they look with the ordered faults."""
    for message in messages:
        kind = faults.get(message.device)
        if kind is None:
            yield message
        elif kind == "garbage":
            yield message._replace(payload=b"\x00\xff" + message.payload[::-1][:40], rows=0)
        elif kind == "future":
            yield message._replace(payload=_two_days_ahead(message.payload), rows=0)
        elif kind == "duplicate":
            yield message
            yield message._replace(rows=0)


def _two_days_ahead(payload: bytes) -> bytes:
    """The same message with its time moved; what tells no time of its own stays as it is."""
    told = msgspec.json.decode(payload)
    time = told.get("t") if isinstance(told, dict) else None
    if isinstance(time, int):
        told["t"] = time + 2 * 86_400_000
    elif isinstance(time, str):
        moved = dt.datetime.fromisoformat(time) + dt.timedelta(days=2)
        told["t"] = moved.isoformat().replace("+00:00", "Z")
    return payload if time is None else msgspec.json.encode(told)
