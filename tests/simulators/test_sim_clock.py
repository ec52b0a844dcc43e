"""The simulated clock and the orders it takes."""

import json

import msgspec
import pytest

from simulators.clock import Clock, start_s
from simulators.speech.message import Message
from simulators.steering import CONTROL, STATE, Steering, with_faults


def test_clock_catches_up_and_is_never_ahead() -> None:
    clock = Clock(start_s(10_000_000.0, 3.0), 10_000_000.0, speed=3.0)
    assert clock.simulated_s == 10_000_000.0 - 7200
    assert clock.advance(10_000_100.0) == 10_000_000.0 - 7200 + 300
    assert clock.advance(10_003_600.0) == 10_003_600.0
    assert clock.advance(10_003_601.0) == 10_003_601.0
    assert clock.advance(10_003_600.5) <= 10_003_601.0


def test_clock_stands_in_a_pause_and_hurries_afterwards() -> None:
    clock = Clock(1000.0, 1000.0)
    clock.paused = True
    assert clock.advance(2000.0) == 1000.0
    clock.paused = False
    assert clock.advance(2010.0) == 1300.0
    assert clock.advance(2100.0) == 2100.0


def test_orders_are_followed() -> None:
    clock = Clock(1000.0, 1000.0)
    steering = Steering(clock)
    steering.take(CONTROL, b'{"speed": 30, "pause": true}')
    assert (clock.speed, clock.paused) == (30, True)
    steering.take(CONTROL, b'{"fault": {"device": "bin-1", "kind": "silent", "minutes": 2}}')
    assert steering.faults(1119.0) == {"bin-1": "silent"}
    assert steering.faults(1121.0) == {}
    assert steering.refused is None


@pytest.mark.parametrize(
    "order",
    [
        b"{",  # no JSON
        b'{"speed": 0}',  # time would stand still
        b'{"speed": 1e9}',  # nothing could follow
        b'{"fault": {"device": "a", "kind": "haunted"}}',  # unknown kind
        b'{"faster": true}',  # unknown field
    ],
)
def test_orders_that_make_no_sense_are_told_and_change_nothing(order: bytes) -> None:
    clock = Clock(1000.0, 1000.0)
    steering = Steering(clock)
    steering.take(CONTROL, order)
    assert steering.refused
    assert (clock.speed, clock.paused, steering.faults(0)) == (1.0, False, {})


def test_own_state_is_no_order() -> None:
    steering = Steering(Clock(0.0, 0.0))
    steering.take(STATE, b'{"speed": 1, "lag_s": 0}')
    assert steering.refused is None


def test_ordered_faults_change_only_their_device() -> None:
    good = Message("sr/1/a/fill", b'{"t":1000,"level":0.5}', 1, "a")
    other = good._replace(device="b", topic="sr/1/b/fill")
    assert list(with_faults([good, other], {"a": "silent"})) == [other]
    garbage, untouched = with_faults([good, other], {"a": "garbage"})
    assert untouched == other
    with pytest.raises(msgspec.DecodeError, match=r"malformed|invalid"):
        msgspec.json.decode(garbage.payload)
    (future,) = with_faults([good], {"a": "future"})
    assert json.loads(future.payload)["t"] == 1000 + 2 * 86_400_000
    assert [message.payload for message in with_faults([good], {"a": "duplicate"})] == [good.payload] * 2


def test_ordered_future_also_moves_text_times() -> None:
    told = Message("sr/1/c/traffic", b'{"t":"2026-11-19T09:00:00Z","lane":1}', 1, "c")
    (future,) = with_faults([told], {"c": "future"})
    assert json.loads(future.payload)["t"] == "2026-11-21T09:00:00Z"
