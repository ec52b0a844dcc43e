"""Recorded messages as they came from devices and network servers, with the topics they came on."""

import json
import pathlib
from collections.abc import Iterator
from typing import Any

from ingest.series_parts import Message
from ingest.sources import Source, find_source, shipped_sources, topic_of, with_device
from smartregion.errors import InvalidInput

_EXPECTED = "JSON lines {topic, payload}, a list of messages, or {items: [{envelope}]}"


def read_recording(file: pathlib.Path, topic: str | None) -> list[Message]:
    """Messages of a file in their order.

    Each line, or each item of a list, is `{"topic", "payload"}` or a message of a known network server, whose
    topic follows from its content; `topic` is for messages that do not tell. A collection that names
    vendor and device of each `envelope` gives every model a device of its own: collections use one
    placeholder for all. Raises InvalidInput.
    """
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("FILE", file, f"a readable file ({error})") from error
    return [_message(item, topic, number) for number, item in enumerate(_items(text, file), 1)]


def _items(text: str, file: pathlib.Path) -> Iterator[Any]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        yield from _lines(text, file)
        return
    if isinstance(whole, dict) and isinstance(whole.get("items"), list):
        whole = whole["items"]
    yield from whole if isinstance(whole, list) else [whole]


def _lines(text: str, file: pathlib.Path) -> Iterator[Any]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InvalidInput(
                    f"{file.name} line {number}", line[:80], f"{_EXPECTED} ({error})"
                ) from error


def _message(item: Any, topic: str | None, number: int) -> Message:
    if isinstance(item, dict) and isinstance(item.get("topic"), str) and "payload" in item:
        return Message(None, item["topic"], item["payload"])
    model = None
    if isinstance(item, dict) and "envelope" in item:
        if isinstance(item.get("vendor"), str) and isinstance(item.get("device"), str):
            model = f"{item['vendor']}/{item['device']}".lower()
        item = item["envelope"]
    source: Source | None = find_source(shipped_sources(), None, item)
    if source is not None and model is not None:
        item = with_device(source, item, model.replace("/", "-"))
    told = topic_of(source, item) if source is not None else topic
    if told is None:
        raise InvalidInput(f"message {number}", json.dumps(item), "a message with a topic; --topic names one")
    return Message(None, told, item, model)
