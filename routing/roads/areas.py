"""Areas around points: squares near them, joined to polygons."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, label, minimum_filter

from routing.roads.geometry import EARTH_RADIUS_M, Float

Ring = tuple[tuple[float, float], ...]
Polygon = tuple[Ring, ...]
Mask = NDArray[np.bool_]

_SQUARES = 240
"""Squares along the longer side of what is drawn."""
_SMALLEST_M = 50.0
_DIGITS = 5
# Directions of travel around a filled square, counter-clockwise: east, north, west, south as (column, row).
_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))


def areas(lonlat: Float, value: Float, limits: Sequence[float]) -> list[tuple[float, tuple[Polygon, ...]]]:
    """For each limit the area (km²) and the polygons around the points [n, 2] whose value is at most that.

    An area reaches from one to two squares beyond its points; a square is a 240th of what is drawn, and 50 m
    or more.
    """
    degree_m = np.radians(1.0) * EARTH_RADIUS_M
    metres = np.array((np.cos(np.radians(lonlat[:, 1].mean())), 1.0)) * degree_m
    low = lonlat.min(axis=0)
    place_m = (lonlat - low) * metres
    side_m = max(_SMALLEST_M, float(place_m.max()) / _SQUARES)
    column, row = (place_m / side_m).astype(np.int64).T + 3
    grid = np.full((int(row.max()) + 4, int(column.max()) + 4), np.inf)
    np.minimum.at(grid, (row, column), value)
    near = minimum_filter(grid, size=3, mode="nearest")
    result = []
    for limit in limits:
        filled = near <= limit
        closed = binary_closing(filled, np.ones((3, 3))) | filled
        polygons = tuple(
            tuple(_positions(ring, low, metres, side_m) for ring in polygon) for polygon in outlines(closed)
        )
        result.append((float(closed.sum()) * side_m**2 / 1e6, polygons))
    return result


def _positions(ring: list[tuple[int, int]], low: Float, metres: Float, side_m: float) -> Ring:
    points = low + (np.array(ring, dtype=np.float64) - 3.0) * side_m / metres
    return tuple((round(lon, _DIGITS), round(lat, _DIGITS)) for lon, lat in points.tolist())


def outlines(filled: Mask) -> list[list[list[tuple[int, int]]]]:
    """Polygons around filled squares that touch along sides: rings of corners (column, row), closed.

    The outline runs counter-clockwise, the holes behind it clockwise. The rim of the mask must be empty.
    """
    number, count = label(filled)
    leaving = _sides(filled)
    polygons: list[list[list[tuple[int, int]]]] = [[] for _ in range(count)]
    while leaving:
        corner = min(leaving)
        direction = min(leaving[corner])
        ring, square = _ring(leaving, corner, direction)
        polygons[int(number[square]) - 1].append(ring)
    # Row by row the lowest corner of an area lies on its outline, so that ring was found first.
    return polygons


def _sides(filled: Mask) -> dict[tuple[int, int], list[int]]:
    """Sides between filled and empty squares: directions that leave each corner (row, column)."""
    leaving: dict[tuple[int, int], list[int]] = {}
    neighbours = (
        np.roll(filled, 1, 0),
        np.roll(filled, -1, 1),
        np.roll(filled, -1, 0),
        np.roll(filled, 1, 1),
    )
    # Seen from a square: its lower, right, upper and left side, each begun at the corner that comes first.
    begins = ((0, 0), (0, 1), (1, 1), (1, 0))
    for direction, (neighbour, (up, right)) in enumerate(zip(neighbours, begins, strict=True)):
        for row, column in np.argwhere(filled & ~neighbour).tolist():
            leaving.setdefault((row + up, column + right), []).append(direction)
    return leaving


def _ring(
    leaving: dict[tuple[int, int], list[int]], corner: tuple[int, int], direction: int
) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Take one ring off the sides, with only its bends; also a square that lies on its inner side."""
    begin, ring = corner, list[tuple[int, int]]()
    inside = {0: (0, 0), 1: (0, -1), 2: (-1, -1), 3: (-1, 0)}[direction]
    square = corner[0] + inside[0], corner[1] + inside[1]
    before = -1
    while True:
        leaving[corner].remove(direction)
        if not leaving[corner]:
            del leaving[corner]
        if direction != before:
            ring.append((corner[1], corner[0]))
        before = direction
        corner = corner[0] + _STEPS[direction][1], corner[1] + _STEPS[direction][0]
        if corner == begin:
            break
        # Where two squares touch at a corner only, turn left: they stay two areas.
        direction = next(turn % 4 for turn in (before + 1, before, before + 3) if turn % 4 in leaving[corner])
    return [*ring, ring[0]], square
