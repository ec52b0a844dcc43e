"""From directed edges to the turns between them: what is allowed, and what it costs."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.roads.geometry import Float, angle_between_rad, ranges
from routing.roads.profile import TruckProfile
from routing.roads.reading import Restriction

Index = NDArray[np.int64]

# A bend of less than this at a junction is straight on.
_STRAIGHT_RAD = np.radians(40.0)


@dataclass
class Edges:
    """Directed edges: ends, bearings at both ends (rad), and the other direction of the same piece or -1."""

    from_node: Index
    to_node: Index
    reverse: Index
    way: Index
    """OSM id of the way."""
    bearing_out: Float
    bearing_in: Float


@dataclass
class Turns:
    """Turn i leads from edge `from_edge[i]` to edge `to_edge[i]` and costs `cost_s[i]`."""

    from_edge: Index
    to_edge: Index
    cost_s: Float
    rules_applied: int


def make_turns(
    edges: Edges,
    arms: Index,
    blocked: NDArray[np.bool_],
    rules: Iterable[Restriction],
    via: Index,
    profile: TruckProfile,
) -> Turns:
    """All allowed turns.

    `arms` pieces and `blocked` barriers by node; `via` the node of each rule, -1 when not in the network.
    Turning round is possible at a dead end, at a barrier, at a crossing, and where no other way leads on.
    """
    by_start = np.argsort(edges.from_node, kind="stable")
    out_count = np.bincount(edges.from_node, minlength=len(arms))
    out_start = np.cumsum(out_count) - out_count
    counts = out_count[edges.to_node]
    one = np.repeat(np.arange(len(counts)), counts)
    other = by_start[ranges(out_start[edges.to_node], counts)]

    back = edges.reverse[one] == other
    node = edges.to_node[one]
    allowed = back | ~blocked[node]
    banned, applied = _banned(edges, one, other, rules, via)
    allowed &= ~banned
    leads_on = np.bincount(one[allowed & ~back], minlength=len(counts)) > 0
    allowed &= ~back | (arms[node] > 2) | ~leads_on[one]

    bend = angle_between_rad(edges.bearing_in[one], edges.bearing_out[other])
    crossing = arms[node] > 2
    cost_s = np.where(crossing & (bend > _STRAIGHT_RAD), profile.right_turn_s, 0.0)
    cost_s = np.where(crossing & (bend < -_STRAIGHT_RAD), profile.left_turn_s, cost_s)
    cost_s = np.where(back, np.where(leads_on[one], profile.u_turn_s, profile.dead_end_turn_s), cost_s)
    return Turns(one[allowed], other[allowed], cost_s[allowed], applied)


def _banned(
    edges: Edges, one: Index, other: Index, rules: Iterable[Restriction], via: Index
) -> tuple[NDArray[np.bool_], int]:
    banned = np.zeros(len(one), dtype=np.bool_)
    applied = 0
    turn_start = np.searchsorted(one, np.arange(len(edges.to_node) + 1))
    wanted = np.unique(via[via >= 0])
    into = np.flatnonzero(np.isin(edges.to_node, wanted))
    into = into[np.argsort(edges.to_node[into], kind="stable")]
    at = edges.to_node[into]
    for rule, node in zip(rules, via.tolist(), strict=True):
        arriving = (
            into[np.searchsorted(at, node) : np.searchsorted(at, node, side="right")]
            if node >= 0
            else into[:0]
        )
        arriving = arriving[np.isin(edges.way[arriving], rule.from_ways)]
        turns = ranges(turn_start[arriving], turn_start[arriving + 1] - turn_start[arriving])
        named = np.isin(edges.way[other[turns]], rule.to_ways)
        back = edges.reverse[one[turns]] == other[turns]
        # A rule against turning round on one way means the piece itself; other rules never do.
        named &= back if rule.u_turn and set(rule.from_ways) & set(rule.to_ways) else ~back
        if not named.any():
            continue
        banned[turns[~named if rule.only else named]] = True
        applied += 1
    return banned, applied
