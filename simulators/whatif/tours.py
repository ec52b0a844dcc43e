"""Kilometres of a day's lifts: nearest-neighbour tours over straight lines times 1.3, labelled as such.

An estimate that treats all policies alike; the optimiser's tours are shorter, by much the same share.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.draws import Float
from simulators.region.district import District
from simulators.region.kinds import FRACTIONS, Vehicle
from simulators.region.plane import to_plane

Int = NDArray[np.int64]

DETOUR = 1.3
"""Road metres per straight metre, usual in rural districts."""
_KG_PER_L = dict(zip(FRACTIONS, (0.3, 0.3, 0.075, 0.0325, 0.25, 0.125, 0.125), strict=True))
_PRESSED = dict(zip(FRACTIONS, (1.0, 1.0, 4.0, 4.0, 2.0, 4.5, 1.0), strict=True))


@dataclass(frozen=True)
class _Crew:
    """Vehicles that take the same fractions."""

    vehicle: Vehicle
    members: NDArray[np.bool_]
    start: Float
    tips: Float


class TourMeter:
    """Measures the tours that a district's fleet would need."""

    def __init__(self, district: District) -> None:
        sites = to_plane(np.array([(site.lon, site.lat) for site in district.sites]))
        self._xy = sites[[bin_.site for bin_ in district.containers]]
        fraction = [bin_.fraction for bin_ in district.containers]
        volume_l = np.array([bin_.volume_l for bin_ in district.containers])
        self._kg = volume_l * [_KG_PER_L[name] for name in fraction]
        self._l = volume_l / [_PRESSED[name] for name in fraction]
        yards = to_plane(np.array([district.region.lonlat[yard.node] for yard in district.region.yards]))
        crews: dict[tuple[str, ...], _Crew] = {}
        for vehicle in district.vehicles:
            if vehicle.fractions and vehicle.fractions not in crews:
                members = np.array([name in vehicle.fractions for name in fraction])
                tips = [
                    site.yard
                    for site in district.disposal_sites
                    if set(vehicle.fractions) & set(site.fractions)
                ]
                crews[vehicle.fractions] = _Crew(vehicle, members, yards[vehicle.depot], yards[tips])
        self._crews = list(crews.values())

    def mass_kg(self, lifted: NDArray[np.bool_], level: Float) -> float:
        """Mass of the contents of lifted containers, kg."""
        return float((self._kg * np.minimum(level, 1.2))[lifted].sum())

    def metres(self, lifted: NDArray[np.bool_], level: Float) -> float:
        """Metres of all tours that empty the lifted containers at these levels."""
        return DETOUR * sum(self._crew_metres(crew, lifted & crew.members, level) for crew in self._crews)

    def _crew_metres(self, crew: _Crew, lifted: NDArray[np.bool_], level: Float) -> float:
        left = np.nonzero(lifted)[0]
        total_m, here = 0.0, crew.start
        kg = litres = 0.0
        while len(left):
            away_m = np.hypot(*(self._xy[left] - here).T)
            k = int(away_m.argmin())
            load_kg, load_l = (
                float(size[left[k]] * min(level[left[k]], 1.2)) for size in (self._kg, self._l)
            )
            if kg and (kg + load_kg > crew.vehicle.capacity_kg or litres + load_l > crew.vehicle.capacity_l):
                tip, tip_m = _nearest(crew.tips, here)
                total_m, here, kg, litres = total_m + tip_m, tip, 0.0, 0.0
                continue
            total_m += float(away_m[k])
            here, kg, litres = self._xy[left[k]], kg + load_kg, litres + load_l
            left = np.delete(left, k)
        if kg:
            tip, tip_m = _nearest(crew.tips, here)
            total_m += tip_m + float(np.hypot(*(tip - crew.start)))
        return total_m


def _nearest(places: Float, here: Float) -> tuple[Float, float]:
    away_m = np.hypot(*(places - here).T)
    k = int(away_m.argmin())
    return places[k], float(away_m[k])
