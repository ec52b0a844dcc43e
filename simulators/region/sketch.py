"""The road network while it is drawn: points on the plane, ways over them, turn rules."""

from dataclasses import dataclass, field

import numpy as np

from simulators.region.plane import Float, to_lonlat

Tags = dict[str, str]


@dataclass(slots=True)
class Way:
    """A run of points with the same tags; `place` counts in `facts.places()`, -1 in open country."""

    nodes: list[int]
    tags: Tags
    place: int = -1


@dataclass(slots=True)
class TurnRule:
    """A forbidden turn from one way over a point into another; ways count in `Sketch.ways`."""

    kind: str
    from_way: int
    via: int
    to_way: int


@dataclass
class Sketch:
    """Points in metres, ways and turn rules."""

    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    rules: list[TurnRule] = field(default_factory=list)

    def add_points(self, xy: Float) -> list[int]:
        """Add [n, 2] points; their numbers."""
        first = len(self.x)
        self.x += xy[:, 0].tolist()
        self.y += xy[:, 1].tolist()
        return list(range(first, len(self.x)))

    def xy(self, nodes: list[int] | None = None) -> Float:
        """Positions in metres of some points, or of all."""
        if nodes is None:
            return np.column_stack((self.x, self.y))
        return np.array([(self.x[n], self.y[n]) for n in nodes]).reshape(-1, 2)

    def add_way(self, nodes: list[int], tags: Tags, place: int = -1) -> int:
        """Add a way; its number."""
        self.ways.append(Way(nodes, tags, place))
        return len(self.ways) - 1

    def lonlat(self) -> Float:
        """All positions [points, 2] as lon, lat."""
        return to_lonlat(self.xy())
