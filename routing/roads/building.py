"""The import: from an extract to the largest network in which a truck gets from everywhere to everywhere."""

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from routingkit_cch import compute_order_inertial
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from routing.errors import RoutingError
from routing.roads.geometry import Float, Int, bearings_rad, ranges
from routing.roads.network import Example, ImportReport, RoadNetwork
from routing.roads.pieces import Pieces, cut
from routing.roads.profile import TRUCK_26T, TruckProfile
from routing.roads.reading import Progress, RawRoads, read_raw
from routing.roads.turns import Edges, Turns, make_turns
from routing.roads.via_ways import obey

Index = NDArray[np.int64]
_LISTED = 1000
"""Islands listed, the longest first; a state has some thousand of a few metres more."""


@dataclass
class _Graph:
    pieces: Pieces
    edge_piece: Index
    edge_forward: NDArray[np.bool_]
    edge_s: Float
    turns: Turns


def read_osm(
    path: str | os.PathLike[str], profile: TruckProfile = TRUCK_26T, progress: Progress | None = None
) -> RoadNetwork:
    """Read an OpenStreetMap extract (.osm, .osm.gz, .osm.bz2, .osm.pbf) as the network of one kind of truck.

    Keeps the largest part in which every direction of every road can be reached and left again; `report`
    lists the rest. `progress` is called with a line of text now and then. Raises RoutingError in one line
    when the file cannot be read or holds no network.
    """
    tell = progress or (lambda text: None)
    raw = read_raw(path, profile, tell)
    pieces = cut(raw)
    if not len(pieces.way):
        raise RoutingError(
            f"{os.fspath(path)}: found {len(raw.way_ids)} roads without positions, expected roads with nodes"
        )
    graph = _connect(raw, pieces, profile)
    tell(f"{len(pieces.way):,} pieces of road, {len(graph.turns.from_edge):,} turns")
    island, size_m = _islands(graph)
    keep = island == np.argmax(size_m)
    if not (keep[graph.turns.from_edge] & keep[graph.turns.to_edge]).any():
        raise RoutingError(f"{os.fspath(path)}: found only single one-way roads, expected roads that connect")
    network = _assemble(raw, graph, keep, profile, _report(raw, graph, island, size_m))
    counts = f"{len(network.node_lonlat):,} junctions, {len(network.edge_piece):,} edges"
    tell(f"{counts}, {network.length_m / 1000:,.0f} km")
    return network


def _connect(raw: RawRoads, pieces: Pieces, profile: TruckProfile) -> _Graph:
    count = len(pieces.way)
    kmh = raw.kmh[pieces.way]
    piece = np.repeat(np.arange(count), 2)
    forward = np.tile([True, False], count)
    open_ = kmh.reshape(-1) > 0
    place = np.where(open_, np.cumsum(open_) - 1, -1).reshape(-1, 2)
    piece, forward, reverse = piece[open_], forward[open_], place[:, ::-1].reshape(-1)[open_]

    lonlat = raw.node_lonlat[pieces.shape_node]
    head, tail = pieces.shape_start[:-1], pieces.shape_start[1:] - 1
    first, last = bearings_rad(lonlat[head], lonlat[head + 1]), bearings_rad(lonlat[tail - 1], lonlat[tail])
    edges = Edges(
        from_node=np.where(forward, pieces.from_node[piece], pieces.to_node[piece]),
        to_node=np.where(forward, pieces.to_node[piece], pieces.from_node[piece]),
        reverse=reverse,
        way=raw.way_ids[pieces.way[piece]],
        bearing_out=np.where(forward, first[piece], last[piece] + np.pi),
        bearing_in=np.where(forward, last[piece], first[piece] + np.pi),
    )
    nodes = len(raw.node_ids)
    arms = np.bincount(pieces.from_node, minlength=nodes) + np.bincount(pieces.to_node, minlength=nodes)
    via_ids = np.array([rule.via_node for rule in raw.restrictions], dtype=np.int64)
    via = np.minimum(np.searchsorted(raw.node_ids, via_ids), nodes - 1)
    via = np.where(raw.node_ids[via] == via_ids, via, -1)
    blocked = np.isin(raw.node_ids, np.fromiter(raw.barriers, dtype=np.int64, count=len(raw.barriers)))
    turns = make_turns(edges, arms, blocked, raw.restrictions, via, profile)
    turns, copied = obey(edges, turns, raw.restrictions)
    edge = np.concatenate((np.arange(len(piece)), copied))
    edge_s = pieces.length_m[piece] * 3.6 / kmh.reshape(-1)[open_]
    return _Graph(pieces, piece[edge], forward[edge], edge_s[edge], turns)


def _islands(graph: _Graph) -> tuple[Int, Float]:
    """Strongly connected part of each edge, and the length of each part in m, both directions counted."""
    edges = len(graph.edge_piece)
    ones = np.ones(len(graph.turns.from_edge), dtype=np.bool_)
    matrix = coo_array((ones, (graph.turns.from_edge, graph.turns.to_edge)), shape=(edges, edges)).tocsr()
    _, island = connected_components(matrix, directed=True, connection="strong")
    size_m = np.bincount(island, weights=graph.pieces.length_m[graph.edge_piece])
    return island.astype(np.int32), size_m.astype(np.float64)


def _report(raw: RawRoads, graph: _Graph, island: Int, size_m: Float) -> ImportReport:
    pieces = graph.pieces
    kept = np.zeros(len(pieces.way), dtype=np.bool_)
    kept[graph.edge_piece[island == np.argmax(size_m)]] = True
    lost = np.flatnonzero(~kept)
    # Islands are told apart without regard to direction: a one-way spur is one island, not one a piece.
    ends = np.concatenate((pieces.from_node[lost], pieces.to_node[lost]))
    nodes, place = np.unique(ends, return_inverse=True)
    one, other = place[: len(lost)], place[len(lost) :]
    joins = coo_array((np.ones(len(lost), dtype=np.bool_), (one, other)), shape=(len(nodes), len(nodes)))
    count, part = connected_components(joins, directed=False) if len(lost) else (0, one)
    part_of = part[one]
    part_m = np.bincount(part_of, weights=pieces.length_m[lost], minlength=count)
    examples = []
    for number in np.argsort(-part_m, kind="stable")[:_LISTED].tolist():
        mine = lost[part_of == number]
        longest = mine[np.argmax(pieces.length_m[mine])]
        way = pieces.way[longest]
        lon, lat = raw.node_lonlat[pieces.from_node[longest]].tolist()
        examples.append(
            Example(
                int(raw.way_ids[way]), raw.texts[raw.name[way]], lon, lat, round(float(part_m[number]), 1)
            )
        )
    return ImportReport(
        ways_seen=raw.ways_seen,
        ways_used=len(raw.way_ids),
        rules_applied=graph.turns.rules_applied,
        rules_left_out=raw.rules_left_out + len(raw.restrictions) - graph.turns.rules_applied,
        barriers=len(raw.barriers),
        cut_off_islands=int(count),
        cut_off_pieces=len(lost),
        cut_off_m=round(float(pieces.length_m[lost].sum()), 1),
        cut_off_examples=tuple(examples),
    )


def _assemble(
    raw: RawRoads, graph: _Graph, keep: NDArray[np.bool_], profile: TruckProfile, report: ImportReport
) -> RoadNetwork:
    old, turns = graph.pieces, graph.turns
    edge_piece, forward = graph.edge_piece[keep], graph.edge_forward[keep]
    pieces, edge_piece = np.unique(edge_piece, return_inverse=True)
    ways, piece_way = np.unique(old.way[pieces], return_inverse=True)
    nodes, ends = np.unique(np.concatenate((old.from_node[pieces], old.to_node[pieces])), return_inverse=True)
    piece_edge = np.full((len(pieces), 2), -1, dtype=np.int32)
    # Copies come last and give way to the edge itself.
    back = np.arange(len(edge_piece))[::-1]
    piece_edge[edge_piece[back], np.where(forward[back], 0, 1)] = back
    counts = np.diff(old.shape_start)[pieces]
    points = ranges(old.shape_start[pieces], counts)
    new_edge = np.where(keep, np.cumsum(keep) - 1, -1)
    stays = keep[turns.from_edge] & keep[turns.to_edge]
    turn_from, turn_to = new_edge[turns.from_edge[stays]], new_edge[turns.to_edge[stays]]
    lonlat = raw.node_lonlat[old.shape_node[points]]
    shape_start = np.append(0, np.cumsum(counts))
    middle = lonlat[(shape_start[:-1] + shape_start[1:]) // 2]
    texts, places = np.unique(np.column_stack((raw.name[ways], raw.tags[ways])), return_inverse=True)
    way_texts: Int = places.reshape(len(ways), -1).astype(np.int32)
    return RoadNetwork(
        node_lonlat=raw.node_lonlat[nodes],
        node_osm=raw.node_ids[nodes],
        way_osm=raw.way_ids[ways],
        way_length_m=old.way_length_m[ways],
        way_class=raw.road_class[ways],
        way_name=way_texts[:, 0],
        way_tags=way_texts[:, 1:],
        way_limit_kmh=raw.limit_kmh[ways],
        way_urban=raw.urban[ways],
        way_roundabout=raw.roundabout[ways],
        piece_way=piece_way.astype(np.int32),
        piece_from=ends[: len(pieces)].astype(np.int32),
        piece_to=ends[len(pieces) :].astype(np.int32),
        piece_length_m=old.length_m[pieces],
        piece_way_offset_m=old.way_offset_m[pieces],
        shape_start=shape_start,
        shape_lonlat=lonlat,
        shape_at_m=old.shape_at_m[points],
        piece_edge=piece_edge,
        edge_piece=edge_piece.astype(np.int32),
        edge_forward=forward,
        edge_duration_s=graph.edge_s[keep],
        turn_from=turn_from.astype(np.int32),
        turn_to=turn_to.astype(np.int32),
        turn_s=turns.cost_s[stays],
        order=_order(edge_piece, turn_from, turn_to, middle),
        texts=tuple(raw.texts[place] for place in texts.tolist()),
        places=tuple(raw.places),
        profile=profile.name,
        right_side=profile.collects_right,
        report=report,
    )


def _order(edge_piece: Index, turn_from: Index, turn_to: Index, middle: Float) -> Int:
    """Order of contraction of the edges by nested dissection along the map: the slow part, so made once.

    Pieces are put in order and both directions of each follow one another: a third of the work, and pieces
    that part the map part its edges.
    """
    count = len(middle)
    one, other = edge_piece[turn_from], edge_piece[turn_to]
    joined = np.unique(np.minimum(one, other) * count + np.maximum(one, other))
    low, high = joined // count, joined % count
    apart = low != high
    lat, lon = middle[:, 1].tolist(), middle[:, 0].tolist()
    order = compute_order_inertial(count, low[apart].tolist(), high[apart].tolist(), lat, lon)
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    return np.argsort(rank[edge_piece], kind="stable").astype(np.int32)
