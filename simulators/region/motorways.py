"""Motorways: two carriageways, bridges over everything, and links where main roads cross."""

from dataclasses import dataclass

import numpy as np

from simulators.region.country import CountryRoad
from simulators.region.facts import motorways
from simulators.region.plane import Float, crossings, lengths_m, resample, to_plane
from simulators.region.sketch import Sketch, Tags

_STEP_M = 200.0
_HALF_GAP_M = 13.0
_BETWEEN_JUNCTIONS_M = 4500.0
_JUNCTION_CLASSES = ("primary", "secondary", "tertiary")
_LINK: Tags = {"highway": "motorway_link", "oneway": "yes", "maxspeed": "60", "surface": "asphalt"}


@dataclass(slots=True)
class Motorway:
    """A motorway's middle line and the points of its carriageways, both in driving direction."""

    ref: str
    line: Float
    forward: list[int]
    backward: list[int]
    ends: tuple[str, str]


def draw_motorways(sketch: Sketch, roads: list[CountryRoad]) -> list[Motorway]:
    """Draw all motorways with their junctions.

    Each begins and ends at a junction, so that nobody is stranded.
    """
    drawn: list[Motorway] = []
    for ref, (start, end), course in motorways():
        line = _smooth(to_plane(np.array(course)))
        places = _junctions(sketch, roads, line)
        branch = _branch(drawn, line) if drawn else None
        first = 1 if branch else places[0][0] + 2
        last = places[-1][0] - 2
        ahead, back = _beside(line, _HALF_GAP_M), _beside(line, -_HALF_GAP_M)
        forward = sketch.add_points(ahead[first : last + 1])
        backward = sketch.add_points(back[first : last + 1][::-1])
        motorway = Motorway(ref, line, forward, backward, (start, end))
        if branch:
            _join(sketch, drawn[0], branch, motorway)
        for k, west, east in places:
            _links(sketch, motorway, k - first, west, east)
        _carriageways(sketch, motorway)
        drawn.append(motorway)
    return drawn


def _smooth(course: Float) -> Float:
    """A line through the course every 200 m, its corners rounded off."""
    total_m = float(lengths_m(course).sum())
    fine = resample(course, np.linspace(0, total_m, int(total_m / 50)))
    window = np.hanning(33)
    padded = np.concatenate((np.repeat(fine[:1], 16, axis=0), fine, np.repeat(fine[-1:], 16, axis=0)))
    rounded = np.column_stack(
        [np.convolve(padded[:, k], window / window.sum(), mode="valid") for k in (0, 1)]
    )
    length_m = float(lengths_m(rounded).sum())
    return resample(rounded, np.arange(0, length_m, _STEP_M))


def _beside(line: Float, right_m: float) -> Float:
    """The line moved to the right of its direction."""
    ahead = np.gradient(line, axis=0)
    unit = ahead / np.hypot(*ahead.T)[:, None]
    moved: Float = line + right_m * np.column_stack((unit[:, 1], -unit[:, 0]))
    return moved


def _junctions(sketch: Sketch, roads: list[CountryRoad], line: Float) -> list[tuple[int, int, int]]:
    """Where main roads cross, far enough apart.

    (point of the line, road point left of it, road point right of it).
    """
    found: list[tuple[int, int, int, int]] = []
    for road in roads:
        if road.road_class not in _JUNCTION_CLASSES:
            continue
        xy = sketch.xy(road.nodes)
        for k, piece in np.argwhere(crossings(line[:-1], line[1:], xy[:-1], xy[1:])).tolist():
            a, b = road.nodes[piece], road.nodes[piece + 1]
            ahead, across = line[k + 1] - line[k], xy[piece + 1] - xy[piece]
            left, right = (a, b) if ahead[0] * across[1] - ahead[1] * across[0] < 0 else (b, a)
            found.append((_JUNCTION_CLASSES.index(road.road_class), k, left, right))
    chosen: list[tuple[int, int, int]] = []
    for _, k, left, right in sorted(found):
        far = all(abs(k - other) * _STEP_M > _BETWEEN_JUNCTIONS_M for other, _, _ in chosen)
        if far and 4 <= k < len(line) - 4:
            chosen.append((k, left, right))
    return sorted(chosen)


def _branch(drawn: list[Motorway], line: Float) -> int | None:
    """Point of the first motorway where this one branches off, None when it does not."""
    away_m = np.hypot(*(drawn[0].line - line[0]).T)
    k = int(away_m.argmin())
    return k if away_m[k] < 400 else None


def _link(sketch: Sketch, start: int, end: int) -> None:
    a, b = sketch.xy([start, end])
    middle = (a + b) / 2 + 0.12 * np.array([b[1] - a[1], a[0] - b[0]])
    sketch.add_way([start, *sketch.add_points(middle[None]), end], dict(_LINK))


def _links(sketch: Sketch, motorway: Motorway, k: int, left: int, right: int) -> None:
    """A diamond: off before the bridge, on behind it, for each carriageway."""
    last = len(motorway.forward) - 1
    for points, at, road_point in ((motorway.forward, k, right), (motorway.backward, last - k, left)):
        if 0 <= at - 2 <= last:
            _link(sketch, points[at - 2], road_point)
        if 0 <= at + 2 <= last:
            _link(sketch, road_point, points[at + 2])


def _join(sketch: Sketch, main: Motorway, k: int, branch: Motorway) -> None:
    """A three-way interchange where `branch` begins."""
    whole = np.concatenate((sketch.xy(main.forward), sketch.xy(main.backward)))
    here = main.line[k]
    ahead = int(np.hypot(*(whole[: len(main.forward)] - here).T).argmin())
    back = int(np.hypot(*(whole[len(main.forward) :] - here).T).argmin())
    for points, at in ((main.forward, ahead), (main.backward, back)):
        # Near the border of the region the main one has no two points more.
        _link(sketch, points[max(at - 2, 0)], branch.forward[0])
        _link(sketch, branch.backward[-1], points[min(at + 2, len(points) - 1)])


def _carriageways(sketch: Sketch, motorway: Motorway) -> None:
    tags = {
        "highway": "motorway",
        "ref": motorway.ref,
        "oneway": "yes",
        "lanes": "2",
        "surface": "asphalt",
        "maxspeed": "130",
    }
    for points in (motorway.forward, motorway.backward):
        for start in range(0, len(points) - 1, 10):
            sketch.add_way(points[start : start + 11], dict(tags))
