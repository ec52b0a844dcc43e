"""Parameters that all lists share: a span of time, a limit, a cursor."""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import AwareDatetime, BaseModel

from smartregion.errors import InvalidInput

T = TypeVar("T")
MAX_LIMIT = 100_000
Cursor = list[Any]


class Page(BaseModel, Generic[T], use_attribute_docstrings=True):
    """Part of a list."""

    items: list[T]
    """The part asked for, in a fixed order."""
    next: str | None
    """Cursor of the part that follows; null at the end."""


@dataclass(frozen=True)
class Span:
    """A span of time; open where null."""

    since: dt.datetime | None
    until: dt.datetime | None

    def holds(self, time: dt.datetime | None) -> bool:
        """Does the moment lie inside? An unknown one does only in an open span."""
        if time is None:
            return self.since is None and self.until is None
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)


@dataclass(frozen=True)
class Part:
    """Which part of a list is asked for."""

    limit: int
    cursor: Cursor | None

    def of(self, items: Iterable[T], key: Callable[[T], str]) -> tuple[list[T], str | None]:
        """The part of `items`, which are ordered by the text `key`, and the cursor of the next part."""
        after = self.place(str)
        rest = [item for item in items if after is None or key(item) > after[0]]
        return self.cut(rest, lambda item: [key(item)])

    def behind(self, items: list[T], key: Callable[[T], str]) -> tuple[list[T], str | None]:
        """The part of `items` behind the one that the cursor names, in an order of their own; all of them
        again when that one is gone, as twice is better than never."""
        after = self.place(str)
        places = [place for place, item in enumerate(items) if after is not None and key(item) == after[0]]
        return self.cut(items[places[0] + 1 :] if places else items, lambda item: [key(item)])

    def cut(self, rest: list[T], key: Callable[[T], Cursor]) -> tuple[list[T], str | None]:
        """The first `limit` of what follows the cursor; ask the database for one more than that."""
        part = rest[: self.limit]
        return part, encode_cursor(key(part[-1])) if len(rest) > self.limit else None

    def place(self, *kinds: type) -> Cursor | None:
        """The cursor's values, checked for their types; None at the beginning of the list."""
        if self.cursor is None:
            return None
        fits = len(self.cursor) == len(kinds) and all(map(isinstance, self.cursor, kinds))
        if not fits:
            raise InvalidInput("cursor", encode_cursor(self.cursor), "a cursor of this list")
        return self.cursor


def encode_cursor(key: Cursor) -> str:
    """A place in a list as opaque text."""
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """The place in a list; raises InvalidInput for text that is no cursor of ours."""
    try:
        key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        key = None
    if not isinstance(key, list):
        raise InvalidInput("cursor", text, "a cursor that this API gave as `next`")
    return key


def cursor_time(text: str) -> dt.datetime:
    """A moment out of a cursor; raises InvalidInput."""
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        time = dt.datetime(1, 1, 1)  # noqa: DTZ001 - stands for a time that does not count
    if time.tzinfo is None:
        raise InvalidInput("cursor", text, "a cursor of this list")
    return time


def _span(
    since: Annotated[
        AwareDatetime | None,
        Query(alias="from", description="Only what happened at this time or later, RFC 3339 with offset."),
    ] = None,
    until: Annotated[
        AwareDatetime | None, Query(alias="to", description="Only what happened before this time.")
    ] = None,
) -> Span:
    if since is not None and until is not None and since > until:
        raise InvalidInput("from", since.isoformat(), f"a time before `to` ({until.isoformat()})")
    return Span(since, until)


def _part(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most so many items.")] = 1000,
    cursor: Annotated[str | None, Query(description="`next` of the part before.")] = None,
) -> Part:
    return Part(limit, None if cursor is None else decode_cursor(cursor))


SpanOf = Annotated[Span, Depends(_span)]
PartOf = Annotated[Part, Depends(_part)]
