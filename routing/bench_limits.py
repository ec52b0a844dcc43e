"""Measuring what must stay below a limit: 10,000 stops, compiling everything, starting with compiled kernels.

Each is measured in a process of its own, so that memory and processor time are those of the thing alone.
"""

import math
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from routing.check import violations
from routing.instances import read
from routing.instances.qingdao import is_qingdao
from routing.problem import Problem, Straight

Measured = dict[str, Any]

_STOPS = 10_000
_NOISE_DEG = 0.003
_STARTS = 3  # of which the quickest counts: other programs only ever slow one down
_MB = 1000.0  # ru_maxrss counts thousands of bytes


def limits(folder: Path) -> Mapping[str, tuple[Callable[[Path], Measured], Mapping[str, float]]]:
    """What the instances below `folder` allow to measure: name -> (how, greatest value of each figure)."""
    parts: dict[str, tuple[Callable[[Path], Measured], Mapping[str, float]]] = {}
    if is_qingdao(folder / "waste-qingdao"):
        parts["10,000 stops"] = (_large_warm, {"cpu_seconds": 20.0, "memory_mb": 1500.0})
    parts["cold compile"] = (_alone(_cold), {"wall_seconds": 30.0})
    if (folder / "waste-kim" / "102_stop.txt").is_file():
        parts["warm start"] = (_warm, {"wall_seconds": 1.0})
    return parts


def table(rows: Sequence[Measured]) -> str:
    """The figures of each limit as text, with the greatest value that they may have."""
    lines = [f"{'limit':14} {'CPU s':>8} {'wall s':>8} {'MB':>8}  goal"]
    for row in rows:
        memory = f"{row['memory_mb']:8.0f}" if "memory_mb" in row else f"{'-':>8}"
        goal = ", ".join(f"{name} <= {most:g}" for name, most in row["goal"].items())
        lines.append(
            f"{row['instance']:14} {row['cpu_seconds']:8.2f} {row['wall_seconds']:8.2f} {memory}  "
            f"{goal}: {'kept' if row['valid'] else 'NOT KEPT'}"
        )
    return "\n".join(lines)


def measure(folder: Path, name: str) -> Measured:
    """One limit: its figures, and under `valid` whether all stay below their goals and the plan is sound."""
    how, goal = limits(folder)[name]
    found = how(folder)
    kept = all(found[figure] <= most for figure, most in goal.items())
    return found | {"goal": dict(goal), "gap": None, "valid": kept and found.get("valid", True)}


def tripled(problem: Problem, stops: int = _STOPS, seed: int = 1) -> Problem:
    """A problem with `stops` stops: those of the given one again and again, moved a little after the first.

    problem: with positions in degrees, the stops' last. About 300 m of noise; vehicles in proportion.
    """
    original = problem.stops
    first = min(stop.location for stop in original)
    rng = np.random.default_rng(seed)
    positions = list(problem.positions[:first])
    chosen = []
    for number in range(stops):
        stop = original[number % len(original)]
        lon, lat = problem.positions[stop.location]
        if number >= len(original):
            east, north = rng.normal(0.0, _NOISE_DEG, 2).tolist()
            lon, lat = lon + east, lat + north
        chosen.append(replace(stop, location=len(positions)))
        positions.append((lon, lat))
    distance_m = Straight.sphere(positions)
    seconds_per_m = float(problem.duration_s[0, first] / problem.distance_m[0, first])
    times = math.ceil(stops / len(original))
    return replace(
        problem,
        stops=chosen,
        vehicles=list(problem.vehicles) * times,
        distance_m=distance_m,
        duration_s=distance_m.scaled(seconds_per_m),
        positions=positions,
    )


def _alone(part: Callable[[Path], Measured]) -> Callable[[Path], Measured]:
    """The part in a fresh process, with the time of it and of those it started, and its peak of memory."""

    def measured(folder: Path) -> Measured:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(_whole, part, folder).result()

    return measured


def _whole(part: Callable[[Path], Measured], folder: Path) -> Measured:
    began = time.perf_counter()
    found = part(folder)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return found | {
        "cpu_seconds": sum(one.ru_utime + one.ru_stime for one in used),
        "wall_seconds": time.perf_counter() - began,
        "memory_mb": used[0].ru_maxrss / _MB,
    }


def _large_warm(folder: Path) -> Measured:
    _alone(_fill)(folder)
    return _alone(_large)(folder)


def _fill(folder: Path) -> Measured:
    """Kernels onto the disk."""
    from routing.warming import warm_up

    warm_up()
    return {}


def _large(folder: Path) -> Measured:
    """Reading 10,000 stops and the first plan, with kernels from disk."""
    from routing.search import solve
    from routing.stop import MaxIterations

    problem = tripled(read(folder / "waste-qingdao").problem)
    plan = solve(problem, MaxIterations(0))
    return {"cost": plan.cost, "routes": len(plan.tours), "valid": not violations(problem, plan)}


def _cold(folder: Path) -> Measured:
    """Compiling all searches into an empty folder, in two processes at once."""
    from routing.warming import warm_up

    with tempfile.TemporaryDirectory() as empty:
        warm_up(folder=Path(empty))
    return {}


def _warm(folder: Path) -> Measured:
    """`route solve` without search, its kernels compiled before: the quickest of a few starts."""
    instance = folder / "waste-kim" / "102_stop.txt"
    command = [sys.executable, "-m", "smartregion", "route", "solve", str(instance), "--seconds", "0"]
    figures = []
    for _ in range(1 + _STARTS):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        wall_s, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        figures.append((wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    wall_s, cpu_s = min(figures[1:])
    return {"cpu_seconds": cpu_s, "wall_seconds": wall_s}
