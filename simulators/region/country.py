"""Roads between places: numbered ones where they really run, others as neighbours would build them."""

import itertools
from dataclasses import dataclass

import numpy as np

from simulators.region.facts import Place, numbered_roads
from simulators.region.plane import Float, Joined, crossings, gabriel, lengths_m, resample, to_plane
from simulators.region.sketch import Sketch

_STEP_M = 170.0


@dataclass(slots=True)
class CountryRoad:
    """One road from place `a` to place `b`.

    Points from middle to middle, the first and last runs inside the places.
    """

    a: int
    b: int
    ref: str
    road_class: str
    nodes: list[int]
    inside_a: int
    """How many pieces at the start lie in place a."""
    inside_b: int
    needed: bool
    """Without it some place would be cut off, so nothing may hinder a truck on it."""


def radius_m(place: Place) -> float:
    """Mean radius of the built-up area, m: metres of street an inhabitant, at one street web density."""
    if not place.population:
        return 0.0
    street_m = place.population * (5.5 if place.population > 3000 else 8.5)
    return max(190.0, float(np.sqrt(street_m * spacing_m(place) / 1.45 / np.pi)))


def spacing_m(place: Place) -> float:
    """Usual distance between two corners in a place, m."""
    return 108.0 if place.population > 3000 else 92.0


def draw_country(
    sketch: Sketch, places: list[Place], rng: np.random.Generator
) -> tuple[list[CountryRoad], list[int]]:
    """Draw all roads between places; the roads, and the point in the middle of each place."""
    middle_xy = to_plane(np.array([(place.lon, place.lat) for place in places]))
    middles = sketch.add_points(middle_xy)
    links = _links(places, middle_xy, rng)
    lines = [_bent(middle_xy[a], middle_xy[b], rng, 1.0) for a, b, _, _ in links]
    for i in _entangled(lines):
        lines[i] = _bent(middle_xy[links[i][0]], middle_xy[links[i][1]], rng, 0.1)
    joined = Joined(len(places))
    roads = []
    # Trunk roads first, so that what may be hindered is a side road.
    for (a, b, ref, road_class), line in zip(links, lines, strict=True):
        at_m, inside_a, inside_b = _stations(line, places[a], places[b])
        inner = sketch.add_points(resample(line, at_m[1:-1]))
        nodes = [middles[a], *inner, middles[b]]
        roads.append(CountryRoad(a, b, ref, road_class, nodes, inside_a, inside_b, joined.join(a, b)))
    return roads, middles


def _links(places: list[Place], xy: Float, rng: np.random.Generator) -> list[tuple[int, int, str, str]]:
    index = {place.name: i for i, place in enumerate(places)}
    links: dict[tuple[int, int], tuple[str, str]] = {}
    for ref, road_class, course in numbered_roads():
        stops = [index[name] for name in course]
        for a, b in itertools.pairwise(stops):
            links.setdefault((min(a, b), max(a, b)), (ref, road_class))
    numbered = np.array(list(links))
    side = [(int(a), int(b)) for a, b in gabriel(xy) if (a, b) not in links]
    side = [(a, b) for a, b in side if places[a].population or places[b].population]
    pairs = np.array(side)
    crossed = crossings(xy[pairs[:, 0]], xy[pairs[:, 1]], xy[numbered[:, 0]], xy[numbered[:, 1]])
    across = np.asarray(crossed.any(axis=1))
    lengths = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    joined = Joined(len(places))
    for a, b in links:
        joined.join(a, b)
    number = 6601
    for i in np.argsort(lengths):
        a, b = side[i]
        beyond = not (places[a].population and places[b].population)
        if across[i] or (not joined.join(a, b) and (beyond or rng.random() < 0.3)):
            continue
        if places[a].population + places[b].population > 600:
            links[(a, b)] = (f"K {number}", "tertiary")
            number += 1
        else:
            links[(a, b)] = ("", "unclassified")
    return [(a, b, ref, road_class) for (a, b), (ref, road_class) in links.items()]


def _bent(start: Float, end: Float, rng: np.random.Generator, strength: float) -> Float:
    """A line with a few gentle bends, straight near both ends."""
    length_m = float(np.hypot(*(end - start)))
    u = np.linspace(0, 1, max(8, int(length_m / 60)))
    waves = np.arange(1, 6)
    bends = (rng.normal(0, 1, 5) / waves**1.1) @ np.sin(
        np.pi * (waves[:, None] * u + rng.uniform(0, 2, 5)[:, None])
    )
    offset_m = strength * min(0.045 * length_m, 280.0) * bends * np.sin(np.pi * u) ** 1.3
    normal = np.array([start[1] - end[1], end[0] - start[0]]) / length_m
    line: Float = start + u[:, None] * (end - start) + offset_m[:, None] * normal
    return line


def _entangled(lines: list[Float]) -> list[int]:
    """Lines that cross another one: they are drawn again, nearly straight."""
    boxes = np.array([(*line.min(axis=0), *line.max(axis=0)) for line in lines])
    found: set[int] = set()
    for i in range(len(lines)):
        near = (boxes[:, :2] <= boxes[i, 2:]).all(axis=1) & (boxes[:, 2:] >= boxes[i, :2]).all(axis=1)
        for j in np.nonzero(near)[0]:
            if j > i and crossings(lines[i][:-1], lines[i][1:], lines[j][:-1], lines[j][1:]).any():
                found |= {i, int(j)}
    return sorted(found)


def _stations(line: Float, a: Place, b: Place) -> tuple[Float, int, int]:
    """Distances of the points along a line.

    Dense in places, where streets join; and how many pieces lie in each.
    """
    total_m = float(lengths_m(line).sum())
    in_a, in_b = (min(1.15 * radius_m(place), 0.45 * total_m) for place in (a, b))
    count_a = int(np.ceil(in_a / (0.85 * spacing_m(a))))
    count_b = int(np.ceil(in_b / (0.85 * spacing_m(b))))
    between = max(1, round((total_m - in_a - in_b) / _STEP_M))
    parts = (
        np.linspace(0, in_a, count_a + 1)[:-1],
        np.linspace(in_a, total_m - in_b, between + 1),
        np.linspace(total_m - in_b, total_m, count_b + 1)[1:],
    )
    return np.concatenate(parts), count_a, count_b
