"""Checking the times of a tour: driving, windows, releases, shifts, limits of the day and breaks."""

import math
from collections.abc import Iterator

from routing.breaks import DrivingBreaks, LunchBreak, WorkBreaks
from routing.plan import Tour, Visit
from routing.problem import Problem, UnderWay, Vehicle, Window

_TIME_S = 0.01
"""Times may differ by this without being wrong (s)."""


def times(problem: Problem, tour: Tour) -> Iterator[tuple[str, str]]:
    """Faults of times along a tour: rule and sentence."""
    vehicle = problem.vehicles[tour.vehicle]
    yield from _clock(problem, tour, vehicle)
    yield from _releases(problem, tour)
    yield from _day(problem, tour, vehicle)
    if isinstance(vehicle.breaks, LunchBreak):
        yield from _lunch(vehicle.breaks, tour, vehicle)
    if isinstance(vehicle.breaks, WorkBreaks):
        yield from _work_breaks(vehicle.breaks, tour, vehicle)
    if isinstance(vehicle.breaks, DrivingBreaks):
        yield from _work_breaks(vehicle.breaks.work, tour, vehicle)
        yield from _driving_breaks(vehicle.breaks, problem, tour)


def _name(visit: Visit) -> str:
    return f"{visit.kind} {visit.index + 1}"


def _target(problem: Problem, visit: Visit, at: int) -> int:
    """Where the vehicle is at a visit; a break without a place is where it was."""
    if visit.kind == "stop":
        return problem.stops[visit.index].location
    if visit.kind == "disposal":
        return problem.disposal_sites[visit.index].location
    return at if visit.location is None else visit.location


def _drives(problem: Problem, tour: Tour) -> list[float]:
    """Driving before each visit and home (s); none to a break where the vehicle stands already."""
    duration_s = problem.duration_of(tour.vehicle)
    at, drives = problem.vehicles[tour.vehicle].start, []
    for visit in tour.visits:
        target = _target(problem, visit, at)
        stays = visit.kind == "break" and target == at
        drives.append(0.0 if stays else float(duration_s[at, target]))
        at = target
    return [*drives, float(duration_s[at, problem.vehicles[tour.vehicle].end])]


def _clock(problem: Problem, tour: Tour, vehicle: Vehicle) -> Iterator[tuple[str, str]]:
    """Each arrival follows from the departure before it and the drive between."""
    at, free_s = vehicle.start, tour.start_s
    if tour.start_s < vehicle.shift[0] - _TIME_S:
        yield "shift", f"leaves at {tour.start_s:g} s, the shift begins at {vehicle.shift[0]:g} s"
    if vehicle.under_way is not None and tour.start_s > vehicle.shift[0] + _TIME_S:
        yield "time", f"is under way since {vehicle.shift[0]:g} s, goes on at {tour.start_s:g} s"
    drives = _drives(problem, tour)
    for visit, drive_s in zip(tour.visits, drives, strict=False):
        target = _target(problem, visit, at)
        if visit.location is not None and visit.location != target:
            yield "place", f"{_name(visit)} is at location {target}, stated {visit.location}"
        if visit.kind == "break" and (
            visit.departure_s < visit.start_s or visit.start_s < free_s + drive_s - _TIME_S
        ):
            yield "time", f"{_name(visit)} runs from {visit.start_s:g} s to {visit.departure_s:g} s"
        if abs(visit.arrival_s - (free_s + drive_s)) > _TIME_S:
            yield (
                "time",
                f"at {_name(visit)} from {visit.arrival_s:.2f} s, can be there at {free_s + drive_s:.2f} s",
            )
        if visit.kind != "break":
            yield from _service(problem, vehicle, visit)
        at, free_s = target, visit.departure_s
    home_s = free_s + drives[-1]
    if not math.isfinite(home_s):
        yield "way", "no way leads along this tour"
    if abs(home_s - tour.end_s) > _TIME_S:
        yield "time", f"is home at {home_s:.2f} s, stated {tour.end_s:.2f} s"
    if home_s > vehicle.shift[1] + _TIME_S:
        yield "shift", f"is home at {home_s:.0f} s, the shift ends at {vehicle.shift[1]:.0f} s"


def _service(problem: Problem, vehicle: Vehicle, visit: Visit) -> Iterator[tuple[str, str]]:
    if visit.kind == "stop":
        stop = problem.stops[visit.index]
        windows, service_s = stop.windows, stop.service_s + vehicle.setup_s + stop.lifts * vehicle.lift_s
    else:
        site = problem.disposal_sites[visit.index]
        windows, service_s = site.windows, site.service_s + site.weighing_s
    if visit.start_s < visit.arrival_s - _TIME_S:
        yield "time", f"{_name(visit)} begins before the vehicle is there"
    lasts_s = visit.departure_s - visit.start_s
    if abs(lasts_s - service_s) > _TIME_S:
        yield "service", f"{_name(visit)} lasts {lasts_s:g} s, expected {service_s:g} s"
    if windows and not any(_inside(visit.start_s, window) for window in windows):
        spans = ", ".join(f"{opens:g}..{closes:g}" for opens, closes in windows)
        yield "window", f"{_name(visit)} begins at {visit.start_s:.2f} s, open {spans} s"


def _inside(moment_s: float, window: Window) -> bool:
    return window[0] - _TIME_S <= moment_s <= window[1] + _TIME_S


def _releases(problem: Problem, tour: Tour) -> Iterator[tuple[str, str]]:
    left_s = tour.start_s
    for visit in tour.visits:
        if visit.kind == "disposal":
            left_s = visit.departure_s
        if visit.kind == "stop" and problem.stops[visit.index].release_s > left_s + _TIME_S:
            release_s = problem.stops[visit.index].release_s
            yield "release", f"{_name(visit)} is ready at {release_s:g} s, its trip leaves at {left_s:g} s"


def _day(problem: Problem, tour: Tour, vehicle: Vehicle) -> Iterator[tuple[str, str]]:
    now = vehicle.under_way or UnderWay()
    departed_s = tour.start_s if now.departed_s is None else now.departed_s
    if tour.end_s - departed_s > vehicle.max_duration_s + _TIME_S:
        yield "duration", f"{tour.end_s - departed_s:.0f} s, limit {vehicle.max_duration_s:.0f} s"
    driven_s = now.driven_s + sum(_drives(problem, tour))
    if driven_s > vehicle.max_driving_s + _TIME_S:
        yield "driving", f"{driven_s:.0f} s of driving, limit {vehicle.max_driving_s:.0f} s"
    stops = now.stops + sum(visit.kind == "stop" for visit in tour.visits)
    if vehicle.max_stops is not None and stops > vehicle.max_stops:
        yield "day stops", f"{stops} stops, limit {vehicle.max_stops}"


def _lunch(rule: LunchBreak, tour: Tour, vehicle: Vehicle) -> Iterator[tuple[str, str]]:
    good = (vehicle.under_way is not None and vehicle.under_way.lunched) or any(
        visit.kind == "break"
        and _inside(visit.start_s, (rule.opens_s, rule.closes_s))
        and visit.departure_s - visit.start_s >= rule.length_s - _TIME_S
        for visit in tour.visits
    )
    if not good and tour.end_s > rule.closes_s + _TIME_S:
        yield "break", f"no break of {rule.length_s:g} s that begins by {rule.closes_s:g} s"


def _work_breaks(rule: WorkBreaks, tour: Tour, vehicle: Vehicle) -> Iterator[tuple[str, str]]:
    now = vehicle.under_way or UnderWay()
    taken = [visit for visit in tour.visits if visit.kind == "break"]
    first = bool(taken) and tour.visits[0].kind == "break" and vehicle.under_way is None
    if taken and (first or taken[-1].departure_s >= tour.end_s - _TIME_S):
        yield "break", "a break lies at the start or the end"
    counted = [v for v in taken if v.departure_s - v.start_s >= rule.part_s - _TIME_S]
    rested_s = sum(visit.departure_s - visit.start_s for visit in counted)
    work_s = now.worked_s + tour.end_s - tour.start_s - rested_s
    rested_s += now.rested_s
    edges = [tour.start_s - now.stretch_s]
    for visit in counted:
        edges += [visit.start_s, visit.departure_s]
    edges.append(tour.end_s)
    stretches = [end - begin for begin, end in zip(edges[::2], edges[1::2], strict=True)]
    if max(stretches) > rule.stretch_s + _TIME_S:
        yield "break", f"{max(stretches):.0f} s of work without a break, at most {rule.stretch_s:.0f} s"
    needed_s = 0.0
    if work_s > rule.first_over_s + _TIME_S:
        needed_s = rule.first_break_s
    if work_s > rule.second_over_s + _TIME_S:
        needed_s = rule.second_break_s
    if rested_s < needed_s - _TIME_S:
        yield "break", f"{rested_s:.0f} s of breaks for {work_s:.0f} s of work, needed {needed_s:.0f} s"
    if work_s > rule.day_s + _TIME_S:
        yield "break", f"{work_s:.0f} s of work in a day, at most {rule.day_s:.0f} s"


def _driving_breaks(rule: DrivingBreaks, problem: Problem, tour: Tour) -> Iterator[tuple[str, str]]:
    now = problem.vehicles[tour.vehicle].under_way or UnderWay()
    driven_s, part, longest_s, total_s = now.driven_stretch_s, now.part_taken, 0.0, now.driven_s
    for visit, drive_s in zip([*tour.visits, None], _drives(problem, tour), strict=True):
        driven_s += drive_s
        total_s += drive_s
        longest_s = max(longest_s, driven_s)
        if visit is None or visit.kind != "break":
            continue
        length_s = visit.departure_s - visit.start_s + _TIME_S
        if length_s >= rule.break_s or (part and length_s >= rule.second_part_s):
            driven_s, part = 0.0, False
        elif length_s >= rule.first_part_s:
            part = True
    if longest_s > rule.driving_s + _TIME_S:
        yield "driving", f"{longest_s:.0f} s of driving without a full break, at most {rule.driving_s:.0f} s"
    if total_s > rule.day_driving_s + _TIME_S:
        yield "driving", f"{total_s:.0f} s of driving in a day, at most {rule.day_driving_s:.0f} s"
