"""Snapping, matrices and paths, against brute force and against an independent shortest-path search."""

import pathlib

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from routing.errors import RoutingError
from routing.roads import RoadNetwork, Snapped, matrices, path, paths, read_osm
from routing.roads.geometry import Float, distances_m, project
from tests.routing.roads_drawing import draw, drive, points

_ROAD = {"highway": "tertiary"}


@pytest.fixture(scope="module")
def rural(shared_data: pathlib.Path) -> RoadNetwork:
    """The real network north of Bayreuth."""
    return read_osm(shared_data / "osm" / "north-bayreuth.osm.gz")


@pytest.fixture(scope="module")
def places(rural: RoadNetwork) -> Snapped:
    """200 places beside real roads."""
    return rural.snap(_near_roads(rural, 200, 15.0))


def _near_roads(network: RoadNetwork, count: int, away_m: float) -> Float:
    rng = np.random.default_rng(7)
    spots = network.shape_lonlat[rng.choice(len(network.shape_lonlat), count, replace=False)]
    return spots + rng.uniform(-away_m, away_m, spots.shape) / (111_195.0 * np.cos(np.radians(spots[:, 1:])))


def test_snapping_finds_the_nearest_road(rural: RoadNetwork) -> None:
    spots = np.concatenate((_near_roads(rural, 150, 30.0), _near_roads(rural, 50, 2000.0)))
    snapped = rural.snap(spots)
    inside = np.ones(len(rural.shape_lonlat), dtype=np.bool_)
    inside[rural.shape_start[1:] - 1] = False
    first = np.flatnonzero(inside)
    for spot, distance_m in zip(spots, snapped.distance_m, strict=True):
        here = np.broadcast_to(spot, (len(first), 2))
        _, all_m, _ = project(here, rural.shape_lonlat[first], rural.shape_lonlat[first + 1])
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
def test_impossible_positions_are_refused(rural: RoadNetwork, positions: list[list[float]]) -> None:
    with pytest.raises(RoutingError, match="expected"):
        rural.snap(positions)


def test_200_places_reach_each_other_and_paths_agree(rural: RoadNetwork, places: Snapped) -> None:
    distance_m, duration_s = matrices(rural, places)
    assert distance_m.shape == duration_s.shape == (200, 200)
    assert np.isfinite(distance_m).all()
    assert np.isfinite(duration_s).all()
    assert (np.diag(distance_m) == 0).all()
    assert (np.diag(duration_s) == 0).all()
    crow_m = distances_m(places.lonlat[:, None], places.lonlat[None, :])
    assert (distance_m >= crow_m * 0.998 - 1).all()
    pairs = [tuple(pair) for pair in np.random.default_rng(1).integers(0, 200, (150, 2)).tolist()]
    for (one, other), way in zip(pairs, paths(rural, places, pairs), strict=True):
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


def test_durations_agree_with_an_independent_search(rural: RoadNetwork, places: Snapped) -> None:
    _, duration_s = matrices(rural, places)
    expected = _searched_s(rural, places[list(range(40))])
    assert duration_s[:40, :40] == pytest.approx(expected, abs=0.01)


def _searched_s(network: RoadNetwork, places: Snapped) -> NDArray[np.float64]:
    """Least durations [n, n] by Dijkstra; each place and direction is a node of its own."""
    edges, count = len(network.edge_piece), len(places)
    edge, share = places.edge.reshape(-1), places.share.reshape(-1)
    rows, columns = [network.turn_from], [network.turn_to]
    cost = [network.turn_s + network.edge_duration_s[network.turn_to]]
    for start in np.flatnonzero(edge >= 0):
        out = np.flatnonzero(network.turn_from == edge[start])
        to = network.turn_to[out]
        rows.append(np.full(len(out), edges + start))
        columns.append(to)
        left_s = (1 - share[start]) * network.edge_duration_s[edge[start]]
        cost.append(left_s + network.turn_s[out] + network.edge_duration_s[to])
    ends = np.concatenate(rows), np.concatenate(columns)
    size = edges + 2 * count
    graph = coo_array((np.concatenate(cost), ends), shape=(size, size)).tocsr()
    late_s = (
        dijkstra(graph, indices=np.arange(edges, size))[:, edge] - (1 - share) * network.edge_duration_s[edge]
    )
    same = (edge[:, None] == edge[None, :]) & (share[None, :] >= share[:, None])
    ahead_s = (share[None, :] - share[:, None]) * network.edge_duration_s[edge]
    result = np.where(same, np.minimum(late_s, ahead_s), late_s)
    result[(edge[:, None] < 0) | (edge[None, :] < 0)] = np.inf
    return np.asarray(result.reshape(count, 2, count, 2).min(axis=(1, 3)))


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


def test_no_point_and_one_point_are_matrices_too(rural: RoadNetwork, places: Snapped) -> None:
    assert matrices(rural, places[[]])[0].shape == (0, 0)
    assert matrices(rural, places[3])[1].tolist() == [[0.0]]


def test_a_path_needs_one_start_and_one_end(rural: RoadNetwork, places: Snapped) -> None:
    with pytest.raises(RoutingError, match="expected one start and one end"):
        path(rural, places[:2], places[3])


def test_a_path_to_where_one_is_has_no_length(rural: RoadNetwork, places: Snapped) -> None:
    here = path(rural, places[5], places[5])
    assert (here.distance_m, here.duration_s, len(here.lonlat)) == (0.0, 0.0, 2)
