"""What a driver ticks off on a tour's sheet."""

import datetime as dt
from collections.abc import Collection

from smartregion.errors import NotFound
from smartregion.store import queries
from smartregion.store.database import Connection


def tick_stops(
    connection: Connection, tour_id: int, shown: Collection[int], done: Collection[int], at: dt.datetime
) -> None:
    """Of the stops `shown` (seq), mark those in `done` as done at `at` (aware) and the others as open.

    A stop that was done before keeps its time, so that a queue may be sent twice. Raises NotFound.
    """
    sql = queries.load("ticks")
    if connection.execute(sql["tour"], {"tour": tour_id}).fetchone() is None:
        raise NotFound(f"tour: {tour_id} does not exist")
    connection.execute(sql["tick"], {"tour": tour_id, "shown": list(shown), "done": list(done), "at": at})
