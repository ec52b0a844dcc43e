"""Who asks behind a proxy: its word about client and scheme counts, the client's own does not."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_UNKNOWN = "unknown"


class BehindProxy:
    """ASGI layer for a server that only a TLS proxy reaches.

    The client is the last entry of X-Forwarded-For, the one that the proxy itself added: earlier entries come
    from the client and could name this machine. Without the header the client is unknown, never local.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with the client and scheme that the outside sees."""
        if scope["type"] == "http":
            lines = Headers(scope=scope).getlist("x-forwarded-for")
            client = ",".join(lines).rpartition(",")[2].strip() or _UNKNOWN
            scope = {**scope, "client": (client, 0), "scheme": "https"}
        await self._app(scope, receive, send)
