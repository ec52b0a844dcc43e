"""Runs each policy on the same growth and counts what it costs."""

import datetime as dt
import time
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from simulators.draws import Float
from simulators.region.bins import MEDIAN_DAYS
from simulators.region.district import District, build_district
from simulators.whatif.policies import start
from simulators.whatif.rhythm import Calendar, pattern_of
from simulators.whatif.roads import roads_of
from simulators.whatif.scenario import Policy, Scenario
from simulators.whatif.tours import Driven, Tours
from simulators.whatif.world import World
from smartregion.waste.workdays import WorkDays

_EPOCH = dt.date(1970, 1, 1)
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


def compare(
    scenario: Scenario, report: Callable[[Outcome], None] = lambda outcome: None
) -> Iterator[Outcome]:
    """Outcomes by district, then policy; the same scenario gives the same outcomes but for their speed."""
    work = WorkDays()
    for seed in scenario.seeds:
        district = build_district(seed, scenario.scale)
        tours = Tours(district, roads_of(district), scenario.iterations)
        for policy in scenario.policy:
            outcome = run_policy(scenario, district, tours, work, policy)
            report(outcome)
            yield outcome


def run_policy(
    scenario: Scenario, district: District, tours: Tours, work: WorkDays, policy: Policy
) -> Outcome:
    """Run one policy on one district: history under the operator's rhythm, warm-up, counted weeks."""
    began = time.perf_counter()
    before = scenario.history_days + scenario.warm_up_days
    days = before + 7 * scenario.weeks
    first_day = (scenario.start - _EPOCH).days - before
    full = np.array([bin_.days_to_full for bin_ in district.containers]) * scenario.median_days / MEDIAN_DAYS

    def fresh() -> World:
        return World(district, full, first_day, days + _AHEAD_DAYS)

    world, counted = fresh(), slice(before, days)
    if policy.kind == "best_rhythm" and policy.fill is None:
        policy = msgspec.structs.replace(policy, fill=best_fill(fresh, district, work, counted, policy))
    chosen = start(policy, district, world, tours, work, counted)
    history = start(Policy("history", "rhythm"), district, world, tours, work, counted)
    lifts = over = 0
    fill = mass_kg = 0.0
    driven: list[Driven] = []
    for k in range(days):
        date, level = _EPOCH + dt.timedelta(days=first_day + k), world.level()
        lifted = np.zeros(world.count, dtype=bool)
        if work.works(date):
            wanted = chosen.wanted(date)
            if k < scenario.history_days:
                lifted = history.wanted(date).must
            else:
                today = tours.drive(wanted.prize, wanted.must, wanted.level)
                lifted = today.lifted
                driven += [today] * (k >= before)
        chosen.done(lifted, level)
        above = world.end_day(lifted)
        if k >= before:
            lifts, over = lifts + int(lifted.sum()), over + int(above.sum())
            fill, mass_kg = fill + float(level[lifted].sum()), mass_kg + tours.mass_kg(lifted, level)
    wall_s = time.perf_counter() - began
    return Outcome(
        policy=policy.name,
        seed=district.seed,
        lifts=lifts,
        overflow_container_days=over,
        overflow_percent=round(100 * over / (world.count * 7 * scenario.weeks), 3),
        fill_at_lift=round(fill / max(lifts, 1), 3),
        km=round(sum(each.metres for each in driven) / 1000, 1),
        hours=round(sum(each.seconds for each in driven) / 3600, 1),
        tours=sum(each.tours for each in driven),
        tonnes=round(mass_kg / 1000, 2),
        left_out=sum(each.left_out for each in driven),
        seconds=round(wall_s, 2),
        speed=round(days * _DAY_S / wall_s),
    )


def best_fill(
    fresh: Callable[[], World], district: District, work: WorkDays, counted: slice, policy: Policy
) -> float:
    """The greatest fill of a calendar that overflows no more than allowed, found on the weeks that count.

    No operator could know it beforehand: the fixed rhythm gets the benefit of the doubt.
    """
    low, high = 0, len(_FILLS) - 1
    while low < high:
        middle = (low + high) // 2
        if _overflow(fresh(), float(_FILLS[middle]), district, work, counted) <= policy.overflow_percent:
            high = middle
        else:
            low = middle + 1
    return float(_FILLS[low])


def _overflow(world: World, fill: float, district: District, work: WorkDays, counted: slice) -> float:
    """Percent of container-days above the rim under a calendar of that fill."""
    full: Float = 1.0 / world.growth[:, counted].mean(axis=1)
    calendar = Calendar(district, pattern_of(fill * full), work)
    over = 0
    for k in range(counted.stop):
        above: NDArray[np.bool_] = world.end_day(
            calendar.visits(_EPOCH + dt.timedelta(days=world.first_day + k))
        )
        over += int(above.sum()) if k >= counted.start else 0
    return 100.0 * over / float(world.count * (counted.stop - counted.start))
