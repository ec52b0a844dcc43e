"""Measuring the optimiser: gap to the best known solutions, beside other solvers with equal CPU seconds.

Each result is appended to a file of JSON lines as soon as it is there, and not measured again while the
kernels, the instance, the budget and the seed are the same: the whole bench takes hours and may be
interrupted.
"""

import csv
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from routing import bench_limits, cache
from routing.check import violations
from routing.errors import RoutingError
from routing.instances import read
from routing.instances.qingdao import is_qingdao
from routing.peers import Peer, peers_of
from routing.problem import Problem
from routing.stop import MaxSeconds

Result = dict[str, Any]

# Best published total miles: Kim et al. 2006, Benjamin and Beasley 2010, Buhrkal et al. 2012.
_KIM_MILES = {
    "102_stop": 174.5,
    "277_stop": 447.6,
    "335_stop": 182.1,
    "444_stop": 78.3,
    "804_stop": 586.2,
    "1051_stop": 2250.5,
    "1351_stop": 828.1,
    "1599_stop": 1170.2,
    "1932_stop": 1128.7,
    "2100_stop": 1594.2,
}
_SETS = (
    "cvrp-x",
    "cvrp-belgium",
    "vrptw-gh",
    "vrptw-solomon",
    "pcvrptw",
    "hfvrp",
    "mtvrptwr",
    "waste-kim",
    "waste-qingdao",
)


def run(
    folder: Path,
    results: Path,
    seconds: float = 10.0,
    quick: bool = False,
    seed: int = 1,
    say: Callable[[str], None] = lambda text: None,
) -> list[Result]:
    """Measure every instance below `folder` (one a set when quick) and return the results, old ones included.

    seconds: CPU time of each search, one thread. RoutingError if there is nothing to measure.
    """
    instances = list(_instances(folder, quick))
    if not instances:
        raise RoutingError(
            f"bench: {folder}: no instances: expected folders such as cvrp-x with instance files"
        )
    cache.use_cache_once(say)
    known = _load(results)
    answers = []
    for name, path in instances:
        for solver, (version, measure) in _solvers(name).items():
            wish: Result = {"set": name, "instance": path.stem, "solver": solver, "version": version}
            wish |= {"seconds": seconds, "seed": seed}
            done = next((old for old in known if wish.items() <= old.items()), None)
            if done is None:
                answer = measure(path, read(path).problem, seconds, seed)
                if answer is None:
                    say(f"{name} {path.stem} {solver}: nothing found in {seconds:g} s")
                    continue
                done = wish | _with_gap(name, path, answer)
                _append(results, done)
            answers.append(done)
            gap = "no best known" if done["gap"] is None else f"gap {100 * done['gap']:.2f} %"
            say(f"{name} {path.stem} {solver}: {done['cost']:.6g}, {done['routes']} tours, {gap}")
    return answers


def run_limits(folder: Path, results: Path, say: Callable[[str], None] = lambda text: None) -> list[Result]:
    """Measure what must stay below a limit, unless the same kernels were measured before."""
    known = _load(results)
    answers = []
    for name in bench_limits.limits(folder):
        wish: Result = {"set": "limits", "instance": name, "solver": "smartregion", "version": cache.key()}
        done = next((old for old in known if wish.items() <= old.items()), None)
        if done is None:
            done = wish | bench_limits.measure(folder, name)
            _append(results, done)
        answers.append(done)
        say(f"{name}: {done['cpu_seconds']:.2f} CPU s, {done['wall_seconds']:.2f} s")
    return answers


def table(results: list[Result]) -> str:
    """Mean gap of each set and solver as text."""
    lines = [
        f"{'set':14} {'solver':12} {'instances':>9} {'CPU s':>6} {'mean gap':>9} {'worst':>8} {'invalid':>8}"
    ]
    groups = sorted({(result["set"], result["solver"]) for result in results})
    for name, solver in groups:
        rows = [r for r in results if (r["set"], r["solver"]) == (name, solver)]
        gaps = [100 * r["gap"] for r in rows if r["gap"] is not None]
        mean = f"{sum(gaps) / len(gaps):8.2f}%" if gaps else f"{'-':>9}"
        worst = f"{max(gaps):7.2f}%" if gaps else f"{'-':>8}"
        spent = sum(r["cpu_seconds"] for r in rows) / len(rows)
        invalid = sum(not r["valid"] for r in rows)
        lines.append(f"{name:14} {solver:12} {len(rows):9} {spent:6.1f} {mean} {worst} {invalid:8}")
    return "\n".join(lines)


def _instances(folder: Path, quick: bool) -> Iterator[tuple[str, Path]]:
    for name in _SETS:
        if is_qingdao(folder / name):
            yield name, folder / name
            continue
        files = sorted(
            path
            for path in (folder / name).glob("*")
            if path.suffix in (".vrp", ".txt") and path.stat().st_size > 0
        )
        yield from ((name, path) for path in (files[:1] if quick else files))


def _solvers(name: str) -> dict[str, tuple[str, Peer]]:
    return {"smartregion": (cache.key(), _ours), **peers_of(name)}


def _ours(path: Path, problem: Problem, seconds: float, seed: int) -> Result:
    from routing.search import solve

    plan = solve(problem, MaxSeconds(seconds), seed, clock=time.thread_time)
    return {
        "cost": plan.cost,
        "routes": len(plan.tours),
        "iterations": plan.iterations,
        "cpu_seconds": plan.cpu_seconds,
        "valid": not violations(problem, plan),
    }


def _with_gap(name: str, path: Path, measured: Result) -> Result:
    best = _best_known(name, path)
    return measured | {"best": best, "gap": None if best is None else measured["cost"] / best - 1.0}


def _best_known(name: str, path: Path) -> float | None:
    """Best published cost in the units in which we read the instance."""
    if name == "waste-kim":
        return _KIM_MILES.get(path.stem)
    if name == "vrptw-solomon":
        with (path.parent / "BKS_DIMACS.csv").open(encoding="utf-8", newline="") as lines:
            return next((float(row[1]) for row in csv.reader(lines) if row[0] == path.stem), None)
    solution = path.with_suffix(".sol")
    if not solution.exists():
        return None
    found = re.search(r"^Cost\s*:?\s*([\d.]+)", solution.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if found is None:
        return None
    cost = float(found[1])
    return cost * 1e5 if name == "hfvrp" and "." in found[1] else cost


def _load(results: Path) -> list[Result]:
    if not results.exists():
        return []
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines() if line.strip()]


def _append(results: Path, result: Result) -> None:
    try:
        with results.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(result) + "\n")
    except OSError as error:
        raise RoutingError(f"{results}: {error.strerror or error}: expected a writable file") from None
