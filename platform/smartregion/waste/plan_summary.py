"""The figures of a plan: lifts, tours, kilometres, hours, and the fixed calendar of the same day."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from smartregion.waste.plan_fleet import REASONS, Excluded
from smartregion.waste.plan_problem import Costs, Stop
from smartregion.waste.plan_solve import Answer


def figures(answer: Answer | None) -> dict[str, Any]:
    """lifts, `along`, stops, tours, km, hours (from leaving the depot to coming home), load_kg and cost_eur.

    `along` are the lifts that need not be today and are taken along because that pays.
    """
    solved = answer.solved if answer else ()
    tours = [(one.part, tour) for one in solved for tour in one.plan.tours if tour.stops]
    served = [part.stops[index] for part, tour in tours for index in tour.stops]
    return {
        "lifts": sum(len(stop.lifts) for stop in served),
        "along": sum(lift.prize is not None for stop in served for lift in stop.lifts),
        "stops": len(served),
        "tours": len(tours),
        "km": round(sum(tour.distance_m for _, tour in tours) / 1000.0, 1),
        "hours": round(sum(tour.end_s - tour.start_s for _, tour in tours) / 3600.0, 2),
        "load_kg": round(sum(stop.kg for stop in served), 1),
        "cost_eur": round(sum(tour.cost for _, tour in tours), 2),
    }


def by_fraction(answer: Answer | None) -> list[dict[str, Any]]:
    """The same figures for each fraction, with its key."""
    solved = answer.solved if answer else ()
    return [{"fraction": one.part.fraction} | figures(Answer([one], ())) for one in solved]


def unserved(left: Sequence[tuple[Stop, str]]) -> list[dict[str, Any]]:
    """Stops left out: site, its name, fraction, containers, `reason` (a key) and `detail` (English)."""
    return [
        {
            "site": stop.site.id,
            "site_name": stop.site.name,
            "fraction": stop.fraction,
            "containers": [lift.container for lift in stop.lifts],
            "lifts": len(stop.lifts),
            "reason": reason,
            "detail": REASONS[reason],
        }
        for stop, reason in left
    ]


def summary(
    due: Answer | None,
    fixed_stops: Sequence[Stop],
    fixed: Answer | None,
    excluded: Iterable[Excluded],
    lifts_a_day: float,
    fixed_search_s: float,
    known_at: dt.datetime,
    costs: Costs,
) -> dict[str, Any]:
    """What `PlanState.summary` holds: `figures`, `by_fraction`, `unserved`, `fixed` and what they rest on.

    `fixed` is the fixed calendar of the same day: its `lifts`, their mean over all days `lifts_a_day`, and if
    its tours were searched by the same solver for `search_s`, the other figures. `due` None: nothing is due.
    """
    calendar: dict[str, Any] = {"lifts_a_day": round(lifts_a_day, 1)}
    if fixed is not None:
        calendar |= figures(fixed) | {"search_s": round(fixed_search_s, 1)}
        calendar["unserved_lifts"] = sum(len(stop.lifts) for stop, _ in fixed.left)
    calendar["lifts"] = sum(len(stop.lifts) for stop in fixed_stops)
    return {
        **figures(due),
        "by_fraction": by_fraction(due),
        "unserved": unserved(due.left if due else ()),
        "fixed": calendar,
        "vehicles_left_out": [
            {"vehicle": one.id, "reason": one.reason, "detail": REASONS[one.reason]} for one in excluded
        ],
        "known_at": known_at.isoformat(),
        "costs": dataclasses.asdict(costs),
    }
