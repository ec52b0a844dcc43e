"""Marks for the rollups: which series and devices a batch wrote to, and when, in the transaction of its
rows."""

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from ingest.arrays import time_array
from smartregion.store.database import Connection
from smartregion.store.queries import load

_DAY = dt.timedelta(days=1)


def mark(
    connection: Connection, kind: Literal["reading", "lane"], places: Iterable[tuple[int, dt.datetime]]
) -> None:
    """Have the rollups of these rows made anew: sorted pairs of series (reading) or device (lane) and event
    time."""
    idents, firsts, lasts = spans(places)
    arguments = {
        "kind": kind,
        "idents": idents,
        "firsts": time_array(firsts),
        "lasts": time_array(lasts),
    }
    connection.execute(load("rollups")["mark"], arguments)


def spans(
    places: Iterable[tuple[int, dt.datetime]],
) -> tuple[list[int], list[dt.datetime], list[dt.datetime]]:
    """First and last time of each number and UTC day, of sorted pairs."""
    idents: list[int] = []
    firsts: list[dt.datetime] = []
    lasts: list[dt.datetime] = []
    before: int | None = None
    end: dt.datetime | None = None
    for ident, time in places:
        if ident == before and end is not None and time < end:
            lasts[-1] = time
            continue
        idents.append(ident)
        firsts.append(time)
        lasts.append(time)
        before = ident
        end = _end_of_day(time)
    return idents, firsts, lasts


def _end_of_day(time: dt.datetime) -> dt.datetime | None:
    """None on the last day that there is."""
    midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + _DAY if time.date() < dt.date.max else None
