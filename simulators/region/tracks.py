"""Field and forest tracks, and the short service roads to yards."""

import numpy as np

from simulators.region.plane import Float
from simulators.region.sketch import Sketch, Tags

_GRADES: tuple[tuple[float, Tags], ...] = (
    (0.15, {"tracktype": "grade1", "surface": "asphalt"}),
    (0.20, {"tracktype": "grade2", "surface": "compacted"}),
    (0.30, {"tracktype": "grade3", "surface": "gravel"}),
    (0.20, {"tracktype": "grade4", "surface": "ground"}),
    (0.15, {"tracktype": "grade5", "surface": "sand"}),
)


def draw_tracks(sketch: Sketch, nodes: list[int], count: int, rng: np.random.Generator) -> None:
    """Draw tracks that leave country roads at some of `nodes` and end in the fields or on another road."""
    ends = sketch.xy(nodes)
    for start in rng.choice(len(nodes), count, replace=False).tolist():
        line = _wander(ends[start], rng)
        away_m = np.hypot(*(ends - line[-1]).T)
        away_m[start] = np.inf
        reached = int(away_m.argmin())
        points = [nodes[start], *sketch.add_points(line[1:])]
        if away_m[reached] < 320:
            points.append(nodes[reached])
        grade = _GRADES[int(rng.choice(len(_GRADES), p=[share for share, _ in _GRADES]))][1]
        access = {"motor_vehicle": "agricultural"} if rng.random() < 0.25 else {}
        sketch.add_way(points, {"highway": "track", **grade, **access})


def draw_service_road(sketch: Sketch, node: int, name: str, rng: np.random.Generator) -> int:
    """Draw a service road from a road point to a yard; the point in the yard."""
    angle = rng.uniform(0, 2 * np.pi)
    ahead = np.array([np.cos(angle), np.sin(angle)])
    line = sketch.xy([node]) + np.outer((60.0, 120.0), ahead) + rng.normal(0, 5, (2, 2))
    points = sketch.add_points(line)
    sketch.add_way([node, *points], {"highway": "service", "surface": "asphalt", "name": name})
    return points[-1]


def _wander(start: Float, rng: np.random.Generator) -> Float:
    """A line of 0.4 to 2.5 km in steps of about 110 m, holding its direction more or less."""
    steps = int(rng.integers(4, 23))
    headings = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.18, steps))
    lengths = rng.uniform(80, 140, steps)
    moves = np.column_stack((np.cos(headings), np.sin(headings))) * lengths[:, None]
    line: Float = np.concatenate((start[None], start + np.cumsum(moves, axis=0)))
    return line
