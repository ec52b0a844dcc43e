"""One message as it goes to the broker."""

from typing import NamedTuple


class Message(NamedTuple):
    """Topic and payload.

    `rows` tells how many rows it should give in the store, 0 for a broken or repeated one.
    """

    topic: str
    payload: bytes
    rows: int
    device: str
