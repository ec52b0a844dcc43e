"""Average daily traffic (DTV) of counting stations by day groups, from the daily rollups."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.traffic import calendar
from smartregion.traffic.binning import MIN_COVERAGE
from smartregion.traffic.day_groups import SchoolHolidays, StatisticsGroup, statistics_group


@dataclass(frozen=True)
class Dtv:
    """Daily traffic of one station over a period, motor vehicles a day; None without a valid day."""

    station: str
    """Id of the station."""
    dtv: float | None
    """All days: the groups weighted by how many days of the period belong to each."""
    by_group: Mapping[StatisticsGroup, float | None]
    """Mean of the valid days of W, U and S."""
    days: Mapping[StatisticsGroup, int]
    """Valid days of each group."""
    dtv_w5: float | None
    """Mean of the valid days of W from Monday to Friday."""
    days_w5: int
    """Their number."""
    estimated: int
    """Valid days with gaps: scaled up by the share that was watched, at least 75 %."""
    school_known: bool
    """Whether the table of school holidays covers the period; otherwise U is mixed into W."""


def dtv(
    connection: Connection,
    since: dt.date,
    until: dt.date,
    zone: dt.tzinfo,
    state: str,
    school: SchoolHolidays,
    station: str | None = None,
) -> list[Dtv]:
    """DTV of all stations in use (or of one) over the local days [since, until), by id.

    A day is valid when every lane of the station was watched for 75 % of it; a sum with a dead lane is a gap,
    not a smaller sum. Estimates follow our rule value / completeness.
    """
    dates = [since + dt.timedelta(days=number) for number in range((until - since).days)]
    groups = [statistics_group(date, state, school) for date in dates]
    begins = [calendar.day_bounds(date, zone)[0] for date in dates]
    # A plan for arrays of any length compares each day of the stations with each of the period.
    rows = connection.execute(
        queries.load("traffic")["dtv"],
        {
            "begins": begins,
            "groups": [group.value for group in groups],
            "weekdays": [date.weekday() < 5 for date in dates],
            "since": min(begins, default=None),
            "until": calendar.day_bounds(until, zone)[0],
            "min_coverage": MIN_COVERAGE,
            "id": station,
        },
        prepare=False,
    ).fetchall()
    stations: dict[str, list[tuple[StatisticsGroup, bool, int, float, int]]] = {}
    for id, group, weekday, days, vehicles, estimated in rows:
        found = stations.setdefault(id, [])
        if group is not None:
            found.append((StatisticsGroup(group), weekday, days, vehicles, estimated))
    known = school.know(since, until)
    number = {group: groups.count(group) for group in StatisticsGroup}
    return [_dtv(id, found, number, known) for id, found in stations.items()]


def _dtv(
    station: str,
    found: list[tuple[StatisticsGroup, bool, int, float, int]],
    number: Mapping[StatisticsGroup, int],
    school_known: bool,
) -> Dtv:
    days = {group: sum(row[2] for row in found if row[0] is group) for group in StatisticsGroup}
    means = {
        group: sum(row[3] for row in found if row[0] is group) / days[group] if days[group] else None
        for group in StatisticsGroup
    }
    w5 = [row for row in found if row[0] is StatisticsGroup.WORKDAY and row[1]]
    days_w5 = sum(row[2] for row in w5)
    return Dtv(
        station=station,
        dtv=_weighted(means, number),
        by_group=means,
        days=days,
        dtv_w5=sum(row[3] for row in w5) / days_w5 if days_w5 else None,
        days_w5=days_w5,
        estimated=sum(row[4] for row in found),
        school_known=school_known,
    )


def _weighted(
    means: Mapping[StatisticsGroup, float | None], number: Mapping[StatisticsGroup, int]
) -> float | None:
    """(nW·DTV_W + nU·DTV_U + nS·DTV_S) / n; None when a group with days has no valid one."""
    total = 0.0
    for group, days in number.items():
        mean = means[group]
        if days and mean is None:
            return None
        total += days * (mean or 0.0)
    return total / sum(number.values()) if any(number.values()) else None
