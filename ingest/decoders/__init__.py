"""Decoders of raw bytes written from the makers' field layouts: bytes and port to named fields."""

from collections.abc import Callable
from typing import Any

Decoder = Callable[[bytes, int | None], dict[str, Any]]
"""Fields by name; raises Rejected when the bytes do not fit the layout."""

DECODERS: dict[str, Decoder] = {}
"""By the name that a profile gives."""
