"""Bytes of a device to named fields by a layout that stands in its profile: data, not code.

Three kinds of layout cover what makers do: `blocks` (a word of flags tells which blocks of 16-bit words
follow), `tagged` (a tag, then a value of the length that the tag has), and `ports` (fields at fixed places
by port).
"""

import dataclasses
import math
import re
import struct
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec

from ingest.outcome import Rejected
from ingest.topics import MOST_CHARACTERS

Finite = Annotated[float, msgspec.Meta(ge=-1e300, le=1e300)]
"""A number in a file: TOML knows nan and inf too."""

_FORMATS = {"u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i", "f32": "f", "u64": "Q"}
_FORMAT = re.compile(f"({'|'.join(_FORMATS)}|u24|skip[1-9][0-9]{{0,3}})")
_WORD = 0x10000


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number in bytes and what it means: (raw - subtract) * multiply / divide, put into a polynomial."""

    name: Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)]
    at: Annotated[int, msgspec.Meta(ge=-1, le=4096)] = 0
    """First byte on a port, first word of a block; -1 behind a tag: the next field reads the same bytes
    again."""
    format: str = "u16"
    """u8, i8, u16, i16, u24, u32, i32, f32, u64, or skipN for N bytes without meaning."""
    mask: Annotated[int, msgspec.Meta(ge=0)] | None = None
    shift: Annotated[int, msgspec.Meta(ge=0, le=63)] = 0
    subtract: Finite = 0.0
    multiply: Finite = 1.0
    divide: Finite = 1.0
    polynomial: tuple[Finite, ...] = ()
    """Coefficients from the highest power down."""
    less: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """In a block: first word of another number of the same format, which is subtracted."""
    power: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    """Exponent of what the polynomial gives."""
    texts: dict[str, str] = {}
    """Meaning of a raw number as text."""
    cases: "dict[str, tuple[Field, ...]]" = {}
    """Behind a tag: which fields follow, by the raw number of this one."""

    def __post_init__(self) -> None:
        if not _FORMAT.fullmatch(self.format):
            raise ValueError(f"layout field {self.name}: format {self.format} is unknown")
        if self.divide == 0:
            raise ValueError(f"layout field {self.name}: divide is 0")

    @property
    def length(self) -> int:
        """Bytes that it takes."""
        if self.format.startswith("skip"):
            return int(self.format[4:])
        return 3 if self.format == "u24" else struct.calcsize(_FORMATS[self.format])

    def read(self, raw: bytes, little: bool) -> float | str | None:
        """The value in these bytes; None for bytes without meaning."""
        if self.format.startswith("skip"):
            return None
        if self.format == "u24":
            number: float = int.from_bytes(raw[:3], "little" if little else "big")
        else:
            number = struct.unpack_from(("<" if little else ">") + _FORMATS[self.format], raw)[0]
        return self.scaled(number)

    def scaled(self, number: float) -> float | str:
        """The meaning of a raw number."""
        if self.mask is not None:
            number = int(number) & self.mask
        if self.shift:
            number = int(number) >> self.shift
        if self.texts:
            return self.texts.get(str(int(number)), f"unknown {int(number)}")
        value = (number - self.subtract) * self.multiply / self.divide
        if not self.polynomial:
            return value
        total = 0.0
        for coefficient in self.polynomial:
            total = total * value + coefficient
        return total**self.power

    def follow(self, value: float | str | None) -> "tuple[Field, ...]":
        """Fields that come next because of the value of this one."""
        return self.cases.get(f"{value:g}", ()) if isinstance(value, int | float) else ()


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """How a kind of device packs its bytes."""

    kind: str
    little: bool
    tag_bytes: int = 1
    blocks: tuple[tuple[int, tuple[Field, ...]], ...] = ()
    """(words, fields) by bit of the flags."""
    tags: dict[bytes, tuple[Field, ...]] = dataclasses.field(default_factory=dict)
    ports: dict[int, tuple[Field, ...]] = dataclasses.field(default_factory=dict)

    def names(self) -> set[str]:
        """Names of all fields that it may give, those of lists as `LIST[].NAME`."""
        groups = [*(fields for _, fields in self.blocks), *self.tags.values(), *self.ports.values()]
        return {name for fields in groups for name in _names(fields)}

    def read(self, raw: bytes, port: int | None) -> dict[str, Any]:
        """Fields by name. Raises Rejected when the bytes do not fit."""
        try:
            if self.kind == "blocks":
                return _blocks(self, raw)
            if self.kind == "tagged":
                return _tagged(self, raw)
            return _by_port(self, raw, port)
        except struct.error:
            raise Rejected("bytes", raw.hex(), "bytes of the profile's layout: they end too early") from None
        except (ValueError, OverflowError):
            raise Rejected("bytes", raw.hex(), "numbers that the profile's layout can hold") from None


class _Block(msgspec.Struct, forbid_unknown_fields=True):
    words: Annotated[int, msgspec.Meta(ge=1, le=255)]
    fields: tuple[Field, ...]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """A layout as its table in a profile has it."""

    kind: Literal["blocks", "tagged", "ports"]
    byte_order: Literal["big", "little"] = "big"
    tag_bytes: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1
    blocks: tuple[_Block, ...] = ()
    tags: dict[str, tuple[Field, ...]] = {}
    ports: dict[str, tuple[Field, ...]] = {}


def read_layout(data: dict[str, Any], base: dict[str, Any] | None = None) -> Layout:
    """A layout from its table in a profile, on top of that of its family.

    Raises ValueError or msgspec.ValidationError.
    """
    tags = {**(base or {}).get("tags", {}), **data.get("tags", {})}
    file = msgspec.convert({**(base or {}), **data, "tags": tags}, _File)
    for number, block in enumerate(file.blocks):
        if not all(_fits(field, block.words) for field in block.fields):
            raise ValueError(
                f"layout.blocks[{number}]: a field is no u16 or u32 inside its {block.words} words"
            )
    if any(field.at < 0 for fields in file.ports.values() for field in fields):
        raise ValueError("layout.ports: a field begins before the first byte")
    if any(len(tag) != 2 * file.tag_bytes for tag in file.tags):
        raise ValueError(f"layout.tags: a tag has other than {file.tag_bytes} bytes")
    return Layout(
        file.kind,
        file.byte_order == "little",
        file.tag_bytes,
        tuple((block.words, block.fields) for block in file.blocks),
        {bytes.fromhex(tag): fields for tag, fields in file.tags.items()},
        {int(port): fields for port, fields in file.ports.items()},
    )


def _fits(field: Field, words: int) -> bool:
    wide = {"u16": 1, "u32": 2}.get(field.format, words + 1)
    return 0 <= field.at <= words - wide and (field.less is None or field.less <= words - wide)


def _names(fields: tuple[Field, ...]) -> Iterator[str]:
    for field in fields:
        yield field.name
        for below in field.cases.values():
            yield from _names(below)


def _blocks(layout: Layout, raw: bytes) -> dict[str, Any]:
    """Version 2, device, flags, then blocks of big-endian words, as Decentlab's protocol has it."""
    version, _, flags = struct.unpack_from(">BHH", raw)
    if version != 2:
        raise Rejected("bytes", raw.hex(), "protocol version 2 in the first byte")
    words = struct.unpack_from(f">{(len(raw) - 5) // 2}H", raw, 5)
    position = 0
    found: dict[str, Any] = {}
    for bit, (length, fields) in enumerate(layout.blocks):
        if not flags >> bit & 1:
            continue
        block = words[position : position + length]
        if len(block) < length:
            raise Rejected("bytes", raw.hex(), f"{length} words in block {bit}")
        position += length
        for field in fields:
            number = _words(block, field.at, field.format)
            if field.less is not None:
                number -= _words(block, field.less, field.format)
            found[field.name] = field.scaled(number)
    return found


def _words(block: tuple[int, ...], at: int, kind: str) -> int:
    """The number that begins at a word; the lower word of a wide one comes first."""
    return block[at] + (block[at + 1] * _WORD if kind == "u32" else 0)


def _tagged(layout: Layout, raw: bytes) -> dict[str, Any]:
    """Tag and value in turn; a tag that the layout does not know ends the reading, because its length is
    unknown."""
    found: dict[str, Any] = {}
    position = 0
    while position < len(raw):
        tag = raw[position : position + layout.tag_bytes]
        fields = layout.tags.get(tag)
        if fields is None:
            raise Rejected(
                "bytes", f"{raw.hex()} at byte {position}", f"a tag of the profile, not {tag.hex()}"
            )
        position += layout.tag_bytes
        record: dict[str, Any] = {}
        waiting = list(reversed(fields))
        while waiting:
            field = waiting.pop()
            part = raw[position : position + field.length]
            if len(part) < field.length:
                raise Rejected("bytes", raw.hex(), f"{field.length} bytes of {field.name or 'a field'}")
            value = field.read(part, layout.little)
            waiting.extend(reversed(field.follow(value)))
            if value is not None and field.name:
                record[field.name] = value
            if field.at >= 0:
                position += field.length
        _keep(record, found)
    return found


def _keep(record: dict[str, Any], found: dict[str, Any]) -> None:
    """Put the fields of one tag to the others; those named `LIST[].NAME` are one more record of that list."""
    lists: dict[str, dict[str, Any]] = {}
    for name, value in record.items():
        list_name, nested, key = name.partition("[].")
        if nested:
            lists.setdefault(list_name, {})[key] = value
        else:
            found[name] = value
    for list_name, item in lists.items():
        found.setdefault(list_name, []).append(item)


def _by_port(layout: Layout, raw: bytes, port: int | None) -> dict[str, Any]:
    fields = layout.ports.get(port if port is not None else -1)
    if fields is None:
        known = ", ".join(str(number) for number in sorted(layout.ports))
        raise Rejected("port", port, f"a port of the profile ({known})")
    return dict(_placed(fields, raw, layout.little))


def _placed(fields: tuple[Field, ...], raw: bytes, little: bool) -> Iterator[tuple[str, float | str]]:
    for field in fields:
        if len(raw) >= field.at + field.length:
            value = field.read(raw[field.at : field.at + field.length], little)
            if value is not None and not (isinstance(value, float) and not math.isfinite(value)):
                yield field.name, value
