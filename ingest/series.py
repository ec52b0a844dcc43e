"""Recorded series as native messages: each described by a TOML file, read lazily, local time made
unambiguous."""

import csv
import dataclasses
import datetime as dt
import fnmatch
import io
import json
import lzma
import math
import pathlib
import re
import tarfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from ingest.series_parts import LocalClock, Message, Notes, hours_of_day, interval, text_of, with_gaps
from ingest.series_tables import table
from ingest.topics import native
from smartregion.errors import InvalidInput

SHIPPED = pathlib.Path(__file__).parent / "series"


_BROKEN = (
    KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, re.error,
    csv.Error,
)  # fmt: skip
"""What a row or a description that is not as expected makes of the reading."""


@dataclasses.dataclass(frozen=True, slots=True)
class Series:
    """A description of recorded files and how they become messages."""

    name: str
    description: dict[str, Any]

    def fits(self, file: pathlib.Path) -> bool:
        """Whether the description is made for files of this name."""
        return any(fnmatch.fnmatch(file.name, pattern) for pattern in self.description.get("files", ()))

    def messages(self, file: pathlib.Path, notes: Notes, packed: bool) -> Iterator[Message]:
        """Messages of a file; `packed` puts a day of one lane into one list. Raises InvalidInput."""
        layout = self.description.get("layout")
        if not isinstance(layout, str) or layout not in _LAYOUTS:
            raise InvalidInput(f"series {self.name}: layout", layout, f"one of {', '.join(_LAYOUTS)}")
        try:
            rows = with_gaps(_LAYOUTS[layout](self.description, file, notes), notes)
            yield from _packed(rows) if packed else rows
        except (OSError, EOFError, lzma.LZMAError, tarfile.TarError, UnicodeDecodeError) as error:
            raise InvalidInput(f"series {file.name}", str(error), "a readable file") from error
        except _BROKEN as error:
            raise InvalidInput(f"series {file.name}", str(error), f"data as {self.name} describes") from error


def load_series(name: str | None, file: pathlib.Path) -> Series | None:
    """A description by name or path, or the shipped one for a file of that name; None when there is none."""
    if name is not None and pathlib.Path(name).suffix == ".toml":
        return _read(pathlib.Path(name))
    shipped = [_read(path) for path in sorted(SHIPPED.glob("*.toml"))]
    if name is None:
        return next((series for series in shipped if series.fits(file)), None)
    for series in shipped:
        if series.name == name:
            return series
    names = ", ".join(series.name for series in shipped)
    raise InvalidInput("series", name, f"a .toml file or one of {names}")


def _read(path: pathlib.Path) -> Series:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        return Series(data["name"], data)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
        raise InvalidInput("series", path, f"a readable description ({error})") from error


def _columns(data: dict[str, Any], file: pathlib.Path, notes: Notes) -> Iterator[Message]:
    """A time column and a column a lane; files of a device belong together in the order of their names."""
    wanted = re.compile(data["columns"])
    for fields, text in _members(data, file):
        device = data["device"].format(**fields)
        clock = LocalClock(ZoneInfo(data["zone"]), data["time_format"], notes)
        head, *lines = csv.reader(io.StringIO(text), delimiter=data.get("delimiter", ","))
        at = head.index(data["time_column"])
        lanes = [(index, int(m["lane"])) for index, name in enumerate(head) if (m := wanted.fullmatch(name))]
        for line in lines:
            time = clock.instant(line[at])
            if time is None:
                continue
            for index, lane in lanes:
                if line[index]:
                    yield interval(data, device, lane, time, {data["class"]: int(line[index])})
                else:
                    notes.counts["empty cells left out"] += 1


def _matrix(data: dict[str, Any], file: pathlib.Path, notes: Notes) -> Iterator[Message]:
    """A line a lane and a column for the first, second, ... hour of the day whose date stands in the head.

    A day of 23 hours leaves the last column without meaning, one of 25 hours has no column for its last.
    """
    for _, text in _members(data, file):
        head, *lines = csv.reader(io.StringIO(text), delimiter=data["delimiter"])
        date = re.search(data["date"], head[0])
        if date is None:
            raise ValueError(f"no date in {head[0]!r}")
        day = dt.datetime.strptime(date["date"], data["date_format"]).date()  # noqa: DTZ007 - a date
        times = hours_of_day(day, ZoneInfo(data["zone"]))
        if len(times) != data["hours"]:
            notes.counts[f"days of {len(times)} hours"] += 1
        for line in lines:
            key = re.match(data["key"], line[0]) if line else None
            if key is None:
                continue
            device = data["device"].format(**key.groupdict())
            for time, value in zip(times, line[1:], strict=False):
                if value.strip():
                    yield interval(data, device, data["lane"], time, {data["class"]: int(value)})


def _events(data: dict[str, Any], file: pathlib.Path, notes: Notes) -> Iterator[Message]:
    """A line a vehicle, gathered into intervals; an hour without any is a gap, not a zero."""
    clock = LocalClock(ZoneInfo(data["zone"]), data["time_format"], notes)
    limits = sorted(data["class_from_m"].items(), key=lambda item: float(item[1]))
    counts: defaultdict[tuple[dt.datetime, int], Counter[str]] = defaultdict(Counter)
    speeds: defaultdict[tuple[dt.datetime, int], list[float]] = defaultdict(list)
    lanes: set[int] = set()
    for line in csv.reader(io.StringIO(file.read_text("utf-8")), delimiter=data["delimiter"]):
        if not line:
            continue
        time = clock.instant(line[data["time_field"]].strip())
        if time is None:
            continue
        lane = int(line[data["lane_field"]]) + 1
        lanes.add(lane)
        length_m = float(line[data["length_field"]])
        key = (_floor(time, data["interval_s"]), lane)
        fitting = [name for name, from_m in limits if length_m >= from_m]
        if not fitting:
            notes.counts["vehicles shorter than any class left out"] += 1
            continue
        counts[key][fitting[-1]] += 1
        speeds[key].append(float(line[data["speed_field"]]))
        notes.counts["vehicles counted"] += 1
    names = [name for name, _ in limits]
    for time in sorted({time for time, _ in counts}):
        for lane in sorted(lanes):
            seen = {name: counts[time, lane][name] for name in names}
            passed = speeds[time, lane]
            speed = {"speed_kmh": round(math.fsum(passed) / len(passed), 1)} if passed else {}
            yield interval(data, data["device"], lane, time, seen, **speed)


def _records(data: dict[str, Any], file: pathlib.Path, notes: Notes) -> Iterator[Message]:
    """An object (JSON) or a line (CSV) a measurement."""
    text = file.read_text("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text)) if file.suffix == ".csv" else json.loads(text)
    clock = LocalClock(ZoneInfo(data.get("zone", "UTC")), data.get("time_format", ""), notes)
    for row in rows:
        device = _filled(data["device"], row)
        stamp = str(_look(row, data["time"]))
        time = clock.instant(stamp) if "time_format" in data else dt.datetime.fromisoformat(stamp)
        if time is None:
            continue
        values = {key: _scaled(_look(row, rule["path"]), rule) for key, rule in data["values"].items()}
        if "position" in data:
            lon, lat = (float(_look(row, path)) for path in data["position"])
            name = str(_look(row, data["place_name"]))
            notes.places[device] = {
                "lon": lon,
                "lat": lat,
                "name": name,
                "fraction": data["fraction"],
                "volume_l": data["volume_l"],
            }
        yield Message(time, native(device, "fill"), {"t": text_of(time), **values})


_LAYOUTS: dict[str, Callable[[dict[str, Any], pathlib.Path, Notes], Iterator[Message]]] = {
    "columns": _columns,
    "matrix": _matrix,
    "events": _events,
    "records": _records,
    "table": table,
}


def _packed(rows: Iterable[Message]) -> Iterator[Message]:
    """Days of a device, at most a few thousand objects at once in memory."""
    lists: dict[tuple[str, Any, dt.date], list[Message]] = {}
    for row in rows:
        assert row.time is not None  # noqa: S101 - readers of series give times
        key = (row.topic, row.content.get("lane"), row.time.date())
        lists.setdefault(key, []).append(row)
        if len(lists) > 2000:
            yield _joined(lists.pop(next(iter(lists))))
    for messages in lists.values():
        yield _joined(messages)


def _joined(messages: list[Message]) -> Message:
    return Message(messages[0].time, messages[0].topic, [message.content for message in messages])


def _members(data: dict[str, Any], file: pathlib.Path) -> Iterator[tuple[dict[str, str], str]]:
    """Files of an archive in the order of their names, with the groups that their names give."""
    wanted = re.compile(data["members"])
    with tarfile.open(file) as archive:
        members = [(match, member) for member in archive if (match := wanted.search(member.name))]
        for match, member in sorted(members, key=lambda found: found[1].name):
            content = archive.extractfile(member)
            if content is not None:
                yield match.groupdict(), content.read().decode("utf-8-sig")


def _filled(template: str, row: Any) -> str:
    """`{path}` replaced by what stands there."""
    return re.sub(r"\{([^}]+)\}", lambda match: str(_look(row, match[1])), template)


def _look(row: Any, path: str) -> Any:
    for step in path.split("."):
        row = row[int(step)] if isinstance(row, list) else row[step]
    return row


def _scaled(value: Any, rule: dict[str, Any]) -> float:
    return round(float(value) * float(rule.get("factor", 1)), 9)


def _floor(time: dt.datetime, seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(time.timestamp() // seconds * seconds, dt.UTC)
