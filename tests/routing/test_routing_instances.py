"""Instance files: each format in its own convention, and one clear line for each that is broken."""

import json
import math
import pathlib

import numpy as np
import pytest

from routing import (
    Chamber,
    DrivingBreaks,
    Load,
    Lock,
    LunchBreak,
    MaxIterations,
    Objective,
    RoutingError,
    Straight,
    UnderWay,
    WorkBreaks,
    solve,
    violations,
)
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
    distance = np.asarray(_read(tmp_path, text).problem.distance_m)
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
    distance = _read(tmp_path, CVRP.replace("EUC_2D", kind)).problem.distance_m
    assert distance[0].tolist() == pytest.approx([0.0, *expected])


def test_geographic_distances_are_those_of_tsplib(tmp_path: pathlib.Path) -> None:
    # burma14 of TSPLIB: between its first two places, 16.47 96.10 and 16.47 94.44, lie 153 km
    text = CVRP.replace("EUC_2D", "GEO").replace("1 0 0\n2 3 4", "1 16.47 96.10\n2 16.47 94.44")
    assert _read(tmp_path, text).problem.distance_m[0, 1] == 153.0


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
def test_files_that_only_look_different_are_read(tmp_path: pathlib.Path, old: str, new: str) -> None:
    assert old in CVRP
    problem = _read(tmp_path, CVRP.replace(old, new)).problem
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


def test_all_that_vehicles_can_say_is_read(tmp_path: pathlib.Path) -> None:
    instance = _read(tmp_path, CVRP.replace("DEPOT_SECTION\n1\n-1\n", _FLEET))
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
        _read(tmp_path, CVRP.replace("DEPOT_SECTION\n1\n-1\n", _FLEET.replace(old, new)))
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


_WIDE = {
    "positions": [[13.0, 52.0], [13.1, 52.0], [13.0, 52.1]],
    "straight": {"factor": 1.3, "speed_mps": 10, "geographic": True},
    "stops": [
        {
            "location": 1,
            "loads": [{"fraction": "glass", "amounts": [3]}],
            "limits": {"length_m": 9},
            "skills": ["crane"],
            "group": "a",
            "days": [1],
        },
        {"location": 2, "demand": [1], "after": 0},
    ],
    "vehicles": [
        {
            "start": 0,
            "end": 0,
            "capacity": [9],
            "max_duration_s": None,
            "chambers": [{"fractions": ["glass"], "capacity": [5]}],
            "breaks": {"kind": "driving", "driving_s": 9000, "work": {"stretch_s": 10000}},
            "under_way": {"loads": [{"fraction": "glass", "amounts": [2]}], "worked_s": 60},
            "sizes": {"length_m": 8},
        }
    ],
    "disposal_sites": [{"location": 2, "weighing_s": 60, "fractions": ["glass"]}],
    "objective": {"vehicles_first": True, "stability": 3},
    "press_factors": {"glass": [1.5]},
    "locks": [{"vehicle": 0, "steps": [1, "D1", 2]}],
}


def test_the_projects_own_json_says_everything(tmp_path: pathlib.Path) -> None:
    problem = _read(tmp_path, json.dumps(_WIDE), "wide.json").problem
    car = problem.vehicles[0]
    assert problem.demands.tolist() == [[2.0], [1.0]]
    assert problem.stops[0].limits == (("length_m", 9),)
    assert car.chambers == (Chamber(("glass",), (5,)),)
    assert car.breaks == DrivingBreaks(9000, work=WorkBreaks(10000))
    assert car.under_way == UnderWay(loads=(Load("glass", (2,)),), worked_s=60)
    assert math.isinf(car.max_duration_s)
    assert problem.disposal_sites[0].fractions == ("glass",)
    assert problem.objective == Objective(vehicles_first=True, stability=3)
    assert problem.locks == (Lock(0, (("stop", 0), ("disposal", 0), ("stop", 1))),)
    assert isinstance(problem.distance_m, Straight)
    assert problem.distance_m[0, 2] == pytest.approx(1.3 * 11_119.5, rel=1e-4)
    assert problem.duration_s[0, 2] == pytest.approx(0.13 * 11_119.5, rel=1e-4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"straight": {"speed_mps": 0}}, "straight.speed_mps: 0"),
        ({"straight": {"speed": 3}}, "straight.speed: unknown"),
        ({"straight": {}, "positions": []}, "positions: missing"),
        (
            {"stops": [{"location": 1, "loads": [{"fraction": "glass"}]}]},
            "stops[0].loads[0].amounts: missing",
        ),
        ({"stops": [{"location": 1, "loads": 3}]}, "loads: int: expected a list"),
        ({"stops": [{"location": 1, "skills": "crane"}]}, "stop.skills: 'crane'"),
        ({"objective": {"beauty": 3}}, "objective.beauty: unknown"),
        ({"press_factors": {"glass": [0]}}, "press_factors[glass]"),
        ({"press_factors": {"glass": 3}}, "problem: "),
        ({"locks": [{"vehicle": 0, "steps": ["home"]}]}, "locks[0].steps: 'home'"),
        ({"locks": [{"vehicle": 0, "steps": [9]}]}, "locks[0].steps: 8: expected 0..1"),
        ({"profiles": [{"distance_m": [[0]]}]}, "profiles[0].duration_s: missing"),
    ],
)
def test_broken_wide_json_gets_one_line(
    tmp_path: pathlib.Path, change: dict[str, object], words: str
) -> None:
    with pytest.raises(RoutingError) as refusal:
        _read(tmp_path, json.dumps(_WIDE | change), "wide.json")
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


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
        "mtvrptwr/C201R0.25",
        "mtvrptwr/RC2_2_04R0.25",
    ],
)
def test_published_solutions_are_valid_at_their_stated_cost(shared_data: pathlib.Path, name: str) -> None:
    path = shared_data / "routing" / f"{name}.vrp"
    instance = read(path)
    solution = read_solution(path.with_suffix(".sol"), instance.problem, instance.depot_reloads)
    plan = to_plan(instance, solution)
    assert violations(instance.problem, plan) == []


def _qingdao(folder: pathlib.Path, **changes: object) -> pathlib.Path:
    point: dict[str, object] = {"lng": 120130433, "lat": 36090514, "capacity": 480, "stopLength": 60}
    point |= {"workTimes": [["07:00", "12:30"], ["13:00", "17:00"]]}
    depot, facility = {"lng": 120194825, "lat": 35984984}, {"lng": 120148915, "lat": 36287264}
    for name, content in (
        ("WasteCollectionSites", {"point": [point | changes]}),
        ("Depots", {"depot": [depot]}),
        ("DisposalFacilities", {"disposal_facility": [facility]}),
    ):
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def test_waste_qingdao_is_read_from_its_folder_or_any_file(tmp_path: pathlib.Path) -> None:
    problem = read(_qingdao(tmp_path)).problem
    assert problem.unit == "km"
    assert problem.stops[0].windows == ((25200.0, 45000.0), (46800.0, 61200.0))
    assert problem.stops[0].demand == (480.0,)
    assert problem.stops[0].service_s == 60.0
    # a tenth of a degree of latitude is 11.1 km
    assert problem.distance_m[0, 2] == pytest.approx(math.hypot(11_735, 5_786), rel=0.01)
    assert problem.vehicles[0].home_empty
    assert len(read(tmp_path / "Depots.json").problem.stops) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lng": "east"}, "lng: east"),
        ({"lng": 120.1e9}, "lng, lat"),
        ({"capacity": None}, "capacity: None"),
        ({"workTimes": "always"}, "workTimes: always"),
        ({"workTimes": [["07:00"]]}, "workTimes: "),
        ({"workTimes": [["17:00", "07:00"]]}, "stop.windows"),
    ],
)
def test_broken_waste_qingdao_files_get_one_line(
    tmp_path: pathlib.Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(RoutingError) as refusal:
        read(_qingdao(tmp_path, **changes))
    assert words in str(refusal.value)
    assert "expected" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_waste_qingdao_has_all_its_sites(shared_data: pathlib.Path) -> None:
    problem = read(shared_data / "routing" / "waste-qingdao").problem
    assert (len(problem.stops), len(problem.disposal_sites)) == (3000, 3)
    assert len({car.start for car in problem.vehicles}) == 3
