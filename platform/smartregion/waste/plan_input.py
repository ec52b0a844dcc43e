"""What a plan reads from the database: the registry and the state of every container."""

import datetime as dt

from smartregion.registry import objects
from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.waste.levels import ContainerState, container_states
from smartregion.waste.plan_problem import Region
from smartregion.waste.rules_store import rules


def planned_before(connection: Connection, since: dt.date, until: dt.date) -> frozenset[str]:
    """Containers that accepted plans lift from `since` on, before `until`: they need not be planned again."""
    rows = connection.execute(queries.load("forecast")["planned_lifts"], {"since": since, "until": until})
    return frozenset(container for container, _ in rows)


def planned_on(connection: Connection, date: dt.date) -> frozenset[str] | None:
    """Containers that the accepted plan of a date lifts; None when there is no such plan."""
    if connection.execute(queries.load("plans")["accepted"], {"date": date}).fetchone() is None:
        return None
    return planned_before(connection, date, date + dt.timedelta(days=1))


def read(
    connection: Connection, now: dt.datetime, state: str = "BB", school_free: frozenset[dt.date] = frozenset()
) -> tuple[Region, list[ContainerState]]:
    """Registry with the operator's rules and containers with their level at `now`, of one moment.

    state, school_free: federal state and days of school holidays. Containers are ordered by id, so that
    equal data make equal plans; those that somebody else plans are left out.
    """
    with connection.transaction():
        connection.execute(queries.load("plans")["one_moment"])
        return read_now(connection, now, state, school_free)


def read_now(
    connection: Connection, now: dt.datetime, state: str = "BB", school_free: frozenset[dt.date] = frozenset()
) -> tuple[Region, list[ContainerState]]:
    """As `read`, in whatever transaction the connection is."""
    region = Region(
        sites={one.id: one for one in objects.sites(connection)},
        depots={one.id: one for one in objects.depots(connection)},
        disposal_sites={one.id: one for one in objects.disposal_sites(connection)},
        vehicles={one.id: one for one in objects.vehicles(connection) if one.purpose == "waste"},
        fractions={one.key: one for one in objects.fractions(connection)},
        rules=rules(connection, state, school_free),
    )
    states = sorted(container_states(connection, now), key=lambda one: one.id)
    return region, [one for one in states if region.contract(one.fraction, one.site).plans]
