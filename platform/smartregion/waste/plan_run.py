"""Make one plan from the state of the database: read, search with progress, check, store."""

import datetime as dt
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from routing.errors import RoutingError
from smartregion.errors import SmartRegionError
from smartregion.jobs.interrupted import Interrupted
from smartregion.jobs.warming import Warming
from smartregion.roads.speeds import load_trucks
from smartregion.store import database
from smartregion.store.database import Connection
from smartregion.waste import forecasts, plan_store, plans
from smartregion.waste.choice import Prices
from smartregion.waste.due import DueRule
from smartregion.waste.levels import ContainerState
from smartregion.waste.plan_choice import Candidates, candidates, chosen_lifts, days_needed, gaps
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_edits import edits_of
from smartregion.waste.plan_fleet import ready_vehicles
from smartregion.waste.plan_input import planned_before, read
from smartregion.waste.plan_lifts import as_of, fixed_lifts, lift_on, lifts_a_day
from smartregion.waste.plan_problem import Costs, Region, stops_of
from smartregion.waste.plan_remake import remake, tour_of
from smartregion.waste.plan_roads import RoadPlan, places, road_plan
from smartregion.waste.plan_solve import Effort, Searching, Solved, answer
from smartregion.waste.plan_store import Begun
from smartregion.waste.plan_summary import changed_summary, summary
from smartregion.waste.plan_tours import Tour, tours_of
from smartregion.waste.workdays import WorkDays

FIXED_SHARE = 0.2
"""Share of the search time that goes to the tours of the fixed calendar, for comparison."""
_WAIT_S = 0.2
_EVERY_S = 0.4


class CannotPlan(SmartRegionError):
    """Something is missing without which no tour can be planned."""


@dataclass(frozen=True)
class Options:
    """How plans are made here."""

    rule: DueRule = field(default_factory=DueRule)
    costs: Costs = field(default_factory=Costs)
    prices: Prices = field(default_factory=Prices)
    state: str = "BB"
    """Federal state of public holidays, as the setting of that name."""
    school_free: frozenset[dt.date] = frozenset()
    """Days of school holidays."""
    effort: Effort = field(default_factory=Effort)
    """Its seconds are those of the plan unless it counts iterations."""


OPTIONS = Options()


@dataclass(frozen=True)
class Made:
    """A finished plan before it is stored."""

    tours: Sequence[Tour]
    summary: dict[str, Any]
    solved: Sequence[Solved]
    """Problem and answer of each fraction."""


def run_plan(
    url: str,
    plan_id: int,
    zone: ZoneInfo,
    clock: Callable[[], dt.datetime],
    stopping: Callable[[], bool] = lambda: False,
    warming: Warming | None = None,
    options: Options = OPTIONS,
    watch: Callable[[dict[str, Any]], None] = lambda progress: None,
) -> Made | None:
    """Make a stored plan and store its tours; None when it is done already or another process works on it.

    A plan that cannot be made is stored as failed with the reason in one line, and the error goes on; one
    whose database goes away meanwhile is told as lost.
    Raises Interrupted when `stopping` came true: the plan waits in the queue again.
    """
    with (
        closing(database.connect(url, autocommit=True)) as connection,
        plan_store.holding(connection, plan_id) as held,
    ):
        begun = plan_store.begin(connection, plan_id) if held else None
        if begun is None:
            return None
        progress = _Progress(connection, plan_id, watch)
        try:
            effort = replace(options.effort, seconds=begun.seconds, stopping=stopping)
            making = _Making(
                connection,
                begun,
                Day(begun.date, zone),
                clock(),
                replace(options, effort=effort),
                warming or Warming(),
                progress.note,
            )
            progress.note("loading network")
            made = _make(making) if begun.base is None else _change(making)
            progress.note("storing")
            with connection.transaction():
                plan_store.finish(connection, plan_id, made.tours, made.summary, clock())
            watch({"phase": "done"})
            return made
        except Interrupted:
            plan_store.requeue(connection, plan_id)
            raise
        except psycopg.OperationalError as error:
            # Whoever reads the plan sees that its process let go of it.
            raise database.unavailable(url, error) from error
        except (SmartRegionError, RoutingError) as error:
            plan_store.fail(connection, plan_id, str(error), clock())
            raise
        except Exception as error:
            plan_store.fail(connection, plan_id, f"unexpected {type(error).__name__}: {error}", clock())
            raise


@dataclass(frozen=True)
class _Making:
    """A plan while it is made: what was asked for, and what its process gives it."""

    connection: Connection
    begun: Begun
    day: Day
    now: dt.datetime
    options: Options
    """With the effort of this plan."""
    warming: Warming
    note: Callable[..., None]
    """Tells a phase with its figures."""

    @property
    def known_at(self) -> dt.datetime:
        """What was known by then counts."""
        return as_of(self.day, self.now)

    def read(self) -> tuple[Region, list[ContainerState]]:
        """Registry and containers as known."""
        return read(self.connection, self.known_at, self.options.state, self.options.school_free)

    def ways(self, region: Region, sites: Iterable[str]) -> RoadPlan:
        """The roads between these sites (ids), depots and disposal sites."""
        networks = load_trucks(self.connection, self.now, region.trucks)
        self.note("matrices")
        return road_plan(networks, places(region, sites), region.vehicles.values())

    def compile(self) -> None:
        """Wait for the kernels, saying so; a stop of the process is noticed."""
        while not self.warming.ready(_WAIT_S):
            if self.options.effort.stopping():
                raise Interrupted
            self.note("compiling")

    def effort(self, share: float) -> Effort:
        """A share of the search time."""
        return replace(self.options.effort, seconds=share * self.options.effort.seconds)


def _make(making: _Making) -> Made:
    """A plan from levels."""
    connection, day, options, note = making.connection, making.day, making.options, making.note
    region, containers = making.read()
    work = forecasts.work_days(connection, options.state)
    dynamic, by_calendar = _streams(containers, region)
    offered = _offered(making, dynamic, region, work)
    (levels,) = forecasts.levels_at_lift(connection, by_calendar, making.known_at, day.zone, work, [day.date])
    calendar = fixed_lifts(by_calendar, region.fractions, day, work, levels)
    fixed = stops_of(fixed_lifts(containers, region.fractions, day, work), region)
    if not (offered.lifts or offered.duty or calendar):
        nothing = summary(
            None, fixed, None, (), lifts_a_day(containers), 0.0, making.known_at, options.costs, offered.risk
        )
        return Made((), nothing, ())
    sites = {lift.site for lift in (*offered.duty, *calendar)} | {stop.site.id for stop in fixed}
    sites |= {site for _, site in offered.filling}
    ways = making.ways(region, sites)
    ready, excluded = ready_vehicles(region, ways.roads)
    if not ready:
        raise CannotPlan(_no_vehicle(region))
    chosen = chosen_lifts(offered, region.fractions, ways.roads, options.prices, options.costs)
    due = stops_of([*chosen, *calendar], region)
    making.compile()

    def searching(now: Searching) -> None:
        share = round((1 - FIXED_SHARE) * now.share, 3)
        best_cost = round(now.best_cost, 2)
        note("searching", share=share, best_cost=best_cost, stops_left=now.stops_left, fraction=now.fraction)

    ours = answer(due, region, ways.roads, day, making.effort(1 - FIXED_SHARE), searching, options.costs)
    note("comparing", share=1 - FIXED_SHARE)
    theirs = answer(fixed, region, ways.roads, day, making.effort(FIXED_SHARE), costs=options.costs)
    note("drawing", share=1.0)
    tours = [
        tour for one in ours.solved for tour in tours_of(one.part, one.plan, region, day, ways.leg_lines)
    ]
    told = summary(
        ours,
        fixed,
        theirs,
        excluded,
        lifts_a_day(containers),
        FIXED_SHARE * making.begun.seconds,
        making.known_at,
        options.costs,
        offered.risk,
    )
    return Made(sorted(tours, key=lambda tour: (tour.start_at, tour.vehicle)), told, ours.solved)


def _change(making: _Making) -> Made:
    """A plan that changes another as its dispatcher wishes."""
    connection, begun, day, options = making.connection, making.begun, making.day, making.options
    edits = edits_of(begun.edits or {})
    base = plans.plan(connection, begun.base or 0)
    sheets = [plans.tour_sheet(connection, tour.id) for tour in plans.tours_of_plan(connection, base.id)]
    region, containers = making.read()
    again = {id for left in base.summary.get("unserved", ()) for id in left["containers"]}
    wanted = [one for one in containers if one.id in again | set(edits.add)]
    added = [lift_on(one, region.fractions[one.fraction], day) for one in wanted]
    sites = {stop.place for sheet in sheets for stop in sheet.stops if stop.kind == "site"}
    ways = making.ways(region, sites | {lift.site for lift in added})
    making.compile()
    making.note("searching", share=0.0)
    made = remake(
        sheets, added, edits, begun.from_time, region, ways.roads, day, options.effort, ways.leg_lines,
        options.costs,
    )  # fmt: skip
    before = [tour_of(sheet, region) for sheet in sheets]
    return Made(made.tours, changed_summary(made, before, base, options.costs), made.solved)


def _streams(
    containers: Sequence[ContainerState], region: Region
) -> tuple[list[ContainerState], list[ContainerState]]:
    """Containers that are lifted when it pays, and those of contracts with a fixed calendar."""
    fixed = {one.id for one in containers if region.contract(one.fraction, one.site).mode == "fixed"}
    return [one for one in containers if one.id not in fixed], [one for one in containers if one.id in fixed]


def _offered(
    making: _Making, containers: Sequence[ContainerState], region: Region, work: WorkDays
) -> Candidates:
    """What the day's tours may lift, as known at that moment."""
    connection, day, known_at = making.connection, making.day, making.known_at
    today = known_at.astimezone(day.zone).date()
    gap_days = gaps(containers, region, day.date, work)
    ahead = days_needed(day, today, gap_days)
    events = region.rules.events
    expected, _ = forecasts.expect(connection, containers, known_at, day.zone, work, ahead, events)
    return candidates(
        containers,
        expected,
        region.fractions,
        making.options.rule,
        day,
        known_at,
        work,
        gap_days,
        planned_before(connection, today, day.date),
        making.options.prices,
    )


def _no_vehicle(region: Region) -> str:
    known = len(region.vehicles)
    found = f"none of {known} can be used" if known else "the registry has none"
    return (
        f"waste vehicles: {found}, expected one with depot, shift, capacity in kg and litres: import vehicles"
    )


class _Progress:
    """Writes how far a plan is: every change of phase, and within a phase a few times a second at most."""

    def __init__(self, connection: Connection, plan_id: int, watch: Callable[[dict[str, Any]], None]) -> None:
        self._connection, self._plan_id, self._watch = connection, plan_id, watch
        self._phase, self._told = "", float("-inf")

    def note(self, phase: str, **fields: Any) -> None:
        """Tell a phase with its figures."""
        now = time.monotonic()
        if phase == self._phase and now - self._told < _EVERY_S:
            return
        self._phase, self._told = phase, now
        progress = {"phase": phase, **fields}
        plan_store.report(self._connection, self._plan_id, progress)
        self._watch(progress)
