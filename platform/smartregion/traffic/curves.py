"""The day of a counting station: today against what is typical for such days."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smartregion.errors import NotFound
from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.traffic import calendar
from smartregion.traffic.binning import Floats, Intervals, band, bin_rates, on_clock
from smartregion.traffic.calendar import QUARTER_S, DayGroup

_QUARTER = dt.timedelta(seconds=QUARTER_S)


@dataclass(frozen=True)
class DayCurve:
    """Motor vehicles per hour of all lanes in the quarter hours of one local day; null is a gap."""

    station: str
    """Id of the station."""
    date: dt.date
    """Local date."""
    group: DayGroup
    """Group of like days that the date belongs to."""
    like_days: int
    """Earlier days of the same group that had data and made the band."""
    times: list[dt.datetime]
    """Begins of the quarter hours, UTC: 96, or 92 and 100 when the clock changes."""
    today: list[float | None]
    """Flow of the date, vehicles/h."""
    low: list[float | None]
    """10 % of like days flow less, vehicles/h."""
    typical: list[float | None]
    """Median of like days, vehicles/h."""
    high: list[float | None]
    """10 % of like days flow more, vehicles/h."""
    total_today: int | None
    """Vehicles counted in the quarter hours without a gap; null when there is none."""
    completeness: float
    """Share of the quarter hours passed so far that have a value, 0..1."""


def day_curve(
    connection: Connection,
    station: str,
    date: dt.date,
    zone: dt.tzinfo,
    now: dt.datetime,
    state: str = "BB",
) -> DayCurve:
    """Curve of a local day with the band (10 to 90 %) of like days in the four weeks before.

    `state` names the federal state of public holidays. Raises NotFound when no station in use has that id.
    """
    sql = queries.load("traffic")
    if connection.execute(sql["station"], {"id": station}).fetchone() is None:
        raise NotFound(f"station: {station!r} is not a counting station in use")
    lanes = [row[1] for row in connection.execute(sql["lane_now"], {"id": station})]
    like = calendar.like_days(date, state)
    since = calendar.day_bounds(min(like, default=date), zone)[0]
    until = calendar.day_bounds(date, zone)[1]
    today_since = calendar.day_bounds(date, zone)[0]
    before = {"id": station, "lanes": lanes, "since": since, "until": today_since}
    rows = connection.execute(sql["station_quarters"], before).fetchall()
    # The day itself comes from raw intervals: its newest ones are not rolled up yet.
    rows += connection.execute(
        sql["station_intervals"], {"id": station, "since": today_since, "until": until}
    ).fetchall()
    bins = int((until - since) / _QUARTER)
    rates = station_rates(rows, lanes, since.timestamp(), bins)

    def of(day: dt.date) -> Floats:
        first = int((calendar.day_bounds(day, zone)[0] - since) / _QUARTER)
        return rates[first : first + len(calendar.day_clock(day, zone))]

    times = calendar.quarter_starts(date, zone)
    passed = np.array([time + _QUARTER <= now for time in times])
    faces = [on_clock(of(day), calendar.day_clock(day, zone)) for day in like]
    faces = [face for face in faces if not np.isnan(face).all()]
    clock = calendar.day_clock(date, zone)
    low, typical, high = (edge[clock] for edge in band(np.array(faces).reshape(-1, calendar.CLOCK_QUARTERS)))
    today = of(date)
    known = ~np.isnan(today)
    return DayCurve(
        station=station,
        date=date,
        group=calendar.day_group(date, state),
        like_days=len(faces),
        times=times,
        today=_listed(today),
        low=_listed(low),
        typical=_listed(typical),
        high=_listed(high),
        total_today=round(float(today[known].sum()) * QUARTER_S / 3600) if known.any() else None,
        completeness=float(known[passed].mean()) if passed.any() else 0.0,
    )


def station_rates(
    rows: Sequence[tuple[int, float, float, float, float]], lanes: Sequence[int], begin_s: float, bins: int
) -> Floats:
    """Vehicles per hour of all lanes together, shape (bins,); NaN where any of `lanes` has a gap.

    Rows are (lane, start s, length s, vehicles, watched s); lanes that are not asked for are left out.
    """
    if not lanes:
        return np.full(bins, np.nan)
    wanted = np.unique(lanes)
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    columns = table[np.isin(table[:, 0], wanted)].T
    intervals = Intervals(np.searchsorted(wanted, columns[0]), *columns[1:])
    total: Floats = bin_rates(intervals, len(lanes), begin_s, bins).sum(axis=0)
    return total


def _listed(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 1) for value in values]
