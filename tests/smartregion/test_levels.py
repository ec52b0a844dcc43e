"""Levels of containers as the database tells them."""

import datetime as dt

import psycopg
import pytest

from smartregion.errors import NotFound
from smartregion.waste.due import DueRule
from smartregion.waste.levels import (
    ContainerState,
    RateCache,
    container_state,
    container_states,
    fractions,
    level_series,
    site_states,
)
from tests.smartregion.small_district import (
    DAY,
    HOUR,
    NOW,
    add_container,
    add_site,
    every,
    mount,
    set_latest,
    tell,
)


def _states(scratch: psycopg.Connection, now: dt.datetime = NOW) -> dict[str, ContainerState]:
    found = container_states(scratch, now, rates=RateCache())
    assert [one.id for one in found] == sorted(one.id for one in found)
    return {one.id: one for one in found}


def _rising(rate: float, until: dt.datetime = NOW, start: float = 0.0) -> list[tuple[dt.datetime, float]]:
    times = every(HOUR, NOW - 10 * DAY, until)
    return [(time, start + rate * ((time - times[0]) / DAY)) for time in times]


def test_level_rate_and_due(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C1", "d1")
    add_container(scratch, "C2", "d2")
    add_container(scratch, "C3")
    tell(scratch, "d1", "level", _rising(0.02))
    tell(scratch, "d2", "level", _rising(0.075))
    found = _states(scratch)
    assert found["C1"].level == pytest.approx(0.02 * (10 - 1 / 24), abs=1e-4)
    assert found["C1"].rate_per_day == pytest.approx(0.02, rel=0.01)
    assert not found["C1"].due
    assert found["C1"].full_at is not None
    assert (found["C1"].full_at - NOW) / DAY == pytest.approx(40, rel=0.02)
    assert found["C2"].due, "0.75 now and 0.075 a day passes 0.8 within a day"
    assert found["C2"].due_since is not None
    assert found["C2"].due_since == pytest.approx(NOW - DAY / 3, abs=2 * HOUR)
    assert found["C3"].level is None
    assert found["C3"].silent
    assert not found["C3"].due
    assert found["C3"].device is None


def test_distance_counts_by_the_geometry_of_its_time(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C1")
    change = NOW - 2 * DAY
    beginning, end = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    mount(scratch, "old", "container", "C1", (beginning, change), (2.0, 0.0))
    mount(scratch, "new", "container", "C1", (change, end), (1.0, 0.2))
    tell(scratch, "old", "distance", [(change - HOUR, 1.5), (change + HOUR, 0.1)])
    tell(scratch, "new", "distance", [(change - HOUR, 0.1), (NOW - HOUR, 0.6)])
    levels = [level for _, level in level_series(scratch, "C1", NOW - 5 * DAY, NOW)]
    assert levels == pytest.approx([0.25, 0.5])
    state = _states(scratch)["C1"]
    assert state.level == pytest.approx(0.5)
    assert state.device == "new"
    assert container_state(scratch, "C1", NOW) == state


def test_distance_without_geometry_is_no_level(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C1", "d1")
    tell(scratch, "d1", "distance", [(NOW - HOUR, 1.5)])
    state = _states(scratch)["C1"]
    assert state.level is None
    assert state.level_time is None
    assert state.device == "d1"


def test_level_is_fresh_while_rates_are_kept(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C1", "d1")
    tell(scratch, "d1", "level", _rising(0.02))
    rates = RateCache()
    before = container_states(scratch, NOW, rates=rates)[0]
    set_latest(scratch, "d1", "level", NOW, 1.05)
    after = container_states(scratch, NOW + dt.timedelta(seconds=20), rates=rates)[0]
    assert (after.level, after.rate_per_day) == (1.05, before.rate_per_day)
    assert after.full_since == NOW
    assert after.full_at == NOW


def test_new_container_is_seen_within_the_minute(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C2", "d2")
    tell(scratch, "d2", "level", _rising(0.05))
    rates = RateCache()
    container_states(scratch, NOW, rates=rates)
    add_container(scratch, "C1", "d1")
    tell(scratch, "d1", "level", _rising(0.02))
    found = container_states(scratch, NOW, rates=rates)
    assert [one.rate_per_day for one in found] == pytest.approx([0.02, 0.05], rel=0.01)


def test_silent_sensor_is_carried_on(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C1", "d1")
    tell(scratch, "d1", "level", _rising(0.1, NOW - 3 * DAY))
    state = _states(scratch)["C1"]
    assert state.silent
    assert state.level == pytest.approx(0.7, abs=0.01)
    assert state.due, "0.7 three days ago at 0.1 a day"
    assert state.due_since is not None
    assert state.level_time is not None
    assert state.due_since == pytest.approx(NOW - 3 * DAY, abs=2 * HOUR)


def test_what_was_known_at_an_earlier_moment(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C1", "d1")
    tell(scratch, "d1", "level", _rising(0.05))
    then = NOW - 4 * DAY
    state = _states(scratch, then)["C1"]
    assert state.level_time == then
    assert state.level == pytest.approx(0.3, abs=1e-4)


def test_removed_things_are_gone(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C1", "d1")
    add_container(scratch, "C2", "d2")
    scratch.execute("UPDATE sr.container SET removed_at = now() WHERE id = 'C1'")
    assert list(_states(scratch)) == ["C2"]
    with pytest.raises(NotFound, match="container: 'C1' is not a container in use"):
        container_state(scratch, "C1", NOW)


def test_any_order_and_duplication_give_the_same(scratch: psycopg.Connection) -> None:
    rows = _rising(0.06)
    for number, order in enumerate((rows, rows[::-1], rows[1::2] + rows[::2])):
        add_container(scratch, f"C{number}", f"d{number}")
        tell(scratch, f"d{number}", "level", order)
    found = [container_state(scratch, f"C{number}", NOW) for number in range(3)]
    figures = [(one.level, one.level_time, one.rate_per_day, one.due_since) for one in found]
    assert all(one == figures[0] for one in figures)


def test_sites_gather_their_containers(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C1", "d1", "S1")
    add_container(scratch, "C2", "d2", "S1", fraction="bio")
    add_site(scratch, "S2")
    tell(scratch, "d1", "level", [(NOW - HOUR, 0.9)])
    tell(scratch, "d2", "level", [(NOW - 2 * HOUR, 0.1)])
    first, second = site_states(scratch, container_states(scratch, NOW, rates=RateCache()))
    assert (first.containers, first.fractions, first.due, first.level) == (2, ("bio", "paper"), 1, 0.9)
    assert first.level_time == NOW - HOUR
    assert (second.containers, second.level, second.level_time) == (0, None, None)


def test_series_ends_before_until(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C1", "d1")
    tell(scratch, "d1", "level", [(NOW - 2 * HOUR, 0.1), (NOW - HOUR, 0.2), (NOW, 0.3)])
    assert level_series(scratch, "C1", NOW - 2 * HOUR, NOW) == [(NOW - 2 * HOUR, 0.1), (NOW - HOUR, 0.2)]


def test_another_rule_is_another_due(scratch: psycopg.Connection) -> None:
    add_container(scratch, "C1", "d1")
    tell(scratch, "d1", "level", [(NOW - HOUR, 0.5)])
    rates = RateCache()
    due = [container_states(scratch, NOW, DueRule(level=level), rates)[0].due for level in (0.4, 0.8)]
    assert due == [True, False]


def test_fractions_have_names_in_both_languages(scratch: psycopg.Connection) -> None:
    assert ("paper", "Papier", "Paper", "20 01 01") in fractions(scratch)
