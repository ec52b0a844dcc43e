"""Figures of the whole."""

import datetime as dt
from zoneinfo import ZoneInfo

import psycopg

from smartregion.overview import (
    MessageMeter,
    overview,
    quarantine_list,
    quarantine_reasons,
    recent_books,
    replays,
    request_replay,
    total_books,
)
from tests.smartregion.small_district import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    add_container,
    add_device,
    add_station,
    count,
    mount,
    quarantine,
    set_latest,
    tell,
)

BERLIN = ZoneInfo("Europe/Berlin")
_QUARTER = 15 * MINUTE


def _book(scratch: psycopg.Connection, quarter: dt.datetime, *numbers: int, device: str = "d1") -> None:
    scratch.execute("INSERT INTO sr.book VALUES (%s, %s, %s, %s, %s, %s)", (device, quarter, *numbers))


def test_an_empty_district(scratch: psycopg.Connection) -> None:
    found = overview(scratch, NOW, BERLIN, MessageMeter())
    assert (found.messages_per_s, found.lag_s, found.received_today, found.devices) == (0.0, None, 0, 0)
    assert (found.latest_event, found.last_plan, found.silent) == (None, None, [])
    assert found.engine in ("plain", "timescaledb")
    assert found.database_bytes > 1_000_000


def test_books_of_today_begin_at_local_midnight(scratch: psycopg.Connection) -> None:
    midnight = dt.datetime(2026, 6, 9, 22, tzinfo=dt.UTC)
    _book(scratch, midnight - _QUARTER, 100, 90, 5, 5)
    _book(scratch, midnight, 10, 7, 2, 1)
    _book(scratch, NOW - _QUARTER, 4, 4, 0, 0, device="?")
    found = overview(scratch, NOW, BERLIN, MessageMeter())
    today = (found.received_today, found.stored_today, found.duplicate_today, found.quarantined_today)
    assert today == (14, 11, 2, 1)
    total = total_books(scratch)
    assert total.received == total.stored + total.duplicate + total.quarantined == 114


def test_lag_is_the_median_delay_of_what_came_lately(scratch: psycopg.Connection) -> None:
    for number, delay_s in enumerate((2, 4, 90)):
        received = NOW - number * MINUTE
        set_latest(scratch, f"d{number}", "level", received - dt.timedelta(seconds=delay_s), 0.5, received)
    set_latest(scratch, "dz", "lane 1", NOW - HOUR, 1, NOW)
    set_latest(scratch, "late", "level", NOW - DAY, 1, NOW - HOUR)
    found = overview(scratch, NOW, BERLIN, MessageMeter())
    assert found.lag_s == 4.0
    assert found.latest_event == NOW - dt.timedelta(seconds=2)
    assert found.latest_receipt == NOW


def test_silence_depends_on_what_the_device_hangs_on(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C1", "d1")
    add_container(scratch, "C2", "d2")
    add_station(scratch, lanes=1)
    add_station(scratch, "Z2", "dz2", lanes=1, scheme="telraam")
    add_device(scratch, "spare")
    for number, ago in enumerate((3 * DAY, 5 * DAY)):
        mount(scratch, f"v{number}", "vehicle", f"V{number}")
        set_latest(scratch, f"v{number}", "track", NOW - ago, 9.0)
    tell(scratch, "d1", "level", [(NOW - 25 * HOUR, 0.5)])
    tell(scratch, "d2", "level", [(NOW - 23 * HOUR, 0.5)])
    for device in ("dz1", "dz2"):
        count(scratch, device, 1, [(NOW - 2 * HOUR, 900, 10)])
    found = overview(scratch, NOW, BERLIN, MessageMeter())
    assert found.devices == 7
    assert [(one.device, one.object_kind, one.object) for one in found.silent] == [
        ("spare", None, None),
        ("v1", "vehicle", "V1"),
        ("d1", "container", "C1"),
        ("dz1", "station", "Z1"),
    ]


def test_last_plan(scratch: psycopg.Connection) -> None:
    for state in ("done", "queued"):
        scratch.execute(
            "INSERT INTO sr.plan (date, state, requested_at, seconds) VALUES ('2026-06-11', %s, %s, 30)",
            (state, NOW),
        )
    plan = overview(scratch, NOW, BERLIN, MessageMeter()).last_plan
    assert plan is not None
    assert (plan.state, plan.date, plan.requested_at) == ("queued", dt.date(2026, 6, 11), NOW)


def test_meter_sees_growth_not_the_burst_before() -> None:
    meter, quarter = MessageMeter(), NOW - 10 * MINUTE
    assert meter.rate("a", NOW, {quarter: 600_000}) == 1000.0
    assert meter.rate("a", NOW + MINUTE, {quarter: 600_300}) == 5.0
    assert meter.rate("b", NOW + MINUTE, {}) == 0.0, "another database"


def test_meter_goes_on_over_the_border_of_quarters() -> None:
    meter = MessageMeter()
    meter.rate("a", NOW, {NOW - _QUARTER: 500})
    grown = {NOW - _QUARTER: 560, NOW: 60}
    assert meter.rate("a", NOW + MINUTE, grown) == 2.0


def test_meter_forgets_old_looks() -> None:
    meter = MessageMeter()
    meter.rate("a", NOW, {NOW: 0})
    assert meter.rate("a", NOW + 10 * MINUTE, {NOW: 600}) == 1.0, "the mean of the quarter hour so far"


def test_recent_books_newest_first(scratch: psycopg.Connection) -> None:
    for number in range(4):
        _book(scratch, NOW - number * _QUARTER, 10 + number, 10 + number, 0, 0)
        _book(scratch, NOW - number * _QUARTER, 1, 1, 0, 0, device="d2")
    found = recent_books(scratch, NOW - 3 * _QUARTER, NOW)
    assert [(one.quarter, one.received) for one in found] == [
        (NOW - number * _QUARTER, 11 + number) for number in (1, 2, 3)
    ]
    assert [one.received for one in recent_books(scratch, NOW - HOUR, NOW, "d2", limit=2)] == [1, 1]


def test_quarantine_by_reason_and_page(scratch: psycopg.Connection) -> None:
    receipts = [quarantine(scratch, number) for number in (10, 20, 7200)]
    quarantine(scratch, 5, field="t", payload=b"\xff")
    scratch.execute("UPDATE sr.quarantine SET resolved_at = now() WHERE message = %s", (receipts[1],))
    found = quarantine_list(scratch, 10)
    assert [one.message for one in found][1:] == [receipts[0], receipts[2]]
    assert found[0].payload == b"\xff"
    assert [one.message for one in quarantine_list(scratch, 10, before=receipts[0])] == [receipts[2]]
    first, second = quarantine_reasons(scratch, NOW)
    assert (first.field, first.messages, first.last_hour, first.devices) == ("device", 2, 1, 1)
    assert (second.field, second.first_received) == ("t", NOW - dt.timedelta(seconds=5))
    assert overview(scratch, NOW, BERLIN, MessageMeter()).quarantine_open == 3


def test_replay_is_asked_for(scratch: psycopg.Connection) -> None:
    everything = request_replay(scratch, None, None, NOW)
    some = request_replay(scratch, "device", "d7", NOW + MINUTE)
    newest, oldest = replays(scratch, 10)
    assert (newest.id, newest.reason, newest.device, newest.done_at) == (some, "device", "d7", None)
    assert (oldest.id, oldest.reason, oldest.requested_at) == (everything, None, NOW)
