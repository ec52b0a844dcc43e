"""One versioned blob of bytes from named arrays, texts and a report, and back."""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np

from routing.errors import RoutingError

VERSION = 1
_HEAD = "head"


def pack(values: Mapping[str, Any]) -> bytes:
    """Arrays as they are; everything else (tuples of texts, dataclasses) as JSON beside them."""
    arrays: dict[str, Any] = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    plain = {name: _plain(value) for name, value in values.items() if name not in arrays}
    head = json.dumps({"version": VERSION, "values": plain}, ensure_ascii=False).encode()
    arrays[_HEAD] = np.frombuffer(head, dtype=np.uint8)
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def unpack(data: bytes, names: set[str], newer: set[str]) -> dict[str, Any]:
    """The named values of a blob, those of `newer` only if it has them.

    Raises RoutingError when it is damaged, of another version, or holds other values.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            values: dict[str, Any] = {name: file[name] for name in file.files}
        head = json.loads(values.pop(_HEAD).tobytes())
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        found = f"{len(data)} bytes that are not readable ({error})"
        raise RoutingError(f"road network: {found}, expected a saved network") from error
    if head.get("version") != VERSION:
        found = f"version {head.get('version')}"
        raise RoutingError(f"road network: {found}, expected {VERSION}: import the extract again")
    for name, value in head["values"].items():
        values[name] = tuple(value) if isinstance(value, list) else value
    if values.keys() - newer != names:
        found = f"fields {sorted((values.keys() - newer) ^ names)}"
        raise RoutingError(f"road network: {found} do not fit, expected a network of today: import it again")
    return values
