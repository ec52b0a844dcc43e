"""/healthz, /readyz and /metrics."""

from collections.abc import Iterator

import psycopg
import pytest

from smartregion.api import Context
from tests.smartregion.api_client import client, context, problem
from tests.smartregion.small_district import HOUR, NOW, add_container, quarantine, tell


@pytest.fixture
def made(database_url: str) -> Iterator[Context]:
    with context(database_url) as found:
        yield found


def _figures(text: str) -> dict[str, float]:
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def _break(made: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(timeout: float) -> None:
        raise psycopg.OperationalError("connection refused")

    monkeypatch.setattr(made.pool, "connection", refuse)


def test_ready_when_database_and_schema_are_there(made: Context) -> None:
    assert client(made).get("/readyz").json() == {"status": "ok"}


def test_not_ready_with_a_pending_migration(made: Context, connection: psycopg.Connection) -> None:
    connection.execute("DELETE FROM public._yoyo_migration WHERE migration_id = '0003.report'")
    connection.commit()
    found = problem(client(made).get("/readyz"), 503)
    assert found["type"].endswith("not-ready")
    assert "0003.report not applied: run `smartregion db migrate`" in found["detail"]


def test_not_ready_but_alive_without_database(made: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(made, monkeypatch)
    browser = client(made)
    assert "start PostgreSQL" in problem(browser.get("/readyz"), 503)["detail"]
    assert browser.get("/healthz").status_code == 200
    figures = _figures(browser.get("/metrics").text)
    assert figures["smartregion_database_up"] == 0
    assert "smartregion_devices" not in figures


def test_metrics_tell_the_overview(made: Context, connection: psycopg.Connection) -> None:
    add_container(connection, "C1", "d1")
    add_container(connection, "C2", "d2")
    tell(connection, "d1", "level", [(NOW - HOUR, 0.5)], received=NOW - HOUR / 60)
    quarantine(connection, 5)
    connection.execute("INSERT INTO sr.book VALUES ('d1', %s, 10, 8, 1, 1)", (NOW,))
    connection.commit()
    figures = _figures(client(made).get("/metrics").text)
    assert figures == figures | {
        "smartregion_database_up": 1,
        'smartregion_books_messages{book="received"}': 10,
        'smartregion_books_messages{book="quarantined"}': 1,
        "smartregion_quarantine_open": 1,
        "smartregion_devices": 2,
        "smartregion_devices_silent": 1,
        "smartregion_lag_seconds": 3540,
        "smartregion_latest_receipt_age_seconds": 60,
    }


def test_metrics_need_nobody_signed_in(made: Context) -> None:
    assert client(made, ("192.0.2.7", 1)).get("/metrics").status_code == 200
