"""Conditions of OpenStreetMap: hours, weekdays, weight; turn rules, access and limits that have them."""

import dataclasses
import pathlib

import pytest

from routing.errors import RoutingError
from routing.roads import TRUCK_26T, TruckProfile, matrices, read_osm
from routing.roads.access import judge
from routing.roads.conditions import Holds, values
from tests.routing.roads_drawing import Rule, draw, points

_ROAD = {"highway": "tertiary"}
_LIGHT = TruckProfile(name="light", weight_t=3.5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no @ (22:00-06:00)", [("no", Holds.SOMETIMES)]),  # the truck works from five
        ("no @ (20:00-05:00)", [("no", Holds.NEVER)]),
        ("no @ (04:00-21:00)", [("no", Holds.ALWAYS)]),
        ("no @ (Mo-Fr 07:00-09:00,15:00-17:00)", [("no", Holds.SOMETIMES)]),
        ("no @ (Su,PH)", [("no", Holds.NEVER)]),
        ("no @ (Sa,Su 00:00-24:00)", [("no", Holds.SOMETIMES)]),
        ("no @ (Mo-Sa)", [("no", Holds.ALWAYS)]),
        ("no @ (weight>7.5)", [("no", Holds.ALWAYS)]),
        ("no @ weight > 7.5 t", [("no", Holds.ALWAYS)]),
        ("no @ (weight>30)", [("no", Holds.NEVER)]),
        ("no @ (length>=10.5)", [("no", Holds.ALWAYS)]),
        ("no @ (weight>7.5 AND Mo-Fr 07:00-09:00)", [("no", Holds.SOMETIMES)]),
        ("no @ (weight>30; 20:00-22:00)", [("no", Holds.NEVER)]),
        ("no @ (Su; weight>3.5)", [("no", Holds.ALWAYS)]),
        ("no @ wet", [("no", Holds.SOMETIMES)]),
        ("yes @ (delivery); no @ (weight>30)", [("yes", Holds.ALWAYS), ("no", Holds.NEVER)]),
        ("no", []),
        ("", []),
    ],
)
def test_when_a_value_holds(text: str, expected: list[tuple[str, Holds]]) -> None:
    assert list(values(text, TRUCK_26T)) == expected


@pytest.mark.parametrize(
    ("tags", "open_"),
    [
        ({"hgv:conditional": "no @ (weight>7.5)"}, False),
        ({"hgv:conditional": "no @ (weight>30)"}, True),
        ({"hgv:conditional": "no @ (20:00-05:00)"}, True),
        ({"hgv": "no", "hgv:conditional": "delivery @ (weight>7.5)"}, True),
        ({"access": "no", "access:conditional": "yes @ (06:00-10:00)"}, False),
        ({"access": "no", "access:conditional": "yes @ (00:00-24:00)"}, True),
        ({"maxweight": "7.5", "maxweight:conditional": "none @ delivery"}, True),
        ({"maxweight": "7.5", "maxweight:conditional": "none @ (20:00-22:00)"}, False),
        ({"maxweight:conditional": "12 @ (Nov-Mar)"}, False),
    ],
)
def test_access_and_weight_with_conditions(tags: dict[str, str], open_: bool) -> None:
    assert (judge({"highway": "tertiary", **tags}, TRUCK_26T) is not None) is open_


@pytest.mark.parametrize(
    ("tags", "truck", "applied"),
    [
        ({"restriction": "", "restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"}, TRUCK_26T, 1),
        ({"restriction": "", "restriction:conditional": "no_left_turn @ (20:00-05:00)"}, TRUCK_26T, 0),
        ({"restriction": "", "restriction:conditional": "no_left_turn @ (weight>7.5)"}, TRUCK_26T, 1),
        ({"restriction": "", "restriction:conditional": "no_left_turn @ (weight>7.5)"}, _LIGHT, 0),
        ({"restriction": "", "restriction:hgv": "no_left_turn"}, TRUCK_26T, 1),
        ({"restriction": "", "restriction:hgv:conditional": "no_left_turn @ (Sa)"}, TRUCK_26T, 1),
        ({"restriction": "no_left_turn", "except": "bus;hgv"}, TRUCK_26T, 0),
        ({"restriction": "no_left_turn", "except": "bicycle"}, TRUCK_26T, 1),
    ],
)
def test_turn_rules_with_conditions(
    tmp_path: pathlib.Path, tags: dict[str, str], truck: TruckProfile, applied: int
) -> None:
    """From south to west at a crossing: straight left, or on to the north and round at the end."""
    nodes = {1: (0.0, -300.0), 2: (0.0, 0.0), 3: (-300.0, 0.0), 4: (0.0, 400.0)}
    ways = {10: ((1, 2), _ROAD), 11: ((2, 3), _ROAD), 12: ((2, 4), _ROAD)}
    rule = Rule("no_left_turn", 10, 2, 11, tags)
    network = read_osm(draw(tmp_path / "t.osm", nodes, ways, [rule]), truck)
    assert network.report.rules_applied == applied
    distance_m, _ = matrices(network, network.snap(points((0.0, -200.0), (-200.0, 0.0))))
    assert distance_m[0, 1] == pytest.approx(1200.0 if applied else 400.0, abs=1.0)


def test_hours_of_work_are_checked() -> None:
    with pytest.raises(RoutingError, match="work_from_h"):
        dataclasses.replace(TRUCK_26T, work_from_h=21.0)
