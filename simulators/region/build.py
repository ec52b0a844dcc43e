"""The whole road network of a region from one seed."""

import itertools
from dataclasses import dataclass

import numpy as np

from simulators.region import facts, names
from simulators.region.country import CountryRoad, draw_country
from simulators.region.motorways import draw_motorways
from simulators.region.plane import Float
from simulators.region.sketch import Sketch, Tags, TurnRule
from simulators.region.tracks import draw_service_road, draw_tracks
from simulators.region.webs import Fixed, Street, Web, grow

_TRACKS = 380
_RURAL_PIECES = 8
_SURFACES_TOWN = (("asphalt", 0.83), ("paving_stones", 0.08), ("sett", 0.06), ("concrete:plates", 0.03))
_SURFACES_VILLAGE = (("asphalt", 0.72), ("sett", 0.12), ("compacted", 0.11), ("concrete:plates", 0.05))


@dataclass(frozen=True)
class Yard:
    """A depot or a disposal site: where its service road ends."""

    key: str
    name: str
    place: int
    node: int


@dataclass(frozen=True)
class Region:
    """A region's places and roads; `middles[i]` is the point in the middle of place i."""

    seed: int
    places: list[facts.Place]
    middles: list[int]
    roads: Sketch
    country: list[CountryRoad]
    yards: list[Yard]
    lonlat: Float
    """[points, 2]."""


YARDS = (
    ("depot-1", "Betriebshof Senftenberg", "Senftenberg"),
    ("depot-2", "Betriebshof Lübbenau", "Lübbenau"),
    ("disposal-1", "Wertstoffzentrum Freienhufen", "Freienhufen"),
    ("disposal-2", "Wertstoffzentrum Göritz", "Göritz"),
    ("disposal-3", "Glas- und Papierhof Schwarzheide", "Schwarzheide"),
)
"""Invented yards, where the region would need them."""


def build_region(seed: int) -> Region:
    """Build the region of a seed; the same seed gives the same region, to the last digit."""
    rng = np.random.default_rng([seed, 1])
    sketch, places = Sketch(), facts.places()
    country, middles = draw_country(sketch, places, rng)
    motorways = draw_motorways(sketch, country)
    fixed = _fixed(sketch, country, [motorway.line for motorway in motorways])
    webs = grow(sketch, fixed, places, middles, rng)
    cuts = _street_ways(sketch, webs, places, country, rng)
    for road in country:
        _road_ways(sketch, road, places, cuts, rng)
    _turn_rules(sketch, cuts)
    rural = [
        node
        for road in country
        for node in road.nodes[road.inside_a + 1 : len(road.nodes) - road.inside_b - 1]
    ]
    draw_tracks(sketch, sorted(set(rural)), _TRACKS, rng)
    index = {place.name: i for i, place in enumerate(places)}
    yards = []
    for key, name, at in YARDS:
        node = _gate(country, index[at])
        yards.append(Yard(key, name, index[at], draw_service_road(sketch, node, name, rng)))
    return Region(seed, places, middles, sketch, country, yards, sketch.lonlat())


def _fixed(sketch: Sketch, country: list[CountryRoad], motorways: list[Float]) -> Fixed:
    nodes = np.unique(np.concatenate([road.nodes for road in country]))
    lines = [sketch.xy(road.nodes) for road in country]
    return Fixed(
        nodes=nodes,
        xy=sketch.xy(nodes.tolist()),
        start=np.concatenate([line[:-1] for line in lines]),
        end=np.concatenate([line[1:] for line in lines]),
        barrier_start=np.concatenate([line[:-1] for line in motorways]),
        barrier_end=np.concatenate([line[1:] for line in motorways]),
    )


def _gate(country: list[CountryRoad], place: int) -> int:
    """The last point in a place along its greatest road."""
    road = next(road for road in country if place in (road.a, road.b))
    return road.nodes[road.inside_a] if road.a == place else road.nodes[-1 - road.inside_b]


def _street_ways(
    sketch: Sketch,
    webs: list[Web],
    places: list[facts.Place],
    country: list[CountryRoad],
    rng: np.random.Generator,
) -> dict[int, int]:
    """Ways of all streets; returns which side street may not turn left at which point of a main road."""
    main = {node for road in country if road.road_class in ("primary", "secondary") for node in road.nodes}
    pools: dict[str, list[str]] = {}
    cuts: dict[int, int] = {}
    for web in webs:
        place = places[web.place]
        pool = pools.setdefault(place.municipality, names.street_names(rng))
        for number, street in enumerate(web.streets):
            tags = {"name": pool[number % len(pool)], **_street_tags(street, place, rng)}
            for nodes, spare in _runs(street):
                extra = _hindrance(tags, rng) if spare else {}
                way = sketch.add_way(nodes, {**tags, **extra}, web.place)
                if spare and not extra and nodes[-1] in main and rng.random() < 0.4:
                    cuts.setdefault(nodes[-1], way)
    return cuts


def _street_tags(street: Street, place: facts.Place, rng: np.random.Generator) -> Tags:
    town = place.population > 3000
    surfaces = _SURFACES_TOWN if town else _SURFACES_VILLAGE
    surface = str(rng.choice([name for name, _ in surfaces], p=[share for _, share in surfaces]))
    if town and street.mean_radius < 0.3 and rng.random() < 0.45:
        surface = "sett"
    highway, maxspeed = "residential", "30" if town or rng.random() < 0.5 else "50"
    if rng.random() < 0.05:
        highway, maxspeed = "living_street", "walk"
    elif town and len(street.nodes) > 14:
        highway, maxspeed = "tertiary", "50"
        surface = "asphalt"
    tags = {"highway": highway, "surface": surface, "maxspeed": maxspeed}
    return tags | {"source:maxspeed": "DE:zone:30"} if maxspeed == "30" else tags


def _runs(street: Street) -> list[tuple[list[int], bool]]:
    """A street cut where spare pieces begin and end."""
    runs: list[tuple[list[int], bool]] = []
    start = 0
    for k in range(1, len(street.spare) + 1):
        if k == len(street.spare) or street.spare[k] != street.spare[start]:
            runs.append((street.nodes[start : k + 1], street.spare[start]))
            start = k
    return runs


def _hindrance(tags: Tags, rng: np.random.Generator) -> Tags:
    draw = rng.random()
    if draw < 0.08 and tags["highway"] == "residential":
        return {"oneway": "yes"}
    if draw < 0.11:
        return {"maxweight": str(rng.choice(["3.5", "7.5", "12"]))}
    return {}


def _road_ways(
    sketch: Sketch,
    road: CountryRoad,
    places: list[facts.Place],
    cuts: dict[int, int],
    rng: np.random.Generator,
) -> None:
    """Ways of a road between places: the runs inside both, and pieces of open country between them."""
    tags: Tags = {"highway": road.road_class} | ({"ref": road.ref} if road.ref else {})
    last = len(road.nodes) - 1
    limit = "100" if road.road_class in ("primary", "secondary") or rng.random() < 0.6 else "70"
    weak = not road.needed and road.road_class == "unclassified" and rng.random() < 0.15
    bounds = [
        road.inside_a,
        *range(road.inside_a + _RURAL_PIECES, last - road.inside_b, _RURAL_PIECES),
        last - road.inside_b,
    ]
    for start, end in itertools.pairwise(bounds):
        extra = {"maxweight": "7.5", "bridge": "yes"} if weak and start == bounds[0] else {}
        rural = {"maxspeed": limit, "source:maxspeed": "DE:rural", "surface": _rural_surface(road, rng)}
        sketch.add_way(road.nodes[start : end + 1], {**tags, **rural, **extra})
    for place, towards, nodes in (
        (road.a, road.b, road.nodes[: road.inside_a + 1]),
        (road.b, road.a, road.nodes[last - road.inside_b :]),
    ):
        if len(nodes) < 2:
            continue
        name = names.road_towards(places[towards].name) if places[place].population > 400 else "Dorfstraße"
        sett = road.road_class in ("tertiary", "unclassified") and rng.random() < 0.3
        urban = {
            "name": name,
            "maxspeed": "50",
            "source:maxspeed": "DE:urban",
            "surface": "sett" if sett else "asphalt",
        }
        start = 0
        for k in range(1, len(nodes)):
            if k == len(nodes) - 1 or nodes[k] in cuts:
                sketch.add_way(nodes[start : k + 1], {**tags, **urban}, place)
                start = k


def _rural_surface(road: CountryRoad, rng: np.random.Generator) -> str:
    if road.road_class == "unclassified":
        return str(rng.choice(["asphalt", "concrete:plates", "sett", "compacted"], p=[0.8, 0.08, 0.07, 0.05]))
    return "asphalt"


def _turn_rules(sketch: Sketch, cuts: dict[int, int]) -> None:
    """No left turn from the chosen side streets into the main road."""
    ending: dict[int, list[int]] = {}
    for number, way in enumerate(sketch.ways):
        if way.tags["highway"] in ("primary", "secondary"):
            ending.setdefault(way.nodes[0], []).append(number)
            ending.setdefault(way.nodes[-1], []).append(number)
    for via, from_way in cuts.items():
        before, here = sketch.xy(sketch.ways[from_way].nodes[-2:])
        for to_way in ending.get(via, []):
            nodes = sketch.ways[to_way].nodes
            there = sketch.xy([nodes[1] if nodes[0] == via else nodes[-2]])[0]
            ahead, onward = here - before, there - here
            turn = np.arctan2(ahead[0] * onward[1] - ahead[1] * onward[0], ahead @ onward)
            if turn > 0.7:
                sketch.rules.append(TurnRule("no_left_turn", from_way, via, to_way))
