"""From an OpenStreetMap file to a network: cutting, turn rules, barriers, what is cut off, and bad files."""

import gzip
import pathlib

import numpy as np
import pytest

from routing.errors import RoutingError
from routing.roads import RoadNetwork, matrices, paths, read_osm, segments
from tests.routing.roads_drawing import Rule, draw, drive, points
from tests.routing.roads_search import searched_s

# A square of 400 m with a cross in its middle: node 5, arms 15 (south), 25 (east), 35 (north), 45 (west).
_NODES = {5: (0.0, 0.0), 1: (0.0, -200.0), 2: (200.0, 0.0), 3: (0.0, 200.0), 4: (-200.0, 0.0)}
_NODES |= {12: (200.0, -200.0), 23: (200.0, 200.0), 34: (-200.0, 200.0), 41: (-200.0, -200.0)}
_ROAD = {"highway": "tertiary"}
_Ways = dict[int, tuple[tuple[int, ...], dict[str, str]]]
_RING: _Ways = {9: ((1, 12, 2, 23, 3, 34, 4, 41, 1), _ROAD)}
_ARMS: _Ways = {15: ((1, 5), _ROAD), 25: ((2, 5), _ROAD), 35: ((3, 5), _ROAD), 45: ((4, 5), _ROAD)}


def _nodes_driven(
    network: RoadNetwork, start_m: tuple[float, float], end_m: tuple[float, float]
) -> list[int]:
    snapped = network.snap(points(start_m, end_m))
    return drive(network, paths(network, snapped, [(0, 1)])[0].edges)


def _edge(network: RoadNetwork, start: int, end: int) -> list[int]:
    found = (network.node_osm[network.edge_from] == start) & (network.node_osm[network.edge_to] == end)
    return np.flatnonzero(found).tolist()


def test_bends_are_shape_and_junctions_are_nodes(tmp_path: pathlib.Path) -> None:
    network = read_osm(draw(tmp_path / "cross.osm", _NODES, _RING | _ARMS))
    assert sorted(network.node_osm.tolist()) == [1, 2, 3, 4, 5]
    assert len(network.piece_way) == 8
    assert len(network.edge_piece) == 16
    assert network.length_m == pytest.approx(4 * 200 + 8 * 200, rel=1e-4)
    assert sorted(np.diff(network.shape_start).tolist()) == [2] * 4 + [3] * 4
    assert network.report.cut_off_pieces == 0


def test_oneway_against_the_way_is_driven_backwards(tmp_path: pathlib.Path) -> None:
    arms = _ARMS | {15: ((1, 5), _ROAD | {"oneway": "-1"})}
    network = read_osm(draw(tmp_path / "oneway.osm", _NODES, _RING | arms))
    assert _nodes_driven(network, (0, 100), (0, -100)) == [3, 5, 1]
    assert _nodes_driven(network, (0, -100), (0, 100)) != [1, 5, 3]
    assert len(network.edge_piece) == 15


def test_a_forbidden_turn_is_driven_around(tmp_path: pathlib.Path) -> None:
    free = read_osm(draw(tmp_path / "free.osm", _NODES, _RING | _ARMS))
    rules = [Rule("no_left_turn", 15, 5, 45)]
    ruled = read_osm(draw(tmp_path / "ruled.osm", _NODES, _RING | _ARMS, rules))
    assert _nodes_driven(free, (0, -100), (-100, 0)) == [1, 5, 4]
    assert _nodes_driven(ruled, (0, -100), (-100, 0)) == [5, 1, 4, 5]
    assert _nodes_driven(ruled, (-100, 0), (0, -100)) == [4, 5, 1]
    assert (ruled.report.rules_applied, ruled.report.rules_left_out) == (1, 0)


def test_an_only_rule_forbids_all_other_turns(tmp_path: pathlib.Path) -> None:
    rules = [Rule("only_straight_on", 15, 5, 35)]
    network = read_osm(draw(tmp_path / "only.osm", _NODES, _RING | _ARMS, rules))
    from_south = np.flatnonzero(
        (network.node_osm[network.edge_from] == 1) & (network.node_osm[network.edge_to] == 5)
    )
    turns = network.turn_to[np.isin(network.turn_from, from_south)]
    assert network.node_osm[network.edge_to[turns]].tolist() == [3]


@pytest.mark.parametrize(
    "rule",
    [
        Rule("no_left_turn", 15, 5, 45, {"except": "psv;hgv"}),  # trucks are exempt
        Rule("no_left_turn", 15, 25, 45, {}, "way"),  # a via way that does not lie between
        Rule("no_left_turn", 15, 5, 999),  # a way that is not there
        Rule("no_left_turn", 15, 999, 45),  # a node that is not there
        Rule("give_way", 15, 5, 45),  # no turn rule
    ],
)
def test_rules_that_do_not_apply_are_counted(tmp_path: pathlib.Path, rule: Rule) -> None:
    network = read_osm(draw(tmp_path / "rules.osm", _NODES, _RING | _ARMS, [rule]))
    assert _nodes_driven(network, (0, -100), (-100, 0)) == [1, 5, 4]
    assert (network.report.rules_applied, network.report.rules_left_out) == (0, 1)


def test_turning_round_costs_time_and_can_be_forbidden(tmp_path: pathlib.Path) -> None:
    ways = {1: ((1, 5), _ROAD), 2: ((5, 3), _ROAD), 3: ((5, 2), _ROAD)}
    free = read_osm(draw(tmp_path / "free.osm", _NODES, ways))
    ruled = read_osm(draw(tmp_path / "ruled.osm", _NODES, ways, [Rule("no_u_turn", 1, 5, 1)]))
    for network, expected in ((free, True), (ruled, False)):
        one = np.flatnonzero(
            (network.node_osm[network.edge_from] == 1) & (network.node_osm[network.edge_to] == 5)
        )
        turns = np.isin(network.turn_from, one)
        assert (1 in network.node_osm[network.edge_to[network.turn_to[turns]]]) is expected
    ends = free.node_osm[free.edge_to[free.turn_from]] != 5
    assert set(free.turn_s[ends].tolist()) == {60.0}
    assert 120.0 in free.turn_s[~ends]


def test_nobody_turns_round_where_a_street_only_changes_its_name(tmp_path: pathlib.Path) -> None:
    ways = {1: ((1, 5), _ROAD | {"name": "A-Straße"}), 2: ((5, 3), _ROAD | {"name": "B-Straße"})}
    network = read_osm(draw(tmp_path / "names.osm", _NODES, ways))
    via = network.node_osm[network.edge_to[network.turn_from]] == 5
    assert (network.edge_piece[network.turn_from] != network.edge_piece[network.turn_to])[via].all()
    leg = paths(network, network.snap(points((0, -150), (0, 150))), [(0, 1)])[0]
    assert [name for name, _ in leg.streets] == ["A-Straße", "B-Straße"]
    assert [length for _, length in leg.streets] == pytest.approx([150, 150], abs=0.2)


def test_a_bollard_stops_the_truck(tmp_path: pathlib.Path) -> None:
    network = read_osm(draw(tmp_path / "b.osm", _NODES, _RING | _ARMS, (), {5: {"barrier": "bollard"}}))
    assert network.report.barriers == 1
    assert 5 not in _nodes_driven(network, (-200, -100), (200, 100))[1:-1]
    assert _nodes_driven(network, (0, -100), (0, 100))[:2] == [5, 1]


def test_what_cannot_be_reached_is_cut_off_and_listed(tmp_path: pathlib.Path) -> None:
    nodes = _NODES | {7: (900.0, 0.0), 8: (900.0, 300.0), 6: (0.0, -500.0)}
    ways = _RING | _ARMS | {77: ((7, 8), _ROAD | {"name": "Insel"}), 66: ((1, 6), _ROAD | {"oneway": "yes"})}
    report = read_osm(draw(tmp_path / "islands.osm", nodes, ways)).report
    assert (report.cut_off_islands, report.cut_off_pieces) == (2, 2)
    assert report.cut_off_m == pytest.approx(600.0, rel=1e-3)
    assert [item.way for item in report.cut_off_examples] in ([77, 66], [66, 77])
    assert {item.name for item in report.cut_off_examples} == {"Insel", ""}


def test_a_way_with_missing_nodes_is_used_as_far_as_it_is_known(tmp_path: pathlib.Path) -> None:
    ways = _RING | {15: ((1, 1, 5, 404, 3), _ROAD)}
    network = read_osm(draw(tmp_path / "border.osm", _NODES, ways))
    assert network.length_m == pytest.approx(8 * 200 + 200, rel=1e-4)


def test_traffic_of_the_day_changes_durations_only(tmp_path: pathlib.Path) -> None:
    network = read_osm(draw(tmp_path / "cross.osm", _NODES, _RING | _ARMS))
    jam = network.with_durations(np.where(network.edge_length_m < 300, 600.0, network.edge_duration_s))
    assert _nodes_driven(network, (-190, 0), (0, 190)) == [4, 5, 3]
    assert 5 not in _nodes_driven(jam, (-199.9, 0), (0, 199.9))[1:-1]


def test_a_saved_network_is_the_same_network(tmp_path: pathlib.Path) -> None:
    network = read_osm(draw(tmp_path / "cross.osm", _NODES, _RING | _ARMS))
    again = RoadNetwork.from_bytes(network.to_bytes())
    assert again.report == network.report
    assert again.texts == network.texts
    assert again.to_bytes() == network.to_bytes()


@pytest.mark.parametrize("damage", [b"", b"no archive", "half"])
def test_damaged_bytes_are_refused_in_one_line(tmp_path: pathlib.Path, damage: bytes | str) -> None:
    data = read_osm(draw(tmp_path / "cross.osm", _NODES, _RING)).to_bytes()
    with pytest.raises(RoutingError, match=r"^road network: [^\n]+expected a saved network$"):
        RoadNetwork.from_bytes(data[: len(data) // 2] if isinstance(damage, str) else damage)


_FOOTPATH = '<osm version="0.6"><node id="1" lon="13" lat="51"/><node id="2" lon="13.1" lat="51"/>'
_FOOTPATH += '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way></osm>'
_UNSAVED = _FOOTPATH.replace('"1"', '"-1"').replace("path", "residential")
_NOWHERE = (
    '<osm version="0.6"><way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>'
)
_ONE_WAY = _FOOTPATH.replace('v="path"/>', 'v="residential"/><tag k="oneway" v="yes"/>')


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.osm.pbf", b"this is no protocol buffer", "not readable"),
        ("empty.osm.pbf", b"", "not readable"),
        ("page.osm", b"<html><body>404</body></html>", "not readable"),
        ("cut.osm.gz", gzip.compress(_FOOTPATH.encode())[:60], "not readable"),
        ("notes.txt", b"hello", "not readable"),
        ("paths.osm", _FOOTPATH.encode(), "1 roads or paths, none that a truck 26 t may use"),
        ("unsaved.osm", _UNSAVED.encode(), "unsaved edit"),
        ("nowhere.osm", _NOWHERE.encode(), "no position"),
        ("oneway.osm", _ONE_WAY.encode(), "single one-way roads"),
    ],
)
def test_a_bad_file_gets_one_clear_line(
    tmp_path: pathlib.Path, name: str, content: bytes, found: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RoutingError) as error:
        read_osm(path)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    assert found in message
    assert "expected" in message


def test_a_missing_file_gets_one_clear_line(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RoutingError, match=r"nowhere.osm.pbf: no such file, expected"):
        read_osm(tmp_path / "nowhere.osm.pbf")


# Two carriageways of one road, joined by 700 in the middle: 1 to 3 eastwards in the south, 6 to 4 back.
_DUAL = {1: (0.0, 0.0), 2: (200.0, 0.0), 3: (400.0, 0.0), 4: (0.0, 40.0), 5: (200.0, 40.0), 6: (400.0, 40.0)}
_DUAL |= {7: (200.0, 20.0), 8: (260.0, 20.0)}
_EAST, _WEST = _ROAD | {"oneway": "yes"}, _ROAD | {"oneway": "yes"}
_CARRIAGEWAYS: _Ways = {
    100: ((1, 2), _EAST),
    101: ((2, 3), _EAST),
    200: ((6, 5), _WEST),
    201: ((5, 4), _WEST),
    700: ((2, 7, 5), _ROAD),
    701: ((7, 8), _ROAD),
    800: ((3, 6), _ROAD),
    801: ((4, 1), _ROAD),
}


def test_turning_round_over_a_link_road_can_be_forbidden(tmp_path: pathlib.Path) -> None:
    rule = Rule("no_u_turn", 100, 700, 201, {}, "way")
    free = read_osm(draw(tmp_path / "free.osm", _DUAL, _CARRIAGEWAYS))
    ruled = read_osm(draw(tmp_path / "ruled.osm", _DUAL, _CARRIAGEWAYS, [rule]))
    assert _nodes_driven(free, (100, 0), (100, 40)) == [1, 2, 7, 5, 4]
    assert _nodes_driven(ruled, (100, 0), (100, 40)) == [1, 2, 3, 6, 5, 4]
    # Whoever comes from the side road, or goes there, may drive over the link as before.
    assert _nodes_driven(ruled, (240, 20), (100, 40)) == [8, 7, 5, 4]
    assert _nodes_driven(ruled, (100, 0), (240, 20)) == [1, 2, 7, 8]
    assert (ruled.report.rules_applied, ruled.report.rules_left_out) == (1, 0)
    # A place on the link itself is reached from everywhere, the other half of it included.
    assert _nodes_driven(ruled, (100, 0), (200, 30)) == [1, 2, 7, 5]


def test_an_only_rule_over_a_link_road_leaves_one_way(tmp_path: pathlib.Path) -> None:
    rule = Rule("only_left_turn", 100, 700, 201, {}, "way")
    network = read_osm(draw(tmp_path / "only.osm", _DUAL, _CARRIAGEWAYS, [rule]))
    assert _nodes_driven(network, (100, 0), (100, 40)) == [1, 2, 7, 5, 4]
    assert _nodes_driven(network, (100, 0), (240, 20)) != [1, 2, 7, 8]
    assert _nodes_driven(network, (350, 40), (240, 20)) == [6, 5, 7, 8]


def test_rules_over_roads_keep_all_costs_right(tmp_path: pathlib.Path) -> None:
    rules = [
        Rule("no_u_turn", 100, 700, 201, {}, "way"),
        Rule("no_u_turn", 200, 700, 101, {}, "way"),
        Rule("no_left_turn", 801, 100, 700, {}, "way"),
    ]
    network = read_osm(draw(tmp_path / "rules.osm", _DUAL, _CARRIAGEWAYS, rules))
    assert network.report.rules_applied == 3
    assert len(network.edge_piece) > len(network.directions)
    rng = np.random.default_rng(2)
    spots = network.snap(points(*rng.uniform((0, 0), (400, 40), (60, 2)).tolist()))
    assert matrices(network, spots)[1] == pytest.approx(searched_s(network, spots), abs=0.01)
    again = RoadNetwork.from_bytes(network.to_bytes())
    assert matrices(again, spots)[1].tolist() == matrices(network, spots)[1].tolist()
    assert len(segments(network)) == len(segments(read_osm(draw(tmp_path / "f.osm", _DUAL, _CARRIAGEWAYS))))


def test_places_come_from_the_extract(tmp_path: pathlib.Path) -> None:
    far = {60: (900.0, 0.0), 61: (3000.0, 0.0)}
    tags = {
        60: {"place": "hamlet", "name": "Weiler"},
        61: {"place": "town", "name": "Stadt"},
        5: {"place": "sea", "name": "Meer"},
    }
    network = read_osm(draw(tmp_path / "places.osm", _NODES | far, _RING | _ARMS, (), tags))
    assert [place.name for place in network.places] == ["Weiler", "Stadt"]
    spots = points((700, 0), (2000, 0), (3000, 7000), (3000, 8000)).tolist()
    assert [network.place_of(lon, lat) for lon, lat in spots] == ["Weiler", "Stadt", "Stadt", ""]
    assert RoadNetwork.from_bytes(network.to_bytes()).places == network.places
