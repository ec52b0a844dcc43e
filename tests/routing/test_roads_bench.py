"""The made-up networks of the bench, and that it measures each step."""

import json
import pathlib

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from routing.roads import read_osm
from routing.roads.bench import run
from routing.roads.cache import keep_kernels
from routing.roads.sample import sample, write_sample
from smartregion.program import main


def test_a_sample_looks_like_roads() -> None:
    made = sample(20_000)
    assert len(made.lonlat) == pytest.approx(20_000, rel=0.05)
    assert len(made.ends) / made.junctions == pytest.approx(1.26, abs=0.05)
    a, b = made.ends.T
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(made.junctions, made.junctions))
    assert connected_components(graph, directed=False)[0] == 1
    arms = np.bincount(made.ends.reshape(-1))
    assert 0.02 < (arms == 1).mean() < 0.1
    assert len(made.lonlat) / (arms != 2).sum() == pytest.approx(7.0, rel=0.1)
    assert arms.max() <= 7
    # Towns are dense: half of the streets are much shorter than the mean.
    assert np.median(made.length_m) < made.length_m.mean() / 1.5


def test_the_same_numbers_give_the_same_network() -> None:
    assert np.array_equal(sample(500, 7).lonlat, sample(500, 7).lonlat)
    assert not np.array_equal(sample(500, 7).ends, sample(500, 8).ends)


def test_a_sample_is_read_nearly_whole(tmp_path: pathlib.Path) -> None:
    made = sample(3000)
    write_sample(made, tmp_path / "sample.osm.pbf")
    network = read_osm(tmp_path / "sample.osm.pbf")
    assert network.length_m > 0.97 * made.length_m.sum()
    assert network.report.rules_applied > 3


def test_each_step_is_measured(tmp_path: pathlib.Path) -> None:
    write_sample(sample(2000), tmp_path / "sample.osm.pbf")
    lines: list[str] = []
    result = run(tmp_path / "sample.osm.pbf", lines.append)
    names = [name for name, _, _ in result.steps]
    assert names[0] == "import"
    assert "matrix 1000 x 1000" in names
    assert len(lines) == len(names) + 1
    assert result.worst_s < 0.01
    assert result.peak_gb > 0


def test_the_verb_prints_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "roads", "--points", "1000", "--json"]) == 0
    (network,) = json.loads(capsys.readouterr().out)["networks"]
    assert network["name"] == "sample-1000.osm.pbf"
    assert main(["bench", "roads", "--points", "5"]) == 1


def test_without_a_folder_for_kernels_everything_works(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("routing.roads.cache.default_folder", lambda: tmp_path / "file")
    keep_kernels.cache_clear()
    assert keep_kernels() is False
    keep_kernels.cache_clear()
