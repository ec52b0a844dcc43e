"""Runs each policy on the same growth and counts what it costs."""

from collections.abc import Iterator

import msgspec
import numpy as np

from simulators import draws
from simulators.draws import Float
from simulators.region.district import District, build_district
from simulators.truth.filling import MICRO, growth_of, part_of_day
from simulators.truth.localtime import weekday
from simulators.whatif.policies import Known, Morning, choose
from simulators.whatif.scenario import Policy, Scenario
from simulators.whatif.tours import DETOUR, TourMeter

_WARM_UP_DAYS = 35
_AHEAD_DAYS = 30
_LIFT_HOUR = 10.0
_SENSOR_NOISE = 0.012


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
    tonnes: float


KM_MEANS = f"nearest-neighbour tours, straight lines x {DETOUR}"
"""What the kilometres are."""


def compare(scenario: Scenario) -> Iterator[Outcome]:
    """Outcomes by district, then policy; the same scenario gives the same outcomes."""
    for seed in scenario.seeds:
        district = build_district(seed, scenario.scale)
        first_day = (scenario.start - type(scenario.start)(1970, 1, 1)).days
        days = 7 * scenario.weeks
        daily = growth_of(seed, district.containers).daily(
            first_day - _WARM_UP_DAYS, _WARM_UP_DAYS + days + _AHEAD_DAYS
        )
        for policy in scenario.policy:
            yield run_policy(district, policy, daily / MICRO, first_day, days)


def run_policy(district: District, policy: Policy, growth: Float, first_day: int, days: int) -> Outcome:
    """Run one policy.

    `growth` [containers, days] begins 35 days before `first_day`, which are not counted.
    """
    number = np.arange(len(district.containers))
    known = Known(
        np.array([bin_.rhythm_days for bin_ in district.containers]),
        np.array([bin_.days_to_full for bin_ in district.containers]),
    )
    meter = TourMeter(district)
    # Nobody starts with empty containers; the warm-up forgets the rest.
    level = 0.5 * draws.uniform(district.seed, "first level", number)
    since = (draws.bits(district.seed, "first lift", number) >> np.uint64(20)).astype(
        np.int64
    ) % known.rhythm_days
    early = float(part_of_day(np.array(_LIFT_HOUR)))
    lifts = overflowing = 0
    fill = metres = mass_kg = 0.0
    for k in range(_WARM_UP_DAYS + days):
        day = first_day - _WARM_UP_DAYS + k
        today = growth[:, k]
        counted, since = k >= _WARM_UP_DAYS, since + 1
        level = level + early * today
        over = level > 1
        if int(weekday(np.array(day))) != 6:
            closed = 1 if int(weekday(np.array(day))) == 5 else 0
            ahead = growth[:, k : k + _AHEAD_DAYS].copy()
            ahead[:, 0] *= 1 - early
            seen = level + _SENSOR_NOISE * draws.normal(district.seed, "seen", number, day)
            lifted = choose(policy, known, Morning(day, seen, level, ahead, since, closed))
            if counted:
                lifts += int(lifted.sum())
                fill += float(level[lifted].sum())
                metres += meter.metres(lifted, level)
                mass_kg += meter.mass_kg(lifted, level)
            level, since = np.where(lifted, 0.0, level), np.where(lifted, 0, since)
        level = level + (1 - early) * today
        overflowing += int((over | (level > 1)).sum()) if counted else 0
    return Outcome(
        policy=policy.name,
        seed=district.seed,
        lifts=lifts,
        overflow_container_days=overflowing,
        overflow_percent=round(100 * overflowing / (len(number) * days), 3),
        fill_at_lift=round(fill / max(lifts, 1), 3),
        km=round(metres / 1000, 1),
        tonnes=round(mass_kg / 1000, 2),
    )


def table(scenario: Scenario, outcomes: list[Outcome]) -> str:
    """Means over the districts as a table; the first policy is what the others are compared with."""
    lines = [
        f"{scenario.weeks} weeks from {scenario.start}, {len(scenario.seeds)} districts; km: {KM_MEANS}",
        "",
    ]
    head = f"{'policy':<26}{'lifts':>9}{'':>8}{'km':>10}{'':>8}{'overflow':>11}{'fill':>7}{'km/t':>7}"
    lines += [head, "-" * len(head)]
    base: tuple[float, float] | None = None
    for policy in scenario.policy:
        own = [each for each in outcomes if each.policy == policy.name]
        lifts, km, tonnes, over, fill = (
            float(np.mean([getattr(each, name) for each in own]))
            for name in ("lifts", "km", "tonnes", "overflow_percent", "fill_at_lift")
        )
        base = base or (lifts, km)
        changes = [
            f"{100 * (now / before - 1):+.0f} %" for now, before in zip((lifts, km), base, strict=True)
        ]
        lines.append(
            f"{policy.name[:25]:<26}{lifts:>9.0f}{changes[0]:>8}{km:>10.0f}{changes[1]:>8}{over:>9.2f} %"
            f"{100 * fill:>5.0f} %{km / max(tonnes, 1e-9):>7.1f}"
        )
    return "\n".join(lines)
