"""Long arrays for the database, packed at once: element by element the driver needs ten times as long."""

import datetime as dt
import functools
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_HEAD = struct.Struct("!iiIii")
_WHOLE = struct.Struct("!iq")


class TextArray(NamedTuple):
    """A text[] in PostgreSQL's binary form."""

    data: bytes


class BigintArray(NamedTuple):
    """A bigint[] in PostgreSQL's binary form."""

    data: bytes


class TimeArray(NamedTuple):
    """A timestamptz[] in PostgreSQL's binary form."""

    data: bytes


class _Packed(Dumper):
    format = Format.BINARY

    def dump(self, obj: TextArray | BigintArray | TimeArray) -> bytes:
        return obj.data


class _TextDumper(_Packed):
    oid = psycopg.adapters.types["text"].array_oid


class _BigintDumper(_Packed):
    oid = psycopg.adapters.types["int8"].array_oid


class _TimeDumper(_Packed):
    oid = psycopg.adapters.types["timestamptz"].array_oid


psycopg.adapters.register_dumper(TextArray, _TextDumper)
psycopg.adapters.register_dumper(BigintArray, _BigintDumper)
psycopg.adapters.register_dumper(TimeArray, _TimeDumper)


def since_2000_us(time: dt.datetime) -> int:
    """Microseconds from the epoch of PostgreSQL to an aware time."""
    return (time - _EPOCH) // _MICROSECOND


def text_array(texts: Sequence[str]) -> TextArray:
    """Pack texts; the same few may come again and again."""
    return TextArray(_array("text", len(texts), map(_text, texts)))


def bigint_array(numbers: Sequence[int]) -> BigintArray:
    """Pack numbers."""
    pack = _WHOLE.pack
    return BigintArray(_array("int8", len(numbers), [pack(8, number) for number in numbers]))


def time_array(times: Sequence[dt.datetime]) -> TimeArray:
    """Pack aware times."""
    pack = _WHOLE.pack
    return TimeArray(_array("timestamptz", len(times), [pack(8, since_2000_us(time)) for time in times]))


def _array(element: str, length: int, elements: Iterable[bytes]) -> bytes:
    return _HEAD.pack(1, 0, psycopg.adapters.types[element].oid, length, 1) + b"".join(elements)


@functools.lru_cache(maxsize=20_000)
def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("!i", len(raw)) + raw
