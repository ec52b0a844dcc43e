"""Which vehicle collects which fraction today: the fleet shared out after the expected work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from smartregion.registry.objects import Vehicle
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_problem import Region, Roads, Stop, disposal_of, may_serve, usable

_DETOUR = 1.2
"""Legs of a tour are longer than the ways between nearest neighbours."""
_DAY_S = 9.25 * 3600.0
"""Ten hours of work at most, less the breaks that they need."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """A stop or a vehicle that cannot be planned, with the reason as a key: see `REASONS`."""

    id: str
    reason: str


REASONS: Mapping[str, str] = {
    "no_vehicle": "no vehicle of this fraction with depot, shift and capacity",
    "no_disposal_site": "no disposal site accepts this fraction",
    "far_from_road": "too far from any road of the network",
    "truck": "its truck has no roads: import them with roads import --for-truck",
    "no_way": "no road leads there for a vehicle of this fraction: too narrow, low or weak",
    "fleet": "the vehicles of this fraction have no time or room left within shift, breaks and opening hours",
    "closed": "the site is closed on that day",
    "incomplete": "the registry lacks depot, shift or capacity",
}


def ready_vehicles(region: Region, roads: Roads) -> tuple[list[Vehicle], list[Excluded]]:
    """Vehicles that can be planned, and those that cannot."""
    ready, excluded = [], []
    for vehicle in sorted(region.vehicles.values(), key=lambda one: one.id):
        if not usable(vehicle, region):
            excluded.append(Excluded(vehicle.id, "incomplete"))
        elif ("depot", vehicle.depot or "") not in roads.row:
            excluded.append(Excluded(vehicle.id, "far_from_road"))
        elif vehicle.truck in roads.missing:
            excluded.append(Excluded(vehicle.id, "truck"))
        else:
            ready.append(vehicle)
    return ready, excluded


def stream_of(stop: Stop, region: Region) -> str:
    """Key of the stops that may share a tour: fractions joined by chambers, of one body, with one outlet.

    Plain fractions without a contract are named by their key; others like `glass_brown+glass_white@AEV`.
    """
    contract = region.contract(stop.fraction, stop.site.id)
    key = "+".join(sorted(_joined(stop.fraction, region)))
    body = f"@{contract.body}" if contract.body else ""
    return key + body + (f">{','.join(contract.disposal_sites)}" if contract.disposal_sites else "")


def _joined(fraction: str, region: Region) -> set[str]:
    """All fractions that chambers of some vehicle, or of one after the other, bring together."""
    found = {fraction}
    groups = [region.collects(region.vehicles[id]) for id in region.chambers if id in region.vehicles]
    while more := {name for group in groups if group & found for name in group} - found:
        found |= more
    return found


def split_stops(
    stops: Sequence[Stop], vehicles: Sequence[Vehicle], region: Region, roads: Roads, day: Day
) -> tuple[dict[str, list[Stop]], list[tuple[Stop, str]]]:
    """Stops by stream that some vehicle can serve on that day, and the others with the reason."""
    groups: dict[str, list[Stop]] = {}
    left: list[tuple[Stop, str]] = []
    for stop in stops:
        reason = _hindrance(stop, vehicles, region, roads, day)
        if reason:
            left.append((stop, reason))
        else:
            groups.setdefault(stream_of(stop, region), []).append(stop)
    return groups, left


def _hindrance(stop: Stop, vehicles: Sequence[Vehicle], region: Region, roads: Roads, day: Day) -> str:
    """Why nobody can serve a stop, a key of `REASONS`; empty when somebody can."""
    allowed = region.contract(stop.fraction, stop.site.id).vehicles
    able = [
        one
        for one in vehicles
        if stop.fraction in region.collects(one) and (not allowed or one.id in allowed)
    ]
    if not able:
        return "no_vehicle"
    if not disposal_of([stop], region, roads):
        return "no_disposal_site"
    row = roads.row.get(("site", stop.site.id))
    if row is None:
        return "far_from_road"
    if not any(roads.reaches(one, row) for one in able):
        return "no_way"
    return "closed" if region.rules.closed_all_day(stop.site, day.date) else ""


def allocate(
    groups: Mapping[str, Sequence[Stop]], vehicles: Sequence[Vehicle], region: Region, roads: Roads, day: Day
) -> dict[str, list[Vehicle]]:
    """Give every vehicle to one stream: those with least choice first, each where least work is covered.

    The work of a stream is estimated: service, ways between neighbours, trips to the nearest disposal site.
    """
    work_s = {fraction: _work_s(stops, vehicles, region, roads) for fraction, stops in groups.items()}
    covered_s = dict.fromkeys(groups, 0.0)
    shares: dict[str, list[Vehicle]] = {fraction: [] for fraction in groups}
    for vehicle in sorted(vehicles, key=lambda one: (len(choices_of(one, groups, region, roads)), one.id)):
        choices = choices_of(vehicle, groups, region, roads)
        if not choices:
            continue
        chosen = min(choices, key=lambda fraction: (covered_s[fraction] / work_s[fraction], fraction))
        shares[chosen].append(vehicle)
        covered_s[chosen] += _available_s(vehicle, day)
    return shares


def choices_of(
    vehicle: Vehicle, groups: Mapping[str, Sequence[Stop]], region: Region, roads: Roads
) -> list[str]:
    """Streams of which a vehicle may serve a stop."""
    collects = region.collects(vehicle)

    def may(stop: Stop) -> bool:
        return stop.fraction in collects and may_serve(vehicle, stop, region, roads)

    return sorted(key for key, stops in groups.items() if any(may(stop) for stop in stops))


def _available_s(vehicle: Vehicle, day: Day) -> float:
    if vehicle.shift_from is None or vehicle.shift_to is None:
        return 0.0
    begins, ends = day.shift(vehicle.shift_from, vehicle.shift_to)
    return min(_DAY_S, ends - begins)


def _work_s(stops: Sequence[Stop], vehicles: Sequence[Vehicle], region: Region, roads: Roads) -> float:
    rows = np.array([roads.row["site", stop.site.id] for stop in stops])
    sites = disposal_of(stops, region, roads)
    tips = np.array([roads.row["disposal", site.id] for site in sites])
    between = roads.duration_s[np.ix_(rows, rows)] + np.where(rows[:, None] == rows[None, :], np.inf, 0.0)
    home = roads.duration_s[np.ix_(rows, tips)].min(axis=1)
    legs_s = np.minimum(between.min(axis=1), home).sum()
    wanted = {stop.fraction for stop in stops}
    able = [vehicle for vehicle in vehicles if wanted & region.collects(vehicle)]
    kg = float(np.mean([vehicle.capacity_kg or 1.0 for vehicle in able]))
    litres = float(np.mean([vehicle.capacity_l or 1.0 for vehicle in able]))
    loads = max(sum(stop.kg for stop in stops) / kg, sum(stop.pressed_l for stop in stops) / litres)
    trip_s = 2.0 * float(home.mean()) + min(site.service_s for site in sites)
    return float(sum(stop.service_s for stop in stops) + _DETOUR * legs_s + max(1.0, loads) * trip_s)
