"""Which vehicle collects which fraction today: the fleet shared out after the expected work."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from smartregion.registry.objects import Vehicle
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_problem import Region, Roads, Stop, usable

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
    "fleet": "the vehicles of this fraction have no time or room left within shift, breaks and opening hours",
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
        else:
            ready.append(vehicle)
    return ready, excluded


def split_stops(
    stops: Sequence[Stop], vehicles: Sequence[Vehicle], region: Region, roads: Roads
) -> tuple[dict[str, list[Stop]], list[tuple[Stop, str]]]:
    """Stops by fraction that some vehicle can serve, and the others with the reason."""
    served = {fraction for vehicle in vehicles for fraction in vehicle.fractions}
    accepted = {
        fraction
        for site in region.disposal_sites.values()
        if ("disposal", site.id) in roads.row
        for fraction in site.fractions
    }
    groups: dict[str, list[Stop]] = {}
    left: list[tuple[Stop, str]] = []
    for stop in stops:
        if stop.fraction not in served:
            left.append((stop, "no_vehicle"))
        elif stop.fraction not in accepted:
            left.append((stop, "no_disposal_site"))
        elif ("site", stop.site.id) not in roads.row:
            left.append((stop, "far_from_road"))
        else:
            groups.setdefault(stop.fraction, []).append(stop)
    return groups, left


def allocate(
    groups: Mapping[str, Sequence[Stop]], vehicles: Sequence[Vehicle], region: Region, roads: Roads, day: Day
) -> dict[str, list[Vehicle]]:
    """Give every vehicle to one fraction: those with least choice first, each where least work is covered.

    The work of a fraction is estimated: service, ways between neighbours, trips to the nearest disposal site.
    """
    work_s = {fraction: _work_s(stops, vehicles, region, roads) for fraction, stops in groups.items()}
    covered_s = dict.fromkeys(groups, 0.0)
    shares: dict[str, list[Vehicle]] = {fraction: [] for fraction in groups}
    for vehicle in sorted(vehicles, key=lambda one: (len(_choices(one, groups)), one.id)):
        choices = _choices(vehicle, groups)
        if not choices:
            continue
        chosen = min(choices, key=lambda fraction: (covered_s[fraction] / work_s[fraction], fraction))
        shares[chosen].append(vehicle)
        covered_s[chosen] += _available_s(vehicle, day)
    return shares


def _choices(vehicle: Vehicle, groups: Collection[str]) -> list[str]:
    return sorted(set(vehicle.fractions) & set(groups))


def _available_s(vehicle: Vehicle, day: Day) -> float:
    if vehicle.shift_from is None or vehicle.shift_to is None:
        return 0.0
    begins, ends = day.shift(vehicle.shift_from, vehicle.shift_to)
    return min(_DAY_S, ends - begins)


def _work_s(stops: Sequence[Stop], vehicles: Sequence[Vehicle], region: Region, roads: Roads) -> float:
    fraction = stops[0].fraction
    rows = np.array([roads.row["site", stop.site.id] for stop in stops])
    sites = [
        site
        for site in region.disposal_sites.values()
        if fraction in site.fractions and ("disposal", site.id) in roads.row
    ]
    tips = np.array([roads.row["disposal", site.id] for site in sites])
    between = roads.duration_s[np.ix_(rows, rows)] + np.where(rows[:, None] == rows[None, :], np.inf, 0.0)
    home = roads.duration_s[np.ix_(rows, tips)].min(axis=1)
    legs_s = np.minimum(between.min(axis=1), home).sum()
    able = [vehicle for vehicle in vehicles if fraction in vehicle.fractions]
    kg = float(np.mean([vehicle.capacity_kg or 1.0 for vehicle in able]))
    litres = float(np.mean([vehicle.capacity_l or 1.0 for vehicle in able]))
    loads = max(sum(stop.kg for stop in stops) / kg, sum(stop.pressed_l for stop in stops) / litres)
    trip_s = 2.0 * float(home.mean()) + min(site.service_s for site in sites)
    return float(sum(stop.service_s for stop in stops) + _DETOUR * legs_s + max(1.0, loads) * trip_s)
