"""Street webs of towns and villages, grown around the roads that meet there."""

from dataclasses import dataclass, field

import numpy as np

from simulators.region.country import radius_m, spacing_m
from simulators.region.facts import Place
from simulators.region.plane import Float, Int, Joined, crossings, distance_to_pieces_m, gabriel
from simulators.region.sketch import Sketch

_STRAIGHT_RAD = np.radians(38)


@dataclass(slots=True)
class Street:
    """A street.

    Its points in order; `spare` tells for each piece whether the web hangs together without it.
    """

    nodes: list[int]
    spare: list[bool]
    mean_radius: float
    """Mean distance from the middle, in radii of the place."""


@dataclass(slots=True)
class Web:
    """The streets of one place."""

    place: int
    streets: list[Street] = field(default_factory=list)


@dataclass(slots=True)
class Fixed:
    """What the webs must fit in with: points of roads, and pieces that streets must not cross."""

    nodes: Int
    xy: Float
    start: Float
    end: Float
    barrier_start: Float
    barrier_end: Float


def grow(
    sketch: Sketch, fixed: Fixed, places: list[Place], middles: list[int], rng: np.random.Generator
) -> list[Web]:
    """Grow the web of every place that has inhabitants."""
    centres = sketch.xy(middles)
    radii = np.array([radius_m(place) for place in places])
    return [_grow(sketch, fixed, i, places[i], centres, radii, rng) for i in np.nonzero(radii)[0].tolist()]


def _grow(
    sketch: Sketch, fixed: Fixed, i: int, place: Place, centres: Float, radii: Float, rng: np.random.Generator
) -> Web:
    centre, radius, step_m = centres[i], radii[i], spacing_m(place)
    own = _inside(fixed.xy, i, centres, radii, _outline(rng))
    outline = _outline(rng)
    free = _jittered_grid(centre, radius * 1.45, step_m, rng)
    free = free[_inside(free, i, centres, radii, outline)]
    near = np.hypot(*(fixed.start - centre).T) < radius * 1.6 + 400
    free = free[distance_to_pieces_m(free, fixed.start[near], fixed.end[near]) > 0.52 * step_m]
    barred = np.hypot(*(fixed.barrier_start - centre).T) < radius * 1.6 + 600
    free = free[distance_to_pieces_m(free, fixed.barrier_start[barred], fixed.barrier_end[barred]) > 90]
    road = fixed.nodes[own]
    points = np.concatenate((fixed.xy[own], free))
    if len(points) < 3:
        return Web(i)
    pairs = gabriel(points, 1.62 * step_m)
    pairs = pairs[(pairs >= len(road)).any(axis=1)]
    walls = np.concatenate((fixed.start[near], fixed.barrier_start[barred]))
    ends = np.concatenate((fixed.end[near], fixed.barrier_end[barred]))
    pairs = pairs[~crossings(points[pairs[:, 0]], points[pairs[:, 1]], walls, ends).any(axis=1)]
    kept, spare, reached = _thinned(pairs, points, len(road), rng)
    numbers = {k: int(node) for k, node in enumerate(road)}
    fresh = [k for k in range(len(road), len(points)) if reached[k]]
    numbers |= dict(zip(fresh, sketch.add_points(points[fresh]), strict=True))
    web = Web(i)
    for chain in _traced(kept, points):
        nodes, flags = [numbers[chain[0][0]]], []
        for a, b, edge in chain:
            bends = sketch.add_points(_bends(points[a], points[b], rng))
            nodes += [*bends, numbers[b]]
            flags += [bool(spare[edge])] * (len(bends) + 1)
        far = np.hypot(*(sketch.xy(nodes) - centre).T).mean() / radius
        web.streets.append(Street(nodes, flags, float(far)))
    return web


def _outline(rng: np.random.Generator) -> Float:
    """Amplitudes and phases of the waves of a built-up area's outline."""
    return np.stack((rng.uniform(0.05, 0.22, 3), rng.uniform(0, 2 * np.pi, 3)))


def _inside(
    points: Float, i: int, centres: Float, radii: Float, outline: Float
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    away = points - centres[i]
    angle = np.arctan2(away[:, 1], away[:, 0])
    waves = (outline[0] * np.sin(np.arange(2, 5) * angle[:, None] + outline[1])).sum(axis=1)
    own = np.hypot(*away.T) / radii[i]
    rivals = np.hypot(*(centres - centres[i]).T) < 3 * radii[i] + 3000
    rivals &= (radii > 0) & (np.arange(len(radii)) != i)
    others = np.hypot(*np.moveaxis(points[:, None, :] - centres[rivals], 2, 0)) / radii[rivals]
    nearest = others.min(axis=1) if rivals.any() else np.full(len(points), np.inf)
    return np.asarray((own < 1 + waves) & (own < nearest))


def _jittered_grid(centre: Float, reach_m: float, step_m: float, rng: np.random.Generator) -> Float:
    count = int(np.ceil(reach_m / step_m))
    axis = np.arange(-count, count + 1) * step_m
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2) + rng.normal(
        0, 0.14 * step_m, ((2 * count + 1) ** 2, 2)
    )
    turn = rng.uniform(0, np.pi / 2)
    rotation = np.array(((np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))))
    # A twist that grows outwards keeps quarters from looking like one chessboard.
    bend = 0.25 * rng.normal() * (np.hypot(*grid.T) / reach_m)[:, None] * grid[:, ::-1] * (1, -1)
    placed: Float = centre + (grid + bend) @ rotation.T
    return placed


def _thinned(
    pairs: Int, points: Float, roads: int, rng: np.random.Generator
) -> tuple[Int, np.ndarray, np.ndarray]:
    """Some streets are left out, but none that the web needs.

    Which pieces are spare; which points a road reaches.
    """
    joined = Joined(len(points))
    for k in range(1, roads):
        joined.join(0, k)
    length = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    order = np.argsort(length * rng.uniform(0.6, 1.4, len(pairs)))
    keep, spare = np.zeros(len(pairs), dtype=bool), np.zeros(len(pairs), dtype=bool)
    for e in order.tolist():
        needed = joined.join(int(pairs[e, 0]), int(pairs[e, 1]))
        spare[e] = not needed
        keep[e] = needed or rng.random() < 0.62
    reached = np.array([joined.root(k) == joined.root(0) for k in range(len(points))])
    keep &= reached[pairs[:, 0]]
    return pairs[keep], spare[keep], reached


def _continued(pairs: Int, points: Float) -> dict[tuple[int, int], int]:
    """Which pair goes on where a pair reaches a corner: the straightest, each at most once."""
    at: dict[int, list[tuple[int, int, float]]] = {}
    for e, (a, b) in enumerate(pairs.tolist()):
        for here, there in ((a, b), (b, a)):
            away = points[there] - points[here]
            at.setdefault(here, []).append((e, there, float(np.arctan2(away[1], away[0]))))
    onward: dict[tuple[int, int], int] = {}
    for node, arms in at.items():
        options = []
        for k, (e, _, angle) in enumerate(arms):
            for f, _, other in arms[k + 1 :]:
                off = abs((angle - other) % (2 * np.pi) - np.pi)
                if off < _STRAIGHT_RAD:
                    options.append((off, e, f))
        taken: set[int] = set()
        for _, e, f in sorted(options):
            if e not in taken and f not in taken:
                taken |= {e, f}
                onward[node, e], onward[node, f] = f, e
    return onward


def _traced(pairs: Int, points: Float) -> list[list[tuple[int, int, int]]]:
    """Streets: chains of (from, to, number of the pair)."""
    onward = _continued(pairs, points)
    used: set[int] = set()
    chains = []
    for e in range(len(pairs)):
        if e in used:
            continue
        # Back to the street's beginning, then along it; a ring ends where it began.
        here, edge = int(pairs[e, 0]), e
        seen = {e}
        while (here, edge) in onward and onward[here, edge] not in seen:
            edge = onward[here, edge]
            seen.add(edge)
            here = _other(pairs, edge, here)
        chain = []
        while edge not in used:
            used.add(edge)
            there = _other(pairs, edge, here)
            chain.append((here, there, edge))
            edge, here = onward.get((there, edge), edge), there
        chains.append(chain)
    return chains


def _other(pairs: Int, edge: int, node: int) -> int:
    a, b = pairs[edge].tolist()
    return int(b if a == node else a)


def _bends(a: Float, b: Float, rng: np.random.Generator) -> Float:
    """Up to two points between corners, a little off the straight line."""
    count = int(rng.integers(0, 3))
    u = np.linspace(0, 1, count + 2)[1:-1, None]
    normal = np.array([a[1] - b[1], b[0] - a[0]])
    bent: Float = a + u * (b - a) + normal * rng.normal(0, 0.028) * np.sin(np.pi * u)
    return bent
