"""Figures for Prometheus: requests of this process, and the overview of the whole when it is asked."""

import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from smartregion.overview import Books, Overview

Figures = tuple[Overview, Books]
_MARK = "smartregion.measured"


class RequestMetrics:
    """Counts and times of requests by method, route and status."""

    def __init__(self, read: Callable[[], Figures | None]) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route")
        self._requests = Counter(
            "smartregion_http_requests",
            "Requests answered.",
            (*labels, "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "smartregion_http_request_seconds",
            "Time until the answer began, s; streams included.",
            labels,
            registry=self._registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
        )
        self._open = Gauge(
            "smartregion_http_requests_open", "Requests being answered.", registry=self._registry
        )
        self._registry.register(_OverviewCollector(read))

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def begun(self) -> None:
        """A request came in."""
        self._open.inc()

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; `seconds` until its first byte."""
        self._open.dec()
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)


class Measured:
    """ASGI layer that measures each request once, whichever application of the process it wraps."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope.get(_MARK):
            await self._app(scope, receive, send)
            return
        scope[_MARK] = True
        began = time.perf_counter()
        status, until_first = 500, 0.0

        async def watched(message: Message) -> None:
            nonlocal status, until_first
            if message["type"] == "http.response.start":
                status = message["status"]
                until_first = time.perf_counter() - began
            await send(message)

        self._metrics.begun()
        try:
            await self._app(scope, receive, watched)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            elapsed = until_first or time.perf_counter() - began
            self._metrics.ended(method, _route(scope), status, elapsed)


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def _route(scope: Scope) -> str:
    """The route's template, so that ids make no new series; unknown paths are one."""
    path = getattr(scope.get("route"), "path", None)
    return scope.get("root_path", "") + path if path is not None else "none"


class _OverviewCollector(Collector):
    """Reads the database when Prometheus asks; without a database only says that it is away."""

    def __init__(self, read: Callable[[], Figures | None]) -> None:
        self._read = read

    def collect(self) -> Iterator[GaugeMetricFamily]:
        figures = self._read()
        yield _gauge("database_up", "1 when the database answers.", float(figures is not None))
        if figures is None:
            return
        overview, books = figures
        packets = GaugeMetricFamily(
            "smartregion_books_messages", "PUBLISH packets of all time.", labels=["book"]
        )
        for book in ("received", "stored", "duplicate", "quarantined"):
            packets.add_metric([book], getattr(books, book))
        yield packets
        yield _gauge("quarantine_open", "Messages that wait in quarantine.", overview.quarantine_open)
        yield _gauge("messages_per_second", "Received messages a second.", overview.messages_per_s)
        yield _gauge("devices", "Devices in use.", overview.devices)
        yield _gauge("devices_silent", "Devices that said nothing for too long.", len(overview.silent))
        yield _gauge("database_bytes", "Size of the database, bytes.", overview.database_bytes)
        if overview.lag_s is not None:
            yield _gauge("lag_seconds", "Median delay from event to receipt, s.", overview.lag_s)
        if overview.latest_receipt is not None:
            age_s = (overview.time - overview.latest_receipt).total_seconds()
            yield _gauge("latest_receipt_age_seconds", "Time since the newest stored message, s.", age_s)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing ahead: registering must not touch the database."""
        return iter(())


def _gauge(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"smartregion_{name}", help, value=value)
