"""Serve with uvicorn so that open streams end at once when the server stops."""

import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from smartregion.api.context import Context

_GRACE_S = 2


class Server(uvicorn.Server):
    """Tells the context before it waits for connections to end."""

    def __init__(self, config: uvicorn.Config, context: Context) -> None:
        super().__init__(config)
        self._context = context

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams, then the rest in good order, after two seconds in any order."""
        self._context.close()
        await super().shutdown(sockets)


def make_server(app: ASGIApp, context: Context, **options: Any) -> Server:
    """A server for `app`; `options` are uvicorn's (host, port, ssl_certfile, proxy_headers, ...)."""
    options.setdefault("timeout_graceful_shutdown", _GRACE_S)
    options.setdefault("lifespan", "auto")
    return Server(uvicorn.Config(app, **options), context)


def run(app: ASGIApp, context: Context, **options: Any) -> bool:
    """Serve until SIGINT or SIGTERM; False when the server could not start, say for a taken port."""
    server = make_server(app, context, **options)
    server.run()
    return server.started
