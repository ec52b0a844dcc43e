"""From lifts to problems the solver understands: one a fraction, in kg and litres of pressed waste."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

import routing
from smartregion.registry.objects import Depot, DisposalSite, Fraction, Site, Vehicle
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_lifts import Lift
from smartregion.waste.rules import Chamber, Contract, Rules, chambers_of, windows


@dataclass(frozen=True)
class Region:
    """What a plan needs of the registry, by id."""

    sites: Mapping[str, Site]
    depots: Mapping[str, Depot]
    disposal_sites: Mapping[str, DisposalSite]
    vehicles: Mapping[str, Vehicle]
    fractions: Mapping[str, Fraction]
    rules: Rules = field(default_factory=Rules)

    def contract(self, fraction: str, site: str) -> Contract:
        """The contract of a fraction at a site (id)."""
        return self.rules.contract(fraction, self.sites[site].municipality)

    @property
    def trucks(self) -> set[str | None]:
        """Names of the trucks as which its vehicles drive."""
        return {vehicle.truck for vehicle in self.vehicles.values()}

    @cached_property
    def chambers(self) -> Mapping[str, Sequence[Chamber]]:
        """Chambers by vehicle; one without any is missing."""
        return chambers_of(self.rules)

    def collects(self, vehicle: Vehicle) -> frozenset[str]:
        """Fractions that a vehicle takes: those of its chambers, or of its one body."""
        own = self.chambers.get(vehicle.id)
        return (
            frozenset(name for one in own for name in one.fractions) if own else frozenset(vehicle.fractions)
        )

    def room(self, vehicle: Vehicle, fraction: str) -> tuple[float, float]:
        """Greatest mass (kg) and volume (l, pressed) of a fraction on a vehicle."""
        for one in self.chambers.get(vehicle.id, ()):
            if fraction in one.fractions:
                return float(one.capacity_kg), float(one.capacity_l)
        return vehicle.capacity_kg or 0.0, vehicle.capacity_l or 0.0


@dataclass(frozen=True, slots=True)
class Costs:
    """What the solver weighs, in euro: settings of an operator, not facts. Stated with every plan."""

    eur_per_km: float = 1.10
    """Fuel, wear and tyres of a 26 t truck."""
    eur_per_h: float = 45.0
    """Crew, from leaving the depot to coming home."""
    eur_per_vehicle: float = 60.0
    """Each vehicle that leaves the depot at all."""
    diesel_l_per_km: float = 0.35
    """Driving: the middle of 30 to 40 l/100 km that Webfleet states for trucks."""
    diesel_l_per_stop_h: float = 4.3
    """At stops the engine drives crane or lift: a heavy bucket truck idles at 0.90 gallons (3.4 l) an hour
    (US Department of Energy, fact 861 of 2015) and uses 27 % more with its power take-off (Utilimarc)."""
    co2_kg_per_l: float = 2.65
    """Burning a litre: 74.1 kg/GJ x 43.0 MJ/kg (IPCC 2006, vol. 2) x 0.832 kg/l (EN 16258). Production not
    counted: with it EN 16258 has 3.24 kg of CO2 equivalents."""
    eur_left_out: float = 2000.0
    """Each container left out, times 1 + its level: more than a tour for it alone, so that one stays only
    when time or room end, and then rather the emptier one."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """Time at a stop before the first lift, s; the second container at the stop needs none."""

    crane_s: float = 150.0
    """Depot containers by crane: 2 to 3 min."""
    plain_s: float = 30.0
    crane_from_l: float = 1500.0
    """Containers from this volume hang on a crane."""


COSTS = Costs()
SET_UP = SetUp()


@dataclass(frozen=True, slots=True)
class Stop:
    """All due containers of one fraction at one site: one visit."""

    site: Site
    fraction: str
    lifts: tuple[Lift, ...]
    service_s: float

    @property
    def must(self) -> bool:
        """Is there a container that must be lifted? Others are taken along where it pays."""
        return any(lift.prize is None for lift in self.lifts)

    @property
    def kg(self) -> float:
        """Expected mass of all its lifts, kg."""
        return sum(lift.kg for lift in self.lifts)

    @property
    def pressed_l(self) -> float:
        """Litres of the vehicle's body that all its lifts take."""
        return sum(lift.pressed_l for lift in self.lifts)


Drives = tuple[str | None, str]
"""On which roads a vehicle drives: name of its truck, None the network's own, and the side it collects on."""


def drives(vehicle: Vehicle) -> Drives:
    """On which roads a vehicle drives."""
    return vehicle.truck, vehicle.side


@dataclass(frozen=True)
class Roads:
    """Distances and times between places on the roads; `row` finds a place by (kind, id)."""

    row: Mapping[tuple[str, str], int]
    """Kind is `site`, `depot` or `disposal`. A place too far from any road is missing."""
    distance_m: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    positions: Sequence[tuple[float, float]]
    """(lon, lat) of each row."""
    others: Mapping[Drives, tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=dict)
    """Distances and times of vehicles that drive otherwise, with the same rows; inf where they cannot come.
    Who is missing drives as all do."""
    missing: frozenset[str] = frozenset()
    """Names of trucks that vehicles have and no road import knows."""

    def reaches(self, vehicle: Vehicle, row: int) -> bool:
        """Can the vehicle get from its depot to a place?"""
        other = self.others.get(drives(vehicle))
        home = self.row["depot", vehicle.depot or ""]
        return other is None or bool(np.isfinite(other[1][home, row]))


@dataclass(frozen=True)
class Part:
    """The problem of one stream, with what its indices mean."""

    fraction: str
    """Key of the stream, see `plan_fleet.stream_of`; as a rule that of its one fraction."""
    stops: Sequence[Stop]
    vehicles: Sequence[Vehicle]
    disposal_sites: Sequence[DisposalSite]
    rows: Sequence[int]
    """Row of `Roads` of each location of the problem."""
    problem: routing.Problem = field(repr=False)


def stops_of(lifts: Iterable[Lift], region: Region, set_up: SetUp = SET_UP) -> list[Stop]:
    """Merge the lifts of a fraction at a site; more than the largest vehicle holds makes several visits."""
    grouped: dict[tuple[str, str], list[Lift]] = defaultdict(list)
    for lift in lifts:
        grouped[lift.fraction, lift.site].append(lift)
    largest = {fraction: _largest(region, fraction) for fraction, _ in grouped}
    stops = []
    for (fraction, site), members in sorted(grouped.items()):
        for chunk in _chunks(sorted(members, key=lambda lift: lift.container), *largest[fraction]):
            stops.append(Stop(region.sites[site], fraction, chunk, service_of(chunk, region, set_up)))
    return stops


def service_of(lifts: Sequence[Lift], region: Region, set_up: SetUp = SET_UP) -> float:
    """Time that the lifts of one fraction at one visit take, s."""
    crane = max(lift.volume_l for lift in lifts) >= set_up.crane_from_l
    lift_s = region.fractions[lifts[0].fraction].lift_s
    return (set_up.crane_s if crane else set_up.plain_s) + len(lifts) * lift_s


def part(
    fraction: str,
    stops: Sequence[Stop],
    vehicles: Sequence[Vehicle],
    region: Region,
    roads: Roads,
    day: Day,
    costs: Costs = COSTS,
) -> Part:
    """The problem of one stream: stops and vehicles are those of this stream, on the axis of `day`.

    Amounts have two dimensions, kg and litres of pressed waste. Every vehicle comes home empty, with the
    breaks of the strictest contract among the stops. Several fractions ride in chambers, one each. Expects
    at least one complete vehicle, and every place in `roads`.
    """
    wanted = sorted({stop.fraction for stop in stops})
    disposal = disposal_of(stops, region, roads)
    keys = [("depot", vehicle.depot or "") for vehicle in vehicles]
    keys += [("disposal", site.id) for site in disposal] + [("site", stop.site.id) for stop in stops]
    rows = sorted({roads.row[key] for key in keys})
    place = {row: index for index, row in enumerate(rows)}
    here = {key: place[roads.row[key]] for key in keys}
    chambered = len(wanted) > 1 or any(vehicle.id in region.chambers for vehicle in vehicles)
    breaks = _breaks(stops, region)
    grid = np.ix_(rows, rows)
    kinds = sorted({drives(one) for one in vehicles} & set(roads.others), key=str)
    profile = {kind: number for number, kind in enumerate(kinds, start=1)}
    problem = routing.Problem(
        stops=[
            _stop(
                stop,
                here["site", stop.site.id],
                _allowed(stop, vehicles, region, roads),
                region,
                day,
                costs,
                chambered,
            )
            for stop in stops
        ],
        vehicles=[
            replace(
                _vehicle(vehicle, here["depot", vehicle.depot or ""], day, costs),
                breaks=breaks,
                profile=profile.get(drives(vehicle), 0),
                chambers=_chambers(vehicle, wanted, region) if chambered else (),
            )
            for vehicle in vehicles
        ],
        distance_m=np.ascontiguousarray(roads.distance_m[grid]),
        duration_s=np.ascontiguousarray(roads.duration_s[grid]),
        profiles=[
            routing.Profile(*(np.ascontiguousarray(matrix[grid]) for matrix in roads.others[kind]))
            for kind in kinds
        ],
        disposal_sites=[
            routing.DisposalSite(
                location=here["disposal", site.id],
                service_s=site.service_s,
                windows=day.windows(site.open_from, site.open_to, site.service_s),
                name=site.id,
                fractions=tuple(site.fractions) if chambered else None,
            )
            for site in disposal
        ],
        name=f"{day.date.isoformat()} {fraction}",
        unit="EUR",
        positions=[roads.positions[row] for row in rows],
    )
    return Part(fraction, stops, vehicles, disposal, rows, problem)


def disposal_of(stops: Sequence[Stop], region: Region, roads: Roads) -> list[DisposalSite]:
    """Where the waste of these stops of one stream may go."""
    wanted = {stop.fraction for stop in stops}
    allowed = {id for stop in stops for id in region.contract(stop.fraction, stop.site.id).disposal_sites}
    return [
        site
        for site in region.disposal_sites.values()
        if wanted & set(site.fractions)
        and ("disposal", site.id) in roads.row
        and (not allowed or site.id in allowed)
    ]


def usable(vehicle: Vehicle, region: Region) -> bool:
    """Has the vehicle all that a tour needs: depot, shift, both capacities?"""
    known = (vehicle.capacity_kg, vehicle.capacity_l, vehicle.shift_from, vehicle.shift_to)
    return vehicle.depot in region.depots and None not in known


def _stop(
    stop: Stop,
    location: int,
    allowed: tuple[int, ...] | None,
    region: Region,
    day: Day,
    costs: Costs,
    chambered: bool,
) -> routing.Stop:
    amounts = (round(stop.kg, 3), round(stop.pressed_l, 3))
    return routing.Stop(
        location=location,
        demand=(0.0, 0.0) if chambered else amounts,
        loads=(routing.Load(stop.fraction, amounts),) if chambered else (),
        service_s=stop.service_s,
        windows=windows(region.rules, stop.site, day, stop.service_s),
        prize=round(sum(_prize(lift, costs) for lift in stop.lifts), 2),
        name=f"{stop.site.id} {stop.fraction}",
        vehicles=allowed,
    )


def may_serve(vehicle: Vehicle, stop: Stop, region: Region, roads: Roads) -> bool:
    """Does the contract let the vehicle serve a stop, and does a road of its own lead there?"""
    named = region.contract(stop.fraction, stop.site.id).vehicles
    return (not named or vehicle.id in named) and roads.reaches(vehicle, roads.row["site", stop.site.id])


def _allowed(stop: Stop, vehicles: Sequence[Vehicle], region: Region, roads: Roads) -> tuple[int, ...] | None:
    """Indices of the vehicles that may serve a stop, None for all."""
    able = tuple(k for k, one in enumerate(vehicles) if may_serve(one, stop, region, roads))
    return None if len(able) == len(vehicles) else able


def _breaks(stops: Sequence[Stop], region: Region) -> routing.WorkBreaks | routing.DrivingBreaks:
    """A mixed day is driven by the stricter regime."""
    regimes = {region.contract(stop.fraction, stop.site.id).regime for stop in stops}
    return routing.DrivingBreaks() if "eu561+arbzg" in regimes else routing.WorkBreaks()


def _chambers(vehicle: Vehicle, wanted: Sequence[str], region: Region) -> tuple[routing.Chamber, ...]:
    own = region.chambers.get(vehicle.id)
    if own:
        return tuple(
            routing.Chamber(one.fractions, (float(one.capacity_kg), float(one.capacity_l))) for one in own
        )
    # One body takes one fraction a day: the first of those that it may.
    first = next((name for name in wanted if name in vehicle.fractions), wanted[0])
    return (routing.Chamber((first,), (vehicle.capacity_kg or 0.0, vehicle.capacity_l or 0.0)),)


def _prize(lift: Lift, costs: Costs) -> float:
    return costs.eur_left_out * (1.0 + lift.level) if lift.prize is None else lift.prize


def _vehicle(vehicle: Vehicle, location: int, day: Day, costs: Costs) -> routing.Vehicle:
    capacity_kg, capacity_l = vehicle.capacity_kg or 0.0, vehicle.capacity_l or 0.0
    shift_from, shift_to = vehicle.shift_from or dt.time(), vehicle.shift_to or dt.time()
    return routing.Vehicle(
        start=location,
        end=location,
        capacity=(capacity_kg, capacity_l),
        shift=day.shift(shift_from, shift_to),
        fixed_cost=costs.eur_per_vehicle,
        cost_per_m=costs.eur_per_km / 1000.0,
        cost_per_s=costs.eur_per_h / 3600.0,
        home_empty=True,
        name=vehicle.id,
    )


def _largest(region: Region, fraction: str) -> tuple[float, float]:
    """Greatest mass and volume that any vehicle of the fraction holds; unlimited when there is none."""
    able = [
        one for one in region.vehicles.values() if fraction in region.collects(one) and usable(one, region)
    ]
    rooms = [region.room(one, fraction) for one in able]
    limit = float("inf")
    return max((kg for kg, _ in rooms), default=limit), max((room_l for _, room_l in rooms), default=limit)


def _chunks(lifts: Sequence[Lift], limit_kg: float, limit_l: float) -> list[tuple[Lift, ...]]:
    chunks: list[tuple[Lift, ...]] = []
    chunk: list[Lift] = []
    for lift in lifts:
        members = [*chunk, lift]
        over = sum(one.kg for one in members) > limit_kg or sum(one.pressed_l for one in members) > limit_l
        if chunk and over:
            chunks.append(tuple(chunk))
            members = [lift]
        chunk = members
    return [*chunks, tuple(chunk)]
