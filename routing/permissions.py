"""Whether a vehicle may serve a stop at all, and if not, why; as the search and its reasons see it."""

from routing.problem import Problem


def permitted(problem: Problem, vehicle: int, stop: int) -> bool:
    """Whether nothing that stands beside room, time and way forbids it."""
    return why_forbidden(problem, vehicle, stop) is None


def why_forbidden(problem: Problem, vehicle: int, stop: int) -> str | None:
    """What the vehicle lacks, for people; None if it may."""
    car, wish = problem.vehicles[vehicle], problem.stops[stop]
    missing = set(wish.skills) - set(car.skills)
    if missing:
        return f"it needs {', '.join(sorted(missing))}"
    sizes = dict(car.sizes)
    for name, most in wish.limits:
        if sizes.get(name, float("inf")) > most:
            return f"it allows {name} up to {most:g}"
    if wish.side is not None and wish.side not in car.sides:
        return f"it lies on the {wish.side} side"
    if wish.vehicles is not None and vehicle not in wish.vehicles:
        return f"it belongs to vehicles {', '.join(map(str, wish.vehicles))}"
    if wish.days is not None and car.day not in wish.days:
        return f"it belongs to days {', '.join(map(str, wish.days))}"
    homeless = [
        load.fraction for load in wish.loads if car.chambers and car.chamber_of(load.fraction) is None
    ]
    return f"no chamber takes {homeless[0]}" if homeless else None
