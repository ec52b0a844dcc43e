"""Addresses, headers, static files, failures: what all pages share."""

import pathlib

import psycopg
import pytest
from fastapi.testclient import TestClient

from dashboards import urls
from dashboards.assets import checksum, static_address
from smartregion.settings import load
from smartregion.store.database import open_pool
from tests.dashboards.page_check import Page
from tests.dashboards.pages_district import client

_FREE_FROM_SCRIPT = ("script-src", "'unsafe-inline'", "'unsafe-eval'", "http:", "https:", "*")


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/", "/de/abfall"),
        ("/de", "/de/abfall"),
        ("/en", "/en/waste"),
        ("/en/abfall", "/en/waste"),
        ("/en/abfall?show=silent", "/en/waste?show=silent"),
        ("/en/abfall/behaelter/B1", "/en/waste/container/B1"),
        ("/en/verkehr/zaehlstelle/Z1?date=2026-06-01", "/en/traffic/station/Z1?date=2026-06-01"),
        ("/en/strassen", "/en/roads"),
        ("/de/engineering", "/de/technik"),
        ("/en/offen", "/en/open"),
    ],
)
def test_addresses_lead_to_the_page(database_url: str, asked: str, led_to: str) -> None:
    with client(database_url) as browser:
        answer = browser.get(asked, headers={"Accept-Language": "en"}, follow_redirects=False)
        assert answer.status_code in (307, 308)
        assert answer.headers["location"] == led_to


@pytest.mark.parametrize(
    "path", ["/de/nichts", "/en/waste/container/unknown", "/de/abfall/plan/heute", "/x.php"]
)
def test_unknown_pages_say_so(database_url: str, path: str) -> None:
    with client(database_url) as browser:
        answer = browser.get(path)
        assert answer.status_code == 404
        page = Page(answer.text)
        assert not page.faults
        assert "There is no such page" in page.title or "Diese Seite gibt es nicht" in page.title


def test_every_answer_keeps_the_browser_with_us(database_url: str) -> None:
    with client(database_url) as browser:
        for path in (
            "/de/abfall",
            "/nope",
            "/api/v1/containers",
            static_address("css/frame.css"),
            "/healthz",
        ):
            answer = browser.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert not any(word in policy for word in _FREE_FROM_SCRIPT), policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert "strict-transport-security" not in answer.headers
    with client(database_url, https=True) as browser:
        assert "strict-transport-security" in browser.get("/healthz").headers


def test_static_files_may_be_kept_while_they_are_the_same(database_url: str) -> None:
    with client(database_url) as browser:
        for path, kind in (
            ("js/page.js", "text/javascript"),
            ("vendor/maplibre-gl.mjs", "text/javascript"),
            ("vendor/maplibre-gl-worker.mjs", "text/javascript"),
            ("vendor/uplot.mjs", "text/javascript"),
            ("css/parts.css", "text/css"),
        ):
            answer = browser.get(static_address(path))
            assert answer.status_code == 200, path
            assert answer.headers["content-type"].startswith(kind)
            assert "immutable" in answer.headers["cache-control"]
            assert answer.headers["content-encoding"] == "gzip"
        old = browser.get(f"/static/{'0' * len(checksum())}/js/page.js")
        assert old.headers["cache-control"] == "no-cache"
        assert browser.get("/static/x/../app.py").status_code == 404
        worker = browser.get("/sheet-worker.js")
        assert worker.headers["cache-control"] == "no-cache"


def test_scripts_ask_for_files_that_exist() -> None:
    folder = pathlib.Path(urls.__file__).parent / "static" / "js"
    for file in folder.glob("*.js"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("import ") or " import(" in line:
                target = line.split("'")[-2]
                assert (folder / target).is_file(), (file.name, target)
            assert "http://" not in line, file.name
            assert "https://" not in line, file.name


def test_a_database_that_went_away_is_told_in_the_frame(
    database_url: str, connection: psycopg.Connection
) -> None:
    from dashboards.app import create_app
    from tests.smartregion.small_district import NOW

    with open_pool(database_url, max_size=1) as pool:
        gone = load(database_url=database_url)
        app = create_app(gone, pool, lambda: NOW)
        with TestClient(
            app, base_url="http://localhost", client=("127.0.0.1", 5), raise_server_exceptions=False
        ) as browser:
            assert browser.get("/en/waste").status_code == 200
            pool.close()
            answer = browser.get("/en/waste")
            assert answer.status_code == 503
            page = Page(answer.text)
            assert not page.faults
            assert "The database does not answer" in answer.text
            assert "since 12:00:00" in answer.text
            assert "No sensor data is lost" in answer.text
            assert browser.get("/healthz").status_code == 200
            assert browser.get(static_address("css/frame.css")).status_code == 200


def test_pages_are_small_and_packed(database_url: str) -> None:
    with client(database_url) as browser:
        answer = browser.get("/de/abfall")
        assert answer.headers["content-encoding"] == "gzip"
        assert browser.get("/api/v1/openapi.json").status_code == 200
