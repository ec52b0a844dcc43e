"""Which device hung where from when to when, after what a file wants."""

import datetime as dt

from smartregion.registry.hung import Measures, Wanted
from smartregion.registry.mountings import Mounting, settle

MARCH, JUNE = (dt.datetime(2026, month, 1, tzinfo=dt.UTC) for month in (3, 6))


def _want(device: str, place: str, since: dt.datetime | None = None) -> Wanted:
    return Wanted(2, device, "container", place, since, Measures(1.8, 0.2))


def test_a_new_device_hangs_there_always() -> None:
    written, faults = settle([_want("a", "C1")], [])
    assert written == [Mounting("a", "container", "C1", None, None, Measures(1.8, 0.2))]
    assert faults == []


def test_the_same_place_keeps_its_dates_and_takes_the_geometry() -> None:
    known = Mounting("a", "container", "C1", MARCH, JUNE, Measures(9.0, 0.1))
    assert settle([_want("a", "C1")], [known])[0] == [
        Mounting("a", "container", "C1", MARCH, JUNE, Measures(1.8, 0.2))
    ]


def test_another_place_without_a_date_is_a_correction() -> None:
    known = Mounting("a", "container", "C1", None, None)
    assert settle([_want("a", "C2")], [known])[0] == [
        Mounting("a", "container", "C2", None, None, Measures(1.8, 0.2))
    ]


def test_a_dated_move_closes_the_old_mounting() -> None:
    known = Mounting("a", "container", "C1", None, None, Measures(1.5, 0.1))
    written, _ = settle([_want("a", "C2", JUNE)], [known])
    assert written == [
        Mounting("a", "container", "C1", None, JUNE, Measures(1.5, 0.1)),
        Mounting("a", "container", "C2", JUNE, None, Measures(1.8, 0.2)),
    ]


def test_a_swap_at_a_container_ends_the_device_before() -> None:
    known = Mounting("old", "container", "C1", None, None, Measures(1.5, 0.1))
    written, _ = settle([_want("new", "C1", JUNE)], [known])
    assert written == [
        Mounting("old", "container", "C1", None, JUNE, Measures(1.5, 0.1)),
        Mounting("new", "container", "C1", JUNE, None, Measures(1.8, 0.2)),
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


def test_a_meter_is_replaced_with_the_registers_of_both() -> None:
    known = [Mounting(name, "building", "B1", None, None, Measures(factor=40)) for name in ("old", "sun")]
    want = Wanted(2, "new", "building", "B1", JUNE, Measures(factor=30, first_value=1, last_value=950), "old")
    written, faults = settle([want], known)
    assert faults == []
    assert written == [
        Mounting("old", "building", "B1", None, JUNE, Measures(factor=40, last_value=950)),
        Mounting("new", "building", "B1", JUNE, None, Measures(factor=30, first_value=1)),
    ]
    again, faults = settle([want], [*written, known[1]])
    assert (again, faults) == (written, [])


def test_who_replaces_nobody_is_told() -> None:
    _, faults = settle([Wanted(2, "new", "building", "B1", JUNE, replaces="gone")], [])
    assert faults[0].what.en == "did not hang at B1 then"


def test_times_of_their_own_rows_are_kept_and_may_not_overlap() -> None:
    rows = [
        Wanted(2, "a", "container", "C1", None, Measures(1.5, 0.1), until=MARCH, exact=True),
        Wanted(3, "a", "container", "C2", MARCH, until=JUNE, exact=True),
    ]
    known = [Mounting("a", "station", "Z1", JUNE, None)]
    written, faults = settle(rows, known)
    assert faults == []
    assert written == [
        Mounting("a", "container", "C1", None, MARCH, Measures(1.5, 0.1)),
        Mounting("a", "container", "C2", MARCH, JUNE),
    ]
    _, faults = settle([*rows, Wanted(4, "a", "vehicle", "V1", JUNE - (JUNE - MARCH) / 2, exact=True)], known)
    assert [(fault.line, fault.what.en) for fault in faults] == [
        (4, "The device would hang at C2 and V1 at once")
    ]
