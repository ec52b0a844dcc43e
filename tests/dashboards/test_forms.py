"""Planning, accepting, ticking, replaying and signing in: what a page changes, and for whom."""

import datetime as dt
import pathlib

import psycopg
import pytest

from smartregion import access
from tests.dashboards.pages_district import ELSEWHERE, HERE, OWN_PAGE, TODAY, client, fill, tour_id
from tests.smartregion.small_district import NOW, quarantine

_PLAN = f"/de/abfall/plan/{TODAY}"
_PASSWORD = "correct horse battery"


def test_a_plan_from_wish_to_acceptance(database_url: str, connection: psycopg.Connection) -> None:
    tomorrow = TODAY + dt.timedelta(days=1)
    with client(database_url) as browser:
        asked = browser.post(
            _PLAN,
            data={"action": "plan", "day": str(tomorrow), "seconds": "10"},
            headers=OWN_PAGE,
            follow_redirects=False,
        )
        assert asked.status_code == 303
        assert asked.headers["location"] == f"/de/abfall/plan/{tomorrow}"
        waiting = browser.get(asked.headers["location"]).text
        assert "wartet auf den Planer" in waiting
        assert "data-following" in waiting
        assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in waiting
        connection.execute("UPDATE sr.plan SET state = 'failed', error = 'vehicles: none for glass_coloured'")
        connection.commit()
        failed = browser.get(asked.headers["location"]).text
        assert "vehicles: none for Buntglas" in failed
        assert "http-equiv" not in failed


def test_accepting_a_plan(database_url: str, connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    fill(connection, tmp_path)
    plan = connection.execute("SELECT id FROM sr.plan").fetchall()[0][0]
    with client(database_url) as browser:
        page = browser.get(_PLAN).text
        assert "Plan annehmen" in page
        assert "die Fahrzeuge dieser Fraktion haben keine Zeit" in page
        assert "−190" in page, "difference of cost against the fixed schedule"
        browser.post(_PLAN, data={"action": "accept", "id": str(plan)}, headers=OWN_PAGE)
        assert "Angenommen am" in browser.get(_PLAN).text
        assert 'class="draft"' not in browser.get("/de/abfall").text


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"action": "plan", "seconds": "soon"}, "seconds"),
        ({"action": "plan", "seconds": "-1"}, "seconds"),
        ({"action": "accept", "id": "12345"}, "plan: 12345"),
    ],
)
def test_a_wrong_wish_is_named_on_the_page(database_url: str, data: dict[str, str], named: str) -> None:
    with client(database_url) as browser:
        answer = browser.post(_PLAN, data=data, headers=OWN_PAGE)
        assert answer.status_code == 422
        assert named in answer.text.partition('role="alert">')[2].partition("<")[0]


def test_ticks_of_a_sheet(database_url: str, connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    fill(connection, tmp_path)
    sheet = f"/de/abfall/tour/{tour_id(connection)}"
    with client(database_url) as browser:
        sent = {"shown": "1", "done": "1", "at": (NOW - dt.timedelta(minutes=5)).isoformat()}
        headers = {**OWN_PAGE, "Accept": "application/json"}
        assert browser.post(sheet, data=sent, headers=headers).status_code == 204
        again = {**sent, "at": NOW.isoformat()}
        assert browser.post(sheet, data=again, headers=headers).status_code == 204
        assert _done(connection) == {1: NOW - dt.timedelta(minutes=5)}, (
            "the first tick counts, however often sent"
        )
        assert 'value="1" id="stop-1" checked' in browser.get(sheet).text
        whole = browser.post(sheet, data={"shown": ["0", "1", "3"], "done": ["0", "3"]}, headers=OWN_PAGE)
        assert whole.status_code == 200, "without script the whole form is sent"
        assert _done(connection) == {3: NOW}, "a departure is nothing to tick"
        assert browser.post(sheet, data={"shown": "x"}, headers=OWN_PAGE).status_code == 422
        assert browser.post("/de/abfall/tour/999", data={"shown": "1"}, headers=OWN_PAGE).status_code == 404


def _done(connection: psycopg.Connection) -> dict[int, dt.datetime]:
    connection.rollback()
    rows = connection.execute("SELECT seq, done_at FROM sr.tour_stop WHERE done_at IS NOT NULL").fetchall()
    return dict(rows)


def test_replay_of_the_quarantine(database_url: str, connection: psycopg.Connection) -> None:
    quarantine(connection, 5)
    connection.commit()
    with client(database_url) as browser:
        answer = browser.post("/en/engineering", data={"reason": "device"}, headers=OWN_PAGE)
        assert answer.status_code == 200
        assert "waits for the receiving side" in answer.text
        rows = connection.execute("SELECT reason, device, done_at FROM sr.replay_request").fetchall()
        assert rows == [("device", None, None)]


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}]
)
def test_other_sites_cannot_send_our_forms(database_url: str, headers: dict[str, str]) -> None:
    with client(database_url) as browser:
        for path, data in (
            (_PLAN, {"action": "plan"}),
            ("/de/technik", {"reason": "device"}),
            ("/de/abfall/tour/1", {"shown": "1"}),
            ("/de/anmelden", {"name": "x", "password": "y"}),
        ):
            answer = browser.post(path, data=data, headers=headers)
            assert answer.status_code in (401, 403), path


def test_strangers_see_the_public_page_alone(database_url: str, connection: psycopg.Connection) -> None:
    access.add_person(connection, "Ines", _PASSWORD, "viewer")
    connection.commit()
    with client(database_url, ELSEWHERE, https=True) as browser:
        for path in ("/de/offen", "/open/sites.geojson", "/open/places.geojson", "/en/sign-in", "/healthz"):
            assert browser.get(path).status_code == 200, path
        turned = browser.get("/en/waste?show=silent", follow_redirects=False)
        assert turned.status_code == 303
        assert turned.headers["location"] == "/en/sign-in?next=%2Fen%2Fwaste%3Fshow%3Dsilent"
        assert browser.get("/api/v1/containers").status_code == 401


def test_signing_in_and_out(database_url: str, connection: psycopg.Connection) -> None:
    access.add_person(connection, "Ines", _PASSWORD, "viewer")
    connection.commit()
    with client(database_url, ELSEWHERE) as browser:
        wrong = browser.post("/en/sign-in", data={"name": "Ines", "password": "guess"}, headers=OWN_PAGE)
        assert wrong.status_code == 401
        assert "Name or password is wrong." in wrong.text
        right = {"name": "Ines", "password": _PASSWORD, "next": "/en/roads"}
        entered = browser.post("/en/sign-in", data=right, headers=OWN_PAGE, follow_redirects=False)
        assert entered.headers["location"] == "/en/roads"
        assert "HttpOnly" in entered.headers["set-cookie"]
        assert "SameSite=lax" in entered.headers["set-cookie"]
        page = browser.get("/en/roads").text
        assert 'title="Ines"' in page
        refused = browser.post(_PLAN, data={"action": "plan"}, headers=OWN_PAGE)
        assert refused.status_code == 403, "a viewer may not plan"
        assert "Das ist nicht erlaubt" in refused.text
        browser.post("/en/sign-in", data={"leave": "1"}, headers=OWN_PAGE)
        assert browser.get("/en/roads", follow_redirects=False).status_code == 303
        assert connection.execute("SELECT count(*) FROM sr.session").fetchall() == [(0,)]


def test_guessing_passwords_is_paused_for_that_name_alone(
    database_url: str, connection: psycopg.Connection
) -> None:
    access.add_person(connection, "Ines", _PASSWORD, "viewer")
    access.add_person(connection, "Jan", _PASSWORD, "viewer")
    connection.commit()
    with client(database_url, ELSEWHERE) as browser:
        for _ in range(5):
            wrong = {"name": "Ines", "password": "guess"}
            assert browser.post("/en/sign-in", data=wrong, headers=OWN_PAGE).status_code == 401
        right = {"name": "Ines", "password": _PASSWORD}
        paused = browser.post("/en/sign-in", data=right, headers=OWN_PAGE)
        assert paused.status_code == 429
        assert "Too many wrong attempts. Possible again in 15 min." in paused.text
        other = browser.post(
            "/en/sign-in", data=right | {"name": "Jan"}, headers=OWN_PAGE, follow_redirects=False
        )
        assert other.status_code == 303


@pytest.mark.parametrize(
    "next", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", ""]
)
def test_signing_in_never_leads_elsewhere(
    database_url: str, connection: psycopg.Connection, next: str
) -> None:
    access.add_person(connection, "Ines", _PASSWORD, "viewer")
    connection.commit()
    with client(database_url) as browser:
        right = {"name": "Ines", "password": _PASSWORD, "next": next}
        entered = browser.post("/de/anmelden", data=right, headers=OWN_PAGE, follow_redirects=False)
        assert entered.headers["location"] == "/de/abfall"


def test_behind_a_proxy_nobody_claims_to_be_this_machine(database_url: str) -> None:
    with client(database_url, HERE, behind_proxy=True) as browser:
        forged = {"X-Forwarded-For": "127.0.0.1, 192.0.2.7"}
        assert browser.get("/de/abfall", headers=forged, follow_redirects=False).status_code == 303
        assert browser.get("/de/abfall", follow_redirects=False).status_code == 303
        assert browser.get("/api/v1/containers", headers=forged).status_code == 401


def test_changing_a_plan(database_url: str, connection: psycopg.Connection, tmp_path: pathlib.Path) -> None:
    fill(connection, tmp_path)
    plan = connection.execute("SELECT id FROM sr.plan").fetchall()[0][0]
    with client(database_url) as browser:
        form = browser.get(_PLAN).text
        assert "[&#34;exclude&#34;, &#34;S1&#34;, &#34;paper&#34;]" in form
        wish = {"action": "change", "id": str(plan), "seconds": "10", "keep_done": "true"}
        wrong = browser.post(_PLAN, data={**wish, "add": "X9"}, headers=OWN_PAGE)
        assert wrong.status_code == 422
        assert "add: &#39;X9&#39; is not a container of the registry" in wrong.text
        chosen = ["", '["exclude", "S1", "paper"]']
        done = browser.post(_PLAN, data={**wish, "wish": chosen, "add": "B3, B2"}, headers=OWN_PAGE)
        assert done.status_code == 200
        assert "wartet auf den Planer" in done.text
        assert f"ändert Plan {plan}" in done.text
        old = browser.get(f"{_PLAN}?plan={plan}").text
        assert "Plan annehmen" in old
    base, edits, since = connection.execute(
        "SELECT base, edits, from_time FROM sr.plan ORDER BY id DESC LIMIT 1"
    ).fetchall()[0]
    assert (base, since) == (plan, NOW)
    assert edits["exclude"] == [{"site": "S1", "fraction": "paper"}]
    assert edits["add"] == ["B3", "B2"]
