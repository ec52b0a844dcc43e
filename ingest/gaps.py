"""Frame counters that a message shows; `smartregion.gaps` finds the gaps between them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from ingest.outcome import UNREADABLE, Decoded, Rejected
from ingest.receipt import received_at
from ingest.times import check_not_ahead, parse_time
from smartregion.gaps import Point

_MOST = 2**63


def seen(name: str, found: Decoded, receipt: int) -> Sequence[Point]:
    """What a message shows of its device's counter; `name` is the device in the books.

    A time that cannot be is replaced by that of arrival.
    """
    counter = found.counter
    if name == UNREADABLE or counter is None:
        return ()
    if found.time is None and found.rows and not found.earlier and 0 <= counter < _MOST:
        return ((name, found.rows[0].time, counter),)  # one message has one time, and it was checked
    received = received_at(receipt)
    points = [(name, _plausible(time, received), told) for told, time in found.earlier]
    if 0 <= counter < _MOST:
        own = found.rows[0].time if found.time is None and found.rows else found.time or received
        points.append((name, _plausible(own, received), counter))
    return points


def told_counters(message: Any) -> list[tuple[int, dt.datetime]]:
    """Counters of native messages, as far as they have one and a time."""
    told = []
    for item in message if type(message) is list else [message]:
        counter = item.get("seq") if type(item) is dict else None
        if type(counter) is not int or not 0 <= counter < _MOST:
            continue
        try:
            told.append((counter, parse_time(item.get("t"))))
        except Rejected:
            continue
    return told


def _plausible(time: dt.datetime, received: dt.datetime) -> dt.datetime:
    try:
        check_not_ahead(time, received)
    except Rejected:
        return received
    return time
