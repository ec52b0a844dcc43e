"""Distances and driving times from positions, for sizes where a full matrix does not fit into memory."""

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from routing.errors import RoutingError

_EARTH_M = 6_371_008.8


class Straight:
    """Straight lines between positions times a factor; reads like a matrix, and keeps only the positions.

    xyz: [locations, 3] in m. factor: what a metre as the crow flies counts, for distances a detour, for
    driving times seconds a metre.
    """

    def __init__(self, xyz: NDArray[np.float64], factor: float = 1.0) -> None:
        if xyz.ndim != 2 or xyz.shape[1] != 3 or not np.isfinite(xyz).all():
            raise RoutingError(f"positions: shape {xyz.shape}: expected finite numbers [locations, 3]")
        if not 0 < factor < np.inf:
            raise RoutingError(f"positions.factor: {factor}: expected a number > 0")
        self.xyz = np.ascontiguousarray(xyz, dtype=np.float64)
        self.factor = float(factor)

    @classmethod
    def plane(cls, positions: Sequence[tuple[float, float]], factor: float = 1.0) -> "Straight":
        """From (x, y) in m."""
        flat = np.array(positions, dtype=np.float64).reshape(len(positions), 2)
        return cls(np.column_stack([flat, np.zeros(len(flat))]), factor)

    @classmethod
    def sphere(cls, positions: Sequence[tuple[float, float]], factor: float = 1.0) -> "Straight":
        """From (lon, lat) in degrees; chords, which over 100 km are a metre shorter than the surface."""
        lon, lat = np.radians(np.array(positions, dtype=np.float64).reshape(len(positions), 2)).T
        ring = np.cos(lat)
        return cls(_EARTH_M * np.column_stack([ring * np.cos(lon), ring * np.sin(lon), np.sin(lat)]), factor)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.xyz), len(self.xyz)

    def scaled(self, factor: float) -> "Straight":
        """The same positions, each value times `factor`: driving times from distances."""
        return Straight(self.xyz, self.factor * factor)

    @overload
    def __getitem__(self, place: tuple[int, int]) -> np.float64: ...
    @overload
    def __getitem__(self, place: int | slice) -> NDArray[np.float64]: ...
    def __getitem__(self, place: tuple[int, int] | int | slice) -> np.float64 | NDArray[np.float64]:
        if isinstance(place, tuple):
            gap = self.xyz[place[0]] - self.xyz[place[1]]
            return np.float64(self.factor * np.sqrt(gap @ gap))
        return self.rows(np.arange(len(self.xyz))[place], np.arange(len(self.xyz)))

    def rows(
        self, rows: NDArray[np.integer] | np.integer, columns: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """The part [rows, columns] as an array; one row for a single number."""
        one, other = self.xyz[rows], self.xyz[columns]
        found: NDArray[np.float64] = np.square(one[..., 0, None] - other[:, 0])
        for axis in (1, 2):  # one after the other: an array of all gaps would be three times as large
            gap = one[..., axis, None] - other[:, axis]
            found += np.square(gap, out=gap)
        np.sqrt(found, out=found)
        found *= self.factor
        return found
