"""The bench stores each result and does not measure it again."""

import json
import os
import pathlib
import shutil

import pytest

from routing import RoutingError, bench, bench_limits
from routing.instances import read
from routing.peers import peers_of

pytestmark = pytest.mark.usefixtures("compiled")


def test_results_are_kept_and_resumed(
    shared_data: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = tmp_path / "sets" / "vrptw-solomon"
    sets.mkdir(parents=True)
    for name in ("C101.txt", "BKS_DIMACS.csv"):
        shutil.copy(shared_data / "routing" / "vrptw-solomon" / name, sets / name)
    kept = tmp_path / "results.jsonl"
    monkeypatch.setattr(bench, "peers_of", lambda name: {})
    results = bench.run(tmp_path / "sets", kept, seconds=0.2)
    assert [(row["instance"], row["solver"], row["valid"]) for row in results] == [
        ("C101", "smartregion", True)
    ]
    assert results[0]["best"] == 827.3
    assert len(kept.read_text().splitlines()) == 1
    monkeypatch.setattr(bench, "_ours", lambda *arguments: pytest.fail("measured again"))
    assert bench.run(tmp_path / "sets", kept, seconds=0.2) == results
    assert json.loads(kept.read_text())["gap"] == results[0]["gap"]


def test_the_table_has_a_row_for_each_set_and_solver() -> None:
    row = {"set": "cvrp-x", "solver": "smartregion", "gap": 0.01, "cpu_seconds": 10.0, "valid": True}
    lines = bench.table([row, row | {"gap": 0.03}, row | {"solver": "pyvrp", "gap": None}]).splitlines()
    assert lines[1].split() == ["cvrp-x", "pyvrp", "1", "10.0", "-", "-", "0"]
    assert lines[2].split() == ["cvrp-x", "smartregion", "2", "10.0", "2.00%", "3.00%", "0"]


def test_limits_are_kept_and_resumed(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "results.jsonl"
    figures = {"cpu_seconds": 2.5, "wall_seconds": 1.5, "memory_mb": 900.0}
    goals = {"quick": {"wall_seconds": 2.0}, "small": {"cpu_seconds": 3.0, "memory_mb": 800.0}}
    parts = {name: (lambda folder: figures, goal) for name, goal in goals.items()}
    monkeypatch.setattr(bench_limits, "limits", lambda folder: parts)
    rows = bench.run_limits(tmp_path, kept)
    assert [(row["instance"], row["valid"]) for row in rows] == [("quick", True), ("small", False)]
    lines = bench_limits.table(rows).splitlines()
    assert lines[1].split() == ["quick", "2.50", "1.50", "900", "wall_seconds", "<=", "2:", "kept"]
    assert lines[2].endswith("cpu_seconds <= 3, memory_mb <= 800: NOT KEPT")
    monkeypatch.setattr(bench_limits, "measure", lambda folder, name: pytest.fail("measured again"))
    assert bench.run_limits(tmp_path, kept) == rows


def test_a_limit_is_measured_in_a_process_of_its_own(tmp_path: pathlib.Path) -> None:
    (tmp_path / "seen").touch()
    found = bench_limits._alone(_own_process)(tmp_path)
    assert found["process"] != os.getpid()
    assert found["cpu_seconds"] > 0
    assert found["memory_mb"] > 10
    assert found["seen"] == ["seen"]


def _own_process(folder: pathlib.Path) -> dict[str, object]:
    return {"process": os.getpid(), "seen": [path.name for path in folder.iterdir()]}


def test_stops_are_multiplied_with_noise_and_the_first_ones_stay(shared_data: pathlib.Path) -> None:
    small = read(shared_data / "routing" / "waste-qingdao").problem
    problem = bench_limits.tripled(small, stops=6200)
    first = small.stops[0].location
    assert len(problem.stops) == 6200
    assert len(problem.vehicles) == 3 * len(small.vehicles)
    assert list(problem.positions[: first + 3000]) == list(small.positions)
    assert problem.stops[3000].demand == small.stops[0].demand
    moved_m = float(problem.distance_m[problem.stops[0].location, problem.stops[3000].location])
    assert 1 < moved_m < 2000
    assert problem.duration_s[0, first] == pytest.approx(small.duration_s[0, first])


def test_without_instances_it_says_so(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RoutingError, match="no instances"):
        bench.run(tmp_path, tmp_path / "results.jsonl")


@pytest.mark.parametrize("solver", ["pyvrp", "ortools", "hgs-cvrp"])
def test_peers_solve_what_we_solve_in_our_units(shared_data: pathlib.Path, solver: str) -> None:
    name, instance, best = ("vrptw-solomon", "C101.txt", 827.3)
    if solver == "hgs-cvrp":
        name, instance, best = ("cvrp-x", "X-n106-k14.vrp", 26362.0)
    if solver not in peers_of(name):
        pytest.skip(f"{solver} is not installed")
    path = shared_data / "routing" / name / instance
    answer = peers_of(name)[solver][1](path, read(path).problem, 0.3, 1)
    assert answer is not None
    assert answer["valid"]
    assert best - 1e-6 <= answer["cost"] <= 1.2 * best


def test_a_set_that_only_we_read_has_no_peers() -> None:
    assert peers_of("waste-kim") == {}
