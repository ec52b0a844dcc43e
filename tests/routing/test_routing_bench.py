"""The bench stores each result and does not measure it again."""

import json
import pathlib
import shutil

import pytest

from routing import RoutingError, bench

pytestmark = pytest.mark.usefixtures("compiled")


def test_results_are_kept_and_resumed(
    shared_data: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = tmp_path / "sets" / "vrptw-solomon"
    sets.mkdir(parents=True)
    for name in ("C101.txt", "BKS_DIMACS.csv"):
        shutil.copy(shared_data / "routing" / "vrptw-solomon" / name, sets / name)
    kept = tmp_path / "results.jsonl"
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


def test_without_instances_it_says_so(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RoutingError, match="no instances"):
        bench.run(tmp_path, tmp_path / "results.jsonl")
