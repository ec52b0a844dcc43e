"""The live stream over a real server: events, resuming, heartbeat, a quick end."""

import contextlib
import datetime as dt
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import psycopg
import pytest

from smartregion.api import Context
from smartregion.api.serving import Server, make_server
from tests.smartregion.api_client import application, context
from tests.smartregion.small_district import NOW, add_container, receipt, set_latest

_SECOND = dt.timedelta(seconds=1)
_PATIENCE_S = 20


@dataclass
class _Running:
    url: str
    server: Server
    thread: threading.Thread


@pytest.fixture
def made(database_url: str, connection: psycopg.Connection) -> Iterator[Context]:
    for number in (1, 2):
        add_container(connection, f"C{number}", f"d{number}")
        set_latest(connection, f"d{number}", "level", NOW, 0.1, NOW)
    set_latest(connection, "v1", "track", NOW, 9.0, NOW)
    connection.commit()
    with context(database_url) as found:
        yield found


@pytest.fixture
def running(made: Context, free_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Running]:
    monkeypatch.setattr("smartregion.live.PERIOD_S", 0.05)
    server = make_server(application(made), made, host="127.0.0.1", port=free_port, log_config=None)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield _Running(f"http://127.0.0.1:{free_port}/api/v1/live", server, thread)
    server.should_exit = True
    thread.join(_PATIENCE_S)


class _Stream:
    """An open stream, read event by event."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def event(self) -> dict[str, str]:
        """The fields of the next event; comments under an empty name."""
        found: dict[str, str] = {}
        for line in self._lines:
            if line == "":
                return found
            name, _, value = line.partition(":")
            found[name] = value.strip()
        raise EOFError

    def values(self) -> list[tuple[str, float]]:
        """Device and value of the next event that carries some."""
        while True:
            found = self.event()
            if found.get("event") == "values":
                return [(one["device"], one["value"]) for one in json.loads(found["data"])]


@contextlib.contextmanager
def _open(running: _Running, query: str = "", **headers: str) -> Iterator[_Stream]:
    with httpx2.stream("GET", running.url + query, headers=headers, timeout=_PATIENCE_S) as answer:
        yield _Stream(answer)


def test_a_value_reaches_all_listeners(running: _Running, connection: psycopg.Connection) -> None:
    with _open(running) as first, _open(running) as second:
        assert first.answer.headers["content-type"].startswith("text/event-stream")
        assert first.answer.headers["cache-control"] == "no-store"
        assert first.event()["id"] == second.event()["id"] == str(receipt(NOW))
        message = set_latest(connection, "d1", "level", NOW + _SECOND, 0.4, NOW + _SECOND)
        connection.commit()
        for stream in (first, second):
            found = stream.event()
            assert (found["event"], found["id"]) == ("values", str(message))
            (value,) = json.loads(found["data"])
            assert (value["object"], value["level"], value["time"]) == ("C1", 0.4, "2026-06-10T10:00:01Z")


def test_resuming_by_header_or_query(running: _Running, connection: psycopg.Connection) -> None:
    before = receipt(NOW + 60 * _SECOND)
    set_latest(connection, "d1", "level", NOW, 0.2, NOW + 100 * _SECOND)
    set_latest(connection, "d2", "level", NOW, 0.3, NOW + 120 * _SECOND)
    connection.commit()
    with _open(running, **{"Last-Event-ID": str(before)}) as stream:
        assert stream.event()["id"] == str(before)
        found = stream.event()
        assert found["id"] == str(receipt(NOW + 120 * _SECOND))
        assert sorted(one["device"] for one in json.loads(found["data"])) == ["d1", "d2"]
    with _open(running, f"?cursor={receipt(NOW + 115 * _SECOND)}") as stream:
        assert stream.values() == [("d2", 0.3)], (
            "those of the last seconds before may come again, older do not"
        )


def test_only_the_kinds_asked_for(running: _Running, connection: psycopg.Connection) -> None:
    with _open(running, "?kinds=container&kinds=station") as stream:
        stream.event()
        set_latest(connection, "v1", "track", NOW, 5.0, NOW + _SECOND)
        set_latest(connection, "d2", "level", NOW, 0.7, NOW + _SECOND)
        connection.commit()
        assert stream.values() == [("d2", 0.7)]


def test_silence_is_filled_with_heartbeats(running: _Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartregion.api.live.HEARTBEAT_S", 0.1)
    monkeypatch.setattr("smartregion.api.live._LOOK_S", 0.05)
    with _open(running) as stream:
        stream.event()
        assert [stream.event() for _ in range(3)] == [{"": "heartbeat"}] * 3


def test_outage_and_recovery(
    running: _Running, made: Context, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(timeout: float) -> None:
        raise psycopg.OperationalError("connection refused")

    with _open(running) as stream:
        stream.event()
        with monkeypatch.context() as away:
            away.setattr(made.pool, "connection", refuse)
            found = stream.event()
            assert (found["event"], json.loads(found["data"])) == (
                "outage",
                {"since": "2026-06-10T10:00:00Z"},
            )
        assert stream.event()["event"] == "recovered"
        set_latest(connection, "d1", "level", NOW, 0.9, NOW + _SECOND)
        connection.commit()
        assert stream.values() == [("d1", 0.9)]


def test_the_server_stops_with_open_streams(running: _Running) -> None:
    with _open(running) as first, _open(running) as second:
        first.event()
        second.event()
        running.server.should_exit = True
        for stream in (first, second):
            with pytest.raises(EOFError):
                stream.event()
        running.thread.join(_PATIENCE_S)
        assert not running.thread.is_alive()
        assert not running.server.server_state.tasks
