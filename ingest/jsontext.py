"""JSON as a device may send it, read strictly: no NaN, no duplicate keys, bounded size and depth."""

import re
from typing import Any

import msgspec

from ingest.outcome import Rejected

MAX_BYTES = 1 << 20
"""Largest payload that is read at all."""

MAX_DEPTH = 24
"""Deepest nesting of objects and lists that is read."""

_KEY = re.compile(rb'"\s*:')
_NESTED = frozenset((dict, list))
_decode = msgspec.json.Decoder().decode


def parse(payload: bytes) -> Any:
    """The value in `payload`.

    Raises Rejected with the field `payload` when it is no JSON, too large, too deep, not UTF-8, has a key
    twice, or holds a number that no double can carry.
    """
    if len(payload) > MAX_BYTES:
        raise Rejected("payload", f"{len(payload)} bytes", f"at most {MAX_BYTES} bytes")
    text = payload.removeprefix(b"\xef\xbb\xbf")
    try:
        value = _decode(text)
    except RecursionError:
        raise Rejected("payload", payload, f"nested at most {MAX_DEPTH} deep") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Rejected("payload", payload, f"JSON ({error})") from None
    # Keys in the text plus look-alikes in strings: equal counts prove that no key came twice.
    if _count_keys(value) != _count_in_text(text):
        _refuse_duplicate_keys(text)
    return value


def _count_in_text(text: bytes) -> int:
    """Keys and their look-alikes; without white space after a quote there is a quick way to count them."""
    if b'" ' in text or b'"\n' in text or b'"\r' in text or b'"\t' in text:
        return len(_KEY.findall(text))
    return text.count(b'":')


def _count_keys(value: Any) -> int:
    """All keys of all objects; iterative, so that depth costs no stack."""
    if type(value) is dict and _NESTED.isdisjoint(map(type, value.values())):
        return len(value)
    keys = 0
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for item in level:
            if type(item) is dict:
                keys += len(item)
                below.extend(item.values())
            elif type(item) is list:
                below.extend(item)
        if not below:
            return keys
        level = below
    raise Rejected("payload", value, f"nested at most {MAX_DEPTH} deep")


def _refuse_duplicate_keys(text: bytes) -> None:
    import json

    def checked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise Rejected(twice, "two values", "a key that occurs once")
        return found

    json.loads(text, object_pairs_hook=checked)
