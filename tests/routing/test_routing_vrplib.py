"""VRPLIB files: distances, matrices, fleets, and one clear line for each that is broken."""

import math
import pathlib

import numpy as np
import pytest

from routing import RoutingError
from tests.routing.small_files import CVRP, read_text


def test_cvrp_distances_are_rounded_to_whole_numbers(tmp_path: pathlib.Path) -> None:
    problem = read_text(tmp_path, CVRP).problem
    assert problem.distance_m[0].tolist() == [0.0, 5.0, 8.0, 1.0]
    assert [stop.demand for stop in problem.stops] == [(4.0,), (5.0,), (6.0,)]
    assert problem.vehicles[0].capacity == (10.0,)


@pytest.mark.parametrize(
    ("form", "weights"),
    [
        ("LOWER_ROW", "5 8 6 1 4 7"),
        ("LOWER_DIAG_ROW", "0 5 0 8 6 0 1 4 7 0"),
        ("UPPER_ROW", "5 8 1 6 4 7"),
        ("UPPER_DIAG_ROW", "0 5 8 1 0 6 4 0 7 0"),
        ("UPPER_COL", "5 8 6 1 4 7"),
        ("UPPER_DIAG_COL", "0 5 0 8 6 0 1 4 7 0"),
        ("LOWER_COL", "5 8 1 6 4 7"),
        ("LOWER_DIAG_COL", "0 5 8 1 0 6 4 0 7 0"),
        ("FULL_MATRIX", "0 5 8 1\n5 0 6 4\n8 6 0 7\n1 4 7 0"),
        ("FULL_MATRIX", "0 5 8 1 5 0 6 4 8\n6 0 7 1 4 7 0"),
    ],
)
def test_explicit_matrices(tmp_path: pathlib.Path, form: str, weights: str) -> None:
    text = CVRP.replace("EUC_2D", f"EXPLICIT\nEDGE_WEIGHT_FORMAT : {form}")
    text = text.replace("DEMAND_SECTION", f"EDGE_WEIGHT_SECTION\n{weights}\nDEMAND_SECTION")
    distance = np.asarray(read_text(tmp_path, text).problem.distance_m)
    assert distance.tolist() == [[0, 5, 8, 1], [5, 0, 6, 4], [8, 6, 0, 7], [1, 4, 7, 0]]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("CEIL_2D", [5.0, 8.0, 2.0]),
        ("FLOOR_2D", [5.0, 7.0, 1.0]),
        ("EXACT_2D", [5.0, 7.6, math.sqrt(2)]),
        ("MAN_2D", [7.0, 8.0, 2.0]),
        ("MAX_2D", [4.0, 8.0, 1.0]),
        ("ATT", [2.0, 3.0, 1.0]),  # 5 / sqrt(10) = 1.58, 7.6 / sqrt(10) = 2.40 and sqrt(2 / 10) = 0.45, up
    ],
)
def test_distances_by_coordinates(tmp_path: pathlib.Path, kind: str, expected: list[float]) -> None:
    distance = read_text(tmp_path, CVRP.replace("EUC_2D", kind)).problem.distance_m
    assert distance[0].tolist() == pytest.approx([0.0, *expected])


def test_geographic_distances_are_those_of_tsplib(tmp_path: pathlib.Path) -> None:
    # burma14 of TSPLIB: between its first two places, 16.47 96.10 and 16.47 94.44, lie 153 km
    text = CVRP.replace("EUC_2D", "GEO").replace("1 0 0\n2 3 4", "1 16.47 96.10\n2 16.47 94.44")
    assert read_text(tmp_path, text).problem.distance_m[0, 1] == 153.0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n", "\r\n"),
        (" : ", ":"),
        (" : ", " "),
        ("EOF\n", ""),
        ("EOF\n", "EOF\nwhatever follows\n"),
        ("NODE_COORD_SECTION\n", "# nodes\nNODE_COORD_SECTION :\n\n// x y\n"),
        ("TYPE : CVRP\n", "COMMENT : by someone\n  and by another\nTYPE : CVRP\n"),
        ("NAME", "\ufeffNAME"),
        ("DEPOT_SECTION\n1\n-1\n", "DEPOT_SECTION\n 1 -1\n"),
        ("DEPOT_SECTION\n1\n-1\n", ""),
        ("2 3 4\n3 0 7.6\n", "3 0.0 7.6e0\n2 3 4\n"),
        ("TYPE : CVRP", "Type: cvrp"),
        ("CAPACITY : 10", "CAPACITY : 10\nVEHICLES : 3"),
    ],
)
def test_files_that_only_look_different_areread_text(tmp_path: pathlib.Path, old: str, new: str) -> None:
    assert old in CVRP
    problem = read_text(tmp_path, CVRP.replace(old, new)).problem
    assert problem.distance_m[0].tolist() == [0.0, 5.0, 8.0, 1.0]
    assert [stop.demand for stop in problem.stops] == [(4.0,), (5.0,), (6.0,)]


_FLEET = """VEHICLES : 2
VEHICLES_DEPOT_SECTION
1 1
2 2
VEHICLES_MAX_DISTANCE_SECTION
1 30
2 40
VEHICLES_MAX_DURATION_SECTION
1 inf
2 50
VEHICLES_ALLOWED_CLIENTS_SECTION
1 3 4
2 4
VEHICLES_RELOAD_DEPOT_SECTION
1 2
2 1 2
MUTUALLY_EXCLUSIVE_GROUP_SECTION
1 3 4
RELEASE_TIME_SECTION
1 0
2 0
3 7
4 0
DEPOT_SECTION
1
2
-1
"""


def test_all_that_vehicles_can_say_isread_text(tmp_path: pathlib.Path) -> None:
    instance = read_text(tmp_path, CVRP.replace("DEPOT_SECTION\n1\n-1\n", _FLEET))
    problem = instance.problem
    assert instance.depot_reloads
    assert [(car.start, car.end) for car in problem.vehicles] == [(0, 0), (1, 1)]
    assert [car.max_distance_m for car in problem.vehicles] == [30.0, 40.0]
    assert [car.max_duration_s for car in problem.vehicles] == [math.inf, 50.0]
    assert [car.disposal_sites for car in problem.vehicles] == [(1,), (0, 1)]
    assert [site.location for site in problem.disposal_sites] == [0, 1]
    assert [stop.vehicles for stop in problem.stops] == [(0,), (0, 1)]
    assert [stop.release_s for stop in problem.stops] == [7.0, 0.0]
    assert problem.stops[0].group == problem.stops[1].group != ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2 2\nVEHICLES_MAX", "2 3\nVEHICLES_MAX"),
        ("1 2\n2 1 2\nMUT", "1 2\n2 4\nMUT"),
        ("1 3 4\n2 4\nVEHICLES_REL", "1 3 4\n2 9\nVEHICLES_REL"),
        ("1 3 4\nRELEASE", "1 3 3\nRELEASE"),
        ("1 inf", "1 nan"),
        ("1 inf", "1 long"),
    ],
)
def test_broken_fleets_get_one_line(tmp_path: pathlib.Path, old: str, new: str) -> None:
    assert old in _FLEET
    with pytest.raises(RoutingError, match=r"tiny\.vrp: [A-Z_]+_SECTION: .*expected") as refusal:
        read_text(tmp_path, CVRP.replace("DEPOT_SECTION\n1\n-1\n", _FLEET.replace(old, new)))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("DEMAND_SECTION\n1 0\n2 4\n3 5\n4 6\n", "", "DEMAND_SECTION: missing"),
        ("NODE_COORD_SECTION\n1 0 0\n2 3 4\n3 0 7.6\n4 1 1\n", "", "NODE_COORD_SECTION: missing"),
        ("CAPACITY : 10\n", "", "CAPACITY: missing"),
        ("DIMENSION : 4\n", "", "DIMENSION: missing"),
        ("2 3 4\n", "", "NODE_COORD_SECTION: 3 lines"),
        ("2 3 4\n", "2 3 four\n", "NODE_COORD_SECTION: 'four'"),
        ("2 3 4\n", "2 3 nan\n", "NODE_COORD_SECTION: nan"),
        ("2 4\n", "2 4 9\n", "DEMAND_SECTION: '2 4 9'"),
        ("DIMENSION : 4", "DIMENSION : four", "DIMENSION: 'four'"),
        ("DIMENSION : 4", "DIMENSION : 1", "DIMENSION: 1"),
        ("TYPE : CVRP", "TYPE : TSP", "TYPE: TSP"),
        ("EUC_2D", "XRAY1", "EDGE_WEIGHT_TYPE: XRAY1"),
        ("EUC_2D", "EXPLICIT", "EDGE_WEIGHT_SECTION: missing"),
        ("2 3 4\n", "2 3 4\n2 3 4\n", "NODE_COORD_SECTION: 5 lines"),
        ("2 3 4\n3 0", "3 3 4\n3 0", "NODE_COORD_SECTION: index 3 twice"),
        ("2 4\n", "2 -4\n", "DEMAND_SECTION: -4"),
        ("DIMENSION : 4", "DIMENSION : 4.5", "DIMENSION: 4.5"),
        ("CAPACITY : 10", "VEHICLES : 0\nCAPACITY : 10", "VEHICLES: 0"),
        (
            "DEPOT_SECTION",
            "TIME_WINDOW_SECTION\n1 0 9\n2 5 4\n3 0 9\n4 0 9\nDEPOT_SECTION",
            "TIME_WINDOW_SECTION: 2 5 4",
        ),
        ("DEPOT_SECTION", "BACKHAUL_SECTION\n1 0\nDEPOT_SECTION", "BACKHAUL_SECTION: not understood"),
        ("DEPOT_SECTION\n1\n", "DEPOT_SECTION\n1\n2\n", "DEPOT_SECTION: 2 depots"),
        ("DEPOT_SECTION\n1\n", "DEPOT_SECTION\n9\n", "DEPOT_SECTION: 9"),
        ("DEPOT_SECTION", "RELEASE_TIME_SECTION\n1 0\nDEPOT_SECTION", "RELEASE_TIME_SECTION"),
        ("TYPE : CVRP", "what is this", "line: 'what is this'"),
    ],
)
def test_broken_vrplib_files_get_one_line(tmp_path: pathlib.Path, old: str, new: str, words: str) -> None:
    assert old in CVRP
    with pytest.raises(RoutingError) as refusal:
        read_text(tmp_path, CVRP.replace(old, new))
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
