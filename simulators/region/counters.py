"""Counting stations.

Main roads, town streets and three on motorways, with the class schemes mixed as in life.
"""

from dataclasses import dataclass

import numpy as np

from simulators.region.bins import device_eui
from simulators.region.build import Region
from simulators.region.kinds import CHIRPSTACK, NATIVE, THINGS_STACK, Station
from simulators.region.plane import Float, to_lonlat

# Class: vehicles a day (both directions), its spread, share of heavy vehicles, usual speed in km/h.
_BY_CLASS = {
    "motorway": (36_000.0, 0.15, 0.24, 116.0),
    "primary": (7_800.0, 0.32, 0.11, 84.0),
    "secondary": (3_000.0, 0.40, 0.08, 78.0),
    "tertiary": (1_150.0, 0.45, 0.06, 68.0),
    "unclassified": (420.0, 0.45, 0.07, 60.0),
    "residential": (520.0, 0.40, 0.03, 33.0),
}
_SCHEMES = ("8+1",) * 9 + ("5+1",) * 4 + ("2",) * 5 + ("length",) * 3
_EUI_NUMBERS = 0x8000


@dataclass(frozen=True, slots=True)
class _Spot:
    road_class: str
    road: str
    place: int
    towards: tuple[str, str]
    xy: Float
    inside: bool


def make_stations(region: Region, count: int) -> list[Station]:
    """`count` stations with two lanes, lane 1 in direction of the first name."""
    rng = np.random.default_rng([region.seed, 3])
    groups = {
        "motorway": (0.03, _motorway_spots(region)),
        "primary": (0.30, _country_spots(region, ("primary",), False)),
        "secondary": (0.24, _country_spots(region, ("secondary",), False)),
        "tertiary": (0.09, _country_spots(region, ("tertiary", "unclassified"), False)),
        "town": (0.19, _country_spots(region, ("primary", "secondary"), True)),
        "residential": (0.15, _street_spots(region, rng)),
    }
    numbers = {name: max(1, round(count * share)) for name, (share, _) in groups.items()}
    numbers["primary"] += count - sum(numbers.values())
    stations: list[Station] = []
    for name, (_, spots) in groups.items():
        picks = rng.permutation(len(spots))[: numbers[name]]
        if name == "motorway":
            picks = np.linspace(0, len(spots) - 1, numbers[name]).astype(int)
        for k, pick in enumerate(np.resize(picks, numbers[name]).tolist()):
            stations.append(_station(region, len(stations), spots[pick], name, k, rng))
    return stations


def _station(region: Region, i: int, spot: _Spot, group: str, k: int, rng: np.random.Generator) -> Station:
    mean, spread, heavy, speed = _BY_CLASS["residential" if group == "residential" else spot.road_class]
    if group == "town":
        mean, heavy, speed = mean * 1.15, heavy * 0.6, 47.0
    total = mean * float(np.exp(rng.normal(0, spread)))
    share = float(rng.normal(0.5, 0.02))
    speech, scheme = NATIVE, _SCHEMES[int(rng.integers(len(_SCHEMES)))]
    if group == "residential":
        # Six of fifteen are the plain counters of a LoRaWAN network, the others Telraam boxes behind windows.
        lorawan = k % 5 < 2
        scheme = "1" if lorawan else "telraam"
        speech = (THINGS_STACK if k % 5 == 0 else CHIRPSTACK) if lorawan else NATIVE
    elif group == "motorway":
        scheme = "8+1"
    device = f"count-{i + 1:03d}" if speech == NATIVE else device_eui(region.seed, _EUI_NUMBERS + i, speech)
    place = region.places[spot.place].name
    name = (
        f"{place}, {spot.road}"
        if spot.inside
        else f"{spot.road} {spot.towards[1]} – {spot.towards[0]}".strip()
    )
    lon, lat = to_lonlat(spot.xy[None])[0].tolist()
    return Station(
        f"Z{i + 1:03d}", name, spot.road, spot.place, lon, lat, scheme, spot.towards,
        (round(total * share, 1), round(total * (1 - share), 1)),
        round(heavy * float(rng.uniform(0.7, 1.3)), 4), round(speed + float(rng.normal(0, 3)), 1), device,
        speech,
    )  # fmt: skip


def _country_spots(region: Region, classes: tuple[str, ...], inside: bool) -> list[_Spot]:
    """In places one spot a road, on open country two, each named from the nearer end."""
    spots = []
    for road in region.country:
        ends = ((road.a, road.b, road.inside_a, 0.3), (road.b, road.a, road.inside_a, 0.7))
        for here, there, start, part in ends[:1] if inside else ends:
            place, other = region.places[here], region.places[there]
            if road.road_class not in classes or not place.population or not other.population:
                continue
            if inside and (road.inside_a < 4 or place.population < 1500):
                continue
            middle = (
                start // 2 if inside else start + int(part * (len(road.nodes) - 1 - start - road.inside_b))
            )
            xy = region.roads.xy(road.nodes[middle : middle + 2]).mean(axis=0)
            towards = (other.name, "Zentrum" if inside else place.name)
            spots.append(_Spot(road.road_class, road.ref or "Landstraße", here, towards, xy, inside))
    return spots


def _motorway_spots(region: Region) -> list[_Spot]:
    spots = []
    for number, way in enumerate(region.roads.ways):
        if way.tags["highway"] == "motorway" and number % 3 == 0 and len(way.nodes) > 6:
            xy = region.roads.xy(way.nodes[5:6])[0]
            places = region.lonlat[region.middles]
            near = [i for i, place in enumerate(region.places) if place.population]
            away = np.hypot(*((places[near] - to_lonlat(xy[None])[0]) * (0.62, 1.0)).T)
            ends = ("Berlin", "Dresden") if way.tags["ref"] == "A 13" else ("Cottbus", "Dreieck Spreewald")
            spots.append(_Spot("motorway", way.tags["ref"], near[int(away.argmin())], ends, xy, False))
    return spots


def _street_spots(region: Region, rng: np.random.Generator) -> list[_Spot]:
    large = [i for i, place in enumerate(region.places) if place.population > 2500]
    spots = []
    for way in region.roads.ways:
        if (
            way.place in large
            and way.tags["highway"] == "residential"
            and len(way.nodes) > 5
            and "oneway" not in way.tags
        ):
            k = int(rng.integers(1, len(way.nodes) - 2))
            xy = region.roads.xy(way.nodes[k : k + 2]).mean(axis=0)
            spots.append(
                _Spot("residential", way.tags["name"], way.place, ("stadtauswärts", "Zentrum"), xy, True)
            )
    return spots
