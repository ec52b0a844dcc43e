"""What a plan reads from the database: the registry and the state of every container."""

import datetime as dt

from smartregion.registry import objects
from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.waste.levels import ContainerState, container_states
from smartregion.waste.plan_problem import Region


def planned_before(connection: Connection, since: dt.date, until: dt.date) -> frozenset[str]:
    """Containers that accepted plans lift from `since` on, before `until`: they need not be planned again."""
    rows = connection.execute(queries.load("forecast")["planned_lifts"], {"since": since, "until": until})
    return frozenset(container for container, _ in rows)


def read(connection: Connection, now: dt.datetime) -> tuple[Region, list[ContainerState]]:
    """Registry and containers with their level at `now`, of one moment of the database.

    Containers are ordered by id, so that equal data make equal plans.
    """
    with connection.transaction():
        connection.execute(queries.load("plans")["one_moment"])
        region = Region(
            sites={one.id: one for one in objects.sites(connection)},
            depots={one.id: one for one in objects.depots(connection)},
            disposal_sites={one.id: one for one in objects.disposal_sites(connection)},
            vehicles={one.id: one for one in objects.vehicles(connection) if one.purpose == "waste"},
            fractions={one.key: one for one in objects.fractions(connection)},
        )
        return region, sorted(container_states(connection, now), key=lambda state: state.id)
