"""Network servers as data: each TOML file says where device, time, counter, port, bytes and fields stand."""

import base64
import binascii
import copy
import dataclasses
import datetime as dt
import functools
import hashlib
import pathlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

import msgspec

from ingest.files import what_is_wrong
from ingest.jsontext import parse
from ingest.outcome import UNREADABLE, Fault, Rejected, fault
from ingest.quantities import QUANTITIES
from ingest.times import parse_time
from ingest.topics import is_name
from smartregion.errors import InvalidInput

SHIPPED = pathlib.Path(__file__).parent / "sources"

_EUI = re.compile(r"[0-9A-Fa-f]{16}")
"""As ChirpStack v3 writes it with one of its settings; eight bytes in base64 are shorter."""

Path = tuple[str | int, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """A kind of message: recognised by a field, an uplink with measurements or not, its own readings."""

    name: str
    has: Path
    uplink: bool = False
    readings: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    """Field to (quantity, unit as sent)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """A network server: its topics and the places of what we need."""

    name: str
    template: str
    topic: re.Pattern[str]
    detect: tuple[Path, ...]
    paths: dict[str, tuple[Path, ...]]
    device_encoding: str
    device_case: str
    raw_encoding: str
    events: tuple[Event, ...]
    topic_events: dict[str, str]
    quality: int
    """Quality of service the server publishes with; 0 may lose messages before they reach us."""
    doubts: tuple[tuple[Path, str], ...] = ()
    """Fields that, when they are there and true, put a flag on the readings, and what was expected."""


@dataclasses.dataclass(frozen=True, slots=True)
class Envelope:
    """What a network server says about one message of a device."""

    source: str
    device: str
    event: Event
    time: dt.datetime | None
    counter: int | None
    port: int | None
    raw: bytes | None
    decoded: Any
    model: str | None
    told: dict[str, Any]
    """Fields of the message that are readings of the event itself."""
    doubts: tuple[Fault, ...] = ()
    """Why its readings may not be what they seem."""


def load_sources(folders: Iterable[pathlib.Path] = ()) -> tuple[Source, ...]:
    """The user's descriptions before the shipped ones. Raises InvalidInput naming the file."""
    files = [file for folder in (*folders, SHIPPED) for file in sorted(folder.glob("*.toml"), reverse=True)]
    return tuple(_read(file) for file in files)


@functools.cache
def shipped_sources() -> tuple[Source, ...]:
    """Descriptions that come with the package."""
    return load_sources()


def own_filters(sources: Iterable[Source]) -> list[str]:
    """Topic filters of descriptions that do not come with the package."""
    shipped = {source.template for source in shipped_sources()}
    own = (source.template for source in sources if source.template not in shipped)
    return [re.sub(r"\{\w+\}", "+", re.sub(r"\{\w+\.\.\.\}", "#", template)) for template in own]


def find_source(sources: tuple[Source, ...], topic: str | None, message: Any) -> Source | None:
    """By topic and content; by content alone where there is no topic; by topic alone where the content is
    odd."""
    fitting = [source for source in sources if topic is None or source.topic.fullmatch(topic)]
    for source in fitting:
        if any(_look(message, path) is not None for path in source.detect):
            return source
    return fitting[0] if topic is not None and fitting else None


def read_envelope(source: Source, topic: str | None, message: Any) -> Envelope:
    """Take a message apart. Raises Rejected with the field's path when device or event cannot be told."""
    told = source.topic.fullmatch(topic).groupdict() if topic and source.topic.fullmatch(topic) else {}  # type: ignore[union-attr]
    device = device_of(source, topic, message)
    if device == UNREADABLE:
        raise Rejected(_dotted(source.paths["device"][0]), None, "the device's identifier")
    event = _event(source, told.get("event"), message)
    time = _time(source, message) if event.uplink or event.readings else None
    port = _integer(_first(source, "port", message), 0)
    counter = _integer(_first(source, "counter", message), 0)
    return Envelope(
        source.name,
        device.lower() if source.device_case == "lower" else device,
        event,
        time,
        counter if event.uplink else None,
        port,
        _raw(source, message) if event.uplink else None,
        _decoded(source, message) if event.uplink else None,
        "/".join(part for path in source.paths["model"] if isinstance(part := _look(message, path), str))
        or None,
        {name: message.get(name) for name in event.readings} if isinstance(message, dict) else {},
        tuple(_doubts(source, event, time, message)),
    )


def topic_of(source: Source, message: Any) -> str | None:
    """Topic on which the network server publishes such a message; None when device or application is
    missing."""
    device = device_of(source, None, message)
    application = _first(source, "application", message)
    if device == UNREADABLE or not isinstance(application, str):
        return None
    event = _event(source, None, message).name
    spelled = next((topic for topic, name in source.topic_events.items() if name == event), event)
    names = {"application": application, "device": device, "event": spelled}
    return re.sub(r"\{(\w+)(?:\.\.\.)?\}", lambda match: names[match[1]], source.template)


def with_device(source: Source, message: Any, name: str) -> Any:
    """A copy of a message that comes from another device; servers that use a DevEUI get one made from the
    name."""
    if source.device_case == "lower":
        eui = hashlib.sha256(name.encode()).digest()[:8]
        name = base64.b64encode(eui).decode() if source.device_encoding == "base64" else eui.hex()
    copied = copy.deepcopy(message)
    *parents, last = source.paths["device"][0]
    _look(copied, tuple(parents))[last] = name
    return copied


def device_of(source: Source, topic: str | None, message: Any) -> str:
    """The device's name as far as it can be told, else `?`."""
    match = source.topic.fullmatch(topic) if topic else None
    found = match["device"] if match else _first(source, "device", message)
    if not isinstance(found, str) or not is_name(found):
        return UNREADABLE
    if source.device_encoding == "base64" and not match and not _EUI.fullmatch(found):
        try:
            found = base64.b64decode(found, validate=True).hex()
        except (binascii.Error, ValueError):
            return UNREADABLE
    return found.lower() if source.device_case == "lower" else found


def _event(source: Source, told: str | None, message: Any) -> Event:
    if told is not None:
        name = source.topic_events.get(told, told)
        for event in source.events:
            if event.name == name:
                return event
        return Event(name, ())
    for event in source.events:
        if _look(message, event.has) is not None:
            return event
    return Event("unknown", ())


def _time(source: Source, message: Any) -> dt.datetime | None:
    for path in source.paths["time"]:
        found = _look(message, path)
        if found is not None:
            return parse_time(found, _dotted(path))
    return None


def _doubts(source: Source, event: Event, time: dt.datetime | None, message: Any) -> Iterator[Fault]:
    if event.uplink and time is None:
        # Its network server tells no time, so waiting in quarantine would never help.
        yield fault(_dotted(source.paths["time"][0]), None, "a time; that of receipt is taken")
    for path, expected in source.doubts:
        found = _look(message, path)
        if found:
            yield fault(_dotted(path), found, expected)


def _raw(source: Source, message: Any) -> bytes | None:
    found = _first(source, "raw", message)
    if not isinstance(found, str):
        return None
    try:
        return (
            bytes.fromhex(found) if source.raw_encoding == "hex" else base64.b64decode(found, validate=True)
        )
    except (binascii.Error, ValueError):
        raise Rejected(_dotted(source.paths["raw"][0]), found, f"bytes in {source.raw_encoding}") from None


def _decoded(source: Source, message: Any) -> Any:
    for path in source.paths["decoded"]:
        found = _look(message, path)
        if isinstance(found, str):
            found = parse(found.encode("utf-8", "surrogatepass")) if found else None
        if found is not None and found != {} and found != []:
            return found
    return None


def _first(source: Source, what: str, message: Any) -> Any:
    for path in source.paths[what]:
        found = _look(message, path)
        if found is not None:
            return found
    return None


def _integer(value: Any, absent: int) -> int:
    """Servers omit zeros, so an absent number is 0; anything else that is no integer counts as absent."""
    return value if type(value) is int and 0 <= value < 2**63 else absent


def _look(message: Any, path: Path) -> Any:
    for step in path:
        if isinstance(step, int):
            message = message[step] if isinstance(message, list) and step < len(message) else None
        else:
            message = message.get(step) if isinstance(message, dict) else None
        if message is None:
            return None
    return message


def _path(text: str) -> Path:
    return tuple(int(step) if step.isdigit() else step for step in text.split("."))


def _dotted(path: Path) -> str:
    return ".".join(str(step) for step in path)


def _pattern(topic: str) -> re.Pattern[str]:
    """`{name}` is one level of a topic, `{name...}` all the rest."""
    parts = re.split(r"\{(\w+)(\.\.\.)?\}", topic)
    text = "".join(
        re.escape(literal) + (f"(?P<{name}>{'.+' if rest else '[^/]+'})" if name else "")
        for literal, name, rest in zip(parts[::3], [*parts[1::3], None], [*parts[2::3], None], strict=True)
    )
    return re.compile(text)


class _Reading(msgspec.Struct, forbid_unknown_fields=True):
    quantity: str
    unit: str


class _Event(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    has: str
    uplink: bool = False
    readings: dict[str, _Reading] = {}


class _Doubt(msgspec.Struct, forbid_unknown_fields=True):
    field: str
    expected: str


class _Message(msgspec.Struct, forbid_unknown_fields=True):
    device: Annotated[list[str], msgspec.Meta(min_length=1)]
    time: Annotated[list[str], msgspec.Meta(min_length=1)]
    application: list[str] = []
    counter: list[str] = []
    port: list[str] = []
    raw: list[str] = []
    decoded: list[str] = []
    model: list[str] = []
    device_encoding: Literal["text", "base64"] = "text"
    device_case: Literal["as is", "lower"] = "as is"
    raw_encoding: Literal["base64", "hex"] = "base64"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """A description of a network server as it stands in a file."""

    name: str
    topic: str
    detect: Annotated[list[str], msgspec.Meta(min_length=1)]
    message: _Message
    events: list[_Event]
    quality: Literal[0, 1, 2] = 1
    topic_events: dict[str, str] = {}
    doubts: list[_Doubt] = []


_PLACES = ("device", "application", "time", "counter", "port", "raw", "decoded", "model")


def _read(file: pathlib.Path) -> Source:
    try:
        return _source(msgspec.convert(tomllib.loads(file.read_text("utf-8")), _File))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"source {file.name}", str(error), "a readable TOML file") from error
    except (ValueError, re.error, msgspec.ValidationError) as error:
        raise InvalidInput(
            f"source {file.name}", what_is_wrong(error), "a complete description of a network server"
        ) from error


def _source(data: _File) -> Source:
    levels = re.findall(r"\{(\w+)(?:\.\.\.)?\}", data.topic)
    if "device" not in levels or not set(levels) <= {"application", "device", "event"}:
        raise ValueError("topic: expected {device}, and besides it at most {application} and {event}")
    message = data.message
    return Source(
        data.name,
        data.topic,
        _pattern(data.topic),
        tuple(_path(text) for text in data.detect),
        {what: tuple(_path(text) for text in getattr(message, what)) for what in _PLACES},
        message.device_encoding,
        message.device_case,
        message.raw_encoding,
        tuple(
            Event(
                event.name, _path(event.has), event.uplink, dict(map(_event_reading, event.readings.items()))
            )
            for event in data.events
        ),
        data.topic_events,
        data.quality,
        tuple((_path(doubt.field), doubt.expected) for doubt in data.doubts),
    )


def _event_reading(item: tuple[str, _Reading]) -> tuple[str, tuple[str, str]]:
    field, told = item
    known = QUANTITIES.get(told.quantity)
    if known is None or told.unit not in (known.unit, *known.accepts):
        raise ValueError(f"readings.{field}: expected a known quantity in one of its units")
    return field, (told.quantity, told.unit)
