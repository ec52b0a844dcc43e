"""Distances of VRPLIB files: by coordinates after TSPLIB's formulas, or the numbers of an explicit matrix.

Formulas: Reinelt, TSPLIB 95, section 2; each set's own rounding of Euclidean distances is a parameter.
"""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from routing.instances.instance import refuse
from routing.instances.vrplib_text import Real, Text

Rounding = Literal["whole", "cut", "three", "exact"]
Positions = list[tuple[float, float]]
Weights = NDArray[np.float64] | NDArray[np.int32]

_BLOCK = 128  # rows computed at once, so that big instances need no second matrix
_LARGEST_WHOLE = float(1 << 31)
_GEO_RADIUS_KM = 6378.388
_GEO_PI = 3.141592

_ROUNDINGS: dict[Rounding, Callable[[Real], Real]] = {
    "whole": lambda d: np.floor(d + 0.5),
    "cut": lambda d: np.floor(d * 10.0 + 1e-9) / 10.0,
    "three": lambda d: np.floor(d * 1000.0 + 0.5) / 1000.0,
    "exact": lambda d: d,
}


def read_weights(text: Text, size: int, rounding: Rounding) -> tuple[Positions, Weights]:
    """Positions, empty if there are none, and distances [size, size].

    rounding: of EUC_2D and EUC_3D; "cut" is to one decimal, "three" to three. RoutingError names the
    specification or section that is missing or strange.
    """
    how = text.specifications.get("EDGE_WEIGHT_TYPE", "EUC_2D").upper()
    spatial = how.endswith("_3D")
    named = "NODE_COORD_SECTION" if "NODE_COORD_SECTION" in text.sections else "DISPLAY_DATA_SECTION"
    positions: Positions = []
    if how != "EXPLICIT" or named in text.sections:
        name = named if how == "EXPLICIT" else "NODE_COORD_SECTION"
        at = text.table(name, size, 3 if spatial else 2)
        positions = [(float(place[0]), float(place[1])) for place in at]
    if how == "EXPLICIT":
        return positions, _explicit(text, size)
    formulas = _formulas(rounding)
    if how not in formulas:
        refuse(text.source, "EDGE_WEIGHT_TYPE", how, f"EXPLICIT, {', '.join(formulas)}")
    return positions, _by_blocks(at, formulas[how])


def _formulas(rounding: Rounding) -> dict[str, Callable[[Real, Real], Real]]:
    """Distance of places [a, 1, k] and [1, b, k] for each type."""
    whole, rounded = _ROUNDINGS["whole"], _ROUNDINGS[rounding]
    return {
        "EUC_2D": lambda one, other: rounded(_straight(one, other)),
        "EUC_3D": lambda one, other: rounded(_straight(one, other)),
        "CEIL_2D": lambda one, other: np.ceil(_straight(one, other)),
        "FLOOR_2D": lambda one, other: np.floor(_straight(one, other)),
        "EXACT_2D": _straight,
        "MAN_2D": lambda one, other: whole(np.abs(one - other).sum(axis=2)),
        "MAN_3D": lambda one, other: whole(np.abs(one - other).sum(axis=2)),
        "MAX_2D": lambda one, other: whole(np.abs(one - other)).max(axis=2),
        "MAX_3D": lambda one, other: whole(np.abs(one - other)).max(axis=2),
        "ATT": _pseudo_euclidean,
        "GEO": _geographic,
    }


def _straight(one: Real, other: Real) -> Real:
    straight: Real = np.sqrt(((one - other) ** 2).sum(axis=2))
    return straight


def _pseudo_euclidean(one: Real, other: Real) -> Real:
    exact = _straight(one, other) / math.sqrt(10.0)
    near = np.floor(exact + 0.5)
    return np.where(near < exact, near + 1.0, near)


def _geographic(one: Real, other: Real) -> Real:
    """Degrees and minutes as DDD.MM, latitude first; whole kilometres on TSPLIB's idealised sphere."""
    a, b = _radians(one), _radians(other)
    q1 = np.cos(a[..., 1] - b[..., 1])
    q2, q3 = np.cos(a[..., 0] - b[..., 0]), np.cos(a[..., 0] + b[..., 0])
    angle = np.arccos(np.clip(0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3), -1.0, 1.0))
    distance = np.floor(_GEO_RADIUS_KM * angle + 1.0)
    return np.where((a == b).all(axis=2), 0.0, distance)


def _radians(degrees: Real) -> Real:
    whole = np.trunc(degrees)
    radians: Real = _GEO_PI * (whole + 5.0 * (degrees - whole) / 3.0) / 180.0
    return radians


def _by_blocks(at: Real, formula: Callable[[Real, Real], Real]) -> Weights:
    """One matrix, filled block by block; whole numbers take half the room and lose nothing."""
    blocks = range(0, len(at), _BLOCK)
    weights: Weights = np.empty((len(at), len(at)), dtype=np.int32)
    for first in blocks:
        block = _block(at, formula, first)
        if weights.dtype == np.int32 and not _is_whole(block):
            weights = weights.astype(np.float64)
        weights[first : first + _BLOCK] = block
    return weights


def _block(at: Real, formula: Callable[[Real, Real], Real], first: int) -> Real:
    return formula(at[first : first + _BLOCK, None, :], at[None, :, :])


def _is_whole(block: Real) -> bool:
    return bool(block.max(initial=0.0) < _LARGEST_WHOLE and np.all(block == np.rint(block)))


def _explicit(text: Text, size: int) -> Real:
    """A matrix given in full or as one of its triangles; by columns is the other triangle by rows."""
    form = text.specifications.get("EDGE_WEIGHT_FORMAT", "FULL_MATRIX").upper()
    weights = np.array(text.numbers("EDGE_WEIGHT_SECTION"))
    lower, lower_diagonal = np.tril_indices(size, -1), np.tril_indices(size)
    upper, upper_diagonal = np.triu_indices(size, 1), np.triu_indices(size)
    corners: dict[str, tuple[NDArray[np.intp], NDArray[np.intp]]] = {
        "LOWER_ROW": lower,
        "UPPER_COL": lower,
        "LOWER_DIAG_ROW": lower_diagonal,
        "UPPER_DIAG_COL": lower_diagonal,
        "UPPER_ROW": upper,
        "LOWER_COL": upper,
        "UPPER_DIAG_ROW": upper_diagonal,
        "LOWER_DIAG_COL": upper_diagonal,
    }
    if form != "FULL_MATRIX" and form not in corners:
        refuse(text.source, "EDGE_WEIGHT_FORMAT", form, f"FULL_MATRIX, {', '.join(corners)}")
    expected = size * size if form == "FULL_MATRIX" else len(corners[form][0])
    if len(weights) != expected:
        refuse(text.source, "EDGE_WEIGHT_SECTION", f"{len(weights)} numbers", f"{expected} for {form}")
    if form == "FULL_MATRIX":
        return weights.reshape(size, size)
    matrix = np.zeros((size, size))
    rows, columns = corners[form]
    matrix[rows, columns] = weights
    matrix[columns, rows] = weights
    return matrix
