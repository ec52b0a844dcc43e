"""Hears on the wire which messages ingest acknowledged to the broker; knows nothing of ingest itself."""

import re
import threading
from collections.abc import Iterator

_NUMBER = re.compile(rb'"seq": ?(\d+)')
_PUBLISH, _PUBACK = 3, 4


class Witness:
    """A listener of a wire: `acknowledged` are the `seq` of messages whose PUBACK passed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rest: dict[tuple[int, bool], bytes] = {}
        self._sent: dict[tuple[int, int], int] = {}
        self.acknowledged: set[int] = set()

    def __call__(self, connection: int, from_server: bool, data: bytes) -> None:
        """Hear a piece of one direction of a connection."""
        with self._lock:
            line = (connection, from_server)
            packets = list(self._packets(line, self._rest.get(line, b"") + data))
            for kind, body in packets:
                if from_server and kind == _PUBLISH:
                    start = 2 + int.from_bytes(body[:2], "big")
                    number = _NUMBER.search(body, start)
                    if number is not None:
                        self._sent[connection, int.from_bytes(body[start : start + 2], "big")] = int(
                            number[1]
                        )
                elif not from_server and kind == _PUBACK:
                    sent = self._sent.get((connection, int.from_bytes(body[:2], "big")))
                    if sent is not None:
                        self.acknowledged.add(sent)

    def known(self) -> set[int]:
        """What is acknowledged by now."""
        with self._lock:
            return set(self.acknowledged)

    def _packets(self, line: tuple[int, bool], data: bytes) -> Iterator[tuple[int, bytes]]:
        position = 0
        while position < len(data):
            length = shift = 0
            start = position + 1
            while start < len(data):
                length |= (data[start] & 0x7F) << shift
                shift += 7
                start += 1
                if data[start - 1] < 0x80:
                    break
            else:
                break
            if start + length > len(data):
                break
            yield data[position] >> 4, data[start : start + length]
            position = start + length
        self._rest[line] = data[position:]
