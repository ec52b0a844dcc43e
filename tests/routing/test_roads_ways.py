"""Snapping, matrices and paths, against brute force and against an independent shortest-path search."""

import pathlib

import numpy as np
import pytest

from routing.errors import RoutingError
from routing.roads import RoadNetwork, Snapped, matrices, path, paths, read_osm
from routing.roads.geometry import Float, distances_m, project
from routing.roads.sample import sample, write_sample
from tests.routing.roads_drawing import draw, drive, points
from tests.routing.roads_search import searched_s

_ROAD = {"highway": "tertiary"}


@pytest.fixture(scope="module")
def places(bayreuth: RoadNetwork) -> Snapped:
    """200 places beside real roads."""
    return bayreuth.snap(_near_roads(bayreuth, 200, 15.0))


def _near_roads(network: RoadNetwork, count: int, away_m: float) -> Float:
    rng = np.random.default_rng(7)
    spots = network.shape_lonlat[rng.choice(len(network.shape_lonlat), count, replace=False)]
    return spots + rng.uniform(-away_m, away_m, spots.shape) / (111_195.0 * np.cos(np.radians(spots[:, 1:])))


def test_snapping_finds_the_nearest_road(bayreuth: RoadNetwork) -> None:
    spots = np.concatenate((_near_roads(bayreuth, 150, 30.0), _near_roads(bayreuth, 50, 2000.0)))
    snapped = bayreuth.snap(spots)
    inside = np.ones(len(bayreuth.shape_lonlat), dtype=np.bool_)
    inside[bayreuth.shape_start[1:] - 1] = False
    first = np.flatnonzero(inside)
    for spot, distance_m in zip(spots, snapped.distance_m, strict=True):
        here = np.broadcast_to(spot, (len(first), 2))
        _, all_m, _ = project(here, bayreuth.shape_lonlat[first], bayreuth.shape_lonlat[first + 1])
        assert distance_m == pytest.approx(all_m.min(), abs=1e-6)
    assert distances_m(spots, snapped.lonlat) == pytest.approx(snapped.distance_m, rel=2e-3, abs=0.01)


def test_a_place_projects_between_junctions_and_knows_its_side(tmp_path: pathlib.Path) -> None:
    nodes = {1: (0.0, 0.0), 2: (0.0, 100.0), 3: (300.0, 100.0)}
    network = read_osm(draw(tmp_path / "l.osm", nodes, {10: ((1, 2, 3), _ROAD)}))
    snapped = network.snap(points((150.0, 112.0), (150.0, 88.0), (-500.0, 50.0)))
    assert snapped.distance_m == pytest.approx([12.0, 12.0, 500.0], abs=0.05)
    assert snapped.offset_m == pytest.approx([250.0, 250.0, 50.0], abs=0.1)
    assert snapped.far().tolist() == [False, False, True]
    assert snapped.far(10.0).tolist() == [True, True, True]
    right = network.snap(points((150.0, 112.0), (150.0, 88.0)), right_side=True)
    assert (right.edge >= 0).tolist() == [[False, True], [True, False]]


def test_a_side_loader_drives_round_to_the_right_side(tmp_path: pathlib.Path) -> None:
    nodes = {1: (0.0, 0.0), 2: (0.0, 400.0)}
    network = read_osm(draw(tmp_path / "i.osm", nodes, {10: ((1, 2), _ROAD)}))
    spots = points((5.0, 100.0), (-5.0, 300.0))
    free, _ = matrices(network, network.snap(spots))
    right, duration_s = matrices(network, network.snap(spots, right_side=True))
    assert free[0, 1] == pytest.approx(200.0, abs=0.3)
    assert right[0, 1] == pytest.approx(300.0 + 100.0, abs=0.3)
    assert duration_s[0, 1] == pytest.approx(400.0 / (50 / 3.6) + 60.0, abs=0.1)


@pytest.mark.parametrize(
    "positions",
    [
        [[13.9, 95.0]],  # no latitude
        [[float("nan"), 51.6]],
        [[13.9, 51.6, 0.0]],  # a height
    ],
)
def test_impossible_positions_are_refused(bayreuth: RoadNetwork, positions: list[list[float]]) -> None:
    with pytest.raises(RoutingError, match="expected"):
        bayreuth.snap(positions)


def test_200_places_reach_each_other_and_paths_agree(bayreuth: RoadNetwork, places: Snapped) -> None:
    distance_m, duration_s = matrices(bayreuth, places)
    assert distance_m.shape == duration_s.shape == (200, 200)
    assert np.isfinite(distance_m).all()
    assert np.isfinite(duration_s).all()
    assert (np.diag(distance_m) == 0).all()
    assert (np.diag(duration_s) == 0).all()
    crow_m = distances_m(places.lonlat[:, None], places.lonlat[None, :])
    assert (distance_m >= crow_m * 0.998 - 1).all()
    pairs = [tuple(pair) for pair in np.random.default_rng(1).integers(0, 200, (150, 2)).tolist()]
    for (one, other), way in zip(pairs, paths(bayreuth, places, pairs), strict=True):
        assert way.distance_m == pytest.approx(distance_m[one, other], abs=1.0)
        assert way.duration_s == pytest.approx(duration_s[one, other], abs=0.01)
        assert distances_m(way.lonlat[:-1], way.lonlat[1:]).sum() == pytest.approx(
            way.distance_m, rel=1e-3, abs=0.1
        )
        assert sum(length for _, length in way.streets) == pytest.approx(
            way.distance_m, abs=0.1 * len(way.streets) + 1
        )
        assert way.lonlat[0] == pytest.approx(places.lonlat[one], abs=1e-6)
        assert way.lonlat[-1] == pytest.approx(places.lonlat[other], abs=1e-6)


def test_costs_agree_with_an_independent_search(bayreuth: RoadNetwork, places: Snapped) -> None:
    _, duration_s = matrices(bayreuth, places)
    assert duration_s[:40, :40] == pytest.approx(searched_s(bayreuth, places[list(range(40))]), abs=0.01)


def test_costs_agree_in_liechtenstein(liechtenstein: RoadNetwork) -> None:
    network = liechtenstein
    spots = network.snap(_near_roads(network, 30, 15.0))
    assert matrices(network, spots)[1] == pytest.approx(searched_s(network, spots), abs=0.01)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("right_side", [False, True])
def test_costs_agree_on_made_up_roads(tmp_path: pathlib.Path, seed: int, right_side: bool) -> None:
    write_sample(sample(400, seed), tmp_path / "sample.osm.pbf", seed)
    network = read_osm(tmp_path / "sample.osm.pbf")
    # So many places that most share their piece of road with others.
    spots = network.snap(_near_roads(network, 120, 8.0), right_side)
    distance_m, duration_s = matrices(network, spots)
    assert len(np.unique(spots.piece)) < 100
    assert duration_s == pytest.approx(searched_s(network, spots), abs=0.01)
    pairs = [tuple(pair) for pair in np.random.default_rng(seed).integers(0, 120, (60, 2)).tolist()]
    for (one, other), way in zip(pairs, paths(network, spots, pairs), strict=True):
        assert way.duration_s == pytest.approx(duration_s[one, other], abs=0.01)
        assert way.distance_m == pytest.approx(distance_m[one, other], abs=0.01 * (len(way.edges) + 1))


def test_the_work_grows_little_faster_than_the_network(tmp_path: pathlib.Path) -> None:
    arcs = []
    for size in (1_000, 8_000):
        write_sample(sample(size), tmp_path / f"{size}.osm.pbf")
        network = read_osm(tmp_path / f"{size}.osm.pbf")
        arcs.append(len(network.structure.up_head) / len(network.edge_piece))
    assert arcs[1] < 15
    assert arcs[1] < 2 * arcs[0]


def test_other_durations_share_what_does_not_depend_on_them(bayreuth: RoadNetwork, places: Snapped) -> None:
    structure = bayreuth.structure
    slow = bayreuth.with_durations(bayreuth.edge_duration_s * 2)
    assert slow.structure is structure
    spots = places[:20]
    assert matrices(slow, spots)[1] == pytest.approx(searched_s(slow, spots), abs=0.01)


def test_a_place_behind_on_a_one_way_ring_is_a_whole_round_away(tmp_path: pathlib.Path) -> None:
    nodes = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (100.0, 100.0), 4: (0.0, 100.0), 5: (-200.0, 0.0)}
    ways = {10: ((1, 2, 3, 4, 1), _ROAD | {"oneway": "yes"}), 11: ((1, 5), _ROAD)}
    network = read_osm(draw(tmp_path / "ring.osm", nodes, ways))
    spots = network.snap(points((50.0, 0.0), (100.0, 50.0)))
    distance_m, _ = matrices(network, spots)
    assert distance_m[0, 1] == pytest.approx(100.0, abs=0.3)
    assert distance_m[1, 0] == pytest.approx(300.0, abs=0.3)
    back = path(network, spots[1], spots[0])
    assert back.distance_m == pytest.approx(300.0, abs=0.3)
    assert drive(network, back.edges) == [1, 1, 1]


def test_equally_fast_ways_give_the_length_of_the_shorter(tmp_path: pathlib.Path) -> None:
    nodes = {
        1: (0.0, 0.0),
        2: (300.0, 300.0),
        3: (600.0, 0.0),
        4: (300.0, -300.0),
        5: (-100.0, 0.0),
        6: (700.0, 0.0),
    }
    ways = {10: ((1, 2, 3), _ROAD), 11: ((1, 4, 3), _ROAD), 12: ((5, 1), _ROAD), 13: ((3, 6), _ROAD)}
    network = read_osm(draw(tmp_path / "tie.osm", nodes, ways))
    # The southern way is made shorter by a tenth, but no faster.
    south = network.way_osm[network.piece_way[network.edge_piece]] == 11
    length_m = network.piece_length_m.copy()
    length_m[network.edge_piece[south]] *= 0.9
    tied = network.with_durations(np.full(len(network.edge_piece), 60.0))
    object.__setattr__(tied, "piece_length_m", length_m)
    object.__setattr__(tied, "turn_s", np.where(tied.turn_s > 50, tied.turn_s, 0.0))
    spots = tied.snap(points((-50.0, 0.0), (650.0, 0.0)))
    distance_m, _ = matrices(tied, spots)
    assert distance_m[0, 1] == pytest.approx(50 + 0.9 * 600 * np.sqrt(2) + 50, abs=0.5)


def test_no_point_and_one_point_are_matrices_too(bayreuth: RoadNetwork, places: Snapped) -> None:
    assert matrices(bayreuth, places[[]])[0].shape == (0, 0)
    assert matrices(bayreuth, places[3])[1].tolist() == [[0.0]]


def test_a_path_needs_one_start_and_one_end(bayreuth: RoadNetwork, places: Snapped) -> None:
    with pytest.raises(RoutingError, match="expected one start and one end"):
        path(bayreuth, places[:2], places[3])


def test_a_path_to_where_one_is_has_no_length(bayreuth: RoadNetwork, places: Snapped) -> None:
    here = path(bayreuth, places[5], places[5])
    assert (here.distance_m, here.duration_s, len(here.lonlat)) == (0.0, 0.0, 2)
