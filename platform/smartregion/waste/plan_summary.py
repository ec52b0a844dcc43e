"""The figures of a plan: lifts, tours, kilometres, hours, and the fixed calendar of the same day."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import routing
from smartregion.waste.plan_fleet import REASONS, Excluded
from smartregion.waste.plan_problem import Costs, Part, Stop
from smartregion.waste.plan_remake import Remade
from smartregion.waste.plan_solve import Answer
from smartregion.waste.plan_tours import Tour
from smartregion.waste.plans import PlanState


def figures(answer: Answer | None, costs: Costs) -> dict[str, Any]:
    """lifts, `along`, stops, tours, km, hours (from leaving the depot to coming home), load_kg, cost_eur, and
    litres of diesel and kg of CO2 by the factors of `costs`.

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
        "hours": round(sum(tour.end_s - tour.start_s for _, tour in tours) / 3600.0, 2),
        "load_kg": round(sum(stop.kg for stop in served), 1),
        "cost_eur": round(sum(tour.cost for _, tour in tours), 2),
    } | _driven(sum(tour.distance_m for _, tour in tours) / 1000.0, _standing_s(tours) / 3600.0, costs)


def _standing_s(tours: Iterable[tuple[Part, routing.Tour]]) -> float:
    """Time at stops with the engine running, s."""
    visits = [visit for _, tour in tours for visit in tour.visits if visit.kind == "stop"]
    return sum(visit.departure_s - visit.arrival_s for visit in visits)


def figures_of(tours: Sequence[Tour], costs: Costs) -> dict[str, Any]:
    """The same figures from tours as they are stored; `along` is not known of them."""
    km = sum(tour.distance_m for tour in tours) / 1000.0
    hours = sum((tour.end_at - tour.start_at).total_seconds() for tour in tours) / 3600.0
    halts = [stop for tour in tours for stop in tour.stops if stop.kind == "site"]
    standing_h = sum((stop.depart_at - stop.arrive_at).total_seconds() for stop in halts) / 3600.0
    eur = km * costs.eur_per_km + hours * costs.eur_per_h + len(tours) * costs.eur_per_vehicle
    return {
        "lifts": sum(tour.lifts for tour in tours),
        "stops": len(halts),
        "tours": len(tours),
        "hours": round(hours, 2),
        "load_kg": round(sum(tour.load_kg for tour in tours), 1),
        "cost_eur": round(eur, 2),
    } | _driven(km, standing_h, costs)


def _driven(km: float, standing_h: float, costs: Costs) -> dict[str, float]:
    diesel_l = km * costs.diesel_l_per_km + standing_h * costs.diesel_l_per_stop_h
    return {
        "km": round(km, 1),
        "diesel_l": round(diesel_l, 1),
        "co2_kg": round(diesel_l * costs.co2_kg_per_l, 1),
    }


def lifted(answer: Answer | None) -> frozenset[str]:
    """Containers that the tours empty."""
    solved = answer.solved if answer else ()
    return frozenset(
        lift.container
        for one in solved
        for tour in one.plan.tours
        for index in tour.stops
        for lift in one.part.stops[index].lifts
    )


def overflow_risk(risk: Mapping[str, float], emptied: Collection[str]) -> float:
    """Containers expected to overflow before their next possible visit when these are emptied."""
    return round(sum(p for id, p in risk.items() if id not in emptied), 2)


def by_fraction(answer: Answer | None, costs: Costs) -> list[dict[str, Any]]:
    """The same figures for each fraction, with its key."""
    solved = answer.solved if answer else ()
    return [{"fraction": one.part.fraction} | figures(Answer([one], ()), costs) for one in solved]


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
    risk: Mapping[str, float],
) -> dict[str, Any]:
    """What `PlanState.summary` holds: `figures`, `by_fraction`, `unserved`, `fixed` and what they rest on.

    `fixed` is the fixed calendar of the same day: its `lifts`, their mean over all days `lifts_a_day`, and if
    its tours were searched by the same solver for `search_s`, the other figures. `due` None: nothing is due.
    `risk` as `Candidates` tells: what is left of it is `overflow_risk`.
    """
    calendar: dict[str, Any] = {"lifts_a_day": round(lifts_a_day, 1)}
    if fixed is not None:
        calendar |= figures(fixed, costs) | {"search_s": round(fixed_search_s, 1)}
        calendar["unserved_lifts"] = sum(len(stop.lifts) for stop, _ in fixed.left)
    by_calendar = {lift.container for stop in fixed_stops for lift in stop.lifts}
    calendar["overflow_risk"] = overflow_risk(risk, by_calendar)
    calendar["lifts"] = sum(len(stop.lifts) for stop in fixed_stops)
    return {
        **figures(due, costs),
        "overflow_risk": overflow_risk(risk, lifted(due)),
        "by_fraction": by_fraction(due, costs),
        "unserved": unserved(due.left if due else ()),
        "fixed": calendar,
        "vehicles_left_out": [
            {"vehicle": one.id, "reason": one.reason, "detail": REASONS[one.reason]} for one in excluded
        ],
        "known_at": known_at.isoformat(),
        "costs": dataclasses.asdict(costs),
    }


def changed_summary(made: Remade, before: Sequence[Tour], base: PlanState, costs: Costs) -> dict[str, Any]:
    """Figures of a changed plan, with those of the plan before (`base`) and of the fixed calendar.

    `changed`: stops that another vehicle serves than before.
    """
    old = {
        lift.container: lift.p_full or 0.0 for tour in before for stop in tour.stops for lift in stop.lifts
    }
    now = {lift.container for tour in made.tours for stop in tour.stops for lift in stop.lifts}
    left = base.summary.get("overflow_risk")
    return {
        **figures_of(made.tours, costs),
        "overflow_risk": None
        if left is None
        else round(left + sum(old[id] for id in old if id not in now), 2),
        "base": figures_of(before, costs) | {"plan": base.id, "overflow_risk": left},
        "changed": made.changed,
        "fixed": base.summary.get("fixed", {}),
        "unserved": unserved(made.left),
        "vehicles_left_out": base.summary.get("vehicles_left_out", []),
        "known_at": base.summary.get("known_at"),
        "costs": dataclasses.asdict(costs),
    }
