"""A plan changed by its dispatcher: done and locked parts stay, the rest is planned anew near it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import routing
from routing.locking import replan
from routing.members import Step
from routing.timetable import timetable
from smartregion.registry.objects import Vehicle
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_edits import Edits, Halt, halts
from smartregion.waste.plan_fleet import choices_of, ready_vehicles, split_stops
from smartregion.waste.plan_lifts import Lift
from smartregion.waste.plan_problem import Costs, Part, Region, Roads, Stop, part, service_of, stops_of
from smartregion.waste.plan_solve import Effort, PlanViolates, Solved
from smartregion.waste.plan_tours import LegLines, Tour, TourStop, tours_of
from smartregion.waste.plans import StopRow, TourSheet

STABILITY_EUR = 15.0
"""What it costs in the search when a stop changes its vehicle: drivers know their places."""
_START_ONLY = ("start", "end", "break")


@dataclass(frozen=True)
class Remade:
    """The changed plan."""

    tours: Sequence[Tour]
    """All tours of the day, those that stayed with them."""
    left: Sequence[tuple[Stop, str]]
    """Stops that nobody serves, with the reason."""
    changed: int
    """Stops that another vehicle serves than before."""
    solved: Sequence[Solved]


_Step = tuple[str, Any]
"""("stop", Stop) or ("disposal", id)."""


@dataclass(frozen=True)
class _Open:
    """What is to be planned of one stream."""

    stops: list[Stop]
    vehicles: list[Vehicle]
    steps: dict[str, list[_Step]]
    """By vehicle its old order."""
    leaving: set[int] = field(default_factory=set)
    """Stops (by `id`) that leave their tour: left out, or for another vehicle."""


def remake(
    sheets: Sequence[TourSheet],
    added: Iterable[Lift],
    edits: Edits,
    now: dt.datetime | None,
    region: Region,
    roads: Roads,
    day: Day,
    effort: Effort,
    leg_lines: LegLines,
    costs: Costs,
) -> Remade:
    """Change the plan of these sheets.

    added: lifts beside those of the plan. now: what has begun by then stays; None: nothing has. Raises
    PlanViolates when an answer breaks a rule.
    """
    going = [
        one for one in sheets if one.tour.vehicle not in edits.lock and one.tour.vehicle not in edits.gone
    ]
    stayed = [tour_of(sheet, region) for sheet in sheets if sheet.tour.vehicle in edits.lock]
    freed: list[Stop] = []
    for sheet in sheets:
        if sheet.tour.vehicle in edits.gone:
            done, rest = _cut(sheet, now, region)
            stayed += [done] if done is not None else []
            freed += [stop for stop in rest if _halt(stop) not in edits.exclude]
    extra = stops_of(added, region)
    works, left = _works(going, [*freed, *extra], edits, region, roads, day, now)
    solved, tours = [], list(stayed)
    for key, work in sorted(works.items()):
        one = _solve(key, work, sheets, edits, now, region, roads, day, effort, costs)
        solved.append(one)
        tours += tours_of(one.part, one.plan, region, day, leg_lines)
        left += [(one.part.stops[gone.stop], "fleet") for gone in one.plan.unserved]
    before = {halt: sheet.tour.vehicle for sheet in sheets for _, halt in halts(sheet)}
    after = {
        Halt(stop.place, stop.lifts[0].fraction): tour.vehicle
        for tour in tours
        for stop in tour.stops
        if stop.kind == "site"
    }
    changed = sum(before.get(halt, vehicle) != vehicle for halt, vehicle in after.items())
    ticked = _with_ticks(sorted(tours, key=lambda tour: (tour.start_at, tour.vehicle)), sheets)
    return Remade(ticked, left, changed, solved)


def tour_of(sheet: TourSheet, region: Region, stops: Sequence[StopRow] | None = None) -> Tour:
    """A stored tour as a planned one, as far as the given stops."""
    rows = sheet.stops if stops is None else stops
    made = tuple(
        TourStop(
            row.kind, row.place, row.name, row.lon, row.lat, row.arrive_at, row.depart_at, row.leg_m,
            row.load_kg, tuple(_lift(one, row.place, sheet, region) for one in row.containers), row.note,
            row.done_at,
        )
        for row in rows
    )  # fmt: skip
    return Tour(
        sheet.tour.vehicle,
        tuple(sheet.tour.fractions),
        made[0].arrive_at,
        made[-1].depart_at,
        sum(stop.leg_m for stop in made),
        sum(lift.kg for stop in made for lift in stop.lifts),
        made,
        tuple((lon, lat) for lon, lat in sheet.tour.geometry),
    )


def _lift(entry: Mapping[str, Any], site: str, sheet: TourSheet, region: Region) -> Lift:
    fraction = region.fractions[entry.get("fraction", sheet.tour.fraction)]
    pressed_l = entry["volume_l"] * entry["level"] / fraction.press_factor
    figures = (entry["volume_l"], entry["level"], entry["kg"], pressed_l)
    return Lift(entry["id"], site, fraction.key, *figures, p_full=entry.get("p_full"))


def _cut(sheet: TourSheet, now: dt.datetime | None, region: Region) -> tuple[Tour | None, list[Stop]]:
    """A tour that ends early: what is done of it, and what is left.

    Done is what the driver ticked; where nothing was ticked at all, what the plan let begin before now.
    """
    ticked = any(row.done_at for row in sheet.stops)

    def done(row: StopRow) -> bool:
        if now is None or row.kind in _START_ONLY:
            return False
        return row.done_at is not None if ticked else row.arrive_at <= now

    last = max((row.seq for row in sheet.stops if done(row)), default=-1)
    open_ = [row for row in sheet.stops if row.kind == "site" and not done(row)]
    kept = [row for row in sheet.stops if row.seq <= last and (row.kind in _START_ONLY or done(row))]
    return (tour_of(sheet, region, kept) if last >= 0 else None), [_stop(row, sheet, region) for row in open_]


def _stop(row: StopRow, sheet: TourSheet, region: Region) -> Stop:
    lifts = tuple(_lift(one, row.place, sheet, region) for one in row.containers)
    return Stop(region.sites[row.place], lifts[0].fraction, lifts, service_of(lifts, region))


def _halt(stop: Stop) -> Halt:
    return Halt(stop.site.id, stop.fraction)


def _works(
    going: Sequence[TourSheet],
    loose: Sequence[Stop],
    edits: Edits,
    region: Region,
    roads: Roads,
    day: Day,
    now: dt.datetime | None,
) -> tuple[dict[str, _Open], list[tuple[Stop, str]]]:
    """Work by stream: tours that go on with their order, loose stops, and vehicles that may help."""
    works: dict[str, _Open] = defaultdict(lambda: _Open([], [], {}))
    ready, _ = ready_vehicles(region, roads)
    by_id = {vehicle.id: vehicle for vehicle in ready}
    left: list[tuple[Stop, str]] = []
    for sheet in going:
        steps: list[_Step] = []
        leaving: set[int] = set()
        for row in sheet.stops:
            if row.kind == "disposal":
                steps.append(("disposal", row.place))
            elif row.kind == "site":
                stop = _stop(row, sheet, region)
                steps.append(("stop", stop))
                begun = now is not None and (row.done_at is not None or row.arrive_at <= now)
                moved = edits.move.get(_halt(stop), sheet.tour.vehicle) != sheet.tour.vehicle
                if not begun and (moved or _halt(stop) in edits.exclude):
                    leaving.add(id(stop))
        own = [what for kind, what in steps if kind == "stop"]
        groups, hindered = split_stops(own, ready, region, roads, day)
        left += hindered
        for key, stops in groups.items():
            works[key].stops.extend(stops)
            works[key].leaving.update(leaving)
        if groups and sheet.tour.vehicle in by_id:
            # Should new rules part the stops of a tour, its vehicle goes with the most of them.
            key = max(groups, key=lambda key: len(groups[key]))
            mine = {id(stop) for stop in groups[key]}
            works[key].vehicles.append(by_id[sheet.tour.vehicle])
            works[key].steps[sheet.tour.vehicle] = [
                (kind, what) for kind, what in steps if kind != "stop" or id(what) in mine
            ]
    groups, hindered = split_stops(loose, ready, region, roads, day)
    for key, stops in groups.items():
        works[key].stops.extend(stops)
    _help(works, going, edits, ready, region, roads)
    for key in [key for key, work in works.items() if not work.vehicles]:
        left += [(stop, "fleet") for stop in works.pop(key).stops]
    return dict(works), [*left, *hindered]


def _help(
    works: Mapping[str, _Open],
    going: Sequence[TourSheet],
    edits: Edits,
    ready: Sequence[Vehicle],
    region: Region,
    roads: Roads,
) -> None:
    """Vehicles without a tour go where the most mass waits that they may take; substitutes come first."""
    busy = {sheet.tour.vehicle for sheet in going} | edits.gone | set(edits.lock)
    wanted = [*edits.swap.values(), *edits.move.values()]
    groups = {key: work.stops for key, work in works.items()}
    for vehicle in sorted(ready, key=lambda one: (one.id not in wanted, one.id)):
        if vehicle.id in busy:
            continue
        able = choices_of(vehicle, groups, region, roads)
        if able:
            most = max(
                able, key=lambda key: sum(stop.kg for stop in groups[key]) / (1 + len(works[key].vehicles))
            )
            works[most].vehicles.append(vehicle)


def _solve(
    key: str,
    work: _Open,
    sheets: Sequence[TourSheet],
    edits: Edits,
    now: dt.datetime | None,
    region: Region,
    roads: Roads,
    day: Day,
    effort: Effort,
    costs: Costs,
) -> Solved:
    made = part(key, work.stops, work.vehicles, region, roads, day, costs)
    vehicle = {one.id: index for index, one in enumerate(made.vehicles)}
    usual = {id(what): name for name, steps in work.steps.items() for kind, what in steps if kind == "stop"}
    stops = []
    for mine, stop in zip(made.stops, made.problem.stops, strict=True):
        moved = vehicle.get(edits.move.get(_halt(mine), ""))
        before = usual.get(id(mine)) or _driver_before(mine, sheets, edits) or ""
        stop = replace(stop, usual_vehicle=vehicle.get(before))
        if id(mine) in work.leaving:
            # What is left out nobody may serve; a move leaves one vehicle only.
            left_out = replace(stop, prize=0.0, vehicles=())
            stop = left_out if moved is None else replace(stop, vehicles=(moved,))
        stops.append(stop)
    problem = replace(made.problem, stops=stops, objective=routing.Objective(stability=STABILITY_EUR))
    whole, near = (_as_plan(problem, made, work, vehicle, gone) for gone in (set(), work.leaving))
    until = effort.stop(1.0)
    if now is None:
        plan = routing.solve(problem, until, effort.seed, start=near)
    else:
        rest = replan(problem, whole, (now - day.midnight).total_seconds())
        plan = rest.put_back(routing.solve(rest.problem, until, effort.seed, start=rest.open_steps(near)))
    broken = routing.violations(problem, plan)
    if broken:
        raise PlanViolates(f"plan: {key}: {len(broken)} rules broken, first: {broken[0]}")
    wanted = tuple(one for one in plan.unserved if problem.stops[one.stop].prize != 0.0)
    return Solved(replace(made, problem=problem), replace(plan, unserved=wanted))


def _as_plan(
    problem: routing.Problem, made: Part, work: _Open, vehicle: Mapping[str, int], without: set[int]
) -> routing.Plan:
    """The old tours in terms of the problem, without some of their stops."""
    place = {id(stop): index for index, stop in enumerate(made.stops)}
    tip = {one.id: index for index, one in enumerate(made.disposal_sites)}
    tours = []
    for name, steps in work.steps.items():
        found: list[Step] = []
        for kind, what in steps:
            if kind == "stop" and id(what) not in without:
                found.append(("stop", place[id(what)]))
            elif kind == "disposal" and what in tip:
                found.append(("disposal", tip[what]))
        if any(kind == "stop" for kind, _ in found):
            tours.append(timetable(problem, vehicle[name], found))
    return routing.Plan(tuple(tours), (), 0.0)


def _driver_before(stop: Stop, sheets: Sequence[TourSheet], edits: Edits) -> str | None:
    """The vehicle that had a loose stop, or the one that drives in its place."""
    for sheet in sheets:
        if any(halt == _halt(stop) for _, halt in halts(sheet)):
            return edits.swap.get(sheet.tour.vehicle, sheet.tour.vehicle)
    return None


def _with_ticks(tours: Sequence[Tour], sheets: Sequence[TourSheet]) -> list[Tour]:
    """What was ticked before stays ticked."""
    done = {
        (sheet.tour.vehicle, row.kind, row.place, tuple(one["id"] for one in row.containers)): row.done_at
        for sheet in sheets
        for row in sheet.stops
    }

    def ticked(tour: Tour, stop: TourStop) -> TourStop:
        key = (tour.vehicle, stop.kind, stop.place, tuple(one.container for one in stop.lifts))
        return replace(stop, done_at=stop.done_at or done.get(key)) if stop.kind == "site" else stop

    return [replace(tour, stops=tuple(ticked(tour, stop) for stop in tour.stops)) for tour in tours]
