"""What a driver ticks off and says on a tour's sheet, in the order in which it was said."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from psycopg.rows import class_row

from smartregion.errors import InvalidInput, NotFound
from smartregion.store import queries
from smartregion.store.database import Connection

REASONS = ("blocked", "not_out", "contaminated", "damaged")
"""Why a container is a case of its own; only a damaged one was emptied."""
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.1)
"""Levels that a driver tells apart, share of the volume; the last one is above the rim."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing said of one container: its level before the lift, or a reason (empty takes it back)."""

    seq: int
    """Stop of the tour."""
    container: str
    """Id of the container."""
    level: float | None = None
    """Level seen, 0..1.2."""
    reason: str | None = None
    """One of `REASONS`, or empty."""
    key: str = ""
    """Made where it was said; the same key counts once. Empty: one is made."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said last of a container of a tour."""

    seq: int
    container: str
    level: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a tour is, against its plan; nothing of the driver."""

    stops_done: int
    """Stops at sites ticked."""
    stops: int
    """Stops at sites planned."""
    lifts_done: int
    """Containers of the ticked stops."""
    first_at: dt.datetime | None
    """First tick, UTC."""
    last_at: dt.datetime | None
    """Last tick, UTC."""


def tick_stops(
    connection: Connection, tour_id: int, shown: Collection[int], done: Collection[int], at: dt.datetime
) -> None:
    """Of the stops `shown` (seq), mark those in `done` as done at `at` (aware) and the others as open.

    A stop that was done before keeps its time, so that a queue may be sent twice. Where another plan has
    taken the place of the tour's, its stops are marked as well. Raises NotFound.
    """
    _known(connection, tour_id)
    values = {"tour": tour_id, "shown": list(shown), "done": list(done), "at": at}
    connection.execute(_sql("tick"), values)
    connection.execute(_sql("tick_successor"), values)


def note(connection: Connection, tour_id: int, notes: Collection[Note], at: dt.datetime) -> None:
    """Keep what a driver said at `at` (aware). Raises NotFound, InvalidInput for a wrong level or reason."""
    _known(connection, tour_id)
    for one in notes:
        if (one.level is None) == (one.reason is None):
            raise InvalidInput("note", one.container, "a level or a reason")
        if one.level is not None and not 0 <= one.level <= 1.2:
            raise InvalidInput("level", one.level, "a share 0..1.2")
        if one.reason not in (None, "", *REASONS):
            raise InvalidInput("reason", one.reason, f"one of {', '.join(REASONS)}")
        values = {
            "key": one.key or str(uuid.uuid4()),
            "tour": tour_id,
            "seq": one.seq,
            "container": one.container,
            "at": at,
            "level": one.level,
            "reason": one.reason,
        }
        connection.execute(_sql("note"), values)


def said(connection: Connection, tour_id: int) -> dict[tuple[int, str], Said]:
    """What was said last, by stop and container."""
    with connection.cursor(row_factory=class_row(Said)) as cursor:
        found = cursor.execute(_sql("notes"), {"tour": tour_id}).fetchall()
    return {(one.seq, one.container): one for one in found}


def progress(connection: Connection, tour_id: int) -> Progress:
    """How far a tour is; raises NotFound."""
    _known(connection, tour_id)
    with connection.cursor(row_factory=class_row(Progress)) as cursor:
        return cursor.execute(_sql("progress"), {"tour": tour_id}).fetchall()[0]


def superseded(connection: Connection, tour_id: int) -> tuple[bool, int | None]:
    """Does another plan count for the tour's date, and which of its tours has the same vehicle?"""
    row = connection.execute(_sql("successor"), {"tour": tour_id}).fetchone()
    return (False, None) if row is None else (True, row[0])


def _known(connection: Connection, tour_id: int) -> None:
    if connection.execute(_sql("tour"), {"tour": tour_id}).fetchone() is None:
        raise NotFound(f"tour: {tour_id} does not exist")


def _sql(name: str) -> str:
    return queries.load("ticks")[name]
