"""A simulated district as the platform's registry and rules know it, without a database."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.draws import Float
from simulators.region.bins import MEDIAN_DAYS, device_eui
from simulators.region.district import District
from simulators.region.facts import municipalities
from simulators.region.kinds import CHIRPSTACK, FRACTIONS
from smartregion.registry.objects import Depot, DisposalSite, Fraction, Site, Vehicle
from smartregion.waste.levels import ContainerState
from smartregion.waste.plan_problem import Region
from smartregion.waste.rules import Event, Rules

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]

_KG_PER_L = (0.3, 0.3, 0.075, 0.0325, 0.25, 0.125, 0.125)
_PRESSED = (1.0, 1.0, 4.0, 4.0, 2.0, 4.5, 1.0)
_LIFT_S = (240, 240, 180, 60, 20, 60, 180)
FIGURES = {
    key: Fraction(key, key, key, "", kg_per_l, pressed, lift_s)
    for key, kg_per_l, pressed, lift_s in zip(FRACTIONS, _KG_PER_L, _PRESSED, _LIFT_S, strict=True)
}
"""Fractions with the figures that the platform's database begins with; a week through it shows it."""
_DIGITS = 7
"""Of degrees in a registry file."""
_DEPOTS = 2


@dataclass(frozen=True)
class Registered:
    """What a plan needs of the registry."""

    region: Region
    states: Sequence[ContainerState]
    """By id, as plans take them; nothing is known of their levels."""
    number: Places
    """[states] place of each in the district's list."""
    volume_l: Float
    """[containers of the district]."""
    kg_per_l: Float


def equipped(district: District, median_days: float) -> District:
    """The same district with that median of days to full, and in each container a sensor that speaks each six
    hours over LoRaWAN. A vehicle for several fractions stands there once for each: to choose is the question,
    not how many vehicles a district needs."""
    scale = median_days / MEDIAN_DAYS
    containers = [
        dataclasses.replace(
            bin_,
            days_to_full=bin_.days_to_full * scale,
            speech=CHIRPSTACK,
            measures_level=False,
            device=device_eui(district.seed, number, CHIRPSTACK),
        )
        for number, bin_ in enumerate(district.containers)
    ]
    vehicles = [
        dataclasses.replace(
            vehicle, id=f"{vehicle.id}-{part}", fractions=(fraction,), device=f"{vehicle.device}-{part}"
        )
        for vehicle in district.vehicles
        for part, fraction in enumerate(vehicle.fractions, start=1)
    ]
    return dataclasses.replace(district, containers=containers, vehicles=vehicles)


def registered(district: District, events: Sequence[Event]) -> Registered:
    """The district in the registry, with announced events."""
    names = {one.id: one.name for one in municipalities()}
    sites = {site.id: site for site in _sites(district)}
    order = sorted(range(len(district.containers)), key=lambda number: district.containers[number].id)
    return Registered(
        Region(
            sites=sites,
            depots={depot.id: depot for depot in _depots(district)},
            disposal_sites={tip.id: tip for tip in _disposal_sites(district)},
            vehicles={vehicle.id: vehicle for vehicle in _vehicles(district)},
            fractions=FIGURES,
            rules=Rules(events=events),
        ),
        [_state(district, number, sites, names) for number in order],
        np.array(order, dtype=np.intp),
        np.array([bin_.volume_l for bin_ in district.containers], dtype=np.float64),
        np.array([FIGURES[bin_.fraction].density_kg_per_l for bin_ in district.containers]),
    )


def announced(district: District, held: Mask, first_day: int) -> list[Event]:
    """Events by site from the days [containers, days] on which they are held, days from 1970 on."""
    found = []
    of_site = {bin_.site: number for number, bin_ in enumerate(district.containers)}
    for site, number in sorted(of_site.items()):
        edges = np.diff(np.concatenate(([0], held[number].astype(np.int8), [0])))
        for begin, end in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True):
            first, last = (date_of(first_day + int(k)) for k in (begin, end - 1))
            found.append(Event("fair", first, last, site=district.sites[site].id))
    return found


def date_of(day: int) -> dt.date:
    """The date of a local day, counted from 1970-01-01."""
    return dt.date(1970, 1, 1) + dt.timedelta(days=day)


def _sites(district: District) -> list[Site]:
    places = district.region.places
    return [
        Site(
            site.id,
            site.name,
            site.street,
            places[site.place].name,
            places[site.place].municipality,
            round(site.lon, _DIGITS),
            round(site.lat, _DIGITS),
            site.access_note,
            *((dt.time.fromisoformat(site.window[k]) if site.window else None) for k in (0, 1)),
        )
        for site in district.sites
    ]


def _lonlat(district: District, yard: int) -> tuple[float, float]:
    lon, lat = district.region.lonlat[district.region.yards[yard].node].tolist()
    return round(lon, _DIGITS), round(lat, _DIGITS)


def _depots(district: District) -> list[Depot]:
    return [
        Depot(f"B{number + 1}", yard.name, *_lonlat(district, number))
        for number, yard in enumerate(district.region.yards[:_DEPOTS])
    ]


def _disposal_sites(district: District) -> list[DisposalSite]:
    return [
        DisposalSite(
            tip.id,
            district.region.yards[tip.yard].name,
            *_lonlat(district, tip.yard),
            tip.fractions,
            dt.time.fromisoformat(tip.open[0]),
            dt.time.fromisoformat(tip.open[1]),
            tip.service_s,
        )
        for tip in district.disposal_sites
    ]


def _vehicles(district: District) -> list[Vehicle]:
    return [
        Vehicle(
            vehicle.id,
            vehicle.name,
            vehicle.purpose,
            None,
            f"B{vehicle.depot + 1}",
            vehicle.fractions,
            vehicle.capacity_kg,
            vehicle.capacity_l,
            dt.time.fromisoformat(vehicle.shift[0]),
            dt.time.fromisoformat(vehicle.shift[1]),
        )
        for vehicle in district.vehicles
        if vehicle.purpose == "waste"
    ]


def _state(district: District, number: int, sites: dict[str, Site], names: dict[str, str]) -> ContainerState:
    bin_ = district.containers[number]
    site = sites[district.sites[bin_.site].id]
    return ContainerState(
        id=bin_.id,
        site=site.id,
        site_name=site.name,
        street=site.street,
        place=site.place,
        municipality=names[site.municipality or ""],
        fraction=bin_.fraction,
        volume_l=bin_.volume_l,
        lon=site.lon,
        lat=site.lat,
        device=bin_.device,
        level=None,
        level_time=None,
        rate_per_day=None,
        full_at=None,
        silent=True,
        due=False,
        rhythm_days=bin_.rhythm_days,
    )
