"""A TCP wire that tests can cut, delay and close, and that can be listened to."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable

Listener = Callable[[int, bool, bytes], None]
"""Hears number of the connection, whether from the server, and the bytes, before they are passed on."""

_CHUNK_BYTES = 1 << 16


class Wire:
    """Listens on a free port of loopback and passes bytes on to a server."""

    def __init__(self, server_port: int, listener: Listener | None = None) -> None:
        self._server_port, self._listener = server_port, listener
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = False
        self._connections = 0
        self.delay_s = 0.0
        """Every piece waits so long on its way, in both directions."""
        self._entrance = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._entrance.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset all connections; what is on its way is lost."""
        with self._lock:
            lines, self._open = self._open, set()
        for line in lines:
            with contextlib.suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def close(self) -> None:
        """No more connections."""
        self._closed = True
        self._entrance.close()
        self.cut()

    def _accept(self) -> None:
        while not self._closed:
            try:
                inner, _ = self._entrance.accept()
            except OSError:
                return
            try:
                outer = socket.create_connection(("127.0.0.1", self._server_port), timeout=5)
            except OSError:
                inner.close()
                continue
            outer.settimeout(None)
            for line in (inner, outer):
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._connections += 1
                self._open |= {inner, outer}
            number = self._connections
            threading.Thread(target=self._pass, args=(inner, outer, number, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(outer, inner, number, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, number: int, from_server: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK_BYTES):
                if self.delay_s:
                    time.sleep(self.delay_s)
                if self._listener is not None:
                    self._listener(number, from_server, data)
                target.sendall(data)
        with self._lock:
            self._open -= {source, target}
        for line in (source, target):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
