"""From positions of vehicles to passes over segments: the same positions always give the same passes."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.roads import RoadNetwork, Segments, match
from routing.roads.matching import headings_rad
from smartregion.roads.ride import ride_index, steady
from smartregion.roads.winter import surface_state

GAP_S = 120.0
"""A longer silence ends a drive, s."""


@dataclass(frozen=True, eq=False)
class Points:
    """n positions in order of vehicle and time; NaN is unknown."""

    group: NDArray[np.int64]
    """[n] positions of another group (vehicle and hour) belong to another drive."""
    device: NDArray[np.int64]
    time_s: NDArray[np.float64]
    """[n] s since 1970 UTC."""
    lonlat: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    az_rms_mps2: NDArray[np.float64]
    surface_temp_c: NDArray[np.float64]
    dew_point_c: NDArray[np.float64]
    water_um: NDArray[np.float64]
    friction: NDArray[np.float64]


@dataclass(frozen=True)
class Pass:
    """One drive over one segment, at the time of its first position there."""

    segment: int
    device: int
    time: dt.datetime
    speed_mps: float
    """Mean, m/s."""
    ride_index: float | None
    """Root of the mean square over usable positions, m/s²."""
    surface_temp_c: float | None
    water_um: float | None
    state: str | None


def points_from_rows(rows: Sequence[tuple[object, ...]]) -> Points:
    """Rows (device, group, time, lon, lat, speed, a_z, surface temperature, dew point, water, friction)."""
    times = np.array(
        [row[2].timestamp() for row in rows if isinstance(row[2], dt.datetime)], dtype=np.float64
    )
    numbers = np.array([row[3:] for row in rows], dtype=np.float64).reshape(len(rows), 8)
    keys = np.array([row[:2] for row in rows], dtype=np.int64).reshape(len(rows), 2)
    return Points(keys[:, 1], keys[:, 0], times, numbers[:, :2], *numbers[:, 2:].T)


def passes(network: RoadNetwork, segments: Segments, points: Points) -> Iterator[Pass]:
    """Passes over segments, in order of vehicle and time; positions away from roads or standing give none."""
    if not len(points.time_s):
        return
    new_drive = (np.diff(points.group) != 0) | (np.diff(points.time_s) > GAP_S)
    drive = np.append(0, np.cumsum(new_drive)).astype(np.int64)
    heading = headings_rad(points.lonlat, drive)
    matched = match(network, points.lonlat, heading)
    segment = segments.segment_of(matched.edge, matched.offset_m)
    index = ride_index(points.az_rms_mps2, points.speed_mps)
    index[~steady(points.time_s, points.speed_mps, heading, drive)] = np.nan

    known = np.flatnonzero((segment >= 0) & np.isfinite(points.speed_mps))
    changed = (np.diff(segment[known]) != 0) | (np.diff(drive[known]) != 0)
    for rows in np.split(known, np.flatnonzero(changed) + 1) if len(known) else ():
        first = rows[0]
        temperature, dew_point, water, friction = (
            _mean(values[rows])
            for values in (points.surface_temp_c, points.dew_point_c, points.water_um, points.friction)
        )
        square = _mean(index[rows] ** 2)
        yield Pass(
            segment=int(segment[first]),
            device=int(points.device[first]),
            time=dt.datetime.fromtimestamp(float(points.time_s[first]), dt.UTC),
            speed_mps=float(points.speed_mps[rows].mean()),
            ride_index=None if square is None else square**0.5,
            surface_temp_c=temperature,
            water_um=water,
            state=surface_state(temperature, dew_point, water, friction),
        )


def _mean(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
