"""Who may read and who may write."""

import datetime as dt
from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient

from smartregion import access
from smartregion.api import Context
from smartregion.api.guard import SESSION_COOKIE
from smartregion.demo.postgres import Postgres
from tests.smartregion.api_client import ELSEWHERE, HERE, OWN_PAGE, client, context, database, problem
from tests.smartregion.small_district import NOW

_PASSWORD = "a long password"
_SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def made(database_url: str) -> Iterator[Context]:
    with context(database_url) as found:
        yield found


@pytest.fixture(scope="module")
def empty(postgres_server: Postgres, _template: str) -> Iterator[Context]:
    """Nobody is registered, and no test of this module changes that."""
    with database(postgres_server.url, _template) as url, context(url) as found:
        yield found


def _replay(browser: TestClient, **headers: str) -> object:
    return browser.post("/api/v1/quarantine/replay", json={}, headers=headers)


def _status(browser: TestClient, headers: dict[str, str]) -> int:
    return browser.post("/api/v1/quarantine/replay", json={}, headers=headers).status_code


def _key(connection: psycopg.Connection, role: access.Role) -> str:
    _, key = access.add_key(connection, f"key of {role}", role)
    connection.commit()
    return key


def _session(connection: psycopg.Connection, role: access.Role, now: dt.datetime = NOW) -> str:
    access.add_person(connection, f"person {role}", _PASSWORD, role)
    token = access.sign_in(connection, f"person {role}", _PASSWORD, now)
    connection.commit()
    assert token is not None
    return token


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (OWN_PAGE, 202),
        (_SAME_ORIGIN, 202),
        (OWN_PAGE | _SAME_ORIGIN, 202),
        ({}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:8081"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        (OWN_PAGE | {"Sec-Fetch-Site": "cross-site"}, 403),
        (OWN_PAGE | {"X-Forwarded-For": "192.0.2.1"}, 401),
        (OWN_PAGE | {"Forwarded": "for=192.0.2.1"}, 401),
        ({"Origin": "http://rebound.example", "Host": "rebound.example"}, 401),
        ({"Origin": "http://127.0.0.1:8080", "Host": "127.0.0.1:8080"}, 202),
        ({"Origin": "http://[::1]:8080", "Host": "[::1]:8080"}, 202),
    ],
)
def test_this_machine_while_nobody_is_registered(
    empty: Context, headers: dict[str, str], status: int
) -> None:
    assert _status(client(empty, HERE), headers) == status


def test_ipv6_of_this_machine(empty: Context) -> None:
    assert _status(client(empty, ("::1", 5)), OWN_PAGE) == 202


def test_from_elsewhere_nothing_is_open(empty: Context) -> None:
    browser = client(empty, ELSEWHERE)
    assert _status(browser, OWN_PAGE) == 401
    answer = browser.get("/api/v1/containers")
    assert "expected an API key" in problem(answer, 401)["detail"]
    assert answer.headers["www-authenticate"] == "Bearer"
    assert browser.get("/healthz").status_code == 200


def test_once_somebody_is_registered_this_machine_may_only_read(
    made: Context, connection: psycopg.Connection
) -> None:
    _session(connection, "viewer")
    browser = client(made, HERE)
    problem(_replay(browser, **OWN_PAGE), 401)
    assert browser.get("/api/v1/containers").status_code == 200


@pytest.mark.parametrize(("role", "writes"), [("viewer", 403), ("dispatcher", 202), ("admin", 202)])
@pytest.mark.parametrize("address", [HERE, ELSEWHERE])
def test_keys_by_role(
    made: Context, connection: psycopg.Connection, role: access.Role, writes: int, address: tuple[str, int]
) -> None:
    browser, headers = client(made, address), {"Authorization": f"Bearer {_key(connection, role)}"}
    assert _status(browser, headers) == writes
    assert browser.get("/api/v1/containers", headers=headers).status_code == 200


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic abc", "bearer  "])
def test_a_wrong_key_is_refused_even_here(empty: Context, header: str) -> None:
    browser, headers = client(empty, HERE), {"Authorization": header} | OWN_PAGE
    assert "not a valid API key" in problem(_replay(browser, **headers), 401)["detail"]
    problem(browser.get("/api/v1/containers", headers=headers), 401)


def test_a_revoked_key(made: Context, connection: psycopg.Connection) -> None:
    number, key = access.add_key(connection, "k", "admin")
    access.revoke_key(connection, number, NOW)
    connection.commit()
    assert _status(client(made, ELSEWHERE), {"Authorization": f"Bearer {key}"}) == 401


@pytest.mark.parametrize(
    ("role", "headers", "status"),
    [
        ("dispatcher", OWN_PAGE, 202),
        ("dispatcher", _SAME_ORIGIN, 202),
        ("dispatcher", {}, 403),
        ("dispatcher", {"Origin": "http://evil.example"}, 403),
        ("viewer", OWN_PAGE, 403),
    ],
)
def test_sessions_by_role_from_our_own_pages_only(
    made: Context, connection: psycopg.Connection, role: access.Role, headers: dict[str, str], status: int
) -> None:
    browser = client(made, ELSEWHERE)
    browser.cookies.set(SESSION_COOKIE, _session(connection, role))
    assert _status(browser, headers) == status
    assert browser.get("/api/v1/containers").status_code == 200


def test_an_expired_session(made: Context, connection: psycopg.Connection) -> None:
    browser = client(made, ELSEWHERE)
    long_ago = NOW - access.SESSION_LENGTH - dt.timedelta(seconds=1)
    browser.cookies.set(SESSION_COOKIE, _session(connection, "admin", long_ago))
    assert _status(browser, OWN_PAGE) == 401
    problem(browser.get("/api/v1/containers"), 401)


@pytest.mark.parametrize("path", ["plans", "plans/1/accept", "quarantine/replay"])
def test_every_change_is_guarded(empty: Context, path: str) -> None:
    body = {"date": "2026-06-11"} if path == "plans" else {}
    problem(client(empty, ELSEWHERE).post(f"/api/v1/{path}", json=body), 401)


def test_who_asks_comes_before_what_is_asked(empty: Context) -> None:
    problem(client(empty, ELSEWHERE).post("/api/v1/plans", json={"date": "nonsense"}), 401)


def test_a_plan_is_asked_for(made: Context, connection: psycopg.Connection) -> None:
    browser = client(made, HERE)
    answer = browser.post("/api/v1/plans", json={"date": "2026-06-11", "seconds": 5}, headers=OWN_PAGE)
    assert answer.status_code == 202
    place = answer.headers["location"]
    assert place == f"/api/v1/plans/{answer.json()['id']}"
    state = browser.get(place).json()
    assert (state["date"], state["state"], state["seconds"]) == ("2026-06-11", "queued", 5.0)
    jobs = connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchall()[0][0]
    assert jobs == 1


def test_a_replay_is_asked_for(made: Context) -> None:
    browser = client(made, HERE)
    body = {"reason": "device", "device": "d7"}
    id = browser.post("/api/v1/quarantine/replay", json=body, headers=OWN_PAGE).json()["id"]
    (found,) = browser.get("/api/v1/quarantine/replays").json()["items"]
    assert found == found | body | {"id": id, "done_at": None}
