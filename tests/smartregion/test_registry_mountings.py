"""Which device hung where from when to when, after what a file wants."""

import datetime as dt

from smartregion.registry.mountings import Mounting, settle
from smartregion.registry.rows import Wanted

MARCH, JUNE = (dt.datetime(2026, month, 1, tzinfo=dt.UTC) for month in (3, 6))


def _want(device: str, place: str, since: dt.datetime | None = None) -> Wanted:
    return Wanted(2, device, "container", place, since, 1.8, 0.2)


def test_a_new_device_hangs_there_always() -> None:
    written, faults = settle([_want("a", "C1")], [])
    assert written == [Mounting("a", "container", "C1", None, None, 1.8, 0.2)]
    assert faults == []


def test_the_same_place_keeps_its_dates_and_takes_the_geometry() -> None:
    known = Mounting("a", "container", "C1", MARCH, JUNE, 9.0, 0.1)
    assert settle([_want("a", "C1")], [known])[0] == [Mounting("a", "container", "C1", MARCH, JUNE, 1.8, 0.2)]


def test_another_place_without_a_date_is_a_correction() -> None:
    known = Mounting("a", "container", "C1", None, None)
    assert settle([_want("a", "C2")], [known])[0] == [Mounting("a", "container", "C2", None, None, 1.8, 0.2)]


def test_a_dated_move_closes_the_old_mounting() -> None:
    known = Mounting("a", "container", "C1", None, None, 1.5, 0.1)
    written, _ = settle([_want("a", "C2", JUNE)], [known])
    assert written == [
        Mounting("a", "container", "C1", None, JUNE, 1.5, 0.1),
        Mounting("a", "container", "C2", JUNE, None, 1.8, 0.2),
    ]


def test_a_swap_at_a_container_ends_the_device_before() -> None:
    known = Mounting("old", "container", "C1", None, None, 1.5, 0.1)
    written, _ = settle([_want("new", "C1", JUNE)], [known])
    assert written == [
        Mounting("old", "container", "C1", None, JUNE, 1.5, 0.1),
        Mounting("new", "container", "C1", JUNE, None, 1.8, 0.2),
    ]


def test_a_move_before_the_last_one_is_refused() -> None:
    known = Mounting("a", "container", "C1", JUNE, None)
    written, faults = settle([_want("a", "C2", MARCH)], [known])
    assert written == []
    assert "hing seit 01.06.2026" in faults[0].what.de


def test_settling_twice_changes_nothing_more() -> None:
    wanted = [_want("new", "C1", JUNE), _want("a", "C2", MARCH)]
    known = [Mounting("a", "container", "C9"), Mounting("old", "container", "C1")]
    once, _ = settle(wanted, known)
    state = {(m.device, m.valid_from): m for m in [*known, *once]}
    ordered = sorted(state.values(), key=lambda m: (m.device, m.valid_from is not None))
    twice, faults = settle(wanted, ordered)
    assert faults == []
    assert all(state[m.device, m.valid_from] == m for m in twice)
