"""ETag for every JSON answer: a client that has it already gets 304 and no body."""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TYPES = ("application/json", "application/geo+json")


def etag(content: bytes) -> str:
    """Tag of this content; weak, because compression comes after it."""
    return f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


class ETags:
    """ASGI layer; put it inside compression, so that the tag is of the content."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        answer = _Answer(Headers(scope=scope).get("if-none-match", ""), send)
        await self._app(scope, receive, answer.take)


class _Answer:
    """Holds back the start of a JSON answer until its whole body is known; lets streams pass."""

    def __init__(self, known: str, send: Send) -> None:
        self._known = {tag.strip().removeprefix("W/") for tag in known.split(",") if tag.strip()}
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _may_be_tagged(message):
            self._start = message
            return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = bytes(self._body)
        headers = MutableHeaders(raw=start["headers"])
        if "etag" not in headers:
            headers["ETag"] = etag(body)
        headers.setdefault("Cache-Control", "no-cache")
        if headers["ETag"].removeprefix("W/") in self._known or "*" in self._known:
            start["status"], body = 304, b""
            del headers["content-length"]
            del headers["content-type"]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _may_be_tagged(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    return start["status"] == 200 and kind in _TYPES and headers.get("cache-control") != "no-store"
