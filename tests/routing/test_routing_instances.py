"""Instance files: each format in its own convention, and one clear line for each that is broken."""

import json
import math
import pathlib

import pytest

from routing import LunchBreak, MaxIterations, RoutingError, WorkBreaks, solve, violations
from routing.instances import Instance, read, read_solution, to_plan, to_solution, write_sol
from tests.routing.small_files import CVRP, KIM, SOLOMON


def _read(folder: pathlib.Path, text: str, name: str = "tiny.vrp") -> Instance:
    path = folder / name
    path.write_bytes(text.encode())
    return read(path)


def test_cvrp_distances_are_rounded_to_whole_numbers(tmp_path: pathlib.Path) -> None:
    problem = _read(tmp_path, CVRP).problem
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
        ("FULL_MATRIX", "0 5 8 1\n5 0 6 4\n8 6 0 7\n1 4 7 0"),
    ],
)
def test_explicit_matrices(tmp_path: pathlib.Path, form: str, weights: str) -> None:
    text = CVRP.replace("EUC_2D", f"EXPLICIT\nEDGE_WEIGHT_FORMAT : {form}")
    text = text.replace("DEMAND_SECTION", f"EDGE_WEIGHT_SECTION\n{weights}\nDEMAND_SECTION")
    distance = _read(tmp_path, text).problem.distance_m
    assert distance.tolist() == [[0, 5, 8, 1], [5, 0, 6, 4], [8, 6, 0, 7], [1, 4, 7, 0]]


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
        ("EUC_2D", "GEO", "EDGE_WEIGHT_TYPE: GEO"),
        ("DEPOT_SECTION\n1\n", "DEPOT_SECTION\n1\n2\n", "DEPOT_SECTION: 2 depots"),
        ("DEPOT_SECTION\n1\n", "DEPOT_SECTION\n9\n", "DEPOT_SECTION: 9"),
        ("DEPOT_SECTION", "RELEASE_TIME_SECTION\n1 0\nDEPOT_SECTION", "RELEASE_TIME_SECTION"),
        ("TYPE : CVRP", "what is this", "line: 'what is this'"),
    ],
)
def test_broken_vrplib_files_get_one_line(tmp_path: pathlib.Path, old: str, new: str, words: str) -> None:
    assert old in CVRP
    with pytest.raises(RoutingError) as refusal:
        _read(tmp_path, CVRP.replace(old, new))
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"a;b;c\n1;2;3\n", b"\xff\xfe\x00bad", b"[1, 2]", b"{" * 5000])
def test_a_file_that_is_no_instance_gets_one_line(tmp_path: pathlib.Path, content: bytes) -> None:
    path = tmp_path / "thing.txt"
    path.write_bytes(content)
    with pytest.raises(RoutingError) as refusal:
        read(path)
    assert "thing.txt" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_gets_one_line(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RoutingError, match=r"nowhere\.vrp: No such file"):
        read(tmp_path / "nowhere.vrp")


def test_solomon_distances_are_cut_to_one_decimal(tmp_path: pathlib.Path) -> None:
    problem = _read(tmp_path, SOLOMON, "c1.txt").problem
    assert problem.distance_m[0, 1] == math.floor(10 * math.hypot(5, 18)) / 10 == 18.6
    assert problem.stops[0].windows == ((912.0, 967.0),)
    assert problem.stops[0].service_s == 90.0
    assert len(problem.vehicles) == 2
    assert problem.vehicles[0].shift == (0.0, 1236.0)


@pytest.mark.parametrize(
    ("old", "new"), [("NUMBER     CAPACITY\n", ""), ("68", "x"), (" 967         90", "")]
)
def test_broken_solomon_files_get_one_line(tmp_path: pathlib.Path, old: str, new: str) -> None:
    assert old in SOLOMON
    with pytest.raises(RoutingError, match=r"c1\.txt: [A-Z]+: .*expected"):
        _read(tmp_path, SOLOMON.replace(old, new), "c1.txt")


def test_waste_kim_has_landfills_lunch_and_miles(tmp_path: pathlib.Path) -> None:
    problem = _read(tmp_path, KIM, "3_stop.txt").problem
    car = problem.vehicles[0]
    assert problem.unit == "mile"
    assert car.cost_per_m * problem.distance_m[0, 2] == pytest.approx(1.0)
    assert car.cost_per_m * problem.distance_m[1, 2] == pytest.approx(2.0)  # Manhattan
    assert problem.duration_s[0, 2] == pytest.approx(90.0)  # a mile at 40 mph
    assert car.shift == (4 * 3600.0, 15 * 3600.0)
    assert problem.disposal_sites[0].windows == ((0.0, 16 * 3600.0 + 75 * 60.0),)
    assert car.breaks == LunchBreak(39600.0, 43200.0, 3600.0)
    assert (car.capacity, car.max_load, car.max_stops, car.home_empty) == ((280.0,), (400.0,), 500, True)
    assert problem.stops[0].demand == (12.0,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("9999.00 0\r", "9999.00 1\r"),
        ("12.00 1\r", "12.00 2\r"),
        ("5280.00 0.00", "5280.00"),
        ("280.0 \t", "much \t"),
    ],
)
def test_broken_waste_kim_files_get_one_line(tmp_path: pathlib.Path, old: str, new: str) -> None:
    assert old in KIM
    with pytest.raises(RoutingError, match=r"k\.txt: .*expected"):
        _read(tmp_path, KIM.replace(old, new), "k.txt")


_NATIVE = {
    "name": "mine",
    "unit": "EUR",
    "distance_m": [[0, 5, None], [5, 0, 4], [6, 4, 0]],
    "duration_s": [[0, 5, 9], [5, 0, 4], [6, 4, 0]],
    "stops": [{"location": 1, "demand": [3], "windows": [[0, 50]]}],
    "vehicles": [{"start": 0, "end": 0, "capacity": [9], "breaks": {"kind": "work"}, "count": 2}],
    "disposal_sites": [{"location": 2, "service_s": 3}],
}


def test_the_projects_own_json(tmp_path: pathlib.Path) -> None:
    problem = _read(tmp_path, json.dumps(_NATIVE), "mine.json").problem
    assert problem.name == "mine"
    assert problem.stops[0].windows == ((0, 50),)
    assert len(problem.vehicles) == 2
    assert problem.vehicles[0].breaks == WorkBreaks()
    assert math.isinf(problem.distance_m[0, 2])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stops": [{"demand": [3]}]}, "stops[0].location: missing"),
        ({"stops": [{"location": 1, "weight": 3}]}, "stops[0].weight: unknown"),
        ({"stops": {"location": 1}}, "stops: dict: expected a list"),
        ({"stops": [{"location": "one"}]}, "stops[0]"),
        ({"stops": [7]}, "stops[0]: int: expected an object"),
        ({"vehicles": [{"start": 0, "end": 0, "count": 0}]}, "vehicles[0].count: 0"),
        ({"vehicles": [{"start": 0, "end": 0, "breaks": {"kind": "nap"}}]}, "vehicles[0].breaks"),
        ({"distance_m": [[0, 1], [2]]}, "distance_m"),
        ({"distance_m": "far"}, "distance_m"),
        ({"colour": "red"}, "problem.colour: unknown"),
        ({"duration_s": None}, "duration_s"),
    ],
)
def test_broken_json_gets_one_line(tmp_path: pathlib.Path, change: dict[str, object], words: str) -> None:
    with pytest.raises(RoutingError) as refusal:
        _read(tmp_path, json.dumps(_NATIVE | change), "mine.json")
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_sol_files_are_read_and_checked(tmp_path: pathlib.Path) -> None:
    instance = _read(tmp_path, CVRP)
    path = tmp_path / "good.sol"
    # 0-1 5, 1-2 round(hypot(3, 3.6)) = 5, 2-0 8, and there and back to the third stop 2.
    path.write_text("Route #1: 1 2\nRoute #2: 3\nCost 20\n")
    plan = to_plan(instance, read_solution(path, instance.problem))
    assert [tour.stops for tour in plan.tours] == [(0, 1), (2,)]
    assert violations(instance.problem, plan) == []
    path.write_text("Route #1: 1 2\nRoute #2: 3\nCost 21\n")
    lie = to_plan(instance, read_solution(path, instance.problem))
    assert [violation.rule for violation in violations(instance.problem, lie)] == ["cost"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing here", "Route: missing"),
        ("Route #1: 1 9\n", "Route #1: '9'"),
        ("Route #1: 1 D1\n", "Route #1: 'D1'"),
        ('{"routes": 7}', "routes"),
        ('{"routes": [[1, true]]}', "routes[0]: True"),
        ('{"routes": [[1, 0]]}', "routes[0]: 0"),
        ('{"routes": [[1]], "vehicles": [0, 1]}', "vehicles"),
        ('{"routes": [[1]], "vehicles": ["a"]}', "vehicles: a"),
        ('{"routes": [[1]], "cost": "cheap"}', "cost: cheap"),
        ('{"routes": [[1]], "unserved": 5}', "unserved: 5"),
        ("{broken", "JSON"),
    ],
)
def test_broken_solutions_get_one_line(tmp_path: pathlib.Path, text: str, words: str) -> None:
    instance = _read(tmp_path, CVRP)
    path = tmp_path / "bad.sol"
    path.write_text(text)
    with pytest.raises(RoutingError) as refusal:
        read_solution(path, instance.problem)
    assert words in str(refusal.value)


@pytest.mark.usefixtures("compiled")
def test_a_plan_survives_being_written_and_read(tmp_path: pathlib.Path) -> None:
    text = KIM.replace("12.00 1", "150.00 1") + "3 900.00 5280.00 0000 2400 60 200.00 1\r\n"
    instance = _read(tmp_path, text, "k.txt")
    plan = solve(instance.problem, MaxIterations(50))
    assert violations(instance.problem, plan) == []
    assert [visit.kind for visit in plan.tours[0].visits] == ["stop", "disposal", "stop", "disposal"]
    (tmp_path / "k.json").write_text(json.dumps(to_solution(instance.problem, plan)))
    (tmp_path / "k.sol").write_text(write_sol(instance.problem, plan))
    for name in ("k.json", "k.sol"):
        again = to_plan(instance, read_solution(tmp_path / name, instance.problem))
        assert [tour.visits for tour in again.tours] == [tour.visits for tour in plan.tours]
        assert violations(instance.problem, again) == []


@pytest.mark.parametrize(
    "name",
    [
        "cvrp-x/X-n106-k14",
        "vrptw-gh/C1_10_2",
        "pcvrptw/C1_10_1",
        "hfvrp/X153-FSMFD",
        "hfvrp/X266-HD",
        "cvrp-x/X-n979-k58",
    ],
)
def test_published_solutions_are_valid_at_their_stated_cost(shared_data: pathlib.Path, name: str) -> None:
    path = shared_data / "routing" / f"{name}.vrp"
    instance = read(path)
    plan = to_plan(instance, read_solution(path.with_suffix(".sol"), instance.problem))
    assert violations(instance.problem, plan) == []


def test_what_is_not_yet_understood_names_its_section(shared_data: pathlib.Path) -> None:
    with pytest.raises(RoutingError, match="RELEASE_TIME_SECTION"):
        read(shared_data / "routing" / "mtvrptwr" / "C201R0.25.vrp")
