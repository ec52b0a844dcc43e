"""The live stream: server-sent events of the newest values."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from smartregion.api.context import Context
from smartregion.errors import InvalidInput
from smartregion.live import Listener, LiveFeed

HEARTBEAT_S = 15.0
"""Silence after which a comment is sent, so that proxies and clients see that the stream lives."""
_LOOK_S = 1.0
_RETRY_MS = 2000
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
Kind = Literal["container", "station", "vehicle", "building"]


class LiveItem(BaseModel, use_attribute_docstrings=True):
    """One entry of the list that an event `values` carries."""

    object_kind: Kind | None
    """What the device hangs on; null for a device without an object."""
    object: str | None
    """Id of that object."""
    device: str
    """Identifier of the device in its messages."""
    item: str
    """A quantity (level, distance in m, temperature in °C, ...), `lane N` (vehicles/h), or `track` (m/s)."""
    time: dt.datetime
    """Event time, UTC."""
    value: float
    """The raw value in the quantity's unit."""
    level: float | None
    """Fill level of a container, share of the usable volume, 0..1.2."""
    lon: float | None
    """Longitude of a track's position, degrees WGS 84."""
    lat: float | None
    """Latitude of a track's position, degrees WGS 84."""


def router(context: Context) -> APIRouter:
    """The stream."""
    made = APIRouter(tags=["live"])

    @made.get(
        "/live",
        summary="Newest values as they come",
        response_class=StreamingResponse,
        responses={
            200: {
                "description": "Events `values` (a JSON list), `outage` and `recovered` (of the database).",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            }
        },
    )
    async def live(
        kinds: Annotated[list[Kind] | None, Query(description="Only objects of these kinds.")] = None,
        cursor: Annotated[
            str | None, Query(description="Id of the last event known, where no header can be set.")
        ] = None,
        last_event_id: Annotated[str | None, Header(description="Id of the last event received.")] = None,
    ) -> StreamingResponse:
        """Server-sent events. Each event `values` carries a list of LiveItem objects and an id; a client that
        comes back with it (`Last-Event-ID`) gets the newest value of everything that changed since. At most
        one event a second; a comment after 15 s of silence."""
        after = _receipt(last_event_id or cursor)
        stream = _events(context.live, after, frozenset(kinds) if kinds else None)
        first = await anext(
            stream
        )  # the database is asked before the answer begins: an error is still a problem
        return StreamingResponse(_joined(first, stream), media_type="text/event-stream", headers=_HEADERS)

    return made


async def _joined(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    async with contextlib.aclosing(rest):
        yield first
        async for event in rest:
            yield event


async def _events(feed: LiveFeed, after: int | None, kinds: frozenset[str] | None) -> AsyncGenerator[bytes]:
    """All events of one stream; every wait is bounded, so that a stopping server waits for nobody."""
    clock = asyncio.get_running_loop().time
    async with feed.listen(after, kinds) as listener:
        yield f"retry: {_RETRY_MS}\nid: {feed.mark if after is None else after}\n: welcome\n\n".encode()
        heard, outage = clock(), None
        while not feed.closed:
            batch = await listener.take(_LOOK_S)
            if listener.outage_since != outage:
                outage = listener.outage_since
                yield _outage(listener)
            if batch is not None:
                yield b"event: values\nid: %d\ndata: [%s]\n\n" % (batch.cursor, b",".join(batch.values))
            elif clock() - heard >= HEARTBEAT_S:
                yield b": heartbeat\n\n"
            else:
                continue
            heard = clock()


def _outage(listener: Listener) -> bytes:
    if listener.outage_since is None:
        return b"event: recovered\ndata: {}\n\n"
    return b"event: outage\ndata: %s\n\n" % msgspec.json.encode({"since": listener.outage_since})


def _receipt(text: str | None) -> int | None:
    if text is None or text == "":
        return None
    if not text.isascii() or not text.isdigit() or int(text) >= 1 << 63:
        raise InvalidInput("Last-Event-ID", text, "the id of an event of this stream")
    return int(text)
