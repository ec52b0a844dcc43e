"""A day's tours by the optimiser, one problem a fraction, with a fixed number of iterations."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import routing
from simulators.draws import Float
from simulators.region.district import District
from simulators.region.kinds import FRACTIONS
from simulators.whatif.roads import Roads
from smartregion.waste.choice import ways

Mask = NDArray[np.bool_]

_KG_PER_L = dict(zip(FRACTIONS, (0.3, 0.3, 0.075, 0.0325, 0.25, 0.125, 0.125), strict=True))
_PRESSED = dict(zip(FRACTIONS, (1.0, 1.0, 4.0, 4.0, 2.0, 4.5, 1.0), strict=True))
_LIFT_S = dict(zip(FRACTIONS, (240.0, 240.0, 180.0, 60.0, 20.0, 60.0, 180.0), strict=True))
_CRANE_S, _PLAIN_S, _CRANE_FROM_L = 150.0, 30.0, 1500
EUR_PER_KM, EUR_PER_H, EUR_PER_VEHICLE = 1.10, 45.0, 60.0
"""The same prices as the platform's plans have."""
_HIGHEST = 1.2
_WAITING_DAYS = 14
_YARDS = 5


@dataclass(frozen=True)
class Driven:
    """What a day's tours came to."""

    lifted: Mask
    """Containers that a tour serves."""
    metres: float
    seconds: float
    tours: int
    left_out: int
    """Containers that had to be lifted and were not, for want of time or room."""


@dataclass(frozen=True)
class _Crew:
    fraction: str
    members: NDArray[np.intp]
    vehicles: list[routing.Vehicle]
    tips: list[routing.DisposalSite]
    rows: NDArray[np.intp]
    """Rows of the matrices: member sites, then yards."""
    distance_m: Float
    duration_s: Float
    place: NDArray[np.intp]
    """Of each member among the rows."""


class Tours:
    """Plans the tours of a district, day by day."""

    def __init__(self, district: District, roads: Roads, iterations: int) -> None:
        self._iterations, self._seed = iterations, district.seed
        fraction = [bin_.fraction for bin_ in district.containers]
        volume_l = np.array([bin_.volume_l for bin_ in district.containers], dtype=np.float64)
        self._kg = volume_l * [_KG_PER_L[name] for name in fraction]
        self._l = volume_l / [_PRESSED[name] for name in fraction]
        self._lift_s = np.array([_LIFT_S[name] for name in fraction])
        self._set_up_s = np.where(volume_l >= _CRANE_FROM_L, _CRANE_S, _PLAIN_S)
        self._windows = [
            ((_clock_s(site.window[0]), _clock_s(site.window[1])),) if site.window else ()
            for site in (district.sites[bin_.site] for bin_ in district.containers)
        ]
        self._crews = [_crew(district, roads, name) for name in FRACTIONS if name in fraction]

    def ways(self, lifts_a_day: Float) -> tuple[Float, Float]:
        """Cost of the way to a later lift [containers, days left] and of its service [containers], EUR.

        lifts_a_day: of each container on a working day.
        """
        way, service = np.zeros((len(self._kg), _WAITING_DAYS)), np.zeros(len(self._kg))
        for crew in self._crews:
            sites, place = np.unique(crew.place, return_inverse=True)
            metres, seconds = (part[np.ix_(sites, sites)] for part in (crew.distance_m, crew.duration_s))
            between = metres / 1000 * EUR_PER_KM + seconds / 3600 * EUR_PER_H
            # A place with several containers is visited when the first of them is due.
            visits = float(np.minimum(np.bincount(place, lifts_a_day[crew.members]), 1.0).sum())
            way[crew.members] = ways(between, visits, _WAITING_DAYS)[place]
            service[crew.members] = (self._lift_s + self._set_up_s)[crew.members] / 3600 * EUR_PER_H
        return way, service

    def mass_kg(self, lifted: Mask, level: Float) -> float:
        """Mass of the contents of lifted containers, kg."""
        return float((self._kg * np.minimum(level, _HIGHEST))[lifted].sum())

    def drive(self, prize: Float, must: Mask, level: Float) -> Driven:
        """Plan and drive the day: containers with a prize may be lifted, those that must have a great one.

        level [containers]: what the planner expects in them.
        """
        lifted = np.zeros(len(prize), dtype=bool)
        metres = seconds = 0.0
        tours = left_out = 0
        for crew in self._crews:
            # No detour is cheaper than the time of the lift alone.
            worth = prize[crew.members] > self._lift_s[crew.members] / 3600 * EUR_PER_H
            own = crew.members[worth]
            if not len(own):
                continue
            problem, stops = self._problem(crew, own, crew.place[worth], prize, must, level)
            plan = routing.solve(problem, routing.MaxIterations(self._iterations), self._seed)
            for tour in plan.tours:
                if tour.stops:
                    tours += 1
                    metres += tour.distance_m
                    seconds += tour.duration_s
                    for stop in tour.stops:
                        lifted[stops[stop]] = True
            left_out += int((must[own] & ~lifted[own]).sum())
        return Driven(lifted, metres, seconds, tours, left_out)

    def _problem(
        self,
        crew: _Crew,
        own: NDArray[np.intp],
        place: NDArray[np.intp],
        prize: Float,
        must: Mask,
        level: Float,
    ) -> tuple[routing.Problem, list[NDArray[np.intp]]]:
        """The problem of one crew; those of a site that must be lifted are a stop of their own."""
        used = np.concatenate((np.unique(place), np.arange(len(crew.rows) - _YARDS, len(crew.rows))))
        must_at = np.unique(place[must[own]])
        stops: list[routing.Stop] = []
        members: list[NDArray[np.intp]] = []
        for key in np.unique(2 * place + must[own]):
            site, duty = divmod(int(key), 2)
            here = own[(place == site) & (must[own] == bool(duty))]
            fill = np.clip(level[here], 0.02, _HIGHEST)
            # The second container at a site needs no set-up.
            set_up_s = 0.0 if not duty and site in must_at else float(self._set_up_s[here].max())
            stops.append(
                routing.Stop(
                    location=int(np.searchsorted(used, site)),
                    demand=(float((self._kg[here] * fill).sum()), float((self._l[here] * fill).sum())),
                    service_s=set_up_s + float(self._lift_s[here].sum()),
                    windows=self._windows[here[0]],
                    prize=round(float(prize[here].sum()), 2),
                )
            )
            members.append(here)
        shift = len(used) - len(crew.rows)
        vehicles = [_moved(vehicle, shift) for vehicle in crew.vehicles]
        tips = [
            routing.DisposalSite(tip.location + shift, tip.service_s, tip.windows, tip.name)
            for tip in crew.tips
        ]
        grid = np.ix_(used, used)
        problem = routing.Problem(
            stops,
            vehicles,
            np.ascontiguousarray(crew.distance_m[grid]),
            np.ascontiguousarray(crew.duration_s[grid]),
            tips,
            name=crew.fraction,
            unit="EUR",
        )
        return problem, members


def _moved(vehicle: routing.Vehicle, shift: int) -> routing.Vehicle:
    return dataclasses.replace(vehicle, start=vehicle.start + shift, end=vehicle.end + shift)


def _crew(district: District, roads: Roads, fraction: str) -> _Crew:
    members = np.array([i for i, bin_ in enumerate(district.containers) if bin_.fraction == fraction])
    site = np.array([district.containers[i].site for i in members])
    sites = np.unique(site)
    yards = np.arange(_YARDS) + roads.first_yard
    rows = np.concatenate((sites, yards))
    yard = {number: len(sites) + number for number in range(_YARDS)}
    vehicles = [
        routing.Vehicle(
            start=yard[vehicle.depot],
            end=yard[vehicle.depot],
            capacity=(float(vehicle.capacity_kg), float(vehicle.capacity_l)),
            shift=(_clock_s(vehicle.shift[0]), _clock_s(vehicle.shift[1])),
            fixed_cost=EUR_PER_VEHICLE,
            cost_per_m=EUR_PER_KM / 1000,
            cost_per_s=EUR_PER_H / 3600,
            home_empty=True,
            breaks=routing.WorkBreaks(),
            name=vehicle.id,
        )
        for vehicle in district.vehicles
        if fraction in vehicle.fractions
    ]
    tips = [
        routing.DisposalSite(
            location=yard[site.yard],
            service_s=float(site.service_s),
            windows=((_clock_s(site.open[0]), _clock_s(site.open[1]) - site.service_s),),
            name=site.id,
        )
        for site in district.disposal_sites
        if fraction in site.fractions
    ]
    grid = np.ix_(rows, rows)
    place = np.searchsorted(sites, site)
    return _Crew(
        fraction, members, vehicles, tips, rows, roads.distance_m[grid], roads.duration_s[grid], place
    )


def _clock_s(text: str) -> float:
    clock = dt.time.fromisoformat(text)
    return 3600.0 * clock.hour + 60.0 * clock.minute


PRICES: Mapping[str, float] = {
    "eur_per_km": EUR_PER_KM, "eur_per_h": EUR_PER_H, "eur_per_vehicle": EUR_PER_VEHICLE
}  # fmt: skip
"""Stated with every result."""
