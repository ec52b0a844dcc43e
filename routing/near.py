"""Which stops suit as neighbours in a tour."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS: Final = 100
_SAMPLE = 64  # stops whose ways tell what a tick of driving costs
_WAITING, _LATENESS = 0.2, 1.0


def near_stops(
    cost: NDArray[np.float32],
    drive: NDArray[np.int32],
    per_tick: float,
    window: NDArray[np.int64],
    service: NDArray[np.int64],
    stops: int,
) -> NDArray[np.int32]:
    """The nearest stops of each stop, nearest first; equal ones by index, so that runs repeat everywhere.

    cost: [n.., n..] of driving. drive: ticks, alike, smaller where no time counts. per_tick: price of time.
    window: [n.., w, 2] ticks. service: [n..] ticks. stops: n. Returns [n, K].
    """
    count = min(NEIGHBOURS, max(stops - 1, 0))
    near = np.empty((stops, count), dtype=np.int32)
    timed = len(drive) >= stops > 1
    tick = cost_of_tick(cost, drive, stops) if timed else 0.0
    for stop in range(stops):
        apart = cost[stop, :stops].astype(np.float64) + cost[:stops, stop]
        if per_tick > 0:
            apart += (drive[stop, :stops].astype(np.float64) + drive[:stops, stop]) * per_tick
        if timed:
            apart += 2.0 * tick * _out_of_step(stop, drive, window[:stops], service[:stops])
        apart[stop] = np.inf
        if count < stops - 1:
            edge = np.partition(apart, count - 1)[count - 1]
            candidates = np.flatnonzero(apart <= edge)
        else:
            candidates = np.flatnonzero(np.isfinite(apart))
        ranked = candidates[np.argsort(apart[candidates], kind="stable")]
        near[stop] = ranked[:count]
    return near


def cost_of_tick(cost: NDArray[np.float32], drive: NDArray[np.int32], stops: int) -> float:
    """Medians, since some places may be out of reach."""
    some = slice(0, min(_SAMPLE, stops))
    return float(np.median(cost[some, :stops])) / max(1.0, float(np.median(drive[some, :stops])))


def _out_of_step(
    stop: int, drive: NDArray[np.int32], window: NDArray[np.int64], service: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Ticks of waiting and lateness that cannot be avoided between a stop and each other, weighted, [n].

    In the better order of the two; weights as in Vidal, Crainic, Gendreau, Prins, A hybrid genetic algorithm
    with adaptive diversity management for a large class of vehicle routing problems with time-windows,
    Computers & Operations Research 40 (2013).
    """
    stops = len(window)
    opens, closes = window[:, 0, 0], window[:, -1, 1]
    way_there = service[stop] + drive[stop, :stops]
    way_back = service + drive[:stops, stop]
    first = _weighted(opens[stop], closes[stop], way_there, opens, closes)
    second = _weighted(opens, closes, way_back, opens[stop], closes[stop])
    better: NDArray[np.float64] = np.minimum(first, second)
    return better


def _weighted(
    opens: NDArray[np.int64],
    closes: NDArray[np.int64],
    way: NDArray[np.int64],
    next_opens: NDArray[np.int64],
    next_closes: NDArray[np.int64],
) -> NDArray[np.float64]:
    waiting = np.maximum(0, next_opens - closes - way)
    lateness = np.maximum(0, opens + way - next_closes)
    weighted: NDArray[np.float64] = _WAITING * waiting + _LATENESS * lateness
    return weighted
