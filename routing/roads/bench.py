"""Measuring what a large network costs: import, contraction, matrices, paths, isochrones, peak of memory."""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from routing.roads.building import read_osm
from routing.roads.matrix import matrices
from routing.roads.network import RoadNetwork
from routing.roads.paths import paths
from routing.roads.reach import isochrones
from routing.roads.sample import sample, write_sample
from routing.roads.snapping import Snapped

_PLACES = 1000
_PATHS = 100
_HALF_AN_HOUR_S = 1800.0
Say = Callable[[str], None]


@dataclass
class Measured:
    """One run: sizes, and CPU and wall time of each step in s."""

    name: str
    junctions: int = 0
    edges: int = 0
    km: float = 0.0
    steps: list[tuple[str, float, float]] = field(default_factory=list)
    """(step, CPU s, wall s)"""
    peak_gb: float = 0.0
    """Highest resident memory of the process, GB."""
    worst_s: float = 0.0
    """Greatest difference between a path's duration and the matrix, s."""

    @contextmanager
    def step(self, name: str, say: Say) -> Iterator[None]:
        """Measure what happens inside."""
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        yield
        took = time.process_time() - cpu_s, time.perf_counter() - wall_s
        self.steps.append((name, round(took[0], 3), round(took[1], 3)))
        self.peak_gb = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)
        say(f"{name:<34}{took[0]:>9.2f} CPU s{took[1]:>9.2f} s{self.peak_gb:>8.2f} GB")


def run(extract: Path, say: Say = lambda text: None) -> Measured:
    """Measure an extract: 1,000 places to each other, 100 paths among them, an isochrone of half an hour."""
    result = Measured(extract.name)
    with result.step("import", say):
        network = read_osm(extract)
    result.junctions, result.edges = len(network.node_lonlat), len(network.edge_piece)
    result.km = round(network.length_m / 1000, 1)
    say(f"{result.junctions:,} junctions, {result.edges:,} edges, {result.km:,.0f} km")
    with result.step("pack", say):
        data = network.to_bytes()
    with result.step("unpack", say):
        network = RoadNetwork.from_bytes(data)
    del data
    with result.step("contract", say):
        network.structure  # noqa: B018
    with result.step("durations", say):
        network.hierarchy  # noqa: B018
    places = _places(network)
    with result.step(f"matrix {_PLACES} x {_PLACES}", say):
        _, duration_s = matrices(network, places)
    pairs = [tuple(pair) for pair in np.random.default_rng(2).integers(0, _PLACES, (_PATHS, 2)).tolist()]
    with result.step(f"{_PATHS} paths", say):
        found = paths(network, places, pairs)
    differences = [abs(one.duration_s - duration_s[pair]) for one, pair in zip(found, pairs, strict=True)]
    result.worst_s = float(max(differences))
    with result.step("isochrone of 30 min", say):
        isochrones(network, places[0], [_HALF_AN_HOUR_S])
    return result


def run_sample(points: int, folder: Path, say: Say = lambda text: None) -> Measured:
    """Write a made-up extract of about so many points of roads into a folder, and measure it."""
    extract = folder / f"sample-{points}.osm.pbf"
    write_sample(sample(points), extract)
    say(f"{extract.name}: {extract.stat().st_size / 1e6:,.1f} MB")
    return run(extract, say)


def _places(network: RoadNetwork) -> Snapped:
    rng = np.random.default_rng(1)
    spots = network.shape_lonlat[rng.integers(0, len(network.shape_lonlat), _PLACES)]
    return network.snap(spots + rng.normal(0.0, 1e-4, spots.shape))
