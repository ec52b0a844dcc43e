"""Cut ways into pieces between junctions; what lies between is shape, not graph."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.roads.geometry import Float, distances_m, ranges
from routing.roads.reading import RawRoads

Index = NDArray[np.int64]


@dataclass
class Pieces:
    """Pieces of all ways, in the order of the file; nodes by their place in `RawRoads.node_ids`."""

    way: Index
    from_node: Index
    to_node: Index
    length_m: Float
    way_offset_m: Float
    way_length_m: Float
    """By way."""
    shape_start: Index
    shape_node: Index
    """Node of each shape point."""
    shape_at_m: Float


def cut(raw: RawRoads) -> Pieces:
    """Cut at ends, crossings, barriers, nodes with a turn rule, and where a position is missing."""
    nodes = np.searchsorted(raw.node_ids, raw.refs)
    way = raw.way_of_ref
    known = np.isfinite(raw.node_lonlat[nodes, 0])
    # A node named twice in a row, or without a position, carries no road.
    fresh = np.append(True, (nodes[1:] != nodes[:-1]) | (way[1:] != way[:-1]))
    gap_before = np.cumsum(~known)[fresh & known]
    nodes, way = nodes[fresh & known], way[fresh & known]
    step = (way[1:] == way[:-1]) & (gap_before[1:] == gap_before[:-1])
    lonlat = raw.node_lonlat[nodes]
    step_m = np.where(step, distances_m(lonlat[:-1], lonlat[1:]), 0.0)
    along_m = np.append(0.0, np.cumsum(step_m))

    starts_run, ends_run = np.append(True, ~step), np.append(~step, True)
    count = len(raw.node_ids)
    arms = np.bincount(nodes[:-1][step], minlength=count) + np.bincount(nodes[1:][step], minlength=count)
    is_break = arms != 2
    special = raw.barriers | {rule.via_node for rule in raw.restrictions}
    is_break |= np.isin(raw.node_ids, np.fromiter(special, dtype=np.int64, count=len(special)))
    breaks = np.flatnonzero(is_break[nodes] | starts_run | ends_run)
    first = breaks[:-1][~ends_run[breaks[:-1]]]
    last = breaks[1:][~ends_run[breaks[:-1]]]

    points = ranges(first, last - first + 1)
    counts = last - first + 1
    way_start_m = np.zeros(len(raw.way_ids))
    opens = np.flatnonzero(np.append(True, way[1:] != way[:-1]))
    way_start_m[way[opens]] = along_m[opens]
    way_length_m = np.bincount(way[:-1], weights=step_m, minlength=len(raw.way_ids)).astype(np.float64)
    return Pieces(
        way=way[first],
        from_node=nodes[first],
        to_node=nodes[last],
        length_m=along_m[last] - along_m[first],
        way_offset_m=along_m[first] - way_start_m[way[first]],
        way_length_m=way_length_m,
        shape_start=np.append(0, np.cumsum(counts)),
        shape_node=nodes[points],
        shape_at_m=along_m[points] - np.repeat(along_m[first], counts),
    )
