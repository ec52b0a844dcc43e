"""The drawing on a driver's sheet."""

import datetime as dt
import math

from dashboards.sketch import WIDTH, draw
from smartregion.waste.plans import StopRow

_NOON = dt.datetime(2026, 3, 2, 11, tzinfo=dt.UTC)


def _stop(seq: int, kind: str, lon: float, lat: float) -> StopRow:
    return StopRow(seq, kind, f"P{seq}", "", "", "", lon, lat, _NOON, _NOON, 0.0, 0.0, [], "", None)


def _tour(*sites: tuple[float, float]) -> list[StopRow]:
    found = [_stop(0, "start", 14.0, 51.0)]
    return [*found, *(_stop(k, "site", *at) for k, at in enumerate(sites, start=1))]


def test_a_tour_that_stretches_north_gets_a_higher_drawing_with_all_on_it() -> None:
    wide, high = (draw([], _tour(*sites)) for sites in ([(14.5, 51.0)], [(14.0, 51.5), (14.05, 51.2)]))
    assert wide is not None
    assert high is not None
    assert wide.height < high.height
    for one in (wide, high):
        assert all(0 < mark.x < WIDTH and 0 < mark.y < one.height for mark in one.marks)
        assert {mark.label for mark in one.marks if mark.kind == "site"} >= {"1"}


def test_numbers_never_cover_one_another_and_no_stop_is_missing() -> None:
    sites = [(14.0 + 0.001 * (k % 9), 51.0 + 0.0007 * (k // 9)) for k in range(80)] + [(14.6, 51.1)]
    drawn = draw([], _tour(*sites))
    assert drawn is not None
    numbered = [mark for mark in drawn.marks if mark.label]
    assert len([mark for mark in drawn.marks if mark.kind == "site"]) == 81
    assert {"1", "81"} <= {mark.label for mark in numbered}
    apart = [math.dist((a.x, a.y), (b.x, b.y)) for a in numbered for b in numbered if a is not b]
    assert min(apart) >= 17.0
