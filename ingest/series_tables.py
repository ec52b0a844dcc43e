"""Tables with a line a measurement: counts of an interval, a level, or energy that adds up to a register."""

import contextlib
import csv
import datetime as dt
import decimal
import gzip
import io
import math
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import IO, Any
from zoneinfo import ZoneInfo

from ingest.series_parts import LocalClock, Message, Notes, interval, text_of
from ingest.topics import native

_Row = dict[str, str]


def table(data: dict[str, Any], file: pathlib.Path, notes: Notes) -> Iterator[Message]:
    """Messages of a CSV file, also a compressed one; `kind` says what a line measures.

    Templates such as `{column}` are filled from the line; `device_from` takes parts of the file's name.
    Raises KeyError, ValueError and their like where the file is not as described.
    """
    make = _KINDS[data["kind"]]
    clocks: dict[str, LocalClock] = {}
    registers: dict[str, decimal.Decimal] = {}
    named = re.search(data["device_from"], file.name) if "device_from" in data else None
    parts = named.groupdict() if named else {}
    with _opened(file, data.get("encoding", "utf-8-sig")) as text:
        lines = csv.reader(text, delimiter=data.get("delimiter", ","))
        head = next(lines)
        for line in lines:
            if not line:
                continue
            row = dict(zip(head, line, strict=True)) | {str(n): cell for n, cell in enumerate(line)} | parts
            device = _filled(data["device"], row)
            time = _time(data, device, row, clocks, notes)
            if time is not None:
                yield from make(data, device, time, row, registers, notes)


def _counts(
    data: dict[str, Any], device: str, time: dt.datetime, row: _Row, _: Any, notes: Notes
) -> Iterator[Message]:
    counts = {}
    for name, column in data["counts"].items():
        value = _number(data, row[column])
        if value is None:
            notes.counts["empty cells left out"] += 1
        else:
            counts[name] = round(value)
    if not counts:
        notes.counts["lines without any count left out"] += 1
        return
    more: dict[str, float] = {}
    if "completeness" in data:
        share = float(row[data["completeness"]])
        if share > 1:
            notes.counts["completeness above 1 taken as 1"] += 1
        elif share < 1:
            notes.counts["intervals not wholly watched"] += 1
        more["completeness"] = min(1.0, share)
    speed = _number(data, row[data["speed"]]) if "speed" in data else None
    if speed is not None:
        more["speed_kmh"] = speed
    yield interval(data, device, data["lane"], time, counts, **more)


def _values(
    data: dict[str, Any], device: str, time: dt.datetime, row: _Row, _: Any, notes: Notes
) -> Iterator[Message]:
    """Values of one moment; `after` names those of a moment later, such as a bin that was just emptied."""
    for rules, later_s in ((data["values"], 0), (data.get("after", {}), data.get("after_s", 0))):
        content: dict[str, Any] = {}
        for name, rule in rules.items():
            value = _number(data, row[rule["column"]])
            if value is None:
                notes.counts["empty cells left out"] += 1
            else:
                content[name] = round(value * float(rule.get("factor", 1)), 9)
        if content:
            at = time + dt.timedelta(seconds=later_s)
            yield Message(at, native(device, "fill"), {"t": text_of(at), **content})


def _register(
    data: dict[str, Any],
    device: str,
    time: dt.datetime,
    row: _Row,
    registers: dict[str, decimal.Decimal],
    notes: Notes,
) -> Iterator[Message]:
    """Use of an interval, added up exactly to the register at its end; the first line tells the begin too."""
    cell = row[data["column"]]
    value = _number(data, cell)
    if value is None:
        notes.counts["empty cells left out"] += 1
        return
    if device not in registers:
        registers[device] = decimal.Decimal(0)
        yield _meter(device, time, registers[device])
    if not math.isfinite(value):
        raise ValueError(f"{cell!r} is no energy")
    registers[device] += decimal.Decimal(repr(value)) * decimal.Decimal(repr(float(data["factor"])))
    yield _meter(device, time + dt.timedelta(seconds=data["interval_s"]), registers[device])


_KINDS: dict[str, Callable[..., Iterator[Message]]] = {
    "traffic": _counts,
    "fill": _values,
    "energy": _register,
}


def _meter(device: str, time: dt.datetime, value: decimal.Decimal) -> Message:
    return Message(time, native(device, "energy"), {"t": text_of(time), "meter_kwh": float(value)})


def _time(
    data: dict[str, Any], device: str, row: _Row, clocks: dict[str, LocalClock], notes: Notes
) -> dt.datetime | None:
    stamp = _filled(data["time"], row)
    if "time_format" not in data:
        time = dt.datetime.fromisoformat(stamp)
        if time.tzinfo is None:
            raise ValueError(f"{stamp!r} tells no offset, and the description no zone")
        return time.astimezone(dt.UTC)
    if device not in clocks:
        clocks[device] = LocalClock(ZoneInfo(data["zone"]), data["time_format"], notes, single=True)
    return clocks[device].instant(stamp)


def _number(data: dict[str, Any], cell: str) -> float | None:
    """The number of a cell; None where it is empty or holds what the description calls unknown."""
    return None if cell.strip() in ("", *data.get("unknown", ())) else float(cell)


def _filled(template: str, row: _Row) -> str:
    return re.sub(r"\{([^}]+)\}", lambda match: row[match[1]], template)


@contextlib.contextmanager
def _opened(file: pathlib.Path, encoding: str) -> Iterator[IO[str]]:
    with file.open("rb") as raw:
        content = gzip.GzipFile(fileobj=raw) if file.suffix == ".gz" else raw
        with io.TextIOWrapper(content, encoding=encoding, newline="") as text:
            yield text
