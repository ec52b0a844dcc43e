"""The driver's sheet in a real browser: ticks and levels without a network, sent in order when it is back."""

import contextlib
import pathlib
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from dashboards.app import create_app
from smartregion.demo.ports import free_port
from smartregion.settings import load
from smartregion.store.database import open_pool
from smartregion.waste import ticks
from tests.dashboards.pages_district import fill, tour_id
from tests.smartregion.small_district import NOW
from tests.support.running_demo import until

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)


@contextlib.contextmanager
def _serving(url: str) -> Iterator[str]:
    """The application on a free port of this machine."""
    port = free_port()
    with open_pool(url, max_size=4) as pool:
        app = create_app(load(database_url=url), pool, lambda: NOW)
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """A phone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        context = browser.new_context(viewport={"width": 412, "height": 900}, locale="de-DE")
        yield context.new_page()
        browser.close()


def test_what_is_said_without_a_network_arrives_in_order(
    database_url: str, connection: psycopg.Connection, tmp_path: pathlib.Path, page: Page
) -> None:
    fill(connection, tmp_path)
    tour = tour_id(connection)
    connection.commit()
    with _serving(database_url) as web:
        page.goto(f"{web}/de/abfall/tour/{tour}")
        assert until(lambda: page.evaluate("navigator.serviceWorker.controller !== null"), 20)
        kept = "caches.open('sheets').then((store) => store.keys()).then((keys) => keys.length)"
        assert until(lambda: page.evaluate(kept) > 3, 20)
        page.context.set_offline(True)
        level, reason = (page.get_by_label(f"{name}: B1") for name in ("Füllstand gesehen", "Besonderheit"))
        level.select_option(label="50 %")
        level.select_option(label="75 %")
        page.get_by_label("erledigt: Standplatz S1").check()
        reason.select_option(label="beschädigt")
        expect(page.locator("[data-tick-state]")).to_contain_text("4 Haken warten auf das Netz")
        page.reload()
        expect(page.get_by_label("erledigt: Standplatz S1")).to_be_checked()
        expect(page.get_by_label("Füllstand gesehen: B1").locator("option:checked")).to_have_text("75 %")
        assert Axe().run(page).violations_count == 0
        page.context.set_offline(False)
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("[data-tick-state]")).to_have_text("Alle Haken sind gespeichert.", timeout=20_000)
        assert page.evaluate(f"localStorage.getItem('said-{tour}')") == "[]"
    said = ticks.said(connection, tour)[1, "B1"]
    assert (said.level, said.reason) == (0.75, "damaged")
    assert ticks.progress(connection, tour).stops_done == 1
    order = connection.execute("SELECT level, reason FROM sr.driver_note ORDER BY number").fetchall()
    assert order == [(0.5, None), (0.75, None), (None, "damaged")]
