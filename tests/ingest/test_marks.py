"""Marks for the rollups: one span for each series or device and UTC day that a batch wrote to."""

import datetime as dt
import itertools

from hypothesis import given
from hypothesis import strategies as st

from ingest.marks import spans

START = dt.datetime(2026, 11, 19, tzinfo=dt.UTC)
_times = st.integers(0, 3 * 86_400 - 1).map(lambda s: START + dt.timedelta(seconds=s))


@given(st.sets(st.tuples(st.integers(1, 3), _times), max_size=30))
def test_spans_are_those_of_each_day(places: set[tuple[int, dt.datetime]]) -> None:
    days = itertools.groupby(sorted(places), key=lambda place: (place[0], place[1].date()))
    wanted = [(ident, [time for _, time in rows]) for (ident, _), rows in days]
    found = list(zip(*spans(sorted(places)), strict=True))
    assert found == [(ident, times[0], times[-1]) for ident, times in wanted]


def test_the_last_day_that_there_is() -> None:
    time = dt.datetime(9999, 12, 31, 12, tzinfo=dt.UTC)
    assert spans([(1, time)]) == ([1], [time], [time])
