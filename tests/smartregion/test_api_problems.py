"""Every error is a problem of RFC 9457 that names field, value and what was expected."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from smartregion.api import Context
from smartregion.api.paging import decode_cursor, encode_cursor
from smartregion.demo.postgres import Postgres
from smartregion.errors import InvalidInput
from smartregion.registry import importer
from tests.smartregion.api_client import OWN_PAGE, application, client, context, database, problem


@pytest.fixture(scope="module")
def made(postgres_server: Postgres, _template: str) -> Iterator[Context]:
    with database(postgres_server.url, _template) as url, context(url) as found:
        yield found


@pytest.fixture
def alone(database_url: str) -> Iterator[Context]:
    """For tests that change the database."""
    with context(database_url) as found:
        yield found


@pytest.mark.parametrize(
    ("path", "field", "value", "expected"),
    [
        ("containers?limit=0", "limit", "0", "greater than or equal to 1"),
        ("containers?limit=100001", "limit", "100001", "less than or equal to 100000"),
        ("containers?limit=many", "limit", "many", "a valid integer"),
        ("containers?from=2026-06-10T10:00:00", "from", "2026-06-10T10:00:00", "offset"),
        ("sites?to=yesterday", "to", "yesterday", "datetime"),
        ("readings?from=2026-06-11T00:00:00Z&to=2026-06-10T00:00:00Z", "from", "2026-06-11", "before `to`"),
        ("stations?cursor=%21", "cursor", "!", "cursor"),
        ("stations?cursor=" + encode_cursor([1]), "cursor", encode_cursor([1]), "cursor"),
        ("readings?cursor=" + encode_cursor(["x", 1]), "cursor", "x", "cursor"),
        ("books?cursor=" + encode_cursor(["x"]), "cursor", "x", "cursor"),
        ("containers?format=xml", "format", "xml", "'json' or 'geojson'"),
        ("containers?due=maybe", "due", "maybe", "boolean"),
        ("stations/Z1/day?date=2026-02-30", "date", "2026-02-30", "date"),
        ("tours/abc", "id", "abc", "integer"),
        ("alerts?kind=boredom", "kind.0", "boredom", "container_full"),
        ("live?cursor=abc", "Last-Event-ID", "abc", "id of an event"),
        ("live?kinds=boat", "kinds.0", "boat", "'container'"),
    ],
)
def test_a_wrong_parameter_is_named(made: Context, path: str, field: str, value: str, expected: str) -> None:
    found = problem(client(made).get(f"/api/v1/{path}"), 422)
    (error,) = found["errors"]
    assert error["field"] == field
    assert value in str(error["value"])
    assert expected in error["expected"]
    assert field in found["detail"]
    assert value in found["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "date"),
        ({"date": "soon"}, "date"),
        ({"date": "2026-06-11", "seconds": 0}, "seconds"),
        ({"date": "2026-06-11", "seconds": 1e9}, "seconds"),
        ([1], "body"),
    ],
)
def test_a_wrong_body_is_named(made: Context, body: Any, field: str) -> None:
    found = problem(client(made).post("/api/v1/plans", json=body, headers=OWN_PAGE), 422)
    assert [one["field"] for one in found["errors"]] == [field]


def test_a_body_that_is_no_json(made: Context) -> None:
    headers = OWN_PAGE | {"Content-Type": "application/json"}
    found = problem(client(made).post("/api/v1/plans", content=b"{date", headers=headers), 422)
    assert "JSON" in found["detail"]


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("nothing", "/api/v1/nothing"),
        ("containers/nope", "container: 'nope'"),
        ("containers/nope/levels", "container: 'nope'"),
        ("stations/nope", "station: 'nope'"),
        ("stations/nope/day", "station: 'nope'"),
        ("tours/77", "tour: 77"),
        ("plans/77", "plan: 77"),
        ("roads/network", "road network"),
    ],
)
def test_what_does_not_exist(made: Context, path: str, named: str) -> None:
    assert named in problem(client(made).get(f"/api/v1/{path}"), 404)["detail"]


def test_wrong_method(made: Context) -> None:
    answer = client(made).delete("/api/v1/containers")
    assert "DELETE" in problem(answer, 405)["detail"]
    assert answer.headers["allow"] == "GET"


def test_what_cannot_be_done_now(alone: Context, connection: psycopg.Connection) -> None:
    connection.execute(
        "INSERT INTO sr.plan (date, state, requested_at, seconds) VALUES ('2026-06-11', 'failed', now(), 1)"
    )
    connection.commit()
    found = problem(client(alone).post("/api/v1/plans/1/accept", headers=OWN_PAGE), 409)
    assert "plan: 1 is failed" in found["detail"]


def test_the_database_is_away(made: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(timeout: float) -> None:
        raise psycopg.OperationalError("connection refused")

    monkeypatch.setattr(made.pool, "connection", refuse)
    browser = client(made)
    for path in ("containers", "live", "overview", "roads/network"):
        answer = browser.get(f"/api/v1/{path}")
        found = problem(answer, 503)
        assert found["type"].endswith("database-unavailable")
        assert "start PostgreSQL" in found["detail"]
        assert "password" not in found["detail"]
        assert answer.headers["retry-after"] == "5"
    assert browser.get("/healthz").json() == {"status": "ok"}


def test_the_database_goes_away_while_asked(alone: Context, connection: psycopg.Connection) -> None:
    browser = client(alone)
    assert browser.get("/api/v1/containers").status_code == 200
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert browser.get("/api/v1/containers").status_code == 200, "the pool tries a session before it lends it"


def test_an_incomplete_schema(alone: Context, connection: psycopg.Connection) -> None:
    connection.execute("DROP TABLE sr.replay_request")
    connection.commit()
    found = problem(client(alone).get("/api/v1/quarantine/replays"), 503)
    assert "smartregion db migrate" in found["detail"]


def test_what_nobody_foresaw_tells_no_secrets(made: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("smartregion.waste.levels.container_states", burst)
    found = problem(client(made).get("/api/v1/containers"), 500)
    assert "secret" not in str(found)


def test_long_values_are_cut(made: Context) -> None:
    found = problem(client(made).get("/api/v1/containers", params={"limit": "9" * 5000}), 422)
    assert len(str(found)) < 1000


def test_html_in_a_path_stays_text(made: Context) -> None:
    answer = client(made).get("/api/v1/containers/<i>")
    assert answer.headers["content-type"] == "application/problem+json"


def test_documentation_pages_of_foreign_hosts_are_off(made: Context) -> None:
    for path in ("docs", "redoc"):
        problem(client(made).get(f"/api/v1/{path}"), 404)


def test_cursors_come_back() -> None:
    for key in (["Z 1/ü"], ["2026-06-10T10:00:00+00:00", 7], [1 << 62]):
        assert decode_cursor(encode_cursor(key)) == key
    with pytest.raises(InvalidInput, match="cursor: 'e30' is not a cursor"):
        decode_cursor("e30")


def test_requests_are_measured_once(made: Context) -> None:
    with TestClient(application(made), client=("127.0.0.1", 1), raise_server_exceptions=False) as browser:
        browser.get("/api/v1/containers/nope")
        browser.get("/api/v1/containers/other")
        browser.get("/nowhere")
        text = browser.get("/metrics").text
    assert (
        'smartregion_http_requests_total{method="GET",route="/api/v1/containers/{id}",status="404"} 2.0'
        in text
    )
    assert 'smartregion_http_requests_total{method="GET",route="none",status="404"} 1.0' in text


@pytest.mark.parametrize(
    "error",
    [psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable, psycopg.errors.SerializationFailure],
)
def test_who_comes_second_may_try_again(
    made: Context, monkeypatch: pytest.MonkeyPatch, error: type[psycopg.Error]
) -> None:
    def refuse(*_: object) -> None:
        raise error("others hold it")

    monkeypatch.setattr(importer, "undo", refuse)
    answer = client(made).post("/api/v1/imports/1/undo", headers=OWN_PAGE)
    assert problem(answer, 409)["detail"] == "database: others hold it; nothing was changed: try again"
    assert answer.headers["Retry-After"] == "5"
