"""Receipts of messages: when they came and through which worker, in one ascending number."""

import datetime as dt
import threading
from collections.abc import Callable

_EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_WORKERS = 1024
_MICROSECOND = dt.timedelta(microseconds=1)


class Receipts:
    """Gives receipts: (microseconds since 2020 UTC) * 1024 + worker, strictly ascending in one worker.

    `above` is the greatest receipt ever given here; a clock that went back waits at it. Safe from any
    thread, because a worker reads two sessions while it hands over.
    """

    def __init__(self, worker: int, clock_ns: Callable[[], int], above: int = 0) -> None:
        if not 0 <= worker < _WORKERS:
            raise ValueError(f"worker {worker} is not 0 to {_WORKERS - 1}")
        self._worker, self._clock_ns = worker, clock_ns
        self._last_us = above // _WORKERS
        self._turn = threading.Lock()

    def take(self, count: int) -> range:
        """Receipts of messages that came together, a microsecond apart."""
        with self._turn:
            now_us = self._clock_ns() // 1000 - _EPOCH_US
            first_us = now_us if now_us > self._last_us else self._last_us + 1
            self._last_us = first_us + max(0, count - 1)
        first = first_us * _WORKERS + self._worker
        return range(first, first + count * _WORKERS, _WORKERS)

    def next(self) -> int:
        """The receipt of a message that comes now."""
        return self.take(1)[0]


_EPOCH_US = int(_EPOCH.timestamp()) * 1_000_000


def received_at(receipt: int) -> dt.datetime:
    """When the message of a receipt came (UTC)."""
    return _EPOCH + dt.timedelta(microseconds=receipt // _WORKERS)


def received_quarter(receipt: int) -> dt.datetime:
    """Start of the quarter hour (UTC) in which the message came."""
    return quarter_start(quarter_number(receipt))


def quarter_number(receipt: int) -> int:
    """Quarter hours from 2020 to the one in which the message came."""
    return receipt // _WORKERS // 900_000_000


def quarter_start(number: int) -> dt.datetime:
    """Start (UTC) of the quarter hour with this number."""
    return _EPOCH + dt.timedelta(minutes=15 * number)


def first_receipt(received: dt.datetime) -> int:
    """The smallest receipt of a moment."""
    return max(0, (received - _EPOCH) // _MICROSECOND) * _WORKERS
