"""Rollups on both engines: right in every local day, whatever came when, touched only where it changed."""

import datetime as dt
import random
from collections import defaultdict
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.smartregion.rolled import ZONE, drive_past, measure, places, roll_up, rows
from tests.smartregion.small_district import DAY, HOUR, MINUTE, NOW, add_container, add_station, mount

BERLIN = ZoneInfo(ZONE)
QUARTER = 15 * MINUTE


def _local(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=BERLIN).astimezone(dt.UTC)  # type: ignore[misc,arg-type]


def _building(connection: psycopg.Connection, id: str = "B1") -> None:
    connection.execute(
        "INSERT INTO sr.building (id, name, lon, lat) VALUES (%s, 'Schule', 13.9, 51.6)", (id,)
    )


@pytest.mark.parametrize("zone", [ZONE, "America/New_York"])
def test_a_year_of_hours_adds_up_in_local_days_weeks_and_months(
    scratch: psycopg.Connection, zone: str
) -> None:
    dice = random.Random(4)
    begin = dt.datetime(2025, 12, 20, tzinfo=dt.UTC)
    hours = [begin + number * HOUR for number in range(9200) if dice.random() < 0.97]
    levels = {hour: round(dice.random(), 4) for hour in hours}
    counts = {hour: dice.randrange(500) for hour in hours}
    add_container(scratch, "C1", "bin-1")
    add_station(scratch, lanes=1)
    measure(scratch, "bin-1", "level", list(levels.items()))
    drive_past(scratch, "dz1", 1, [(hour, 3600, counts[hour]) for hour in hours])
    roll_up(scratch, zone)
    for span in ("day", "week", "month"):
        groups: defaultdict[dt.date, list[dt.datetime]] = defaultdict(list)
        for hour in hours:
            date = hour.astimezone(ZoneInfo(zone)).date()
            if span == "week":
                date -= dt.timedelta(days=date.weekday())
            groups[date.replace(day=1) if span == "month" else date].append(hour)
        counted = {_date(row, zone): row for row in rows(scratch, "count", span)}
        measured = {_date(row, zone): row for row in rows(scratch, "level", span)}
        assert counted.keys() == measured.keys() == groups.keys()
        for date, found in groups.items():
            values = [levels[hour] for hour in sorted(found)]
            assert counted[date]["vehicles"] == sum(counts[hour] for hour in found)
            assert counted[date]["covered_ms"] == 3_600_000 * len(found)
            row = measured[date]
            assert (row["first"], row["last"]) == (values[0], values[-1])
            assert (row["low"], row["high"], row["readings"]) == (min(values), max(values), len(values))
    lengths = {row["length_s"] for row in rows(scratch, "count", "day")}
    assert lengths == {23 * 3600, 24 * 3600, 25 * 3600}


def _date(row: dict[str, Any], zone: str) -> dt.date:
    local = row["bucket"].astimezone(ZoneInfo(zone))
    assert (local.hour, local.minute) == (0, 0)
    return dt.date(local.year, local.month, local.day)


def test_the_double_hour_of_autumn_is_two_hours(either: psycopg.Connection) -> None:
    add_station(either, lanes=1)
    night = _local(2026, 10, 25)
    drive_past(either, "dz1", 1, [(night + number * QUARTER, 900, number) for number in range(100)])
    roll_up(either)
    (day,) = rows(either, "count", "day")
    assert (day["bucket"], day["length_s"], day["vehicles"]) == (night, 25 * 3600, sum(range(100)))
    assert day["covered_ms"] == 25 * 3_600_000
    hours = rows(either, "count", "hour")
    assert len(hours) == 25
    assert [row["bucket"].astimezone(BERLIN).hour for row in hours[1:4]] == [1, 2, 2]


def test_a_late_reading_changes_exactly_the_rollups_that_it_touches(either: psycopg.Connection) -> None:
    for number in (1, 2):
        add_station(either, f"Z{number}", f"dz{number}", lanes=2)
        for lane in (1, 2):
            quarters = [(NOW - 60 * DAY + step * QUARTER, 900, step % 7) for step in range(0, 5760, 3)]
            drive_past(either, f"dz{number}", lane, quarters)
        add_container(either, f"C{number}", f"bin-{number}")
        measure(either, f"bin-{number}", "level", [(NOW - step * HOUR, 0.5) for step in range(1, 1000)])
    roll_up(either)
    before = places(either)
    late = NOW - 40 * DAY + QUARTER
    drive_past(either, "dz1", 2, [(late, 900, 5)])
    measure(either, "bin-2", "level", [(late + MINUTE, 0.9)])
    assert roll_up(either).rows == 8
    after = places(either)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert {key[:4] for key in changed} == {
        *(("count", span, "Z1", 2) for span in ("quarter", "hour", "day", "week", "month")),
        *(("level", span, "C2", 0) for span in ("day", "week", "month")),
    }
    assert roll_up(either).rows == 0


def test_a_corrected_value_changes_only_its_own_rollups(either: psycopg.Connection) -> None:
    add_container(either, "C1", "bin-1", distances_m=(2.0, 0.2))
    add_container(either, "C2", "bin-2", distances_m=(2.0, 0.2))
    for bin in ("bin-1", "bin-2"):
        measure(either, bin, "distance", [(NOW - step * HOUR, 1.1) for step in range(100)])
    roll_up(either)
    before = places(either)
    either.execute("UPDATE sr.mounting SET empty_distance_m = 3 WHERE object = 'C1'")
    roll_up(either)
    after = places(either)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed == {key for key in before if key[2] == "C1"}
    mended = [row["last"] for row in rows(either, "level", "day") if row["object"] == "C1"]
    assert mended == [pytest.approx((3 - 1.1) / 2.8)] * len(mended)


def test_readings_belong_to_the_container_where_the_device_hung(either: psycopg.Connection) -> None:
    swap = NOW - 2 * DAY
    always = (dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
    add_container(either, "C1")
    add_container(either, "C2")
    mount(either, "bin-1", "container", "C1", (always[0], swap))
    mount(either, "bin-1", "container", "C2", (swap, always[1]))
    measure(
        either,
        "bin-1",
        "level",
        [(NOW - step * HOUR, 0.5 if NOW - step * HOUR < swap else 0.1) for step in range(96)],
    )
    roll_up(either)
    found = {
        row["object"]: (row["low"], row["high"], row["readings"]) for row in rows(either, "level", "month")
    }
    assert found == {"C1": (0.5, 0.5, 47), "C2": (0.1, 0.1, 49)}
    # The registry was wrong by a day: the readings of that day move.
    either.execute("UPDATE sr.mounting SET valid_to = %s WHERE object = 'C1'", (swap - DAY,))
    either.execute("UPDATE sr.mounting SET valid_from = %s WHERE object = 'C2'", (swap - DAY,))
    roll_up(either)
    found = {
        row["object"]: (row["low"], row["high"], row["readings"]) for row in rows(either, "level", "month")
    }
    assert found == {"C1": (0.5, 0.5, 23), "C2": (0.1, 0.5, 73)}


def test_a_device_that_hung_nowhere_leaves_no_rollups(either: psycopg.Connection) -> None:
    add_container(either, "C1", "bin-1")
    measure(either, "bin-1", "level", [(NOW, 0.5)])
    roll_up(either)
    either.execute("DELETE FROM sr.mounting WHERE object = 'C1'")
    roll_up(either)
    assert not places(either)


def test_a_class_that_one_interval_cannot_tell_is_unknown_never_less(either: psycopg.Connection) -> None:
    add_station(either, lanes=1, scheme="8+1")
    hour = NOW.replace(minute=0)
    drive_past(either, "dz1", 1, [(hour, 900, 10)], column="pkw")
    drive_past(either, "dz1", 1, [(hour + QUARTER, 900, 20)], column="kfz")
    roll_up(either)
    quarters = rows(either, "count", "quarter")
    assert [(row["pkw"], row["kfz"], row["vehicles"]) for row in quarters] == [
        (10, None, None),
        (None, 20, 20),
    ]
    (whole,) = rows(either, "count", "hour")
    assert (whole["pkw"], whole["kfz"], whole["vehicles"], whole["covered_ms"]) == (
        None,
        None,
        None,
        1_800_000,
    )


def test_ten_minutes_are_shared_out_between_their_quarters(either: psycopg.Connection) -> None:
    """By time, in whole vehicles that add up, also across an hour and a local midnight."""
    add_station(either, lanes=1)
    hour = NOW.replace(minute=0)
    ten = [(hour + step * 10 * MINUTE, 600, counted) for step, counted in enumerate((10, 7, 4, 9, 1, 3))]
    drive_past(either, "dz1", 1, ten)
    roll_up(either)
    quarters = [
        (row["vehicles"], row["covered_ms"], row["longest_s"]) for row in rows(either, "count", "quarter")
    ]
    assert quarters == [
        (10 + 3, 900_000, 600),
        (4 + 4, 900_000, 600),
        (9, 900_000, 600),
        (1 + 3, 900_000, 600),
    ]
    midnight = hour.replace(hour=22) - DAY
    drive_past(either, "dz1", 1, [(midnight - 5 * MINUTE, 600, 5)])
    roll_up(either)
    for span in ("quarter", "hour", "day"):
        assert [row["vehicles"] for row in rows(either, "count", span)][:2] == [
            2,
            3 + (34 if span == "day" else 0),
        ]
    assert [row["vehicles"] for row in rows(either, "count", "week")] == [39]
    either.execute("DELETE FROM sr.lane_interval WHERE time = %s", (midnight - 5 * MINUTE,))
    either.execute("INSERT INTO sr.rollup_object_mark VALUES ('station', 'Z1', '-infinity', 'infinity')")
    roll_up(either)
    assert [row["vehicles"] for row in rows(either, "count", "day")] == [34]


def test_whatever_the_clock_of_a_counter_quarters_add_up(either: psycopg.Connection) -> None:
    add_station(either, lanes=1)
    chance = random.Random(4)
    begin, intervals = NOW - DAY, []
    while begin < NOW:
        length_s = chance.choice((60, 300, 420, 600, 660, 900))
        intervals.append((begin, length_s, chance.randrange(50)))
        begin += dt.timedelta(seconds=length_s + chance.choice((0, 0, 37)))
    drive_past(either, "dz1", 1, intervals)
    roll_up(either)
    quarters = rows(either, "count", "quarter")
    assert sum(row["vehicles"] for row in quarters) == sum(counted for _, _, counted in intervals)
    assert sum(row["covered_ms"] for row in quarters) == 1000 * sum(length_s for _, length_s, _ in intervals)
    assert max(row["covered_ms"] for row in quarters) <= 900_000


def test_telraam_counts_are_scaled_already(either: psycopg.Connection) -> None:
    add_station(either, lanes=1, scheme="telraam")
    hour = NOW.replace(minute=0)
    drive_past(either, "dz1", 1, [(hour, 3600, 100)], completeness=0.6)
    drive_past(either, "dz1", 1, [(hour - HOUR, 3600, 70)], completeness=0.4)
    roll_up(either)
    assert [(row["vehicles"], row["covered_ms"]) for row in rows(either, "count", "hour")] == [
        (100, 3_600_000)
    ]
    either.execute("UPDATE sr.station SET class_scheme = '1'")
    roll_up(either)
    found = [(row["vehicles"], row["covered_ms"]) for row in rows(either, "count", "hour")]
    assert found == [(70, 1_440_000), (100, 2_160_000)]


def test_speed_is_weighted_by_vehicles(either: psycopg.Connection) -> None:
    add_station(either, lanes=1)
    hour = NOW.replace(minute=0)
    drive_past(either, "dz1", 1, [(hour, 900, 10)], speed_kmh=50.0)
    drive_past(either, "dz1", 1, [(hour + QUARTER, 900, 30)], speed_kmh=70.0)
    drive_past(either, "dz1", 1, [(hour + 2 * QUARTER, 900, 5)], speed_kmh=None)
    roll_up(either)
    (found,) = rows(either, "count", "hour")
    assert (found["vehicles"], found["speed_vehicles"], found["speed_sum"]) == (45, 40, 100 * (500 + 2100))


def test_the_use_of_a_building_goes_on_across_a_swap_of_its_meter(either: psycopg.Connection) -> None:
    _building(either)
    swap = _local(2026, 6, 3, 9)
    mount(either, "m-old", "building", "B1", (swap - 900 * DAY, swap))
    mount(either, "m-new", "building", "B1", (swap, swap + 900 * DAY))
    measure(either, "m-old", "meter", [(swap - 10 * HOUR, 5000.0), (swap - 1 * HOUR, 5009.0)])
    measure(either, "m-new", "meter", [(swap + 2 * HOUR, 3.0), (swap + 12 * HOUR, 13.0)])
    roll_up(either)
    # Between the last reading and the first nothing is known.
    assert sum(row["energy_kwh"] for row in rows(either, "energy", "day")) == Decimal(19)
    either.execute("UPDATE sr.mounting SET last_value = 5010 WHERE valid_to = %s", (swap,))
    either.execute("UPDATE sr.mounting SET first_value = 1 WHERE valid_from = %s", (swap,))
    roll_up(either)
    (month,) = rows(either, "energy", "month")
    assert (month["energy_kwh"], month["covered_ms"]) == (Decimal(22), 22 * 3_600_000)


def test_a_register_that_falls_is_a_gap_or_rolls_over_but_never_negative(either: psycopg.Connection) -> None:
    _building(either)
    mount(either, "m1", "building", "B1")
    noon = _local(2026, 6, 3, 12)
    fallen = [(noon, 99_990.0), (noon + HOUR, 99_998.0), (noon + 2 * HOUR, 4.0), (noon + 3 * HOUR, 9.0)]
    measure(either, "m1", "meter", fallen)
    roll_up(either)
    assert [row["energy_kwh"] for row in rows(either, "energy", "hour")] == [Decimal(8), Decimal(5)]
    either.execute("UPDATE sr.mounting SET digits = 5 WHERE object = 'B1'")
    roll_up(either)
    assert [row["energy_kwh"] for row in rows(either, "energy", "hour")] == [
        Decimal(8),
        Decimal(6),
        Decimal(5),
    ]


def test_a_monthly_reading_is_shared_out_and_marked_as_an_estimate(either: psycopg.Connection) -> None:
    _building(either)
    mount(either, "m1", "building", "B1")
    begin, end = _local(2026, 3, 1), _local(2026, 4, 1)
    measure(either, "m1", "meter", [(begin, 0.0), (end, 743.0)])
    roll_up(either)
    days = rows(either, "energy", "day")
    assert len(days) == 31
    assert {row["length_s"] for row in days} == {82_800, 86_400}
    assert {row["energy_kwh"] for row in days} == {Decimal(23), Decimal(24)}
    assert all(row["longest_s"] > row["length_s"] for row in days)
    (month,) = rows(either, "energy", "month")
    assert (month["energy_kwh"], month["longest_s"]) == (Decimal(743), month["length_s"])


def test_another_zone_makes_all_days_anew(either: psycopg.Connection) -> None:
    add_container(either, "C1", "bin-1")
    measure(either, "bin-1", "level", [(_local(2026, 6, 3, 1), 0.5)])
    roll_up(either)
    roll_up(either, "UTC")
    assert [row["bucket"] for row in rows(either, "level", "day")] == [dt.datetime(2026, 6, 2, tzinfo=dt.UTC)]


_BATCHES = st.lists(
    st.tuples(
        st.sampled_from(["bin-1", "bin-2", "dz1", "m1"]),
        st.integers(0, 40),
        st.integers(0, 8),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda one: one[:2],
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), batches=_BATCHES)
def test_the_order_of_arrival_leaves_no_trace(
    scratch: psycopg.Connection, data: st.DataObject, batches: Any
) -> None:
    begin = _local(2026, 10, 24, 12)
    shuffled = data.draw(st.permutations(batches))
    results = []
    for order, often in ((batches, False), (shuffled, True)):
        with scratch.transaction(force_rollback=True):
            add_container(scratch, "C1", "bin-1")
            add_container(scratch, "C2", "bin-2", distances_m=(9.0, 0.5))
            add_station(scratch, lanes=1)
            _building(scratch)
            mount(scratch, "m1", "building", "B1")
            for device, hour, value in order:
                _arrive(scratch, device, begin + hour * HOUR, value)
                if often:
                    roll_up(scratch)
            roll_up(scratch)
            results.append(
                [
                    sorted(map(str, rows(scratch, kind, span)))
                    for kind in ("count", "level", "energy")
                    for span in ("quarter", "hour", "day", "week", "month")
                ]
            )
    assert results[0] == results[1]


def _arrive(connection: psycopg.Connection, device: str, time: dt.datetime, value: int) -> None:
    if device == "dz1":
        drive_past(connection, device, 1, [(time, 900, value)], speed_kmh=50 + value / 3)
    elif device == "m1":
        measure(connection, device, "meter", [(time, time.timestamp() / 3600 + value)])
    else:
        measure(connection, device, "level" if device == "bin-1" else "distance", [(time, value / 10)])
