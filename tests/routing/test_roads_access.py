"""What tags mean for a truck of 26 t, 4 m high."""

import dataclasses
import pathlib

import pytest

from routing.errors import RoutingError
from routing.roads import TRUCK_26T, RoadNetwork, TruckProfile, read_osm, read_profile
from routing.roads.access import blocks, judge
from routing.roads.tags import kmh, metres, tonnes
from tests.routing.roads_drawing import draw, points


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4", 4.0),
        ("3.8 m", 3.8),
        ("3,8", 3.8),
        ("380 cm", 3.8),
        ("12'6\"", 3.81),
        ("default", None),
        (None, None),
    ],
)
def test_metres(text: str | None, expected: float | None) -> None:
    assert metres(text) == (pytest.approx(expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7.5", 7.5), ("7,5 t", 7.5), ("5500 kg", 5.5), ("12;7.5", 12.0), ("none", None), ("", None)],
)
def test_tonnes(text: str, expected: float | None) -> None:
    assert tonnes(text) == (pytest.approx(expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("50", 50.0), ("30 mph", 48.28), ("walk", 7.0), ("DE:urban", 50.0), ("none", 999.0), ("signals", None)],
)
def test_speed_limits(text: str, expected: float | None) -> None:
    assert kmh(text) == (pytest.approx(expected, abs=0.01) if expected else None)


_CLOSED = [
    {"highway": "footway"},
    {"highway": "construction"},
    {"highway": "residential", "access": "private"},
    {"highway": "residential", "access": "yes", "hgv": "no"},
    {"highway": "unclassified", "motor_vehicle": "agricultural;forestry"},
    {"highway": "unclassified", "maxweight": "12"},
    {"highway": "unclassified", "maxweightrating": "7.5 t"},
    {"highway": "secondary", "maxheight": "3.6"},
    {"highway": "service", "maxwidth": "2.2"},
    {"highway": "service", "service": "emergency_access"},
    {"highway": "pedestrian"},
    {"highway": "track"},
    {"highway": "track", "tracktype": "grade3"},
    {"highway": "primary", "oneway": "reversible"},
]


@pytest.mark.parametrize("tags", _CLOSED, ids=str)
def test_closed_to_the_truck(tags: dict[str, str]) -> None:
    assert judge(tags, TRUCK_26T) is None


_OPEN = [
    ({"highway": "residential", "access": "no", "hgv": "yes"}, True, True),
    ({"highway": "residential", "motor_vehicle": "destination"}, True, True),
    ({"highway": "pedestrian", "motor_vehicle": "delivery"}, True, True),
    ({"highway": "secondary", "maxheight": "4.2", "maxweight": "30"}, True, True),
    ({"highway": "track", "tracktype": "grade2"}, True, True),
    ({"highway": "track", "surface": "asphalt"}, True, True),
    # Closed to motor vehicles but open to cars is meant for through traffic of lorries.
    ({"highway": "primary", "motor_vehicle": "no", "motorcar": "yes"}, True, True),
    ({"highway": "residential", "oneway": "yes"}, True, False),
    ({"highway": "residential", "oneway": "-1"}, False, True),
    ({"highway": "motorway"}, True, False),
    ({"highway": "tertiary", "junction": "roundabout"}, True, False),
    ({"highway": "tertiary", "junction": "roundabout", "oneway": "no"}, True, True),
    ({"highway": "residential", "oneway": "yes", "oneway:hgv": "no"}, True, True),
    ({"highway": "residential", "motor_vehicle:backward": "no"}, True, False),
    ({"highway": "residential", "hgv:forward": "no"}, False, True),
]


@pytest.mark.parametrize(("tags", "forward", "backward"), _OPEN, ids=str)
def test_open_directions(tags: dict[str, str], forward: bool, backward: bool) -> None:
    judged = judge(tags, TRUCK_26T)
    assert judged is not None
    assert (judged.forward_kmh > 0, judged.backward_kmh > 0) == (forward, backward)


def _speed(**tags: str) -> float:
    judged = judge({key.replace("__", ":"): value for key, value in tags.items()}, TRUCK_26T)
    assert judged is not None
    return judged.forward_kmh


def test_speeds_follow_class_limit_and_surface() -> None:
    assert _speed(highway="motorway") == 80.0
    assert _speed(highway="motorway", maxspeed="none") == 80.0
    assert _speed(highway="primary", maxspeed="100") == 60.0
    assert _speed(highway="primary", maxspeed="50") == pytest.approx(44.0)
    assert _speed(highway="primary", maxspeed="100", maxspeed__hgv="50") == pytest.approx(44.0)
    assert _speed(highway="residential", maxspeed="30") == pytest.approx(26.4)
    assert _speed(highway="secondary", surface="cobblestone") == 25.0
    assert _speed(highway="secondary", surface="asphalt", smoothness="very_bad") == 12.0
    assert _speed(highway="service", service="driveway") == 8.0
    assert _speed(highway="residential", motor_vehicle="destination") == pytest.approx(0.6 * 27.0)


def test_the_legal_limits_of_heavy_trucks_are_settings() -> None:
    fast = dataclasses.replace(TRUCK_26T, rural_limit_kmh=50.0, motorway_limit_kmh=70.0)
    judged = [judge({"highway": name}, fast) for name in ("primary", "motorway")]
    assert [item.forward_kmh for item in judged if item] == [50.0, 70.0]


def test_limit_and_town_are_kept_for_grading() -> None:
    town = judge({"highway": "secondary", "maxspeed": "50"}, TRUCK_26T)
    land = judge({"highway": "secondary", "maxspeed": "70", "source:maxspeed": "DE:rural"}, TRUCK_26T)
    assert town is not None
    assert (town.limit_kmh, town.urban) == (50.0, True)
    assert land is not None
    assert (land.limit_kmh, land.urban) == (70.0, False)


@pytest.mark.parametrize(
    ("tags", "stops"),
    [
        ({"barrier": "bollard"}, True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "lift_gate", "access": "delivery"}, False),
        ({"barrier": "height_restrictor", "maxheight": "2.1"}, True),
    ],
)
def test_barriers(tags: dict[str, str], stops: bool) -> None:
    assert blocks(tags, TRUCK_26T) is stops


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weight_t", 0.0),
        ("height_m", -1.0),
        ("limit_share", 1.2),  # a share
        ("u_turn_s", -5.0),
        ("class_kmh", {"primary": 0.0}),
        ("class_kmh", {"cycleway": 20.0}),  # no road for trucks
    ],
)
def test_a_profile_refuses_nonsense(field: str, value: object) -> None:
    with pytest.raises(RoutingError, match=field):
        TruckProfile(**{field: value})  # type: ignore[arg-type]


def test_a_truck_of_a_file_differs_only_in_what_the_file_says(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "side.toml"
    file.write_text('name = "side loader"\nweight_t = 18\ncollects_right = true\n[class_kmh]\ntrack = 9\n')
    truck = read_profile(file)
    assert (truck.name, truck.weight_t, truck.height_m) == ("side loader", 18, TRUCK_26T.height_m)
    assert truck.class_kmh == {**TRUCK_26T.class_kmh, "track": 9}
    nodes = {1: (0.0, 0.0), 2: (0.0, 400.0)}
    network = read_osm(draw(tmp_path / "i.osm", nodes, {10: ((1, 2), {"highway": "tertiary"})}), truck)
    assert (network.profile, network.right_side) == ("side loader", True)
    again = RoadNetwork.from_bytes(network.to_bytes())
    assert (again.snap(points((5.0, 100.0), (-5.0, 300.0))).edge >= 0).tolist() == [
        [True, False],
        [False, True],
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("weight = 18", "weight is no field of a truck, expected one of name, weight_t"),
        ('weight_t = "18"', "weight_t is '18', expected a number"),
        ("collects_right = 1", "collects_right is 1, expected true or false"),
        ("class_kmh = 30", "class_kmh is 30, expected a table of km/h"),
        ("[class_kmh]\ncanal = 8", "class_kmh is canal, expected classes of OpenStreetMap highways"),
        ("weight_t = -1", "weight_t is -1, expected more than 0"),
        ("weight_t", "expected a TOML file with fields of a truck"),
    ],
)
def test_an_impossible_truck_gets_one_line(tmp_path: pathlib.Path, content: str, said: str) -> None:
    file = tmp_path / "truck.toml"
    file.write_text(content)
    with pytest.raises(RoutingError) as error:
        read_profile(file)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
