"""Event times: RFC 3339 with an offset, or epoch milliseconds; never a naive time."""

import datetime as dt
import re

from ingest.outcome import Rejected

EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Before this a device's clock was never set."""

AHEAD = dt.timedelta(hours=24)
"""An event time further ahead of its receipt is quarantined."""

EXPECTED = "RFC 3339 with an offset or Z, or epoch milliseconds, from the year 2000 on"

_SECOND = dt.timedelta(seconds=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")


def parse_time(value: object, field: str = "t") -> dt.datetime:
    """The instant in UTC, cut to microseconds; raises Rejected."""
    if type(value) is str:
        return _from_text(value, field)
    if type(value) is int or type(value) is float:
        return from_epoch_ms(value, field)
    raise Rejected(field, value, EXPECTED)


def from_epoch_ms(value: float, field: str = "t") -> dt.datetime:
    """The instant of epoch milliseconds; raises Rejected outside the years 2000 to 9999."""
    try:
        time = _EPOCH + dt.timedelta(milliseconds=value)
    except (OverflowError, ValueError):
        raise Rejected(field, value, EXPECTED) from None
    return _sane(time, value, field)


def check_not_ahead(time: dt.datetime, received: dt.datetime, field: str = "t") -> None:
    """Refuse a time more than 24 h ahead of receipt, the only rule that looks at arrival."""
    if time - received > AHEAD:
        raise Rejected(field, time.isoformat(), "at most 24 h ahead of receipt")


def rfc3339(time: dt.datetime) -> str:
    """UTC as text with Z, fraction only when there is one."""
    return time.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"


def _from_text(value: str, field: str) -> dt.datetime:
    match = _RFC3339.fullmatch(value)
    if match is None:
        raise Rejected(field, value, EXPECTED)
    leap = match[1] == "60"
    text = value[:17] + "59" + value[19:] if leap else value
    try:
        time = dt.datetime.fromisoformat(text.upper())
        if time.tzinfo is not dt.UTC:
            time = time.astimezone(dt.UTC)
        if leap:
            time += _SECOND
    except (ValueError, OverflowError):
        raise Rejected(field, value, EXPECTED) from None
    return _sane(time, value, field)


def _sane(time: dt.datetime, value: object, field: str) -> dt.datetime:
    if time < EARLIEST:
        raise Rejected(field, value, EXPECTED)
    return time
