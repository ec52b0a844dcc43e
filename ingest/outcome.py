"""What became of one message: rows, flags of single faulty fields, or one rejection."""

import datetime as dt

import msgspec

from smartregion.readings import Row

UNREADABLE = "?"
"""Device name in the books when a message does not tell its device."""

_SHOWN = 160


class Fault(msgspec.Struct, frozen=True):
    """A field whose value is not what was expected; `expected` is a noun phrase."""

    field: str
    value: str
    expected: str


class Rejected(Exception):
    """A message cannot give rows; carries the one fault that says why."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        self.fault = fault(field, value, expected)
        super().__init__(f"{self.fault.field}: {self.fault.value!r} is not {expected}")


class Decoded(msgspec.Struct, frozen=True):
    """One message read: an uplink has either rows or a rejection, other events have neither."""

    device: str
    event: str = "up"
    rows: tuple[Row, ...] = ()
    flags: tuple[Fault, ...] = ()
    rejected: Fault | None = None
    counter: int | None = None
    """Frame counter or `seq`, when the message carries one."""
    time: dt.datetime | None = None
    """Event time that belongs to the counter; None: that of the rows."""
    earlier: tuple[tuple[int, dt.datetime], ...] = ()
    """Counters and times of the other messages of a list."""


def fault(field: str, value: object, expected: str) -> Fault:
    """A fault whose texts are short and can be stored: no NUL, no lone surrogates."""
    return Fault(printable(field), printable(value), printable(expected))


def printable(value: object) -> str:
    """At most 160 characters of a value, storable as text in the database."""
    if isinstance(value, bytes):
        text = value[:_SHOWN].decode("utf-8", "backslashreplace")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**40:
        text = f"an integer of {value.bit_length()} bits"
    elif isinstance(value, list | dict):
        text = f"a {'list' if isinstance(value, list) else 'object'} of {len(value)}"
    else:
        text = "null" if value is None else str(value)
    if len(text) > _SHOWN:
        text = text[: _SHOWN - 3] + "..."
    return text.replace("\0", "␀").encode("utf-8", "replace").decode("utf-8")
