"""A day's tours by the platform's own planning, with a fixed number of iterations."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.roads import RoadNetwork
from simulators.draws import Float
from simulators.whatif.knowledge import ZONE
from simulators.whatif.registered import Registered
from smartregion.waste.choice import Prices
from smartregion.waste.plan_choice import Candidates, chosen_lifts
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_lifts import Lift
from smartregion.waste.plan_problem import COSTS, stops_of
from smartregion.waste.plan_roads import places, road_plan
from smartregion.waste.plan_solve import Answer, Effort, answer
from smartregion.waste.plan_tours import Line, Tour, tours_of

Mask = NDArray[np.bool_]

_HIGHEST = 1.2


class Stop(NamedTuple):
    """A line of a tour's sheet."""

    kind: str
    place: str
    containers: tuple[str, ...]


class Drive(NamedTuple):
    """One vehicle's tour, as far as plans are compared."""

    vehicle: str
    start_at: dt.datetime
    end_at: dt.datetime
    distance_m: float
    """To a decimetre."""
    stops: tuple[Stop, ...]


@dataclass(frozen=True)
class Driven:
    """What a day's tours came to."""

    lifted: Mask
    """Containers of the district that a tour serves."""
    metres: float
    seconds: float
    tours: int
    left_out: int
    """Containers that had to be lifted and were not, for want of time or room."""
    drives: Sequence[Drive]
    """In the order of the plan."""


class Tours:
    """Plans the tours of a district, day by day."""

    def __init__(self, known: Registered, network: RoadNetwork, iterations: int) -> None:
        self.known = known
        # One search after another: runs of several districts share the cores.
        self.effort = Effort(iterations=iterations, threads=1)
        region = known.region
        self._roads = road_plan({None: network}, places(region, region.sites), region.vehicles.values()).roads
        self._number = {state.id: int(k) for state, k in zip(known.states, known.number, strict=True)}

    def worth(self, found: Candidates, prices: Prices) -> list[Lift]:
        """What of the candidates the optimiser gets."""
        return chosen_lifts(found, self.known.region.fractions, self._roads, prices)

    def mass_kg(self, lifted: Mask, level: Float) -> float:
        """Mass of the contents of lifted containers, kg."""
        kg = self.known.volume_l * self.known.kg_per_l * np.minimum(level, _HIGHEST)
        return float(kg[lifted].sum())

    def drive(self, lifts: Sequence[Lift], date: dt.date) -> Driven:
        """Plan and drive the day."""
        region, day = self.known.region, Day(date, ZONE)
        found = answer(stops_of(lifts, region), region, self._roads, day, self.effort)
        tours = [tour for one in found.solved for tour in one.plan.tours if tour.stops]
        lifted = np.zeros(len(self._number), dtype=bool)
        drives = self._drives(found, day)
        for drive in drives:
            lifted[[self._number[id] for stop in drive.stops for id in stop.containers]] = True
        must = [self._number[lift.container] for lift in lifts if lift.prize is None]
        return Driven(
            lifted,
            sum(tour.distance_m for tour in tours),
            sum(tour.duration_s for tour in tours),
            len(tours),
            int((~lifted[must]).sum()),
            drives,
        )

    def _drives(self, found: Answer, day: Day) -> list[Drive]:
        made = [
            tour
            for one in found.solved
            for tour in tours_of(one.part, one.plan, self.known.region, day, _undrawn)
        ]
        return [_drive(tour) for tour in sorted(made, key=lambda tour: (tour.start_at, tour.vehicle))]


def _undrawn(*_: object) -> list[Line]:
    """Nobody looks at the lines of these tours."""
    return []


def _drive(tour: Tour) -> Drive:
    stops = tuple(
        Stop(stop.kind, stop.place, tuple(lift.container for lift in stop.lifts)) for stop in tour.stops
    )
    return Drive(tour.vehicle, tour.start_at, tour.end_at, round(tour.distance_m, 1), stops)


PRICES: Mapping[str, float] = {
    "eur_per_km": COSTS.eur_per_km, "eur_per_h": COSTS.eur_per_h, "eur_per_vehicle": COSTS.eur_per_vehicle
}  # fmt: skip
"""Stated with every result."""
