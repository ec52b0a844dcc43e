"""How fast pages and map data of 10,000 containers come, beside the same bytes from memory."""

import contextlib
import dataclasses
import datetime as dt
import json
import pathlib
import secrets
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator

from fastapi import FastAPI, Response

from dashboards.app import create_app
from smartregion.api.serving import make_server
from smartregion.demo import postgres
from smartregion.demo.ports import free_port
from smartregion.demo.servants import choose_servant, owned_folder
from smartregion.registry.importer import import_file
from smartregion.settings import load
from smartregion.store import database, queries
from smartregion.store.migrate import migrate

_CONTAINERS = 10_000
_SITES = 2_500
_START_PATIENCE_S = 20.0
_PATHS = {
    "waste page": ("/de/abfall", 500, 60),
    "waste page, all": ("/de/abfall?show=all", 500, 60),
    "public page": ("/de/offen", 500, 60),
    "containers as GeoJSON": ("/api/v1/containers?format=geojson&limit=10000", 1000, 1500),
    "public sites as GeoJSON": ("/open/sites.geojson", 1000, 300),
}
"""What is asked, how long a reader can wait (ms), and how much a slow line can carry (kB, packed)."""


@dataclasses.dataclass(frozen=True)
class Measured:
    """One address: median and worst time, the same bytes from memory, size as sent; with its limits."""

    median_ms: float
    worst_ms: float
    from_memory_ms: float
    limit_ms: float
    kilobytes: float
    limit_kilobytes: float

    @property
    def good(self) -> bool:
        """Whether both limits hold."""
        return self.median_ms <= self.limit_ms and self.kilobytes <= self.limit_kilobytes


def bench(quick: bool, as_json: bool) -> int:
    """Print the table (or one JSON object); 1 when a limit does not hold."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    with _database() as url:
        _fill(url, now, days=2 if quick else 14)
        with _server(url, now) as (app, address):
            results = {
                name: _measure(app, address, limits, rounds=10 if quick else 40)
                for name, limits in _PATHS.items()
            }
    print(_table(results), file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print(json.dumps({name: dataclasses.asdict(one) for name, one in results.items()}))
    return 0 if all(one.good for one in results.values()) else 1


def _table(results: dict[str, Measured]) -> str:
    lines = [
        f"{_CONTAINERS:,} containers on {_SITES:,} sites",
        f"{'':26}{'median ms':>10}{'worst ms':>10}{'memory ms':>10}{'limit ms':>10}{'kB':>8}{'limit kB':>9}",
    ]
    for name, one in results.items():
        times = f"{one.median_ms:>10.0f}{one.worst_ms:>10.0f}{one.from_memory_ms:>10.1f}{one.limit_ms:>10.0f}"
        mark = "" if one.good else "  over the limit"
        lines.append(f"{name:26}{times}{one.kilobytes:>8.0f}{one.limit_kilobytes:>9.0f}{mark}")
    return "\n".join(lines)


@contextlib.contextmanager
def _database() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="smartregion-bench-") as name:
        folder = pathlib.Path(name) / "cluster"
        pathlib.Path(name).chmod(0o755)
        owned_folder(folder, choose_servant())
        with postgres.running(folder, free_port(), secrets.token_hex(8), {}) as server:
            migrate(server.url)
            yield server.url


def _fill(url: str, now: dt.datetime, days: int) -> None:
    lines = ["kind;id;name;street;place;lon;lat;fraction;volume_l;rhythm_days;site;device"]
    for number in range(_SITES):
        lon, lat = 13.6 + number % 50 / 80, 51.4 + number // 50 / 90
        lines.append(f"site;S{number};Platz {number};Straße {number % 97};Ort {number % 60};{lon};{lat};;;;;")
    for number in range(_CONTAINERS):
        fraction = ("paper", "residual", "bio", "glass_white")[number % 4]
        lines.append(f"container;B{number};;;;;;{fraction};1100;14;S{number // 4};bin-{number}")
    with tempfile.TemporaryDirectory(prefix="smartregion-bench-") as name:
        file = pathlib.Path(name) / "registry.csv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with database.connect(url) as connection:
            import_file(connection, file, now)
    sql, values = queries.load("bench_web"), {"now": now, "days": days}
    with database.connect(url) as connection:
        connection.execute(sql["partitions"], {"now": now, "since": now - dt.timedelta(days=days + 1)})
        connection.execute(sql["levels"], values)
        connection.execute(sql["newest"])
    with database.connect(url, autocommit=True) as connection:
        connection.execute(queries.load("bench_store")["analyze"])


@contextlib.contextmanager
def _server(url: str, now: dt.datetime) -> Iterator[tuple[FastAPI, str]]:
    """The application as `serve` runs it, in a thread."""
    port = free_port()
    with database.open_pool(url) as pool:
        app = create_app(load(database_url=url), pool, lambda: now)
        _remember(app)
        server = make_server(app, app.state.context, port=port, log_level="error", access_log=False)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            deadline = time.monotonic() + _START_PATIENCE_S
            while not server.started and thread.is_alive() and time.monotonic() < deadline:
                time.sleep(0.05)
            yield app, f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


def _remember(app: FastAPI) -> None:
    """An address that gives back `app.state.bytes`: what the server costs without our work."""
    app.state.bytes = b""

    def memory() -> Response:
        return Response(app.state.bytes, headers={"Content-Encoding": "gzip"})

    app.add_api_route("/bench/memory", memory)
    app.router.routes.insert(0, app.router.routes.pop())


def _measure(app: FastAPI, address: str, limits: tuple[str, float, float], rounds: int) -> Measured:
    path, limit_ms, limit_kilobytes = limits
    _, app.state.bytes = _fetch(address + path)  # what is kept for a minute is made now
    times = [_fetch(address + path)[0] for _ in range(rounds)]
    memory = [_fetch(f"{address}/bench/memory")[0] for _ in range(rounds)]
    return Measured(
        round(statistics.median(times), 1),
        round(max(times), 1),
        round(statistics.median(memory), 1),
        limit_ms,
        round(len(app.state.bytes) / 1000, 1),
        limit_kilobytes,
    )


def _fetch(address: str) -> tuple[float, bytes]:
    """Milliseconds and the bytes on the line."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})  # noqa: S310 - our own server
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        body: bytes = answer.read()
    return (time.perf_counter() - began) * 1000, body
