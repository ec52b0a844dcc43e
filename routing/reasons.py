"""Why a stop stays unserved, for people: before the search what is impossible, after it what did not fit."""

import math
from collections.abc import Callable, Iterator

from routing.permissions import why_forbidden
from routing.plan import Unserved
from routing.problem import Problem, Stop, UnderWay, Vehicle, Window


def impossible(problem: Problem) -> list[Unserved]:
    """Stops that no vehicle can serve even alone, each with the reason; found without any search.

    Breaks are left out, so a stop that only they make impossible is found by the search.
    """
    kinds = _kinds(problem)
    found = ((stop, _why_impossible(problem, stop, kinds)) for stop in range(len(problem.stops)))
    return [Unserved(stop, reason) for stop, reason in found if reason is not None]


def why_never(problem: Problem, stop: int) -> str:
    """Why no vehicle can serve the stop even when it serves nothing else."""
    reason = _why_impossible(problem, stop, _kinds(problem))
    return reason or "no vehicle can serve it within its shift, breaks and disposal sites, even alone"


def why_not_now(problem: Problem, stop: int) -> str:
    """Why the search left out a stop that could be served."""
    wish = problem.stops[stop]
    if wish.prize is not None:
        return (
            f"serving it would cost more than its prize ({wish.prize:g}) or no vehicle has time or room left"
        )
    if wish.after is not None:
        return f"no vehicle has time or room left for it behind stop {wish.after + 1}"
    return "no vehicle has time or room left for it"


def _kinds(problem: Problem) -> list[int]:
    """One vehicle of each kind that is the same object, by index."""
    return list({id(car): index for index, car in reversed(list(enumerate(problem.vehicles)))}.values())


def _why_impossible(problem: Problem, stop: int, kinds: list[int]) -> str | None:
    """The first hurdle that leaves no vehicle."""
    wish = problem.stops[stop]
    vehicles = kinds if wish.vehicles is None else list(wish.vehicles)
    refusals = [why_forbidden(problem, vehicle, stop) for vehicle in vehicles]
    vehicles = [vehicle for vehicle, refusal in zip(vehicles, refusals, strict=True) if refusal is None]
    if not vehicles:
        return f"no vehicle may serve it: {refusals[0] if refusals else 'none is named'}"
    for passes, text in _hurdles(problem, stop, vehicles):
        vehicles = [vehicle for vehicle in vehicles if passes(vehicle)]
        if not vehicles:
            return text
    return None


def _hurdles(problem: Problem, stop: int, vehicles: list[int]) -> Iterator[tuple[Callable[[int], bool], str]]:
    """Conditions that a vehicle must meet, one after the other, and what to say when none does."""
    wish, demand = problem.stops[stop], problem.demands[stop].tolist()
    for dimension, amount in enumerate(demand):
        rooms = {vehicle: _room(problem, vehicle, dimension) for vehicle in vehicles}
        text = f"demand {amount:g} is more than any vehicle takes ({max(rooms.values()):g})"
        yield lambda vehicle, most=rooms, amount=amount: amount <= most[vehicle], text  # type: ignore[misc]
    yield (
        lambda vehicle: _chambers_hold(problem, vehicle, wish),
        "no chamber of any vehicle takes its loads at once",
    )
    yield (
        lambda vehicle: math.isfinite(_there(problem, vehicle, wish) + _back(problem, vehicle, wish)),
        "no way leads there and back from any vehicle's depot",
    )
    last = max((closes for _, closes in wish.windows), default=math.inf)
    yield (
        lambda vehicle: math.isfinite(_start(problem, vehicle, wish)),
        f"no vehicle can be there before its last window closes (at {last:g} s)",
    )
    sited = any(problem.vehicles[vehicle].home_empty for vehicle in vehicles) and any(demand)
    yield (
        lambda vehicle: math.isfinite(_home(problem, vehicle, stop)),
        "no disposal site accepts its load" if sited else "no way leads home from there",
    )
    yield (
        lambda vehicle: _home(problem, vehicle, stop) <= problem.vehicles[vehicle].shift[1],
        "no vehicle is home from it before its shift ends, even alone",
    )
    yield (
        lambda vehicle: _in_limits(problem, vehicle, wish),
        "no vehicle's longest day or driving allows for it, even alone",
    )


def _room(problem: Problem, vehicle: int, dimension: int) -> float:
    car = problem.vehicles[vehicle]
    day = math.inf if car.max_load is None else car.max_load[dimension]
    collected = (car.under_way or UnderWay()).day_load
    return min(car.capacity[dimension], day - (collected[dimension] if collected else 0.0))


def _chambers_hold(problem: Problem, vehicle: int, wish: Stop) -> bool:
    for chamber in problem.vehicles[vehicle].chambers:
        held = problem.pressed(load for load in wish.loads if load.fraction in chamber.fractions)
        if any(amount > room for amount, room in zip(held, chamber.capacity, strict=True)):
            return False
    return True


def _there(problem: Problem, vehicle: int, wish: Stop) -> float:
    """Driving time from the vehicle's start, inf where no way leads (s)."""
    return _drive(problem, vehicle, problem.vehicles[vehicle].start, wish.location)


def _back(problem: Problem, vehicle: int, wish: Stop) -> float:
    """Driving time to the vehicle's end, by a disposal site where the direct way is none."""
    end = problem.vehicles[vehicle].end
    sites = [problem.disposal_sites[site].location for site in problem.sites_of(vehicle)]
    ways = [_drive(problem, vehicle, wish.location, end)]
    ways += [
        _drive(problem, vehicle, wish.location, site) + _drive(problem, vehicle, site, end) for site in sites
    ]
    return min(ways)


def _drive(problem: Problem, vehicle: int, start: int, end: int) -> float:
    finite = math.isfinite(float(problem.distance_of(vehicle)[start, end]))
    return float(problem.duration_of(vehicle)[start, end]) if finite else math.inf


def _start(problem: Problem, vehicle: int, wish: Stop) -> float:
    """Earliest start of service, inf if every window has closed (s)."""
    leaves_s = max(problem.vehicles[vehicle].shift[0], wish.release_s)
    return _opening(wish.windows, leaves_s + _there(problem, vehicle, wish))


def _opening(windows: tuple[Window, ...], arrival_s: float) -> float:
    if not windows:
        return arrival_s
    return next((max(arrival_s, opens) for opens, closes in windows if arrival_s <= closes), math.inf)


def _service_s(car: Vehicle, wish: Stop) -> float:
    return wish.service_s + car.setup_s + wish.lifts * car.lift_s


def _home(problem: Problem, vehicle: int, stop: int) -> float:
    """Earliest return from the stop alone, by a disposal site where the vehicle must come home empty (s)."""
    car, wish = problem.vehicles[vehicle], problem.stops[stop]
    served_s = _start(problem, vehicle, wish) + _service_s(car, wish)
    if not (car.home_empty and problem.demands[stop].any()):
        return served_s + _back(problem, vehicle, wish)
    returns = [math.inf]
    for index in problem.sites_of(vehicle):
        site = problem.disposal_sites[index]
        if site.fractions is not None and not {load.fraction for load in wish.loads} <= set(site.fractions):
            continue
        opened_s = _opening(site.windows, served_s + _drive(problem, vehicle, wish.location, site.location))
        emptied_s = opened_s + site.service_s + site.weighing_s
        returns.append(emptied_s + _drive(problem, vehicle, site.location, car.end))
    return min(returns)


def _in_limits(problem: Problem, vehicle: int, wish: Stop) -> bool:
    car, now = problem.vehicles[vehicle], problem.vehicles[vehicle].under_way or UnderWay()
    driving_s = _there(problem, vehicle, wish) + _back(problem, vehicle, wish)
    longest_s = driving_s + _service_s(car, wish)
    return now.driven_s + driving_s <= car.max_driving_s and longest_s <= car.max_duration_s
