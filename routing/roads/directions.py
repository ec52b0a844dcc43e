"""A path as a driver is told it: one step for each turn, with street and distance, in German or English."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from routing.errors import RoutingError
from routing.roads.geometry import Float, angle_between_rad, bearings_rad, distances_m
from routing.roads.network import RoadNetwork
from routing.roads.paths import Path, edge_line
from routing.roads.words import sentence

_LOOK_M = 15.0
"""The direction of a road at a junction is the one over so many metres."""
# Bends up to these angles, in degrees, and what they are called; the sign tells the side.
_BENDS = ((25.0, "straight"), (55.0, "slight"), (125.0, "turn"), (180.0, "sharp"))
_PLAIN_DEG = 20.0
_SIDE_M = 3.0
"""A place nearer to the middle of the road than this lies on neither side."""


@dataclass(frozen=True)
class Step:
    """One thing to do, and how far to drive then."""

    kind: str
    """depart, straight, slight_left, turn_left, sharp_left, ..._right, u_turn, roundabout or arrive."""
    street: str
    """Name or number of the road that follows, at the end with the place; empty when it has none."""
    distance_m: float
    """On that road up to the next step, m."""
    lon: float
    lat: float
    detail: str = ""
    """depart: n, ne, e ...; roundabout: number of the exit; arrive: left, right or empty."""


def directions(network: RoadNetwork, path: Path, to: ArrayLike | None = None) -> tuple[Step, ...]:
    """The steps of a path, from `depart` to `arrive`; `to` (lon, lat) tells on which side the place lies."""
    edges = list(path.edges)
    lines = [edge_line(network, edge) for edge in edges]
    lines[0], lines[-1] = _part(lines[0], path.lonlat[0], False), _part(lines[-1], path.lonlat[-1], True)
    if len(edges) == 1:
        lines[0] = path.lonlat
    lengths = network.edge_length_m[edges].tolist()
    for end in (0, -1):
        lengths[end] = float(distances_m(lines[end][:-1], lines[end][1:]).sum())
    steps = [_step("depart", network, edges[0], lines[0], _compass(lines[0]))]
    driven = [lengths[0]]
    exits = 0
    for place in range(1, len(edges)):
        one, other = edges[place - 1], edges[place]
        kind, detail, tell = "", "", True
        if _roundabout(network, other):
            exits = (exits if _roundabout(network, one) else 0) + _has_exit(network, other)
            tell = not _roundabout(network, one)
            kind = "roundabout"
        elif _roundabout(network, one):
            # What was told on entering gets the number of the exit and the street behind it.
            steps[-1] = _leaving(steps[-1], network, other, exits)
            tell = False
        else:
            kind, tell = _turn(network, one, other, lines[place - 1], lines[place])
        if tell:
            steps.append(_step(kind, network, other, lines[place], detail))
            driven.append(0.0)
        driven[-1] += lengths[place]
    told = [
        Step(step.kind, step.street, round(metres, 1), step.lon, step.lat, step.detail)
        for step, metres in zip(steps, driven, strict=True)
    ]
    return (*told, _arrival(network, edges[-1], path, to))


def texts(steps: Sequence[Step], language: str = "de") -> tuple[str, ...]:
    """Steps in words of `language` (de or en); raises RoutingError for another."""
    if language not in ("de", "en"):
        raise RoutingError(f"language: {language}, expected de or en")
    return tuple(sentence(language, step.kind, step.street, step.detail, step.distance_m) for step in steps)


def _street(network: RoadNetwork, edge: int) -> str:
    return network.name_of(int(network.piece_way[network.edge_piece[edge]]))


def _roundabout(network: RoadNetwork, edge: int) -> bool:
    return bool(network.way_roundabout[network.piece_way[network.edge_piece[edge]]])


def _next(network: RoadNetwork, edge: int) -> list[int]:
    """Edges into which one may go on, without turning round."""
    to = network.turn_to[slice(*network.turn_start[edge : edge + 2].tolist())]
    return [int(other) for other in to[network.edge_piece[to] != network.edge_piece[edge]]]


def _has_exit(network: RoadNetwork, edge: int) -> bool:
    return any(not _roundabout(network, to) for to in _next(network, edge))


def _step(kind: str, network: RoadNetwork, edge: int, line: Float, detail: str) -> Step:
    lon, lat = line[0].tolist()
    return Step(kind, _street(network, edge), 0.0, lon, lat, detail)


def _leaving(step: Step, network: RoadNetwork, edge: int, exits: int) -> Step:
    return Step(step.kind, _street(network, edge), 0.0, step.lon, step.lat, str(exits))


def _turn(network: RoadNetwork, one: int, other: int, before: Float, after: Float) -> tuple[str, bool]:
    """What a turn is called, and whether a driver needs to be told."""
    if network.edge_piece[one] == network.edge_piece[other]:
        return "u_turn", True
    renamed = _street(network, one) != _street(network, other)
    beside = [to for to in _next(network, one) if to != other]
    if not beside:
        return "straight", renamed
    bend = _bend(before, after)
    name = next(name for limit, name in _BENDS if abs(bend) <= limit + 1e-9)
    if name == "straight":
        return name, renamed
    others = [_bend(before, edge_line(network, to)) for to in beside]
    # Along a road that keeps its name a bend is told only where another road leads on about as straight.
    plain = name == "slight" and all(abs(to) > abs(bend) + _PLAIN_DEG for to in others)
    return f"{name}_{'right' if bend > 0 else 'left'}", renamed or not plain


def _bend(before: Float, after: Float) -> float:
    """Change of direction from one line to the next in degrees, positive to the right."""
    return float(np.degrees(angle_between_rad(_bearing(before[::-1]) + np.pi, _bearing(after))))


def _bearing(line: Float) -> Float:
    """Bearing at the beginning of a line, over its first 15 m."""
    at = np.append(0.0, np.cumsum(distances_m(line[:-1], line[1:])))
    look = [np.interp(min(_LOOK_M, at[-1]), at, line[:, axis]) for axis in (0, 1)]
    return bearings_rad(line[0], np.array(look))


def _compass(line: Float) -> str:
    turned = float(np.degrees(_bearing(line))) % 360.0
    return ("n", "ne", "e", "se", "s", "sw", "w", "nw")[round(turned / 45.0) % 8]


def _part(line: Float, point: Float, before: bool) -> Float:
    """The part of a line before or behind the point on it."""
    step = line[1:] - line[:-1]
    square = np.maximum((step**2).sum(axis=1), 1e-30)
    share = np.clip(((point - line[:-1]) * step).sum(axis=1) / square, 0.0, 1.0)
    near = int(np.argmin(((line[:-1] + share[:, None] * step - point) ** 2).sum(axis=1)))
    return np.concatenate((line[: near + 1], [point]) if before else ([point], line[near + 1 :]))


def _arrival(network: RoadNetwork, edge: int, path: Path, to: ArrayLike | None) -> Step:
    here = path.lonlat[-1]
    side = ""
    if to is not None:
        aside = np.asarray(to, dtype=np.float64)
        apart = path.lonlat[(path.lonlat != here).any(axis=1)]
        if len(apart) and float(distances_m(here, aside)) >= _SIDE_M:
            turn = angle_between_rad(bearings_rad(apart[-1], here), bearings_rad(here, aside))
            side = "right" if turn > 0 else "left"
    lon, lat = here.tolist()
    where = (_street(network, edge), network.place_of(lon, lat))
    return Step("arrive", ", ".join(name for name in where if name), 0.0, lon, lat, side)
