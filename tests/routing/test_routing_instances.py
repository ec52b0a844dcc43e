"""Instance files: each format in its own convention, and solutions written and read."""

import json
import math
import pathlib

import pytest

from routing import LunchBreak, MaxIterations, RoutingError, solve, violations
from routing.instances import read, read_solution, to_plan, to_solution, write_sol
from tests.routing.small_files import CVRP, KIM, SOLOMON, read_text


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
    problem = read_text(tmp_path, SOLOMON, "c1.txt").problem
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
        read_text(tmp_path, SOLOMON.replace(old, new), "c1.txt")


def test_waste_kim_has_landfills_lunch_and_miles(tmp_path: pathlib.Path) -> None:
    problem = read_text(tmp_path, KIM, "3_stop.txt").problem
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
        read_text(tmp_path, KIM.replace(old, new), "k.txt")


def test_sol_files_are_read_and_checked(tmp_path: pathlib.Path) -> None:
    instance = read_text(tmp_path, CVRP)
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
    instance = read_text(tmp_path, CVRP)
    path = tmp_path / "bad.sol"
    path.write_text(text)
    with pytest.raises(RoutingError) as refusal:
        read_solution(path, instance.problem)
    assert words in str(refusal.value)


@pytest.mark.usefixtures("compiled")
def test_a_plan_survives_being_written_andread_text(tmp_path: pathlib.Path) -> None:
    text = KIM.replace("12.00 1", "150.00 1") + "3 900.00 5280.00 0000 2400 60 200.00 1\r\n"
    instance = read_text(tmp_path, text, "k.txt")
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
