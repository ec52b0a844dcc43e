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

from ingest.topics import native
from smartregion.errors import InvalidInput

SHIPPED = pathlib.Path(__file__).parent / "series"


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """One message to publish: event time of its (first) measurement, content as JSON value."""

    time: dt.datetime | None
    topic: str
    content: Any
    model: str | None = None
    """Kind of device (brand/model), when the recording tells it."""


@dataclasses.dataclass(slots=True)
class Notes:
    """What a reader had to decide, counted; printed after a replay."""

    counts: Counter[str] = dataclasses.field(default_factory=Counter)
    places: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    """Position and kind of containers by device, where the series tells them."""


_BROKEN = (
    KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, re.error,
    csv.Error,
)  # fmt: skip
"""What a row or a description that is not as expected makes of the reading."""


class LocalClock:
    """Naive local times of one device in the order of its file, made instants.

    The skipped hour of spring does not exist: such a time gives None. In the doubled hour of autumn a time
    that comes after a later one is the second; where the file has the hour only once, the first is taken.
    """

    def __init__(self, zone: ZoneInfo, time_format: str, notes: Notes) -> None:
        self._zone, self._format, self._notes = zone, time_format, notes
        self._last: dt.datetime | None = None
        self._fold = 0

    def instant(self, text: str) -> dt.datetime | None:
        """The instant in UTC; None, and counted, where the clock skipped it. Raises ValueError."""
        naive = dt.datetime.strptime(text, self._format)  # noqa: DTZ007 - the zone comes next
        first = naive.replace(tzinfo=self._zone)
        if first.utcoffset() == first.replace(fold=1).utcoffset():
            self._last, self._fold = None, 0
            return first.astimezone(dt.UTC)
        if first.astimezone(dt.UTC).astimezone(self._zone).replace(tzinfo=None) != naive:
            self._notes.counts["times in the skipped hour of spring left out"] += 1
            return None
        if self._last is not None and naive < self._last:
            self._fold = 1
        self._last = naive
        which = ("first", "second")[self._fold]
        self._notes.counts[f"times in the doubled hour of autumn taken as the {which} one"] += 1
        return naive.replace(tzinfo=self._zone, fold=self._fold).astimezone(dt.UTC)


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
            rows = _LAYOUTS[layout](self.description, file, notes)
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
                    yield _interval(data, device, lane, time, {data["class"]: int(line[index])})
                else:
                    notes.counts["empty cells left out"] += 1


def _matrix(data: dict[str, Any], file: pathlib.Path, notes: Notes) -> Iterator[Message]:
    """A line a lane and a column an hour; the date stands in the head."""
    for _, text in _members(data, file):
        head, *lines = csv.reader(io.StringIO(text), delimiter=data["delimiter"])
        date = re.search(data["date"], head[0])
        if date is None:
            raise ValueError(f"no date in {head[0]!r}")
        clock = LocalClock(ZoneInfo(data["zone"]), data["time_format"], notes)
        times = [clock.instant(f"{date['date']} {hour}") for hour in head[1:]]
        for line in lines:
            key = re.match(data["key"], line[0]) if line else None
            if key is None:
                continue
            device = data["device"].format(**key.groupdict())
            for time, value in zip(times, line[1:], strict=False):
                if time is not None and value.strip():
                    yield _interval(data, device, data["lane"], time, {data["class"]: int(value)})


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
            yield _interval(data, data["device"], lane, time, seen, **speed)


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
        yield Message(time, native(device, "fill"), {"t": _text(time), **values})


_LAYOUTS: dict[str, Callable[[dict[str, Any], pathlib.Path, Notes], Iterator[Message]]] = {
    "columns": _columns,
    "matrix": _matrix,
    "events": _events,
    "records": _records,
}


def _interval(
    data: dict[str, Any], device: str, lane: int, time: dt.datetime, counts: dict[str, int], **more: float
) -> Message:
    content = {"t": _text(time), "lane": lane, "interval_s": data["interval_s"], "counts": counts, **more}
    return Message(time, native(device, "traffic"), content)


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


def _text(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"
