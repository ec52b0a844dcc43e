"""Towns and villages of an extract: where a road is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.roads.geometry import distances_m

# How far a place of each kind reaches from its middle, m: our own estimate.
_REACH_M = {
    "city": 6000.0,
    "town": 3000.0,
    "suburb": 1500.0,
    "village": 1200.0,
    "quarter": 800.0,
    "neighbourhood": 500.0,
    "hamlet": 500.0,
    "isolated_dwelling": 250.0,
    "farm": 250.0,
}
_NEAR = 2.5
"""A position further away than so many reaches of a place does not belong to it."""


@dataclass(frozen=True)
class Place:
    """A settlement: its name, its kind as OpenStreetMap calls it, and its middle."""

    name: str
    kind: str
    lon: float
    lat: float


def place_of(tags: Mapping[str, str], lon: float, lat: float) -> list[Place]:
    """The settlement that a node stands for, if it does and has a name."""
    kind, name = tags.get("place", ""), tags.get("name", "")
    return [Place(name, kind, lon, lat)] if name and kind in _REACH_M else []


def nearest_place(places: Sequence[Place], lon: float, lat: float) -> str:
    """Name of the place that is nearest for its size; empty when none is near."""
    if not places:
        return ""
    middles = np.array([(place.lon, place.lat) for place in places])
    reaches = np.array([_REACH_M[place.kind] for place in places])
    away = distances_m(middles, np.array((lon, lat))) / reaches
    best = int(np.argmin(away))
    return places[best].name if away[best] <= _NEAR else ""
