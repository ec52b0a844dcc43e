"""`route solve` and `route check` as users call them."""

import json
import pathlib
import xml.etree.ElementTree
from collections.abc import Sequence

import pytest

from routing.errors import RoutingError
from smartregion import program
from tests.routing.small_files import CVRP, KIM

pytestmark = pytest.mark.usefixtures("compiled")

_FIELDS = {
    "instance",
    "cost",
    "unit",
    "routes",
    "vehicles",
    "unserved",
    "seconds",
    "cpu_seconds",
    "iterations",
}


@pytest.fixture
def tiny(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "tiny.vrp"
    path.write_text(CVRP)
    return path


def _solve(compiled: pathlib.Path, *words: object) -> int:
    return program.main(["route", "solve", *map(str, words), "--cache", str(compiled.parent)])


def _check(*words: object) -> int:
    return program.main(["route", "check", *map(str, words)])


def test_solve_prints_the_fields_of_the_contract(
    tiny: pathlib.Path, compiled: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _solve(compiled, tiny, "--iterations", 100, "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    assert set(plan) >= _FIELDS
    assert plan["instance"] == "tiny"
    assert plan["cost"] == 20
    assert sorted(stop for route in plan["routes"] for stop in route) == [1, 2, 3]
    assert len(plan["vehicles"]) == len(plan["routes"])
    assert plan["iterations"] == 100


def test_disposal_visits_are_written_as_d1(
    tmp_path: pathlib.Path, compiled: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "3_stop.txt"
    path.write_text(KIM)
    assert _solve(compiled, path, "--iterations", 20, "--json", "--out", tmp_path / "o.json") == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["routes"] == [[1, "D1"]]
    assert plan["unit"] == "mile"
    assert plan["cost"] == 4
    assert _check(path, tmp_path / "o.json") == 0


@pytest.mark.parametrize("name", ["out.sol", "out.json"])
def test_what_solve_writes_check_accepts(
    tiny: pathlib.Path, compiled: pathlib.Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tiny.parent / name
    assert _solve(compiled, tiny, "--iterations", 50, "--threads", 2, "--out", out) == 0
    assert "20" in capsys.readouterr().out
    assert _check(tiny, out) == 0
    assert "valid, cost 20" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Route #1: 1 2\nCost 18\n", "stop 3 is not served"),
        ("Route #1: 1 2 3\nCost 20\n", "capacity"),
        ("Route #1: 1 2\nRoute #2: 3 3\nCost 20\n", "served 2 times"),
        ("Route #1: 1 2\nRoute #2: 3\nCost 19\n", "19.000000 stated, 20.000000 counted"),
    ],
)
def test_check_lists_violations_and_fails(
    tiny: pathlib.Path, text: str, rule: str, capsys: pytest.CaptureFixture[str]
) -> None:
    solution = tiny.parent / "bad.sol"
    solution.write_text(text)
    assert _check(tiny, solution) == 1
    shown = capsys.readouterr()
    assert rule in shown.out
    assert shown.err.count("\n") == 1


def test_stops_left_out_are_an_error_after_the_plan_is_printed(
    tiny: pathlib.Path, compiled: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.write_text(CVRP.replace("2 4\n", "2 44\n"))
    assert _solve(compiled, tiny, "--iterations", 50, "--json") == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["unserved"] == [1]
    assert "44 is more than any vehicle takes (10)" in shown.err


def test_what_is_impossible_is_named_before_the_search(
    tiny: pathlib.Path, compiled: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.write_text(CVRP.replace("2 4\n", "2 44\n"))
    _solve(compiled, tiny, "--iterations", 5)
    first = capsys.readouterr().err.splitlines()[0]
    assert first == "stop 1 cannot be served: demand 44 is more than any vehicle takes (10)"


def test_a_search_can_begin_with_a_solution(tiny: pathlib.Path, compiled: pathlib.Path) -> None:
    start, out = tiny.parent / "start.sol", tiny.parent / "out.sol"
    start.write_text("Route #1: 2 1\nRoute #2: 3\nCost 20\n")
    assert _solve(compiled, tiny, "--iterations", 0, "--start", start, "--out", out) == 0
    assert out.read_text() == start.read_text()


def test_check_answers_in_json(tiny: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    solution = tiny.parent / "some.sol"
    solution.write_text("Route #1: 1 2\nRoute #2: 3\nCost 20\n")
    assert _check(tiny, solution, "--json") == 0
    good = json.loads(capsys.readouterr().out)
    assert (good["valid"], good["cost"], good["violations"], good["not_checked"]) == (True, 20, [], [])
    solution.write_text("Route #1: 1 2 3\nCost 21\n")
    assert _check(tiny, solution, "--json") == 1
    bad = json.loads(capsys.readouterr().out)
    assert {fault["rule"] for fault in bad["violations"]} == {"capacity", "cost"}


def test_explain_says_a_line_for_each_stop(tiny: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    solution = tiny.parent / "some.sol"
    solution.write_text("Route #1: 1 2\nRoute #2: 3\nCost 20\n")
    assert program.main(["route", "explain", str(tiny), str(solution)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["stop 1", "stop 2", "stop 3"]
    assert program.main(["route", "explain", str(tiny), str(solution), "--stop", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["stop"] for one in told["stops"]] == [2]
    assert told["stops"][0]["room"] == [1.0]
    assert program.main(["route", "explain", str(tiny), str(solution), "--stop", "9"]) == 1
    assert "--stop: 9: expected 1..3" in capsys.readouterr().err


def test_plot_draws_each_tour_and_stop(tiny: pathlib.Path, compiled: pathlib.Path) -> None:
    picture = tiny.parent / "tours.svg"
    assert _solve(compiled, tiny, "--iterations", 50, "--plot", picture) == 0
    root = xml.etree.ElementTree.parse(picture).getroot()  # noqa: S314 our own file
    names = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert names.count("polyline") == 2
    assert names.count("circle") == 3


def test_what_cannot_be_drawn_is_refused_before_the_search(
    tiny: pathlib.Path, compiled: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head, _, rest = CVRP.partition("NODE_COORD_SECTION\n")
    matrix = "EDGE_WEIGHT_SECTION\n0 5 8 1\n5 0 5 4\n8 5 0 7\n1 4 7 0\n"
    kind = "EXPLICIT\nEDGE_WEIGHT_FORMAT : FULL_MATRIX"
    tiny.write_text(head.replace("EUC_2D", kind) + matrix + rest[rest.index("DEMAND_SECTION") :])
    picture = tiny.parent / "tours.svg"
    assert _solve(compiled, tiny, "--iterations", 50, "--plot", picture) == 1
    said = "smartregion: plot: the instance has no positions: expected coordinates to draw\n"
    assert capsys.readouterr().err == said
    assert not picture.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["solve", "tiny.vrp", "--seconds", "-1"],
        ["solve", "tiny.vrp", "--iterations", "some"],
        ["solve", "tiny.vrp", "--seconds", "1", "--iterations", "1"],
        ["solve", "tiny.vrp", "--threads", "0"],
        ["check", "tiny.vrp"],
        [],
    ],
)
def test_wrong_usage_exits_with_2(words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        program.main(["route", *words])
    assert leaving.value.code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("words", [["solve", "nowhere.vrp"], ["check", "nowhere.vrp", "nowhere.sol"]])
def test_a_missing_file_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["route", *words]) == 1
    shown = capsys.readouterr()
    assert shown.err == "smartregion: nowhere.vrp: No such file or directory: expected a readable file\n"


def test_an_unwritable_output_is_one_line(
    tiny: pathlib.Path, compiled: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tiny.parent / "nowhere" / "out.sol"
    assert _solve(compiled, tiny, "--iterations", 1, "--out", out) == 1
    assert "expected a writable file" in capsys.readouterr().err.splitlines()[-1]


def test_errors_carry_the_exit_code() -> None:
    assert RoutingError.exit_code == 1
