"""Other solvers on the same instances, for the benchmark: PyVRP, OR-Tools and HGS-CVRP where installed.

Each is given the problem in our reading, except that PyVRP reads VRPLIB files itself. Costs come back in our
units. A peer answers None when it finds nothing in time.
"""

import importlib.metadata
import importlib.util
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from routing.problem import Problem

Answer = dict[str, Any]
Peer = Callable[[Path, Problem, float, int], Answer | None]

_PYVRP_READS = {  # set: how PyVRP rounds it
    "cvrp-x": "round",
    "cvrp-belgium": "round",
    "vrptw-gh": "dimacs",
    "pcvrptw": "dimacs",
    "mtvrptwr": "dimacs",
    "hfvrp": "exact",
}
_PYVRP_FACTOR = {"vrptw-gh": 0.1, "vrptw-solomon": 0.1}  # from its costs to ours, where they differ
_PACKAGES = {"pyvrp": "pyvrp", "ortools": "ortools", "hygese": "hgs-cvrp"}
_SETS = {
    "pyvrp": {*_PYVRP_READS, "vrptw-solomon"},
    "ortools": {"cvrp-x", "vrptw-solomon", "vrptw-gh"},
    "hygese": {"cvrp-x", "cvrp-belgium"},
}


def peers_of(name: str) -> Mapping[str, tuple[str, Peer]]:
    """Installed peers that can solve the set: label -> (version, how to run it)."""
    run: dict[str, Peer] = {"pyvrp": _pyvrp, "ortools": _ortools, "hygese": _hgs}
    return {
        label: (importlib.metadata.version(package), run[package])
        for package, label in _PACKAGES.items()
        if name in _SETS[package] and importlib.util.find_spec(package) is not None
    }


def _pyvrp(path: Path, problem: Problem, seconds: float, seed: int) -> Answer | None:
    import pyvrp

    name = path.parent.name
    data = pyvrp.read(path, round_func=_PYVRP_READS[name]) if name in _PYVRP_READS else _model(problem)
    began = time.thread_time()
    result = pyvrp.solve(
        data, stop=lambda best: time.thread_time() - began >= seconds, seed=seed, display=False
    )
    return {
        "cost": result.cost() * _PYVRP_FACTOR.get(name, 1.0),
        "routes": result.best.num_routes(),
        "iterations": result.num_iterations,
        "cpu_seconds": time.thread_time() - began,
        "valid": result.is_feasible(),
    }


def _model(problem: Problem) -> Any:
    """A problem of equal vehicles in tenths, as DIMACS counts Solomon's."""
    import pyvrp

    car = problem.vehicles[0]
    clients = [
        pyvrp.Client(
            index,
            delivery=[int(stop.demand[0])],
            service_duration=round(10 * stop.service_s),
            tw_early=round(10 * stop.windows[0][0]),
            tw_late=round(10 * stop.windows[0][1]),
        )
        for index, stop in enumerate(problem.stops, start=1)
    ]
    kind = pyvrp.VehicleType(
        len(problem.vehicles),
        capacity=[int(car.capacity[0])],
        tw_early=round(10 * car.shift[0]),
        tw_late=round(10 * car.shift[1]),
    )
    distance, duration = (
        np.rint(10 * matrix).astype(np.int64) for matrix in _matrices(problem, problem.duration_s)
    )
    places = [pyvrp.Location(0, 0)] * len(distance)
    return pyvrp.ProblemData(places, clients, [pyvrp.Depot(0)], [kind], [distance], [duration])


def _matrices(problem: Problem, *further: Any) -> list[Any]:
    """Distances and the further matrices with the depot first, then the stops in order."""
    rows = [problem.vehicles[0].start, *(stop.location for stop in problem.stops)]
    return [np.asarray(matrix)[np.ix_(rows, rows)] for matrix in (problem.distance_m, *further)]


def _hgs(path: Path, problem: Problem, seconds: float, seed: int) -> Answer | None:
    import hygese

    (distance,) = _matrices(problem)
    parameters = hygese.AlgorithmParameters(timeLimit=seconds, nbIter=1 << 30, seed=seed)
    began = time.process_time()
    found = hygese.Solver(parameters, False).solve_cvrp(
        {
            "distance_matrix": distance.astype(float),
            "demands": [0.0, *(stop.demand[0] for stop in problem.stops)],
            "vehicle_capacity": problem.vehicles[0].capacity[0],
            **_coordinates(problem),
        }
    )
    return {
        "cost": float(found.cost),
        "routes": len(found.routes),
        "iterations": 0,
        "cpu_seconds": time.process_time() - began,
        "valid": sum(map(len, found.routes)) == len(problem.stops),
    }


def _coordinates(problem: Problem) -> dict[str, list[float]]:
    """Positions without negative numbers, which HGS-CVRP needs for its polar sectors."""
    rows = [problem.vehicles[0].start, *(stop.location for stop in problem.stops)]
    at = np.array([problem.positions[row] for row in rows])
    at -= at.min(axis=0)
    return {"x_coordinates": at[:, 0].tolist(), "y_coordinates": at[:, 1].tolist()}


def _ortools(path: Path, problem: Problem, seconds: float, seed: int) -> Answer | None:
    """Guided local search from the cheapest arc; None if it finds nothing in time."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    distance, duration = (np.rint(10 * m).astype(int) for m in _matrices(problem, problem.duration_s))
    stops, car, fleet = problem.stops, problem.vehicles[0], len(problem.vehicles)
    manager = pywrapcp.RoutingIndexManager(len(stops) + 1, fleet, 0)
    model = pywrapcp.RoutingModel(manager)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(distance.tolist()))
    amounts = model.RegisterUnaryTransitVector([0, *(int(stop.demand[0]) for stop in stops)])
    model.AddDimension(amounts, 0, int(car.capacity[0]), True, "load")
    if any(stop.windows for stop in stops):
        service = np.array([0, *(round(10 * stop.service_s) for stop in stops)])
        times = model.RegisterTransitMatrix((duration + service[:, None]).tolist())
        end = round(10 * car.shift[1])
        model.AddDimension(times, end, end, False, "time")
        clock = model.GetDimensionOrDie("time")
        for index, stop in enumerate(stops, start=1):
            opens, closes = (round(10 * edge) for edge in stop.windows[0])
            clock.CumulVar(manager.NodeToIndex(index)).SetRange(opens, closes)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(int(1000 * seconds))
    began = time.thread_time()
    found = model.SolveWithParameters(parameters)
    if found is None:
        return None
    return {
        "cost": found.ObjectiveValue() / 10.0,
        "routes": sum(model.IsVehicleUsed(found, vehicle) for vehicle in range(fleet)),
        "iterations": model.solver().Branches(),
        "cpu_seconds": time.thread_time() - began,
        "valid": True,
    }
