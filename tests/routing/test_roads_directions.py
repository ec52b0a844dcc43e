"""Turn by turn: what a driver is told along a path."""

import pathlib

import pytest

from routing.errors import RoutingError
from routing.roads import RoadNetwork, directions, path, read_osm, texts
from tests.routing.roads_drawing import draw, lonlat, points

_NODES = {5: (0.0, 0.0), 1: (0.0, -200.0), 2: (200.0, 0.0), 3: (0.0, 200.0), 4: (-200.0, 0.0)}
_NODES |= {6: (200.0, 60.0), 7: (1200.0, 400.0), 8: (300.0, -60.0)}


def _road(name: str) -> dict[str, str]:
    return {"highway": "tertiary", **({"name": name} if name else {})}


_STREETS = {
    1: ((1, 5), _road("Südstraße")),
    2: ((5, 2), _road("Oststraße")),
    3: ((5, 3), _road("Nordstraße")),
    4: ((4, 5), _road("Weststraße")),
    5: ((2, 6), _road("Oststraße")),
    6: ((6, 7), _road("B 96")),
    7: ((2, 8), _road("")),
}


@pytest.fixture
def town(tmp_path: pathlib.Path) -> RoadNetwork:
    """A crossing, and a road with a bend beyond it."""
    return read_osm(draw(tmp_path / "town.osm", _NODES, _STREETS))


def _told(
    network: RoadNetwork, start_m: tuple[float, float], end_m: tuple[float, float], language: str = "de"
) -> list[str]:
    snapped = network.snap(points(start_m, end_m))
    found = path(network, snapped[0], snapped[1])
    steps = directions(network, found, lonlat(*end_m))
    assert sum(step.distance_m for step in steps) == pytest.approx(found.distance_m, abs=1.0)
    return list(texts(steps, language))


def test_a_left_turn_and_the_side_of_the_place(town: RoadNetwork) -> None:
    assert _told(town, (0, -150), (-100, 12)) == [
        "Nach Norden losfahren auf Südstraße, 150 m",
        "Links abbiegen auf Weststraße, 100 m",
        "Ziel auf der rechten Seite, Weststraße",
    ]
    assert _told(town, (0, -150), (-100, -12), "en") == [
        "Set out to the north onto Südstraße, 150 m",
        "Turn left onto Weststraße, 100 m",
        "Destination on the left, Weststraße",
    ]


def test_a_bend_of_the_same_street_is_told_where_another_road_leads_on(town: RoadNetwork) -> None:
    assert _told(town, (-150, 0), (1150, 383)) == [
        "Nach Osten losfahren auf Weststraße, 150 m",
        "Geradeaus weiter auf Oststraße, 200 m",
        "Links abbiegen auf Oststraße, 60 m",
        "Geradeaus weiter auf B 96, 1,0 km",
        "Ziel, B 96",
    ]
    assert _told(town, (-150, 0), (1150, 383), "en")[3] == "Continue onto B 96, 1.0 km"


def test_a_road_without_a_name_is_only_described(town: RoadNetwork) -> None:
    assert _told(town, (150, 0), (280, -48))[1:] == ["Halb rechts halten, 90 m", "Ziel"]


def test_turning_round_is_told(tmp_path: pathlib.Path) -> None:
    ways = {1: ((4, 5, 2), _road("Allee") | {"oneway": "no"})}
    network = read_osm(draw(tmp_path / "dead.osm", _NODES, ways))
    snapped = network.snap(points((150, -5), (100, 5)), right_side=True)
    told = texts(directions(network, path(network, snapped[0], snapped[1])))
    assert told == ("Nach Osten losfahren auf Allee, 50 m", "Wenden auf Allee, 100 m", "Ziel, Allee")


def test_exits_of_a_roundabout_are_counted(tmp_path: pathlib.Path) -> None:
    ring = {11: (0.0, -20.0), 12: (20.0, 0.0), 13: (0.0, 20.0), 14: (-20.0, 0.0)}
    nodes = ring | {1: (0.0, -200.0), 2: (200.0, 0.0), 3: (0.0, 200.0), 4: (-200.0, 0.0)}
    ways = {
        10: ((11, 12, 13, 14, 11), _road("") | {"junction": "roundabout"}),
        1: ((1, 11), _road("Südstraße")),
        2: ((12, 2), _road("Oststraße")),
        3: ((13, 3), _road("Nordstraße")),
        4: ((14, 4), _road("Weststraße")),
    }
    network = read_osm(draw(tmp_path / "ring.osm", nodes, ways))
    for end_m, street, number in (((150, 0), "Ost", 1), ((0, 150), "Nord", 2), ((-150, 0), "West", 3)):
        told = _told(network, (0, -150), end_m)
        assert told[1].startswith(f"Im Kreisverkehr die {number}. Ausfahrt nehmen auf {street}straße, ")
        assert len(told) == 3
    assert _told(network, (0, -150), (0, 150), "en")[1].startswith("At the roundabout take exit 2 onto Nord")


def test_a_path_along_one_road(town: RoadNetwork) -> None:
    assert _told(town, (20, 0), (120, -8)) == [
        "Nach Osten losfahren auf Oststraße, 100 m",
        "Ziel auf der rechten Seite, Oststraße",
    ]


def test_other_languages_are_refused(town: RoadNetwork) -> None:
    with pytest.raises(RoutingError, match="language: fr, expected de or en"):
        _told(town, (20, 0), (120, -8), "fr")


def test_real_paths_are_told_in_their_whole_length(bayreuth: RoadNetwork) -> None:
    network = bayreuth
    snapped = network.snap(network.shape_lonlat[:: len(network.shape_lonlat) // 40][:40])
    for place in range(0, 40, 2):
        found = path(network, snapped[place], snapped[place + 1])
        steps = directions(network, found, snapped.lonlat[place + 1])
        assert sum(step.distance_m for step in steps) == pytest.approx(found.distance_m, rel=5e-3, abs=2)
        assert [steps[0].kind, steps[-1].kind] == ["depart", "arrive"]
        assert len(steps) <= len(found.edges) + 1
