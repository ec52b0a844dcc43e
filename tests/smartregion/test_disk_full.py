"""A full disk of the database: pages and API stay up, pages say so, and go on when there is room again."""

import contextlib
import datetime as dt
import os
import pathlib
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from dashboards.app import create_app
from smartregion.demo import postgres
from smartregion.demo.ports import free_port
from smartregion.settings import load
from smartregion.store import database, scratch
from smartregion.store.health import disk_is_full, keeping_state
from smartregion.store.migrate import migrate

_DISK_MB = 160
_SMALL = {"shared_buffers": "16MB", "max_wal_size": "48MB", "min_wal_size": "32MB", "fsync": "off"}


@pytest.fixture
def disk() -> Iterator[pathlib.Path]:
    """A disk of its own, where we may mount one."""
    with tempfile.TemporaryDirectory(prefix="smartregion-full-") as name:
        command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m,mode=0755", "tmpfs", name]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("a small disk can only be mounted by root")
        pathlib.Path(name).chmod(0o755)
        yield pathlib.Path(name)
        subprocess.run(["umount", name], check=True)


def fill(ballast: pathlib.Path) -> None:
    """Take all the room there is."""
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))


def test_pages_stay_and_say_so(disk: pathlib.Path) -> None:
    now = dt.datetime.now(dt.UTC)
    moments = iter(now + dt.timedelta(minutes=n) for n in range(10_000))
    with postgres.running(disk / "cluster", free_port(), secrets.token_hex(8), _SMALL) as server:
        migrate(server.url)
        pool = database.open_pool(server.url)
        app = create_app(load(database_url=server.url), pool, lambda: next(moments))
        with TestClient(app, client=("127.0.0.1", 50_000)) as pages:
            assert 'id="disk-full"' not in pages.get("/de/technik").text
            ballast = disk / "ballast"
            fill(ballast)
            for page in ("/de/abfall", "/de/verkehr", "/de/technik"):
                answer = pages.get(page)
                assert answer.status_code == 200, page
                assert 'id="disk-full"' in answer.text, page
            assert pages.get("/api/v1/containers").status_code == 200
            assert pages.get("/healthz").status_code == 200
            ballast.unlink()
            assert 'id="disk-full"' not in pages.get("/de/technik").text
        pool.close()


def test_the_worker_of_the_pages_sees_it_without_the_owners_rights(
    disk: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sees the room that is left; where the server is elsewhere a sort on the disk tells."""
    with postgres.running(disk / "cluster", free_port(), secrets.token_hex(8), _SMALL) as server:
        migrate(server.url)
        with database.connect(server.url) as connection:
            connection.execute("SET ROLE sr_web")
            now = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
            free = shutil.disk_usage(disk).free
            grown = "INSERT INTO sr.size (day, kind, rows, bytes) VALUES (%s, 'reading', 1, %s)"
            connection.execute(grown, (now - dt.timedelta(days=10), 0))
            connection.execute(grown, (now, free))
            room = keeping_state(connection, now).disk
            assert room.free == pytest.approx(free, abs=4 << 20)
            assert room.full_on == (now + dt.timedelta(days=9)).date()  # a little went since
            assert not disk_is_full(connection)
            with database.connect(server.url, autocommit=True) as owner:
                owner.execute("CHECKPOINT")  # so that reading need not make room by writing
            ballast = disk / "ballast"
            fill(ballast)
            assert disk_is_full(connection)
            monkeypatch.setattr(scratch, "data_disk", lambda _: None)
            assert disk_is_full(connection)
            assert connection.execute("SELECT count(*) FROM sr.device").fetchone() == (0,)
            ballast.unlink()
            assert not disk_is_full(connection)
