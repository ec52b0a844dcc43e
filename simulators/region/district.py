"""The whole district of a seed: region, sites, containers, stations, vehicles, yards."""

from dataclasses import dataclass

from simulators.region.bins import make_sites
from simulators.region.build import Region, build_region
from simulators.region.counters import make_stations
from simulators.region.fleet import make_disposal_sites, make_vehicles
from simulators.region.kinds import Container, DisposalSite, Site, Station, Vehicle

SITES, STATIONS = 400, 100
"""Of a district at scale 1; four containers a site."""


@dataclass(frozen=True)
class District:
    """A region with everything that stands and drives in it."""

    seed: int
    scale: float
    region: Region
    sites: list[Site]
    containers: list[Container]
    stations: list[Station]
    vehicles: list[Vehicle]
    disposal_sites: list[DisposalSite]


def build_district(seed: int, scale: float = 1.0) -> District:
    """Build the district of a seed; `scale` 0.1 has a tenth of the objects on the same roads."""
    region = build_region(seed)
    sites, containers = make_sites(region, max(8, round(SITES * scale)))
    stations = make_stations(region, max(12, round(STATIONS * scale)))
    vehicles = make_vehicles(seed, scale)
    return District(seed, scale, region, sites, containers, stations, vehicles, make_disposal_sites())
