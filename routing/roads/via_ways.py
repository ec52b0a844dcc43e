"""Turn rules that look back over whole roads: "who comes from A over B must not turn into C".

Such a rule gets edges of its own for the roads between: whoever comes from A drives over a copy of B, from
which the turn is missing; everyone else drives over B itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.roads.reading import Restriction
from routing.roads.turns import Edges, Turns

_LONGEST = 24
"""A rule over more edges than this is taken for a mistake in the map."""


@dataclass
class _Graph:
    """Turns out of edges, as far as rules change them."""

    edges: Edges
    turns: Turns
    copied: list[int] = field(default_factory=list)
    """Edge of which each copy is one."""
    _changed: dict[int, dict[int, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.edges.way)
        self._start = np.searchsorted(self.turns.from_edge, np.arange(count + 1)).tolist()

    def base(self, edge: int) -> int:
        """The edge itself or the one that it is a copy of."""
        count = len(self.edges.way)
        return edge if edge < count else self.copied[edge - count]

    def copies(self, edge: int) -> list[int]:
        """An edge and all its copies."""
        count = len(self.edges.way)
        return [edge, *(count + place for place, base in enumerate(self.copied) if base == edge)]

    def out(self, edge: int) -> dict[int, float]:
        """Cost of each turn out of an edge; may be changed."""
        if edge not in self._changed:
            turns = slice(self._start[edge], self._start[edge + 1])
            to, cost_s = self.turns.to_edge[turns].tolist(), self.turns.cost_s[turns].tolist()
            self._changed[edge] = dict(zip(to, cost_s, strict=True))
        return self._changed[edge]

    def copy_after(self, edge: int, base: int) -> int | None:
        """Let the turn from `edge` into `base` lead to a copy with the same turns; None without that turn."""
        out = self.out(edge)
        next_ = next((to for to in out if self.base(to) == base), None)
        if next_ is None:
            return None
        copy = len(self.edges.way) + len(self.copied)
        self.copied.append(base)
        self._changed[copy] = dict(self.out(next_))
        out[copy] = out.pop(next_)
        return copy

    def all_turns(self, applied: int) -> Turns:
        """The turns with all changes, by the edge they leave."""
        same = ~np.isin(self.turns.from_edge, np.array(list(self._changed), dtype=np.int64))
        new = [(one, to, cost_s) for one, out in self._changed.items() for to, cost_s in out.items()]
        one, to, cost_s = zip(*new, strict=True)
        from_edge = np.concatenate((self.turns.from_edge[same], np.array(one, dtype=np.int64)))
        order = np.argsort(from_edge, kind="stable")
        return Turns(
            from_edge[order],
            np.concatenate((self.turns.to_edge[same], np.array(to, dtype=np.int64)))[order],
            np.concatenate((self.turns.cost_s[same], np.array(cost_s)))[order],
            self.turns.rules_applied + applied,
        )


def obey(edges: Edges, turns: Turns, rules: Iterable[Restriction]) -> tuple[Turns, NDArray[np.int64]]:
    """The turns under the rules with via ways, and the edge that each new edge, behind all others, copies."""
    graph, applied = _Graph(edges, turns), 0
    looking_back = [rule for rule in rules if rule.via_ways]
    of_way = _edges_of(edges, {way for rule in looking_back for way in rule.from_ways})
    for rule in looking_back:
        starts = [edge for way in rule.from_ways for edge in of_way.get(way, [])]
        paths = [path for start in starts for path in _paths(graph, rule, [start])]
        for path in paths:
            _apply(graph, path, rule.only)
        applied += bool(paths)
    return (graph.all_turns(applied) if applied else turns), np.array(graph.copied, dtype=np.int64)


def _edges_of(edges: Edges, ways: set[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for edge in np.flatnonzero(np.isin(edges.way, np.array(sorted(ways), dtype=np.int64))).tolist():
        found.setdefault(int(edges.way[edge]), []).append(edge)
    return found


def _paths(graph: _Graph, rule: Restriction, path: list[int]) -> Iterator[list[int]]:
    """Ways on from `path` over all via roads into a road that the rule names, without turning round."""
    driven = {int(graph.edges.way[edge]) for edge in path[1:]}
    for edge in {graph.base(to) for to in graph.out(path[-1])}:
        way = int(graph.edges.way[edge])
        if edge in path or edge == graph.edges.reverse[path[-1]]:
            continue
        if way in rule.to_ways and driven == set(rule.via_ways):
            yield [*path, edge]
        elif way in rule.via_ways and len(path) < _LONGEST:
            yield from _paths(graph, rule, [*path, edge])


def _apply(graph: _Graph, path: list[int], only: bool) -> None:
    for start in graph.copies(path[0]):
        here = start
        for number, base in enumerate(path[1:-1], 1):
            copy = graph.copy_after(here, base)
            if copy is None:
                break
            here, out, next_ = copy, graph.out(copy), path[number + 1]
            named = [to for to in out if graph.base(to) == next_]
            last = number == len(path) - 2
            for to in [to for to in out if only and to not in named] + (named if last and not only else []):
                del out[to]
