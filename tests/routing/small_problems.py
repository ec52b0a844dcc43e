"""Problems for the tests of the optimiser: one of each kind, made from a seed."""

import numba
import numpy as np

from routing import DisposalSite, LunchBreak, MaxIterations, Problem, Stop, Vehicle, WorkBreaks

HOUR = 3600.0
COMPILED = not numba.config.DISABLE_JIT  # type: ignore[attr-defined]


def budget(compiled: int, uncompiled: int) -> MaxIterations:
    """Iterations of a long search; without compiled kernels each takes a thousand times as long."""
    return MaxIterations(compiled if COMPILED else uncompiled)


def plain(seed: int, stops: int = 20, capacity: float = 100.0, vehicles: int = 20) -> Problem:
    """Only capacities; whole distances."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 1000, (stops + 1, 2))
    distance = np.rint(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)))
    demands = rng.integers(5, 40, stops)
    return Problem(
        [Stop(1 + i, (float(demands[i]),)) for i in range(stops)],
        [Vehicle(0, 0, (capacity,))] * vehicles,
        distance,
        distance,
        positions=[(float(x), float(y)) for x, y in at],
    )


def bent(seed: int, stops: int = 20) -> Problem:
    """Only capacities; ways there and back differ."""
    straight = plain(seed, stops)
    longer = np.random.default_rng(seed).integers(0, 200, (stops + 1, stops + 1)).astype(np.float64)
    np.fill_diagonal(longer, 0.0)
    distance = np.asarray(straight.distance_m, dtype=np.float64) + longer
    return Problem(straight.stops, straight.vehicles, distance, distance)


def _with_windows(
    rng: np.random.Generator, stops: int, hours: int, free_every: int, prize: float | None = None
) -> list[Stop]:
    """Stops with a window of so many hours, but for one in `free_every`; each fifth with the prize."""
    opens = rng.integers(7, 13, stops) * HOUR
    return [
        Stop(
            1 + i,
            (float(rng.integers(5, 40)),),
            240.0,
            ((float(opens[i]), float(opens[i] + hours * HOUR)),) if i % free_every else (),
            prize if i % 5 == 0 else None,
        )
        for i in range(stops)
    ]


def windowed(seed: int, stops: int = 20, vehicles: int = 6, asymmetric: bool = False) -> Problem:
    """Equal vehicles, one amount, stops that all must be served, most of them within a window."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 10_000, (stops + 1, 2))
    straight = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    bends = rng.uniform(1.0, 1.4, straight.shape) if asymmetric else 1.2
    distance = np.asarray(np.round(straight * bends, 1), dtype=np.float64)
    jobs = _with_windows(rng, stops, hours=2, free_every=4)
    return Problem(
        jobs, [Vehicle(0, 0, (120.0,), (6 * HOUR, 16 * HOUR))] * vehicles, distance, distance / 8.0
    )


def parcels(seed: int, stops: int = 30, vehicles: int = 6) -> Problem:
    """One amount, one depot, a window a stop, prizes, two kinds of vehicles: what the lean kernel knows."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 10_000, (stops + 1, 2))
    straight = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    distance = np.asarray(np.round(straight, 1), dtype=np.float64)
    jobs = _with_windows(rng, stops, hours=3, free_every=3, prize=3000.0)
    cars = [
        Vehicle(0, 0, (100.0 + 60.0 * (k % 2),), (6 * HOUR, 16 * HOUR), fixed_cost=4000.0 + 1500.0 * (k % 2))
        for k in range(vehicles)
    ]
    return Problem(jobs, cars, distance, distance / 8.0)


def waste(seed: int, stops: int = 24, vehicles: int = 3, asymmetric: bool = True) -> Problem:
    """A day of collecting: kg and litres, disposal sites with hours, windows, prizes, kinds of vehicles."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 20_000, (stops + 3, 2))
    straight = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    bent = rng.uniform(1.0, 1.4, straight.shape) if asymmetric else np.full(straight.shape, 1.3)
    distance = np.round(straight * bent, 1)
    sites = [
        DisposalSite(stops + 1, 900.0, ((7 * HOUR, 12 * HOUR), (13 * HOUR, 16 * HOUR))),
        DisposalSite(stops + 2, 1200.0, ((6 * HOUR, 15 * HOUR),)),
    ]
    windows = (((7 * HOUR, 9 * HOUR), (10 * HOUR, 16 * HOUR)), ((6 * HOUR, 13 * HOUR),), ())
    cars = [
        Vehicle(
            0,
            0,
            (900.0 + 900.0 * (k % 2), 12_000.0),
            (6 * HOUR, 16 * HOUR),
            9.5 * HOUR,
            fixed_cost=50.0 + 20.0 * (k % 2),
            cost_per_m=0.001,
            cost_per_s=0.01,
            home_empty=True,
            breaks=LunchBreak(11 * HOUR, 12 * HOUR, 1800.0) if seed % 2 else WorkBreaks(),
            disposal_sites=(0,) if k == 2 else None,
        )
        for k in range(vehicles)
    ]
    jobs = [
        Stop(
            1 + i,
            (float(rng.integers(10, 160)), float(rng.integers(100, 1500))),
            300.0 + 120.0 * (i % 3),
            windows[i % 3],
            60.0 if i % 7 == 0 else None,
        )
        for i in range(stops)
    ]
    return Problem(jobs, cars, distance, np.round(distance / 12.0, 1), sites)
