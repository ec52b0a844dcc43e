"""`smartregion simulate`: history first, then live, until told to stop."""

import datetime as dt
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from ingest import topics
from simulators.clock import Clock, start_s
from simulators.publishing import Broker, Publisher
from simulators.region.district import District
from simulators.speech.district import DistrictSpeech
from simulators.steering import STATE, State, Steering, with_faults

_TICK_S = 0.5
_LONGEST_STEP_S = 300.0
"""Simulated time told at once; at greater speeds a tick tells several of these."""
_STATE_EVERY_S = 5.0


@dataclass(frozen=True)
class Run:
    """What to simulate; times are Unix seconds."""

    history_days: float = 0.0
    since_s: float | None = None
    speed: float = 1.0
    minutes: float | None = None


def simulate(district: District, broker: Broker, run: Run) -> int:
    """Publish until the time is over or a signal comes; returns the exit code."""
    stop = threading.Event()
    restore = _stop_on_signals(stop)
    try:
        with Publisher(broker, f"smartregion-simulator-{district.seed}", stop, _say) as publisher:
            return _publish(DistrictSpeech(district), publisher, run, stop, time.time)
    finally:
        restore()


def _publish(
    speech: DistrictSpeech, publisher: Publisher, run: Run, stop: threading.Event, now: Callable[[], float]
) -> int:
    begin_s = start_s(now(), run.speed)
    from_s = run.since_s if run.since_s is not None else begin_s - 86_400 * run.history_days
    begin_s = max(begin_s, from_s)
    if begin_s > from_s:
        # Minutes of the start-up belong to the history when nothing is to be caught up with.
        begin_s = begin_s if run.speed > 1 else now()
        if not history(speech, publisher, from_s, begin_s):
            return 0
    clock = Clock(begin_s, now(), run.speed)
    steering = Steering(clock)
    publisher.subscribe(f"{topics.CONTROL_PREFIX}/#", steering.take)
    ends_s = time.monotonic() + 60 * run.minutes if run.minutes is not None else None
    told_s, state_at_s = begin_s, 0.0
    seed = speech.district.seed
    while not stop.is_set() and (ends_s is None or time.monotonic() < ends_s):
        reached_s = clock.advance(now())
        while told_s < reached_s and not stop.is_set():
            until_s = min(reached_s, told_s + _LONGEST_STEP_S)
            for message in with_faults(speech.live(told_s, until_s), steering.faults(until_s)):
                if not publisher.publish(message.topic, message.payload):
                    break
            told_s = until_s
        if time.monotonic() - state_at_s > _STATE_EVERY_S:
            state_at_s = time.monotonic()
            publisher.publish(STATE, _state(True, clock, steering, publisher, seed), retain=True)
        stop.wait(_TICK_S)
    publisher.publish(STATE, _state(False, clock, steering, publisher, seed), retain=True)
    return 0


def history(speech: DistrictSpeech, publisher: Publisher, from_s: float, until_s: float) -> bool:
    """Publish what devices recorded over a span and wait for the broker; False when we were told to stop."""
    shown, messages, rows = -1, 0, 0
    for share, message in speech.home(from_s, until_s):
        if not publisher.publish(message.topic, message.payload):
            return False
        messages += 1
        rows += message.rows
        percent = int(100 * share)
        if percent > shown:
            _say(f"history {shown if shown > 0 else 0} % ({messages - 1} messages)")
            shown = percent
    if not publisher.drain():
        return False
    _say(f"history 100 % ({messages} messages)")
    print(f"history done: {messages} messages, {rows} readings", flush=True)
    return True


def _state(running: bool, clock: Clock, steering: Steering, publisher: Publisher, seed: int) -> bytes:
    faults = [{"device": device, "kind": kind} for device, kind in steering.faults(clock.simulated_s).items()]
    time_ = (
        dt.datetime.fromtimestamp(clock.simulated_s, dt.UTC)
        .isoformat(timespec="seconds")
        .replace("+00:00", "Z")
    )
    lag_s = round(max(0.0, clock.real_s - clock.simulated_s), 1)
    state = State(
        running, time_, lag_s, clock.speed, clock.paused, seed, publisher.sent, publisher.waiting, faults,
        steering.refused,
    )  # fmt: skip
    return msgspec.json.encode(state)


def _stop_on_signals(stop: threading.Event) -> Callable[[], None]:
    def order(_number: int, _frame: object) -> None:
        stop.set()

    before = {number: signal.signal(number, order) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
