"""Plans and tours as stored: ask for one, follow it, read its tours and sheets, accept it."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from smartregion.errors import InvalidInput, NotFound, SmartRegionError
from smartregion.registry.objects import containers, vehicles
from smartregion.store import queries
from smartregion.store.database import Connection

if TYPE_CHECKING:
    from smartregion.waste.plan_edits import Edits

LOST = "the process that made this plan ended before it was done: ask for the plan again"
MAX_SECONDS = 3600.0


class PlanNotFinished(SmartRegionError):
    """Only a finished plan can be accepted."""


@dataclass(frozen=True, slots=True)
class PlanState:
    """A plan from request to result."""

    id: int
    """Id of the plan."""
    date: dt.date
    """Local date of its tours."""
    state: str
    """queued, running, done or failed; a running one whose process died is told as failed."""
    requested_at: dt.datetime
    """When it was asked for, UTC."""
    finished_at: dt.datetime | None
    """When it was done or failed, UTC; null before."""
    seconds: float
    """Search time that was asked for, s."""
    accepted_at: dt.datetime | None
    """When it became the plan of its date, UTC; null if it is not."""
    progress: dict[str, Any]
    """`phase`, and while searching `share` 0..1 of the budget, `best_cost` in EUR, `stops_left`."""
    summary: dict[str, Any]
    """Figures of a finished plan; see `plan_summary.summary`."""
    error: str | None
    """Why it failed, in one line; null if it did not."""
    base: int | None = None
    """The plan that this one changes as little as it can; null for one made from levels."""
    edits: dict[str, Any] | None = None
    """What the dispatcher wishes of that plan: exclude, add, move, lock, out, swap."""
    from_time: dt.datetime | None = None
    """What had begun by then stays as it was, UTC; null: nothing had."""


@dataclass(frozen=True, slots=True)
class TourRow:
    """One vehicle's day; `geometry` is a list of [lon, lat] along the roads."""

    id: int
    """Id of the tour."""
    plan: int
    """Id of its plan."""
    number: int
    """Number in the plan, from 1."""
    vehicle: str
    """Id of the vehicle."""
    vehicle_name: str
    """Name of the vehicle."""
    fraction: str
    """Key of the waste fraction, the first of several."""
    fractions: list[str]
    """Keys of all fractions: a vehicle with chambers collects several."""
    start_at: dt.datetime
    """When it leaves the depot, UTC."""
    end_at: dt.datetime
    """When it is back, UTC."""
    distance_m: float
    """Way on the roads, m."""
    load_kg: float
    """Expected load of the day, kg."""
    lifts: int
    """Containers to lift."""
    accepted: bool
    """Its plan is the plan of its date."""
    geometry: list[tuple[float, float]]
    """Positions (lon, lat) along the roads, degrees WGS 84."""


@dataclass(frozen=True, slots=True)
class StopRow:
    """One line of a tour's sheet; kinds are start, site, disposal, break and end."""

    seq: int
    """Place in the order of the day, from 0."""
    kind: str
    """start, site, disposal, break or end."""
    place: str
    """Id of the site, depot or disposal site; empty for a break."""
    name: str
    """Name for people."""
    street: str
    """Street, empty when unknown."""
    town: str
    """Town or village, empty when unknown."""
    lon: float | None
    """Longitude, degrees WGS 84; null for a break."""
    lat: float | None
    """Latitude, degrees WGS 84; null for a break."""
    arrive_at: dt.datetime
    """Arrival, UTC."""
    depart_at: dt.datetime
    """Departure, UTC."""
    leg_m: float
    """Way from the stop before, m."""
    load_kg: float
    """On board when leaving, kg."""
    containers: list[dict[str, Any]]
    """{id, fraction, volume_l, level, kg} of each container to lift here; `p_full` where a forecast knows it:
    the probability that it would overflow before the next possible visit."""
    note: str
    """What the driver must know."""
    done_at: dt.datetime | None
    """When the driver ticked it, UTC; null before."""


@dataclass(frozen=True, slots=True)
class TourSheet:
    """What a driver takes along."""

    date: dt.date
    """Local date of the tour."""
    tour: TourRow
    """The tour."""
    stops: list[StopRow]
    """Its stops in order."""


def request_plan(connection: Connection, date: dt.date, seconds: float, now: dt.datetime) -> int:
    """Ask for a plan of a local date with `seconds` of search; a worker makes it. Returns its id.

    Plan and job are there together once the caller commits. Raises InvalidInput for seconds outside 0..3600.
    """
    from smartregion.jobs.app import defer_plan

    plan_id = new_plan(connection, date, seconds, now)
    defer_plan(connection, plan_id)
    return plan_id


def new_plan(connection: Connection, date: dt.date, seconds: float, now: dt.datetime) -> int:
    """Store a queued plan without asking a worker for it; as `request_plan` otherwise."""
    if not 0 < seconds <= MAX_SECONDS:
        raise InvalidInput("seconds", seconds, f"a number above 0, at most {MAX_SECONDS:g}")
    values = {"date": date, "seconds": seconds, "now": now, "base": None, "edits": None, "from_time": None}
    return int(connection.execute(_sql("insert_plan"), values).fetchall()[0][0])


def change_plan(
    connection: Connection,
    base: int,
    edits: "Edits",
    from_time: dt.datetime | None,
    seconds: float,
    now: dt.datetime,
) -> int:
    """Ask for a plan that changes a finished one; a worker makes it. Returns its id.

    from_time: what has begun by then stays; None: nothing has. Raises NotFound, PlanNotFinished, and
    InvalidInput for the first wish that names what is not there.
    """
    from smartregion.jobs.app import defer_plan

    plan_id = new_change(connection, base, edits, from_time, seconds, now)
    defer_plan(connection, plan_id)
    return plan_id


def new_change(
    connection: Connection,
    base: int,
    edits: "Edits",
    from_time: dt.datetime | None,
    seconds: float,
    now: dt.datetime,
) -> int:
    """Store a queued change without asking a worker for it; as `change_plan` otherwise."""
    from smartregion.waste.plan_edits import refuse_unfit

    found = plan(connection, base)
    if found.state != "done":
        raise PlanNotFinished(f"plan: {base} is {found.state}, expected a finished plan")
    sheets = [tour_sheet(connection, tour.id) for tour in tours_of_plan(connection, base)]
    usable = {one.id for one in vehicles(connection) if one.purpose == "waste"}
    refuse_unfit(edits, sheets, usable, {one.id for one in containers(connection)})
    if not 0 < seconds <= MAX_SECONDS:
        raise InvalidInput("seconds", seconds, f"a number above 0, at most {MAX_SECONDS:g}")
    values = {
        "date": found.date,
        "seconds": seconds,
        "now": now,
        "base": base,
        "edits": Jsonb(edits.plain()),
        "from_time": from_time,
    }
    return int(connection.execute(_sql("insert_plan"), values).fetchall()[0][0])


def plan(connection: Connection, plan_id: int) -> PlanState:
    """One plan; raises NotFound."""
    with connection.cursor(row_factory=class_row(PlanState)) as cursor:
        found = cursor.execute(_sql("plan"), {"id": plan_id, "lost": LOST}).fetchone()
    if found is None:
        raise NotFound(f"plan: {plan_id} does not exist")
    return found


def plans_of_date(connection: Connection, date: dt.date) -> list[PlanState]:
    """Plans asked for for a date, the newest first."""
    rows = connection.execute(_sql("plans_of_date"), {"date": date}).fetchall()
    return [plan(connection, row[0]) for row in rows]


def tours(connection: Connection, date: dt.date) -> list[TourRow]:
    """Tours that count for a date: of the accepted plan, else of the last finished one."""
    row = connection.execute(_sql("current_plan"), {"date": date}).fetchone()
    return tours_of_plan(connection, row[0]) if row else []


def tours_of_plan(connection: Connection, plan_id: int) -> list[TourRow]:
    """Tours of one plan in order of their number."""
    with connection.cursor(row_factory=class_row(TourRow)) as cursor:
        return cursor.execute(_sql("tours"), {"plan": plan_id}).fetchall()


def tour_sheet(connection: Connection, tour_id: int) -> TourSheet:
    """A tour with all its stops; raises NotFound."""
    row = connection.execute(_sql("tour"), {"id": tour_id}).fetchone()
    if row is None:
        raise NotFound(f"tour: {tour_id} does not exist")
    with connection.cursor(row_factory=class_row(StopRow)) as cursor:
        stops = cursor.execute(_sql("stops"), {"id": tour_id}).fetchall()
    return TourSheet(row[0], TourRow(*row[1:]), stops)


def accept_plan(connection: Connection, plan_id: int, now: dt.datetime) -> PlanState:
    """Make this the plan of its date, in place of another. Raises NotFound or PlanNotFinished."""
    found = plan(connection, plan_id)
    if connection.execute(_sql("accept"), {"id": plan_id, "now": now}).fetchone() is None:
        raise PlanNotFinished(f"plan: {plan_id} is {found.state}, expected a finished plan")
    connection.execute(_sql("withdraw"), {"id": plan_id})
    return plan(connection, plan_id)


def _sql(name: str) -> str:
    return queries.load("plans")[name]
