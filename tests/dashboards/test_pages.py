"""Every page in both languages, on an empty and on a filled database."""

import pathlib
import urllib.parse
from zoneinfo import ZoneInfo

import psycopg
import pytest
from fastapi.testclient import TestClient

from dashboards import urls, words
from smartregion.store.rollup_proof import prove
from tests.dashboards.page_check import Page
from tests.dashboards.pages_district import TODAY, client, fill, tour_id
from tests.smartregion.rolled import ZONE
from tests.smartregion.small_district import NOW

_PLAIN = (
    "waste", "traffic", "roads", "engineering", "books", "quarantine", "devices", "open", "sign_in",
    "rules", "kpi", "week",
)  # fmt: skip
_QUESTIONS = (
    ("waste", "q=hauptstr&fraction=paper&show=all"),
    ("waste", "show=silent"),
    ("waste", "q=nothing-like-this"),
    ("waste", "day=not-a-day"),
    ("waste", "show=<script>"),
    ("traffic", "show=silent"),
    ("traffic", "show=unusual&q=b 96"),
    ("roads", "show=slippery"),
    ("roads", "show=unsure&q=linden"),
    ("books", "device=bin-1&show=troubled"),
    ("books", "day=2026-03-29"),
    ("books", "day=<script>&n=-1"),
    ("quarantine", "field=device&device=x&n=400"),
    ("open", "fraction=glass_white&q=senftenberg"),
)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_pages_without_any_data(database_url: str, language: str) -> None:
    with client(database_url) as browser:
        for name in _PLAIN:
            _check(browser, urls.address(name, language))
        _check(browser, urls.address("plan", language, date=TODAY))


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_pages_with_data(
    database_url: str, connection: psycopg.Connection, tmp_path: pathlib.Path, language: str
) -> None:
    fill(connection, tmp_path)
    with client(database_url) as browser:
        for name in _PLAIN:
            _check(browser, urls.address(name, language))
        for id in ("B1", "B3", "B/4 ü"):
            _check(browser, urls.address("container", language, id=id))
        for id in ("Z1", "Z2"):
            _check(browser, urls.address("station", language, id=id))
        _check(browser, urls.address("adopt", language, id="x"))
        _check(browser, urls.address("plan", language, date=TODAY))
        _check(browser, urls.address("tour", language, id=tour_id(connection)))
        for name, question in _QUESTIONS:
            _check(browser, f"{urls.address(name, language)}?{question}")


def test_the_proof_of_the_sums_is_shown(
    database_url: str, connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    fill(connection, tmp_path)
    connection.autocommit = True
    with client(database_url) as browser:
        assert "sums recomputed</dt><dd>never yet" in browser.get("/en/engineering").text
        held = prove(connection, NOW, ZoneInfo(ZONE), sample=100)
        shown = browser.get("/en/engineering").text
        assert f"rollup = recomputed, 100 % of {held.sampled}" in shown
        assert "do not agree" not in shown
        connection.execute("UPDATE sr.level_rollup SET high = 1.2")
        broken = prove(connection, NOW, ZoneInfo(ZONE), sample=100)
        shown = browser.get("/en/engineering").text
        assert f"rollup = recomputed, {100 * broken.share:.2f} % of {broken.sampled}" in shown
        assert "Sums do not agree with the measurements" in shown
        assert broken.differing[0]["object"] in shown


def test_links_lead_somewhere(
    database_url: str, connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    fill(connection, tmp_path)
    with client(database_url) as browser:
        seen: set[str] = set()
        waiting = {"/de/abfall", "/en/waste"}
        while waiting:
            path = waiting.pop()
            seen.add(path)
            answer = browser.get(path)
            assert answer.status_code == 200, path
            if answer.headers["content-type"].startswith("text/html"):
                links = {urllib.parse.urljoin(path, link) for link in Page(answer.text).links}
                waiting |= {link for link in links if not _endless(link)} - seen
    assert "/en/waste/container/B%2F4%20%C3%BC" in seen
    assert any(path.startswith("/api/v1/tours?") for path in seen)


def _endless(link: str) -> bool:
    """Live streams, days before and after days, the state of machines, and the container ID of the map."""
    return (
        link.startswith(("/api/v1/live", "/readyz"))
        or "day=" in link
        or "date=" in link.partition("/api")[0]
        or link.rpartition("/plan/")[2] != link
        or "sign-in" in link
        or "anmelden" in link
    )


def _check(browser: TestClient, address: str) -> Page:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    page = Page(answer.text)
    assert not page.faults, (address, page.faults)
    assert page.title.strip()
    assert answer.headers["content-language"] == address.split("/")[1]
    return page


def test_what_the_waste_page_says(
    database_url: str, connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    fill(connection, tmp_path)
    with client(database_url) as browser:
        text = " ".join(browser.get("/de/abfall").text.split())
        assert '<dt><a href="/de/abfall">zu leeren</a></dt><dd>1</dd>' in text
        assert "2 von 4 Behältern melden sich nicht." in text
        assert 'data-object="B1"' in text
        assert 'data-object="B2"' not in text
        assert 'data-object="B2"' in browser.get("/de/abfall?show=fine").text
        assert 'data-object="B3"' in browser.get("/en/waste?q=standplatz+s2").text
        assert "08:00–11:00" in text, "times of tours are the region's"


def test_what_the_public_page_hides(
    database_url: str, connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    fill(connection, tmp_path)
    with client(database_url) as browser:
        sites = browser.get("/open/sites.geojson").json()["features"]
        assert [site["id"] for site in sites] == ["S1", "S2"]
        assert sites[0]["properties"]["fractions"] == {"glass_white": "free", "paper": "full"}
        assert sites[1]["properties"]["fractions"] == {"glass_white": "unknown", "paper": "unknown"}
        glass = browser.get("/open/sites.geojson?fraction=glass_white").json()["features"]
        assert glass[0]["properties"]["level"] == pytest.approx(0.21)
        places = browser.get("/open/places.geojson").json()["features"]
        assert [(one["id"], one["properties"]["objects"]) for one in places] == [("Senftenberg", 2)]
        text = browser.get("/open/sites.geojson").text + browser.get("/de/offen").text
        assert "bin-1" not in text
        assert "obu-1" not in text
