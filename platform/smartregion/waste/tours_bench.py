"""Random days planned one after the other: every tour is checked by code that the search does not share."""

import datetime as dt
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np

from smartregion.registry.objects import Depot, DisposalSite, Fraction, Site, Vehicle
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_lifts import Lift
from smartregion.waste.plan_problem import Region, Roads, stops_of
from smartregion.waste.plan_solve import Answer, Effort, PlanViolates, answer
from smartregion.waste.rules import Chamber, Closure, Contract, Regime, Rules

_ZONE = ZoneInfo("Europe/Berlin")
_FIRST = dt.date(2026, 1, 5)
_LON, _LAT, _DEGREE_M = 13.9, 51.6, 111_195.0
_EXTENT_M, _DETOUR, _MPS = 25_000.0, 1.3, 13.0
_FRACTIONS = (
    Fraction("glass_brown", "Braunglas", "Brown glass", "15 01 07", 0.3, 1.0, 240),
    Fraction("glass_white", "Weißglas", "White glass", "15 01 07", 0.3, 1.0, 240),
    Fraction("paper", "Papier", "Paper", "20 01 01", 0.07, 4.0, 60),
    Fraction("residual", "Restabfall", "Residual", "20 03 01", 0.12, 4.5, 60),
)


def measure(
    days: int, seed: int = 1, iterations: int = 60, report: Callable[[int], None] = lambda day: None
) -> dict[str, float]:
    """Plan random days of 10 to 80 containers with random windows, closed hours, chambers, contracts, shifts.

    Returns days, tours, stops, days with a violation, `left_out` stops that had to be served and were not,
    and `seconds` of wall time.
    """
    began = time.perf_counter()
    found = {"days": 0.0, "tours": 0.0, "stops": 0.0, "days_with_a_violation": 0.0, "left_out": 0.0}
    for number in range(days):
        try:
            answered = random_day(np.random.default_rng([seed, number]), number, iterations)
        except PlanViolates:
            found["days_with_a_violation"] += 1
        else:
            tours = [tour for one in answered.solved for tour in one.plan.tours if tour.stops]
            found["tours"] += len(tours)
            found["stops"] += sum(len(tour.stops) for tour in tours)
            found["left_out"] += len(answered.left)
        found["days"] += 1
        report(number)
    return found | {"seconds": round(time.perf_counter() - began, 1)}


def random_day(rng: np.random.Generator, number: int, iterations: int) -> Answer:
    """One random day, planned and checked; raises PlanViolates."""
    day = Day(_FIRST + dt.timedelta(days=number), _ZONE)
    region = _region(rng)
    lifts = [
        _lift(rng, k, site, region) for k, site in enumerate(rng.choice(sorted(region.sites), _count(rng)))
    ]
    effort = Effort(iterations=iterations, threads=1, seed=1 + number)
    return answer(stops_of(lifts, region), region, _roads(region), day, effort)


def _count(rng: np.random.Generator) -> int:
    return int(rng.integers(10, 81))


def _lift(rng: np.random.Generator, number: int, site: str, region: Region) -> Lift:
    fraction = _FRACTIONS[int(rng.integers(len(_FRACTIONS)))]
    volume_l, level = float(rng.choice((240, 1100, 3000))), float(rng.uniform(0.1, 1.2))
    litres = volume_l * level
    prize = None if rng.random() < 0.5 else float(rng.uniform(1, 120))
    kg, pressed_l = litres * fraction.density_kg_per_l, litres / fraction.press_factor
    return Lift(f"C{number}", str(site), fraction.key, volume_l, level, kg, pressed_l, prize)


def _region(rng: np.random.Generator) -> Region:
    keys = [one.key for one in _FRACTIONS]
    sites = {f"S{k}": _site(rng, f"S{k}") for k in range(int(rng.integers(5, 50)))}
    vehicles = {f"V{k}": _vehicle(rng, f"V{k}", keys) for k in range(int(rng.integers(2, 8)))}
    tips = {
        f"T{k}": DisposalSite(
            f"T{k}", f"T{k}", *_place(rng), tuple(keys), dt.time(6), dt.time(int(rng.integers(13, 20))), 900
        )
        for k in range(int(rng.integers(1, 3)))
    }
    depots = {f"D{k}": Depot(f"D{k}", f"D{k}", *_place(rng)) for k in range(2)}
    return Region(sites, depots, tips, vehicles, {one.key: one for one in _FRACTIONS}, _rules(rng, vehicles))


def _rules(rng: np.random.Generator, vehicles: dict[str, Vehicle]) -> Rules:
    regimes: tuple[Regime, ...] = ("arbzg", "eu561+arbzg")
    contracts = [
        Contract(one.key, "AEV", regime=regimes[int(rng.integers(2))])
        for one in _FRACTIONS
        if rng.random() < 0.6
    ]
    chambers = [
        Chamber(id, place, (colour,), int(rng.integers(2000, 6000)), int(rng.integers(6000, 16000)))
        for id, one in vehicles.items()
        if "glass_white" in one.fractions and rng.random() < 0.5
        for place, colour in enumerate(("glass_brown", "glass_white"), start=1)
    ]
    closures = [
        Closure(
            "Markt",
            f"S{int(rng.integers(40))}",
            closed_from=_clock(rng, 6, 10),
            closed_to=_clock(rng, 11, 15),
        )
        for _ in range(int(rng.integers(6)))
    ]
    closures += [Closure("Baustelle", f"S{int(rng.integers(40))}") for _ in range(int(rng.integers(2)))]
    return Rules(contracts=contracts, chambers=chambers, closures=closures)


def _site(rng: np.random.Generator, id: str) -> Site:
    windowed = rng.random() < 0.25
    opens, closes = (_clock(rng, 6, 9), _clock(rng, 12, 20)) if windowed else (None, None)
    return Site(id, id, "", "", None, *_place(rng), "", opens, closes)


def _vehicle(rng: np.random.Generator, id: str, keys: list[str]) -> Vehicle:
    fractions = tuple(sorted(rng.choice(keys, int(rng.integers(1, 4)), replace=False).tolist()))
    kg, litres = int(rng.integers(4000, 11000)), int(rng.integers(9000, 24000))
    begins = int(rng.integers(4, 9))
    ends = dt.time(begins + int(rng.integers(7, 12)))
    return Vehicle(
        id, id, "waste", None, f"D{int(rng.integers(2))}", fractions, kg, litres, dt.time(begins), ends
    )


def _clock(rng: np.random.Generator, first: int, last: int) -> dt.time:
    return dt.time(int(rng.integers(first, last + 1)), 15 * int(rng.integers(4)))


def _place(rng: np.random.Generator) -> tuple[float, float]:
    east, north = (rng.uniform(-0.5, 0.5, 2) * _EXTENT_M).tolist()
    return _LON + east / (_DEGREE_M * float(np.cos(np.radians(_LAT)))), _LAT + north / _DEGREE_M


def _roads(region: Region) -> Roads:
    places = {("site", one.id): (one.lon, one.lat) for one in region.sites.values()}
    places |= {("depot", one.id): (one.lon, one.lat) for one in region.depots.values()}
    places |= {("disposal", one.id): (one.lon, one.lat) for one in region.disposal_sites.values()}
    lonlat = np.array(list(places.values()))
    plane = lonlat * _DEGREE_M * (np.cos(np.radians(_LAT)), 1.0)
    metres = _DETOUR * np.hypot(*(plane[:, None] - plane[None]).transpose(2, 0, 1))
    return Roads({key: row for row, key in enumerate(places)}, metres, metres / _MPS, list(places.values()))
