"""The live feed: one poller, late commits, slow listeners, outages."""

import asyncio
import contextlib
import datetime as dt
import json
from collections.abc import Iterator

import psycopg
import pytest

from smartregion.errors import DatabaseUnavailable
from smartregion.live import OVERLAP_S, Batch, Listener, LiveFeed, LiveValue, Window
from smartregion.store.database import Connection
from tests.smartregion.small_district import NOW, add_container, add_station, receipt, set_latest

_SECOND = dt.timedelta(seconds=1)


def _value(
    message: int, device: str = "d1", item: str = "level", kind: str | None = "container"
) -> LiveValue:
    return LiveValue(message, kind, "C1", device, item, NOW, 0.5, 0.5, None, None)


def test_window_tells_each_value_once() -> None:
    window = Window(receipt(NOW))
    first = _value(receipt(NOW + _SECOND))
    assert window.fresh([first]) == [first]
    assert window.fresh([first]) == []
    assert window.mark == first.message


def test_window_takes_commits_that_come_late() -> None:
    window = Window(receipt(NOW))
    newer, older = _value(receipt(NOW + 5 * _SECOND), "d1"), _value(receipt(NOW + 2 * _SECOND), "d2")
    window.fresh([newer])
    assert window.after < older.message
    assert window.fresh([newer, older]) == [older]
    assert window.mark == newer.message, "the mark never goes back"


def test_window_tells_a_later_value_of_an_older_message() -> None:
    window = Window(receipt(NOW))
    by_other_worker = _value(receipt(NOW + _SECOND, worker=1))
    window.fresh([_value(receipt(NOW + _SECOND, worker=2))])
    assert window.fresh([by_other_worker]) == [by_other_worker]


def test_window_forgets_what_lies_behind() -> None:
    window = Window(receipt(NOW))
    window.fresh([_value(receipt(NOW + _SECOND), f"d{number}") for number in range(100)])
    window.fresh([_value(receipt(NOW + (OVERLAP_S + 2) * _SECOND))])
    assert len(window._told) == 1


def _taken(listener: Listener) -> Batch | None:
    return asyncio.run(listener.take(0.01))


def test_slow_listener_is_owed_only_the_newest() -> None:
    listener = Listener(None)
    for number in range(50):
        listener.offer([(_value(number), b"%d" % number)], number)
    assert _taken(listener) == Batch(49, [b"49"])
    assert _taken(listener) is None


def test_listener_gets_only_its_kinds() -> None:
    listener = Listener(frozenset({"station"}))
    listener.offer(
        [(_value(1), b"1"), (_value(2, "z", "lane 1", "station"), b"2"), (_value(3, "x", kind=None), b"3")], 3
    )
    assert _taken(listener) == Batch(3, [b"2"])


def test_catching_up_never_replaces_something_newer() -> None:
    listener = Listener(None)
    listener.offer([(_value(9), b"new")], 9)
    listener.catch_up([(_value(5), b"old"), (_value(6, "d2"), b"other")], 7)
    batch = _taken(listener)
    assert batch is not None
    assert (batch.cursor, sorted(batch.values)) == (9, [b"new", b"other"])


class _Database:
    """Connections that can be taken away."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.away = False
        self.asked = 0

    @contextlib.contextmanager
    def connect(self) -> Iterator[Connection]:
        self.asked += 1
        if self.away:
            raise DatabaseUnavailable("database: away")
        with psycopg.connect(self._url) as connection:
            yield connection


@pytest.fixture
def database(database_url: str, connection: psycopg.Connection) -> _Database:
    add_container(connection, "C1", "d1", distances_m=(2.0, 0.0))
    add_station(connection, lanes=1)
    set_latest(connection, "d1", "distance", NOW, 1.0, NOW)
    connection.commit()
    return _Database(database_url)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartregion.live.PERIOD_S", 0.02)


async def _next(listener: Listener) -> Batch:
    for _ in range(200):
        batch = await listener.take(0.1)
        if batch is not None:
            return batch
    raise AssertionError("nothing came")


@pytest.mark.usefixtures("quick")
def test_listeners_share_one_poller(database: _Database, connection: psycopg.Connection) -> None:
    async def listen() -> None:
        feed = LiveFeed(database.connect, lambda: NOW)
        async with feed.listen() as first, feed.listen() as second:
            assert await first.take(0.1) is None, "what was there before is not news"
            message = set_latest(connection, "d1", "distance", NOW + _SECOND, 0.5, NOW + _SECOND)
            connection.commit()
            batches = [await _next(first), await _next(second)]
            assert batches[0] == batches[1]
            (value,) = [json.loads(text) for text in batches[0].values]
            assert value == {
                "object_kind": "container",
                "object": "C1",
                "device": "d1",
                "item": "distance",
                "time": "2026-06-10T10:00:01Z",
                "value": 0.5,
                "level": 0.75,
                "lon": None,
                "lat": None,
            }
            assert batches[0].cursor == message
        asked = database.asked
        await asyncio.sleep(0.2)
        assert database.asked <= asked + 2, "nobody listens: the poller rests"

    asyncio.run(listen())


@pytest.mark.usefixtures("quick")
def test_late_commit_of_another_worker_is_told(database: _Database, connection: psycopg.Connection) -> None:
    async def listen() -> None:
        feed = LiveFeed(database.connect, lambda: NOW)
        async with feed.listen() as listener:
            newest = set_latest(connection, "d1", "distance", NOW, 0.5, NOW + 5 * _SECOND)
            connection.commit()
            assert (await _next(listener)).cursor == newest
            set_latest(connection, "dz1", "lane 1", NOW, 7, NOW + 2 * _SECOND)
            connection.commit()
            batch = await _next(listener)
            assert (batch.cursor, json.loads(batch.values[0])["device"]) == (newest, "dz1")

    asyncio.run(listen())


@pytest.mark.usefixtures("quick")
def test_resuming_gets_what_changed_since(database: _Database, connection: psycopg.Connection) -> None:
    async def listen() -> None:
        feed = LiveFeed(database.connect, lambda: NOW)
        for number in range(5):
            at = NOW + 60 * (number + 1) * _SECOND
            last = set_latest(connection, "d1", "distance", at, 0.1 * number, at)
        connection.commit()
        async with feed.listen(after=receipt(NOW)) as listener:
            batch = await _next(listener)
            assert batch.cursor == last
            assert [json.loads(text)["value"] for text in batch.values] == [0.4]
        async with feed.listen(after=last + 60_000_000 * 1024) as listener:
            assert await listener.take(0.1) is not None, "a cursor ahead of all asks from now on"

    asyncio.run(listen())


@pytest.mark.usefixtures("quick")
def test_outage_and_recovery_are_told(database: _Database, connection: psycopg.Connection) -> None:
    async def listen() -> None:
        feed = LiveFeed(database.connect, lambda: NOW)
        async with feed.listen() as listener:
            database.away = True
            while listener.outage_since is None:
                await listener.take(0.1)
            assert listener.outage_since == NOW
            set_latest(connection, "d1", "distance", NOW, 0.5, NOW + _SECOND)
            connection.commit()
            database.away = False
            assert (await _next(listener)).values
            assert listener.outage_since is None

    asyncio.run(listen())


def test_no_database_at_the_start_is_an_error(database: _Database) -> None:
    database.away = True

    async def listen() -> None:
        async with LiveFeed(database.connect, lambda: NOW).listen():
            pass

    with pytest.raises(DatabaseUnavailable):
        asyncio.run(listen())


def test_closing_wakes_everybody(database: _Database) -> None:
    async def listen() -> None:
        feed = LiveFeed(database.connect, lambda: NOW)
        async with feed.listen() as listener:
            asyncio.get_running_loop().call_later(0.05, feed.close)
            await asyncio.wait_for(listener.take(60), 10)
            assert feed.closed

    asyncio.run(listen())
