"""Writing a plan while it is made: who holds it, how far it is, how it ended, its tours."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.waste.plan_tours import Tour
from smartregion.waste.plans import LOST


@contextmanager
def holding(connection: Connection, plan_id: int) -> Iterator[bool]:
    """Hold a plan as long as the session lives; gives False when another process holds it."""
    row = connection.execute(_sql("hold"), {"id": plan_id}).fetchone()
    held = bool(row and row[0])
    try:
        yield held
    finally:
        if held and not connection.closed:
            connection.execute(_sql("release"), {"id": plan_id})


@dataclass(frozen=True)
class Begun:
    """What a plan that begins is asked for."""

    date: dt.date
    seconds: float
    base: int | None
    """The plan that it changes."""
    edits: dict[str, Any] | None
    from_time: dt.datetime | None
    """What has begun by then stays; None: nothing has."""


def begin(connection: Connection, plan_id: int) -> Begun | None:
    """Mark a held plan as running; None when it has ended before."""
    with connection.cursor(row_factory=class_row(Begun)) as cursor:
        return cursor.execute(_sql("begin"), {"id": plan_id}).fetchone()


def report(connection: Connection, plan_id: int, progress: dict[str, Any]) -> None:
    """Tell how far a running plan is."""
    connection.execute(_sql("report"), {"id": plan_id, "progress": Jsonb(progress)})


def requeue(connection: Connection, plan_id: int) -> None:
    """Put a running plan back into the queue."""
    connection.execute(_sql("requeue"), {"id": plan_id})


def fail(connection: Connection, plan_id: int, error: str, now: dt.datetime) -> None:
    """Mark a plan as failed with its reason in one line."""
    connection.execute(_sql("fail"), {"id": plan_id, "error": " ".join(error.split()), "now": now})


def fail_lost(connection: Connection, now: dt.datetime) -> list[int]:
    """Mark running plans whose process died as failed; returns their ids."""
    return [row[0] for row in connection.execute(_sql("fail_lost"), {"error": LOST, "now": now}).fetchall()]


def finish(
    connection: Connection, plan_id: int, tours: Sequence[Tour], summary: dict[str, Any], now: dt.datetime
) -> None:
    """Store tours and figures of a running plan, in the caller's transaction."""
    store_tours(connection, plan_id, tours)
    done = {
        "id": plan_id,
        "summary": Jsonb(summary),
        "progress": Jsonb({"phase": "done", "share": 1.0}),
        "now": now,
    }
    connection.execute(_sql("finish"), done)


def store_tours(connection: Connection, plan_id: int, tours: Sequence[Tour]) -> None:
    """Write tours and their sheets in the caller's transaction, numbered from 1."""
    for number, tour in enumerate(tours, start=1):
        found = connection.execute(
            _sql("insert_tour"),
            {
                "plan": plan_id,
                "number": number,
                "vehicle": tour.vehicle,
                "fraction": tour.fractions[0],
                "fractions": list(tour.fractions),
                "start_at": tour.start_at,
                "end_at": tour.end_at,
                "distance_m": round(tour.distance_m, 1),
                "load_kg": round(tour.load_kg, 1),
                "lifts": tour.lifts,
                "geometry": Jsonb([list(point) for point in tour.line]),
            },
        ).fetchall()
        with connection.cursor() as cursor:
            cursor.executemany(_sql("insert_stop"), _stop_rows(found[0][0], tour))


def _stop_rows(tour_id: int, tour: Tour) -> list[dict[str, Any]]:
    return [
        {
            "tour": tour_id,
            "seq": seq,
            "kind": stop.kind,
            "place": stop.place,
            "name": stop.name,
            "lon": stop.lon,
            "lat": stop.lat,
            "arrive_at": stop.arrive_at,
            "depart_at": stop.depart_at,
            "leg_m": round(stop.leg_m, 1),
            "load_kg": round(stop.load_kg, 1),
            "containers": Jsonb(
                [
                    {
                        "id": one.container,
                        "fraction": one.fraction,
                        "volume_l": one.volume_l,
                        "level": one.level,
                        "kg": round(one.kg, 1),
                    }
                    | ({} if one.p_full is None else {"p_full": one.p_full})
                    for one in stop.lifts
                ]
            ),
            "note": stop.note,
            "done_at": stop.done_at,
        }
        for seq, stop in enumerate(tour.stops)
    ]


def _sql(name: str) -> str:
    return queries.load("plans")[name]
