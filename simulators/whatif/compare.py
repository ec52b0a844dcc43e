"""Runs each policy on the same growth and counts what it costs."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulators.draws import Float
from simulators.region.district import build_district
from simulators.whatif.policies import Mornings, operators_calendar, start
from simulators.whatif.registered import announced, date_of, equipped, registered
from simulators.whatif.rhythm import Calendar, pattern_of
from simulators.whatif.roads import roads_of
from simulators.whatif.scenario import Policy, Scenario
from simulators.whatif.tours import Driven, Tours
from simulators.whatif.world import World
from smartregion.waste.plan_lifts import Lift
from smartregion.waste.workdays import WorkDays

Mask = NDArray[np.bool_]

_AHEAD_DAYS = 10
_FILLS = np.arange(1.5, 0.39, -0.02)
_DAY_S = 86_400.0


class Outcome(msgspec.Struct, frozen=True):
    """What a policy costs on one district over the counted weeks."""

    policy: str
    seed: int
    lifts: int
    overflow_container_days: int
    """Days on which a container was over its volume at some moment."""
    overflow_percent: float
    fill_at_lift: float
    km: float
    hours: float
    tours: int
    tonnes: float
    left_out: int
    """Containers that had to be lifted and were left out for want of time or room, by day."""
    seconds: float
    """Wall time of the whole run, s."""
    speed: float
    """Simulated time against wall time, warm-up and planning included."""


class Course:
    """The days of a scenario on one district: history, warm-up, counted weeks; every policy sees the same."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.work = scenario, WorkDays()
        self.district = equipped(build_district(seed, scenario.scale), scenario.median_days)
        self.before = scenario.history_days + scenario.warm_up_days
        self.days = self.before + 7 * scenario.weeks
        self.first_day = (scenario.start - date_of(0)).days - self.before
        self.counted = slice(self.before, self.days)
        events = announced(self.district, self.world().events, self.first_day)
        self.known = registered(self.district, events)
        self.tours = Tours(self.known, roads_of(self.district), scenario.iterations)

    def world(self) -> World:
        """The containers on the first day."""
        return World(self.district, self.first_day, self.days + _AHEAD_DAYS)

    def start(self, policy: Policy, world: World) -> Mornings:
        """A policy before its first morning."""
        if policy.kind == "best_rhythm" and policy.fill is None:
            policy = msgspec.structs.replace(policy, fill=best_fill(self, policy.overflow_percent))
        return start(policy, self.district, world, self.tours, self.work, self.counted)

    def calendar(self, world: World) -> Calendar:
        """The operator's rhythm of the days before the policy."""
        return operators_calendar(self.district, world, self.work, self.counted)


class Lived(NamedTuple):
    """What happened on a day; arrays [containers of the district]."""

    driven: Driven | None
    """None where no tours were planned."""
    lifted: Mask
    level: Float
    """At the hour of lifts, before them."""
    above: Mask
    """Over the rim at some moment of the day."""


def live(
    world: World, work: WorkDays, chosen: Mornings, plan: Callable[[list[Lift], dt.date], Driven]
) -> Lived:
    """A day under a policy."""
    date, level = date_of(world.first_day + world.day), world.level()
    chosen.hear()
    driven = plan(chosen.wanted(date), date) if work.works(date) else None
    lifted = np.zeros(world.count, dtype=bool) if driven is None else driven.lifted
    chosen.done(lifted, level)
    return Lived(driven, lifted, level, world.end_day(lifted))


def remember(world: World, calendar: Calendar, chosen: Mornings) -> None:
    """A day before the policy: the operator's rhythm, from which it learns."""
    chosen.hear()
    lifted, level = calendar.visits(date_of(world.first_day + world.day)), world.level()
    chosen.done(lifted, level)
    world.end_day(lifted)


def compare(
    scenario: Scenario, report: Callable[[Outcome], None] = lambda outcome: None
) -> Iterator[Outcome]:
    """Outcomes by district, then policy; the same scenario gives the same outcomes but for their speed."""
    for seed in scenario.seeds:
        course = Course(scenario, seed)
        for policy in scenario.policy:
            outcome = run_policy(course, policy)
            report(outcome)
            yield outcome


def run_policy(course: Course, policy: Policy) -> Outcome:
    """Run one policy on one district: history under the operator's rhythm, warm-up, counted weeks."""
    began = time.perf_counter()
    world = course.world()
    chosen, calendar = course.start(policy, world), course.calendar(world)
    for _ in range(course.scenario.history_days):
        remember(world, calendar, chosen)
    lived = [
        live(world, course.work, chosen, course.tours.drive)
        for _ in range(course.scenario.history_days, course.days)
    ][course.scenario.warm_up_days :]
    wall_s = time.perf_counter() - began
    driven = [day.driven for day in lived if day.driven is not None]
    lifts, over = (sum(int(getattr(day, part).sum()) for day in lived) for part in ("lifted", "above"))
    fill = sum(float(day.level[day.lifted].sum()) for day in lived)
    mass_kg = sum(course.tours.mass_kg(day.lifted, day.level) for day in lived)
    return Outcome(
        policy=policy.name,
        seed=course.district.seed,
        lifts=lifts,
        overflow_container_days=over,
        overflow_percent=round(100 * over / (world.count * len(lived)), 3),
        fill_at_lift=round(fill / max(lifts, 1), 3),
        km=round(sum(each.metres for each in driven) / 1000, 1),
        hours=round(sum(each.seconds for each in driven) / 3600, 1),
        tours=sum(each.tours for each in driven),
        tonnes=round(mass_kg / 1000, 2),
        left_out=sum(each.left_out for each in driven),
        seconds=round(wall_s, 2),
        speed=round(course.days * _DAY_S / wall_s),
    )


def best_fill(course: Course, overflow_percent: float) -> float:
    """The greatest fill of a calendar that overflows no more than allowed, found on the weeks that count.

    No operator could know it beforehand: the fixed rhythm gets the benefit of the doubt.
    """
    low, high = 0, len(_FILLS) - 1
    while low < high:
        middle = (low + high) // 2
        if _overflow(course, float(_FILLS[middle])) <= overflow_percent:
            high = middle
        else:
            low = middle + 1
    return float(_FILLS[low])


def _overflow(course: Course, fill: float) -> float:
    """Percent of container-days above the rim under a calendar of that fill."""
    world, counted = course.world(), course.counted
    full: Float = 1.0 / world.growth[:, counted].mean(axis=1)
    calendar = Calendar(course.district, pattern_of(fill * full), course.work)
    over = 0
    for k in range(counted.stop):
        above: Mask = world.end_day(calendar.visits(date_of(world.first_day + k)))
        over += int(above.sum()) if k >= counted.start else 0
    return 100.0 * over / float(world.count * (counted.stop - counted.start))
