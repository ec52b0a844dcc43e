"""The pages of a running demo in a real browser: live values, planning, the sheet, the map, accessibility."""

import datetime as dt
import json
import pathlib
import re
import subprocess
import urllib.request
from typing import Any

import paho.mqtt.publish as publish
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.running_demo import ARTIFACTS, Demo, until

_PAGES = {
    "waste": "/de/abfall",
    "week": "/de/abfall/woche",
    "figures": "/de/abfall/kennzahlen",
    "traffic": "/de/verkehr",
    "roads": "/de/strassen",
    "engineering": "/de/technik",
    "devices": "/de/technik/geraete",
    "books": "/de/technik/buecher",
    "quarantine": "/de/technik/quarantaene",
    "open": "/de/offen",
    "waste-en": "/en/waste",
    "week-en": "/en/waste/week",
    "figures-en": "/en/waste/figures",
    "traffic-en": "/en/traffic",
    "roads-en": "/en/roads",
    "engineering-en": "/en/engineering",
    "devices-en": "/en/engineering/devices",
    "books-en": "/en/engineering/books",
    "quarantine-en": "/en/engineering/quarantine",
    "open-en": "/en/open",
}


def _get(demo: Demo, path: str) -> Any:
    with urllib.request.urlopen(f"{demo.web}/api/v1{path}", timeout=20) as answer:  # noqa: S310
        return json.load(answer)


def _publish(demo: Demo, topic: str, payload: str) -> None:
    match = re.fullmatch(r"mqtt://(?:(\w+):([^@]+)@)?([\d.]+):(\d+)", demo.mqtt)
    assert match is not None
    user, password, host, port = match.groups()
    auth = {"username": user, "password": password} if user else None
    publish.single(topic, payload, qos=1, hostname=host, port=int(port), auth=auth)  # type: ignore[arg-type]


def _keep(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=str(ARTIFACTS / f"{name}.png"))


def _settled(page: Page) -> None:
    """The map, where there is one, has drawn its objects."""
    page.wait_for_load_state("load")
    if page.locator("region-map").count():
        page.wait_for_selector("region-map[data-state=ready]", timeout=60_000)


def test_the_root_leads_to_waste(page: Page, demo: Demo) -> None:
    page.goto("/")
    assert page.url == f"{demo.web}/de/abfall"


@pytest.mark.parametrize("name", _PAGES)
def test_every_page_shows_data_and_axe_finds_nothing(page: Page, demo: Demo, name: str) -> None:
    if name.startswith("roads"):  # a job gathers the passes of the first fortnight, a minute after the start
        assert until(lambda: _get(demo, "/segments?limit=1")["items"], 180)
    answer = page.goto(_PAGES[name])
    assert answer is not None
    assert answer.status == 200
    _settled(page)
    assert page.locator("table tbody tr").count() > 0
    _keep(page, name)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", ["waste", "traffic", "roads"])
def test_the_map_has_its_size(page: Page, name: str) -> None:
    page.goto(_PAGES[name])
    _settled(page)
    box = page.locator("region-map canvas").first.bounding_box()
    assert box is not None
    assert box["width"] > 600
    assert box["height"] > 350


def test_a_measured_value_appears_without_a_reload(page: Page, demo: Demo) -> None:
    containers = _get(demo, "/containers?limit=2000")["items"]
    native = [item for item in containers if item["due"] and item["device"] and not item["silent"]]
    chosen = sorted(native, key=lambda item: -item["level"])[0]
    page.goto("/de/abfall?q=" + chosen["id"] + "&show=all")
    _settled(page)
    cell = page.locator(f"tr[data-object='{chosen['id']}'] [data-value]")
    expect(cell).not_to_have_text("33")
    now = dt.datetime.now(dt.UTC).isoformat()
    _publish(demo, f"sr/1/{chosen['device']}/fill", json.dumps({"t": now, "level": 0.33}))
    expect(cell).to_have_text("33", timeout=20_000)


def test_a_malformed_message_waits_in_quarantine_with_its_reason(page: Page, demo: Demo) -> None:
    _publish(demo, "sr/1/nobody-knows-me/fill", "{ this is no JSON")
    assert until(
        lambda: any("nobody-knows-me" in json.dumps(row) for row in _get(demo, "/quarantine")["items"])
    )
    page.goto("/de/technik")
    expect(page.locator("body")).to_contain_text("nobody-knows-me")


def test_an_unknown_device_is_adopted_and_its_messages_are_stored(demo: Demo, smartregion: str) -> None:
    now = dt.datetime.now(dt.UTC).isoformat()
    _publish(demo, "sr/1/newcomer-1/fill", json.dumps({"t": now, "level": 0.5}))
    assert until(lambda: any(row["device"] == "newcomer-1" for row in _get(demo, "/quarantine")["items"]))
    done = subprocess.run(
        [smartregion, "devices", "adopt", "newcomer-1"],
        env=demo.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert until(lambda: _get(demo, "/readings?device=newcomer-1")["items"])
    assert not any(row["device"] == "newcomer-1" for row in _get(demo, "/quarantine")["items"])


def test_an_unknown_device_is_adopted_on_its_page(page: Page, demo: Demo) -> None:
    now = dt.datetime.now(dt.UTC).isoformat()
    _publish(demo, "sr/1/newcomer-2/fill", json.dumps({"t": now, "level": 0.5}))
    assert until(
        lambda: any(row["device"] == "newcomer-2" for row in _get(demo, "/devices/unknown")["items"])
    )
    container = _get(demo, "/containers?limit=1")["items"][0]["id"]
    page.goto("/de/technik/geraete")
    page.get_by_role("link", name="Eintragen: newcomer-2").click()
    assert Axe().run(page).violations_count == 0
    page.locator("#kind").select_option("container")
    page.locator("#object").fill(container)
    page.get_by_role("button", name="Eintragen", exact=True).click()
    page.wait_for_url("**/de/technik/geraete*")
    replay = page.locator("#replays li").filter(has_text="newcomer-2")
    expect(replay).to_contain_text("1 wartende Nachricht gespeichert, 0 bleiben", timeout=30_000)
    _keep(page, "devices-adopted")
    assert Axe().run(page).violations_count == 0
    (number,) = [
        one["number"] for one in _get(demo, "/imports")["items"] if one["file"] == "adoption of newcomer-2"
    ]
    page.get_by_role("button", name=f"Zurücknehmen: Import {number}", exact=True).click()
    expect(page.locator("#imports")).to_contain_text("zurückgenommen")


def test_the_books_of_the_day_are_recounted_on_their_page(page: Page) -> None:
    page.goto("/de/technik/buecher")
    page.get_by_role("button", name="Diesen Tag jetzt nachzählen").click()
    expect(page.locator("#recount")).to_contain_text("Alles geht auf", timeout=60_000)
    assert page.locator(".picture rect.stored").count() > 1
    _keep(page, "books-recounted")


def test_the_simulator_is_steered_on_the_engineering_page(page: Page) -> None:
    def paused() -> bool:
        page.goto("/de/technik")
        return bool(page.get_by_role("button", name="anhalten").count())

    assert until(paused), "the panel appears once the simulator has told its state"
    _keep(page, "engineering-simulator")


def test_plan_is_pressed_tours_are_listed_and_the_sheet_opens(page: Page, demo: Demo) -> None:
    page.goto("/de/abfall")
    page.get_by_role("link", name="Touren planen").click()
    page.wait_for_url("**/de/abfall/plan/**")
    page.locator("form button[type=submit], form button:not([type])").first.click()
    page.wait_for_selector("[data-plan-state=done]", state="attached", timeout=180_000)
    _keep(page, "plan")
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name=re.compile("annehmen|übernehmen", re.IGNORECASE)).first.click()
    page.wait_for_load_state("load")
    page.goto(page.url.split("/plan/")[0])
    _settled(page)
    bars = page.locator("tr[data-tour]")
    assert bars.count() > 0
    _keep(page, "waste-planned")
    bars.first.get_by_role("link").first.click()
    page.wait_for_url("**/tour/**")
    assert page.locator("tbody tr").count() > 2
    _keep(page, "tour")
    assert Axe().run(page).violations_count == 0
    page.emulate_media(media="print")
    pathlib.Path(ARTIFACTS / "tour.pdf").write_bytes(page.pdf(format="A4"))


def test_pages_work_without_a_script(browser: Any, demo: Demo) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=demo.web)
    page = context.new_page()
    for path in _PAGES.values():
        page.goto(path)
        assert page.locator("table tbody tr").count() > 0, path
    context.close()


def test_a_phone_shows_the_sheet_without_sideways_scrolling(browser: Any, demo: Demo) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=demo.web)
    page = context.new_page()
    page.goto("/de/abfall")
    _settled(page)
    _keep(page, "waste-phone")
    for path in ("/de/abfall", "/de/verkehr", "/de/technik", "/de/technik/geraete", "/en/engineering/books"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), path
    context.close()
