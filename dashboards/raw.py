"""Bytes of a message, safe to look at: as text where they are text, else in hexadecimal."""

from collections.abc import Iterator

_LINE = 16


def text(payload: bytes, longest: int = 200) -> str:
    """The beginning of a payload, readable: other bytes as hexadecimal numbers."""
    start = payload[:longest]
    try:
        told = start.decode()
    except UnicodeDecodeError:
        return start[: longest // 3].hex(" ")
    readable = all(character.isprintable() or character in "\n\r\t" for character in told)
    return told if readable else start[: longest // 3].hex(" ")


def dump(payload: bytes, most: int = 4096) -> Iterator[str]:
    """Lines with the place, sixteen bytes in hexadecimal, and their printable ASCII."""
    for place in range(0, min(len(payload), most), _LINE):
        part = payload[place : place + _LINE]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in part)
        yield f"{place:06x}  {part.hex(' '):<{3 * _LINE - 1}}  {shown}"
