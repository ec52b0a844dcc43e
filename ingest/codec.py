"""A vendor's codec in JavaScript: `decodeUplink(input)`, or the older `Decoder(bytes, port)` and
`Decode(fPort, bytes)`."""

import dataclasses
import datetime as dt
import hashlib
import pathlib
import re
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from ingest.codec_process import CodecProcess, NoAnswer, NoProcess, shared_process
from ingest.fields import as_fields
from ingest.outcome import Fault, Rejected, fault

_MOST_BYTES = 2**20
_MOST_TIMEOUTS = 3
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)
_MAX_WARNINGS = 20
_ENVELOPE = frozenset(("data", "errors", "warnings"))

_EXPORT = re.compile(r"^export +(?:default +)?(?=function|const|let|var)", re.MULTILINE)
"""Some vendors publish a module; its functions are called by name all the same."""

SUSPENDED = "codec suspended"


@dataclasses.dataclass(slots=True)
class _State:
    """What a codec file held when it was read, and how often it was too slow since."""

    source: str
    mark: tuple[int, int]
    timeouts: int = 0

    @property
    def key(self) -> str:
        return hashlib.sha256(self.source.encode("utf-8", "surrogatepass")).hexdigest()


class Codec:
    """A codec file. Three time-outs suspend it until the file changes or the program starts again."""

    def __init__(self, file: pathlib.Path, process: Callable[[], CodecProcess] = shared_process) -> None:
        """Raises ValueError when the file cannot be read."""
        self._file, self._process = file, process
        self._lock = threading.Lock()
        self._state = _load(file)
        self._key = self._state.key

    def decode(self, raw: bytes, port: int | None, time: dt.datetime) -> tuple[dict[str, Any], list[Fault]]:
        """Fields of raw bytes, and a fault for each warning of the codec; raises Rejected.

        `time` (aware) is what `Date` shows to the codec.
        """
        if self._is_suspended():
            raise Rejected(
                SUSPENDED, self._file.name, "a codec that ends in time, it was too slow three times"
            )
        given: dict[str, Any] = {"bytes": list(raw), "fPort": port, "variables": {}}
        process = self._process()
        try:
            answer = process.call(self._key, self._state.source, (time - _EPOCH) // _MILLISECOND, given)
        except NoProcess as error:
            raise Rejected("codec", str(error), "a process that runs codecs") from error
        except NoAnswer as error:
            self._count_timeout()
            raise Rejected("codec", str(error), "fields from the codec") from error
        if answer.get("late"):
            self._count_timeout()
            milliseconds = process.limits.seconds * 1000
            raise Rejected("codec", answer["error"], f"an end within {milliseconds:g} ms")
        if "error" in answer:
            raise Rejected("codec", answer["error"], "a codec that runs without an error")
        return _fields(answer.get("text"))

    def _count_timeout(self) -> None:
        with self._lock:
            self._state.timeouts += 1

    def _is_suspended(self) -> bool:
        with self._lock:
            if self._state.timeouts < _MOST_TIMEOUTS:
                return False
            try:
                if _mark(self._file) == self._state.mark:
                    return True
                self._state = _load(self._file)
            except (OSError, ValueError):
                return True
            self._key = self._state.key
            return False


def _mark(file: pathlib.Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_size


def _load(file: pathlib.Path) -> _State:
    try:
        mark = _mark(file)
        content = file.read_bytes()
        source = content.decode("utf-8-sig")
    except OSError as error:
        raise ValueError(f"codec {file.name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"codec {file.name}: not UTF-8 at byte {error.start}") from error
    if len(content) > _MOST_BYTES:
        raise ValueError(f"codec {file.name}: {len(content)} bytes: expected at most {_MOST_BYTES}")
    return _State(_EXPORT.sub("", source), mark)


def _fields(text: object) -> tuple[dict[str, Any], list[Fault]]:
    """What a codec gave, in the form of its kind."""
    try:
        answer = msgspec.json.decode(text) if isinstance(text, str) else None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise Rejected("codec", str(error), "fields as JSON") from error
    if not isinstance(answer, dict) or answer.get("kind") == "none":
        raise Rejected("codec", "none of them", "a function decodeUplink, Decoder or Decode")
    result = answer.get("result")
    warnings: list[Fault] = []
    if answer.get("kind") == "uplink" and isinstance(result, dict):
        errors = _texts(result.get("errors"))
        if errors:
            raise Rejected("codec", "; ".join(errors), "fields without errors")
        warnings = [fault("codec", warning, "no warning") for warning in _texts(result.get("warnings"))]
        if result.keys() & _ENVELOPE:
            result = result.get("data")
        elif not result:
            result = None
    if isinstance(result, list) and result and all(isinstance(item, dict) for item in result):
        result = as_fields(result)
    if not isinstance(result, dict):
        raise Rejected("codec", result, "an object with fields")
    return result, warnings


def _texts(value: object) -> list[str]:
    if value is None or value == "" or value == []:
        return []
    return [str(part) for part in (value if isinstance(value, list) else [value])[:_MAX_WARNINGS]]
