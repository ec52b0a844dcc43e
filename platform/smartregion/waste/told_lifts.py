"""Lifts that people tell: containers emptied outside the tours of a plan, and the history of all lifts."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from psycopg.rows import class_row

from smartregion.errors import InvalidInput, NotFound
from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.waste.due import FULLEST
from smartregion.waste.levels import container_ids

REASONS = ("complaint", "overfull", "event", "on_the_way", "other")
"""Why a container was emptied outside the tours."""
HISTORY = dt.timedelta(days=180)
"""What the history of a container shows."""
_OLDEST = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class ToldLift:
    """One emptying outside the tours."""

    container: str
    """Id of the container."""
    time: dt.datetime
    """When, with its zone."""
    level: float | None
    """Level seen before it, 0..1.2; None when nobody looked."""
    reason: str = ""
    """One of `REASONS`, or empty."""


@dataclass(frozen=True, slots=True)
class Lift:
    """One emptying of a container, however it became known."""

    time: dt.datetime
    """When, UTC."""
    level: float | None
    """Level just before, share of the usable volume; null when unknown."""
    source: str
    """sensor: found in the levels; tour: ticked on a tour; told: told apart."""
    reason: str
    """Why outside the tours: complaint, overfull, event, on_the_way, other; empty when nobody said."""


def tell(connection: Connection, lifts: Sequence[ToldLift], now: dt.datetime) -> None:
    """Keep lifts; the same container and time told again replaces what was told.

    Raises InvalidInput for the first container that is not in use, time without zone, to come or more than
    a year ago, level outside 0..1.2, or unknown reason; then nothing is kept.
    """
    known = set(container_ids(connection))
    for one in lifts:
        if one.container not in known:
            raise InvalidInput("container", one.container, "the id of a container in use")
        if one.time.tzinfo is None or not now - _OLDEST <= one.time <= now:
            raise InvalidInput(
                "at", one.time, "a time with its zone, within the last year and not later than now"
            )
        if one.level is not None and not 0 <= one.level <= FULLEST:
            raise InvalidInput("level", one.level, f"a share 0..{FULLEST}")
        if one.reason not in ("", *REASONS):
            raise InvalidInput("reason", one.reason, f"one of {', '.join(REASONS)}")
    with connection.cursor() as cursor:
        cursor.executemany(_sql("tell"), [asdict(one) for one in lifts])


def withdraw(connection: Connection, container: str, time: dt.datetime) -> None:
    """Take a told lift back; raises NotFound where none was told of that moment."""
    if not connection.execute(_sql("withdraw"), {"container": container, "time": time}).rowcount:
        raise NotFound(f"lift: none was told of container {container!r} at {time.isoformat()}")


def history(connection: Connection, container: str, now: dt.datetime) -> list[Lift]:
    """Lifts of a container in the last half year, the newest first."""
    values = {"container": container, "since": now - HISTORY, "until": now}
    with connection.cursor(row_factory=class_row(Lift)) as cursor:
        return cursor.execute(_sql("history"), values).fetchall()


def _sql(name: str) -> str:
    return queries.load("told_lifts")[name]
