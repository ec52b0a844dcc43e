"""Seconds into whole ticks, the coarsest in which all times are whole; rounded to the safe side."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from routing.breaks import DrivingBreaks, LunchBreak, WorkBreaks
from routing.kernels import layout
from routing.problem import DisposalSite, Matrix, Problem, Stop, Straight, UnderWay, Vehicle, Window

SCALES = (1.0, 10.0, 100.0, 1000.0)
_SAMPLE_ROWS = 500
_NOISE = 1e-6  # of numbers that are whole but for floating point
_MANY = 1 << 50  # an amount that no capacity bounds


def is_whole(values: NDArray[np.float64]) -> bool:
    """Whether all numbers are whole but for the noise of floating point."""
    return bool(np.all(np.abs(values - np.rint(values)) < _NOISE))


def whole(values: NDArray[np.float64], up: bool) -> NDArray[np.int64]:
    """Whole numbers, rounded up or down unless they are whole already."""
    values = np.minimum(values, float(_MANY))
    return (np.ceil(values - _NOISE) if up else np.floor(values + _NOISE)).astype(np.int64)


def block(matrix: Matrix, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
    """A part of a matrix as an array."""
    if isinstance(matrix, Straight):
        return matrix.rows(rows, columns)
    return np.asarray(matrix[np.ix_(rows, columns)], dtype=np.float64)


def sample(matrix: Matrix) -> NDArray[np.float64]:
    """Finite numbers of evenly spread rows, of all rows where there are few."""
    rows = np.arange(0, matrix.shape[0], max(1, matrix.shape[0] // _SAMPLE_ROWS))
    found = block(matrix, rows, np.arange(matrix.shape[1]))
    return found[np.isfinite(found)]


class Ticks:
    """The axis of a problem: ticks since its earliest shift."""

    def __init__(self, problem: Problem, vehicles: Sequence[Vehicle]) -> None:
        self._zero_s = min(vehicle.shift[0] for vehicle in vehicles)
        distinct = list({id(vehicle): vehicle for vehicle in vehicles}.values())
        places: list[Stop | DisposalSite] = [*problem.stops, *problem.disposal_sites]
        lengths = [place.service_s for place in places]
        lengths += [site.weighing_s for site in problem.disposal_sites]
        lengths += [time for car in distinct for time in (car.setup_s, car.lift_s)]
        moments = [time for place in places for window in place.windows for time in window]
        moments += [time for car in distinct for time in car.shift]
        moments += [stop.release_s for stop in problem.stops if stop.release_s > 0]
        ends = [time - self._zero_s for time in moments if math.isfinite(time)]
        drives = [sample(matrix) for matrix in _durations(problem)]
        longest = max(float(found.max(initial=0.0)) for found in drives)
        span = max([0.0, *ends]) + 2 * longest + sum(lengths) / len(vehicles)
        values = np.concatenate([*drives, np.array([*lengths, *ends])])
        scale = next((s for s in SCALES if is_whole(values * s)), SCALES[-1])
        while span * scale > layout.LATE / 4:
            scale /= 10.0
        self._scale = scale
        self.size_s = 1.0 / scale

    def drives(self, problem: Problem, locations: NDArray[np.int64]) -> NDArray[np.int32]:
        """Driving times of all profiles, one below the other [p * M, M]."""
        matrices = list(_durations(problem))
        size = len(locations)
        found = np.empty((len(matrices) * size, size), dtype=np.int32)
        for number, matrix in enumerate(matrices):
            for first in range(0, size, 256):
                part = block(matrix, locations[first : first + 256], locations) * self._scale
                part[~np.isfinite(part)] = layout.LATE / 2
                at = number * size + first
                found[at : at + len(part)] = np.minimum(whole(part, up=True), layout.LATE // 2)
        return found

    def length(self, seconds: float, up: bool = True) -> int:
        """A length of time; LATE for one without end."""
        if math.isinf(seconds):
            return layout.LATE
        return int(whole(np.array([seconds * self._scale]), up)[0])

    def lengths(self, seconds: Iterable[float]) -> NDArray[np.int64]:
        """Lengths of time, rounded up."""
        return np.array([self.length(value) for value in seconds], dtype=np.int64)

    def moment(self, second: float) -> int:
        """A moment of the axis, rounded up."""
        return self.length(second - self._zero_s)

    def window(self, window: Window) -> tuple[int, int]:
        """Opening and closing."""
        opens, closes = window
        return self.moment(opens), min(layout.LATE, self.length(closes - self._zero_s, up=False))

    def windows(self, places: Sequence[Stop | DisposalSite], width: int) -> NDArray[np.int64]:
        """[places, width, 2]; the last window fills the row."""
        filled = np.empty((len(places), width, 2), dtype=np.int64)
        for index, place in enumerate(places):
            windows = [self.window(window) for window in place.windows] or [(-layout.LATE, layout.LATE)]
            for column in range(width):
                filled[index, column] = windows[min(column, len(windows) - 1)]
        return filled

    def breaks(self, vehicle: Vehicle) -> list[int]:
        """Row of Data.breaks: the rule, limits of driving, and what the vehicle did before planning."""
        rule, now = vehicle.breaks, vehicle.under_way or UnderWay()
        row = [layout.NO_BREAKS] + [0] * (layout.BREAK_FIELDS - 1)
        limits = [(layout.DAY_DRIVING, vehicle.max_driving_s)]
        needs = [(layout.STRETCHED, now.stretch_s), (layout.RESTED, 0.0)]
        for column in (layout.DRIVING, layout.FULL, layout.FIRST_PART, layout.SECOND_PART):
            row[column] = layout.LATE
        if isinstance(rule, LunchBreak):
            row[:4] = [layout.LUNCH, *self.window((rule.opens_s, rule.closes_s)), self.length(rule.length_s)]
        work = rule.work if isinstance(rule, DrivingBreaks) else rule
        if isinstance(work, WorkBreaks):
            row[layout.KIND] = layout.WORK_BREAKS
            limits += [
                (layout.STRETCH, work.stretch_s),
                (layout.OVER_1, work.first_over_s),
                (layout.OVER_2, work.second_over_s),
                (layout.DAY, work.day_s),
                (layout.RESTED, now.rested_s),
            ]
            needs = [
                (layout.NEED_1, work.first_break_s),
                (layout.NEED_2, work.second_break_s),
                (layout.PART, work.part_s),
                (layout.WORKED, now.worked_s),
                (layout.STRETCHED, now.stretch_s),
            ]
        if isinstance(rule, DrivingBreaks):
            day_s = min(rule.day_driving_s, vehicle.max_driving_s)
            limits += [(layout.DRIVING, rule.driving_s), (layout.DAY_DRIVING, day_s)]
            needs += [
                (layout.FULL, rule.break_s),
                (layout.FIRST_PART, rule.first_part_s),
                (layout.SECOND_PART, rule.second_part_s),
                (layout.DRIVEN_STRETCH, now.driven_stretch_s),
            ]
        needs.append((layout.DRIVEN, now.driven_s))
        for column, limit_s in limits:
            row[column] = self.length(limit_s, up=False)
        for column, needed_s in needs:
            row[column] = self.length(needed_s)
        row[layout.PART_TAKEN], row[layout.LUNCHED] = int(now.part_taken), int(now.lunched)
        return row


def _durations(problem: Problem) -> Iterator[Matrix]:
    yield problem.duration_s
    yield from (profile.duration_s for profile in problem.profiles)
