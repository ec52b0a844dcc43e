"""A counting station over a long time, reduced to what a chart can show."""

import datetime as dt
from dataclasses import dataclass

from smartregion.errors import InvalidInput, NotFound
from smartregion.store import queries
from smartregion.store.database import Connection


@dataclass(frozen=True)
class SeriesStep:
    """Motor vehicles per hour of all lanes in the quarter hours of one step; a dead lane makes a gap."""

    time: dt.datetime
    """Begin of its first quarter hour that has a value, UTC."""
    low: int
    """Least flow of a quarter hour, vehicles/h."""
    mean: float
    """Mean flow, vehicles/h."""
    high: int
    """Greatest flow of a quarter hour, vehicles/h."""


def station_series(
    connection: Connection, station: str, since: dt.datetime, until: dt.datetime, points: int = 1000
) -> list[SeriesStep]:
    """At most `points` steps of [since, until) by time; steps without a value are left out.

    Raises NotFound when no station in use has that id, InvalidInput when the span is empty.
    """
    if until <= since:
        raise InvalidInput("to", until.isoformat(), f"a moment after {since.isoformat()}")
    sql = queries.load("traffic")
    if connection.execute(sql["station"], {"id": station}).fetchone() is None:
        raise NotFound(f"station: {station!r} is not a counting station in use")
    lanes = [row[1] for row in connection.execute(sql["lane_now"], {"id": station})]
    values = {"id": station, "lanes": lanes, "since": since, "until": until, "points": points}
    rows = connection.execute(sql["station_chart"], values)
    return [SeriesStep(time, low, round(mean, 1), high) for time, low, mean, high in rows]
