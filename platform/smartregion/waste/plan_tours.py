"""From the solver's answer to tours people drive: stops with times, loads, metres and the line to follow."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import routing
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_lifts import Lift
from smartregion.waste.plan_problem import Drives, Part, Region, drives

Line = NDArray[np.float64]
LegLines = Callable[[Drives, Sequence[tuple[int, int]]], Sequence[Line]]
"""Lines [k, 2] along the roads of a vehicle for legs (row from, row to) of `Roads`."""
SIMPLIFY_M = 4.0
"""A drawn tour may leave the road's middle by so much, m."""
_METRES_A_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class TourStop:
    """One line of a tour sheet; `place` is the id of the site, depot or disposal site, empty for a break."""

    kind: str
    place: str
    name: str
    lon: float | None
    lat: float | None
    arrive_at: dt.datetime
    depart_at: dt.datetime
    leg_m: float
    """Metres from the place before."""
    load_kg: float
    """On board when leaving."""
    lifts: tuple[Lift, ...] = ()
    note: str = ""
    done_at: dt.datetime | None = None
    """When the driver ticked it, before the plan was changed."""


@dataclass(frozen=True, slots=True)
class Tour:
    """One vehicle's day, ready to store."""

    vehicle: str
    fractions: tuple[str, ...]
    """Keys of what it collects."""
    start_at: dt.datetime
    end_at: dt.datetime
    distance_m: float
    load_kg: float
    """Collected in the whole day."""
    stops: tuple[TourStop, ...]
    line: tuple[tuple[float, float], ...]
    """(lon, lat) along the roads, 5 digits (1 m)."""

    @property
    def lifts(self) -> int:
        """Containers emptied."""
        return sum(len(stop.lifts) for stop in self.stops)


def tours_of(part: Part, plan: routing.Plan, region: Region, day: Day, leg_lines: LegLines) -> list[Tour]:
    """The tours of one fraction that serve anything, earliest first."""
    found = [_tour(part, tour, region, day, leg_lines) for tour in plan.tours if tour.stops]
    return sorted(found, key=lambda tour: (tour.start_at, tour.vehicle))


def _tour(part: Part, tour: routing.Tour, region: Region, day: Day, leg_lines: LegLines) -> Tour:
    vehicle = part.vehicles[tour.vehicle]
    depot = region.depots[vehicle.depot or ""]
    start, end = part.problem.vehicles[tour.vehicle].start, part.problem.vehicles[tour.vehicle].end
    distance_m = part.problem.distance_of(tour.vehicle)
    begins, ends = day.moment(tour.start_s), day.moment(tour.end_s)
    stops = [TourStop("start", depot.id, depot.name, depot.lon, depot.lat, begins, begins, 0.0, 0.0)]
    legs: list[tuple[int, int]] = []
    here, load_kg = start, 0.0
    for visit in tour.visits:
        leg_m = 0.0
        if visit.kind != "break" and visit.location is not None:
            leg_m = float(distance_m[here, visit.location])
            legs.append((part.rows[here], part.rows[visit.location]))
            here = visit.location
        stops.append(_visit(part, visit, day, leg_m))
        load_kg += sum(lift.kg for lift in stops[-1].lifts)
    home_m = float(distance_m[here, end])
    legs.append((part.rows[here], part.rows[end]))
    stops.append(
        TourStop("end", depot.id, depot.name, depot.lon, depot.lat, ends, ends, home_m, stops[-1].load_kg)
    )
    line = drawn(leg_lines(drives(vehicle), [leg for leg in legs if leg[0] != leg[1]]))
    if not line:
        line = ((depot.lon, depot.lat),)
    fractions = tuple(sorted({lift.fraction for stop in stops for lift in stop.lifts}))
    return Tour(vehicle.id, fractions, begins, ends, tour.distance_m, load_kg, tuple(stops), line)


def _visit(part: Part, visit: routing.Visit, day: Day, leg_m: float) -> TourStop:
    times = day.moment(visit.arrival_s), day.moment(visit.departure_s)
    load_kg = visit.load[0]
    if visit.kind == "break":
        return TourStop("break", "", "", None, None, *times, leg_m, load_kg)
    if visit.kind == "disposal":
        tip = part.disposal_sites[visit.index]
        return TourStop("disposal", tip.id, tip.name, tip.lon, tip.lat, *times, leg_m, load_kg)
    stop = part.stops[visit.index]
    site = stop.site
    return TourStop(
        "site", site.id, site.name, site.lon, site.lat, *times, leg_m, load_kg, stop.lifts, site.access_note
    )


def drawn(lines: Sequence[Line], tolerance_m: float = SIMPLIFY_M) -> tuple[tuple[float, float], ...]:
    """Join leg lines [k, 2] of (lon, lat) to one, leave out points that nobody would miss, round to 1 m."""
    if not lines:
        return ()
    kept = np.concatenate([simplify(line, tolerance_m) for line in lines])
    rounded = np.round(kept, 5)
    fresh = np.append(True, (np.diff(rounded, axis=0) != 0).any(axis=1))
    return tuple((float(lon), float(lat)) for lon, lat in rounded[fresh])


def simplify(line: Line, tolerance_m: float) -> Line:
    """Keep the points of a line [k, 2] further than `tolerance_m` from the simpler one (Douglas-Peucker)."""
    if len(line) < 3:
        return line
    metres = line * _METRES_A_DEGREE
    metres[:, 0] *= np.cos(np.radians(line[:, 1].mean()))
    keep = np.zeros(len(line), dtype=np.bool_)
    keep[[0, -1]] = True
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        away = _distances(metres[first + 1 : last], metres[first], metres[last])
        furthest = int(np.argmax(away))
        if away[furthest] > tolerance_m:
            middle = first + 1 + furthest
            keep[middle] = True
            spans += [(first, middle), (middle, last)]
    return line[keep]


def _distances(points: Line, a: Line, b: Line) -> Line:
    """Distance of points [n, 2] from the straight step a to b."""
    step = b - a
    square = float(step @ step)
    share = np.clip((points - a) @ step / square, 0.0, 1.0) if square else np.zeros(len(points))
    return np.asarray(np.hypot(*(points - a - share[:, None] * step).T))
