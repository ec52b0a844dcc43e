"""What a vehicle is and how fast it drives on which road: numbers that an operator may change."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from routing.errors import RoutingError

# Order matters: from the most to the least important, as maps draw them.
ROAD_CLASSES = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "road",
    "service",
    "pedestrian",
    "track",
)

# Tags kept for grading roads, besides class, name and limit.
KEPT_TAGS = ("surface", "smoothness", "tracktype")

# Mean speeds of a heavy truck between junctions, our own estimate: by class, then what the surface allows.
_CLASS_KMH = {
    "motorway": 80.0,
    "motorway_link": 50.0,
    "trunk": 70.0,
    "trunk_link": 45.0,
    "primary": 60.0,
    "primary_link": 40.0,
    "secondary": 57.0,
    "secondary_link": 40.0,
    "tertiary": 50.0,
    "tertiary_link": 35.0,
    "unclassified": 40.0,
    "residential": 27.0,
    "living_street": 8.0,
    "road": 25.0,
    "service": 12.0,
    "pedestrian": 6.0,
    "track": 20.0,
}
_SURFACE_KMH = {
    "concrete:plates": 40.0,
    "sett": 30.0,
    "compacted": 30.0,
    "cobblestone": 25.0,
    "fine_gravel": 25.0,
    "concrete:lanes": 25.0,
    "gravel": 20.0,
    "unpaved": 20.0,
    "unhewn_cobblestone": 15.0,
    "pebblestone": 15.0,
    "wood": 15.0,
    "grass_paver": 15.0,
    "ground": 10.0,
    "dirt": 10.0,
    "earth": 10.0,
    "grass": 8.0,
    "sand": 8.0,
    "rock": 8.0,
    "mud": 5.0,
}
_SMOOTHNESS_KMH = {"bad": 30.0, "very_bad": 12.0, "horrible": 6.0, "very_horrible": 4.0}
_TRACK_KMH = {"grade1": 20.0, "grade2": 12.0}
_SERVICE_KMH = {"driveway": 8.0, "parking_aisle": 8.0, "drive-through": 8.0, "alley": 10.0}


def _frozen(table: dict[str, float]) -> Mapping[str, float]:
    return MappingProxyType(table)


@dataclass(frozen=True)
class TruckProfile:
    """A truck and its ways of driving.

    Two general limits come from German law for vehicles above 7.5 t: 60 km/h on rural roads (StVO § 3 (3)
    Nr. 2 b) and 80 km/h on motorways and divided motor roads (StVO § 18 (5)).
    """

    name: str = "truck 26 t"
    weight_t: float = 26.0
    """Actual mass, compared with maxweight, t."""
    height_m: float = 4.0
    width_m: float = 2.55
    length_m: float = 10.5
    motorway_limit_kmh: float = 80.0
    rural_limit_kmh: float = 60.0
    limit_share: float = 0.88
    """Mean speed as a share of the posted limit, 0..1: braking, bends and others on the road."""
    destination_share: float = 0.6
    """Speed share on roads for residents and deliveries only, so that they are no short cut, 0..1."""
    u_turn_s: float = 120.0
    """Turning round at a junction, s."""
    dead_end_turn_s: float = 60.0
    """Turning round where the road ends, s."""
    left_turn_s: float = 6.0
    right_turn_s: float = 3.0
    work_from_h: float = 5.0
    """Rules with hours count where these touch the hours of work, local time, h."""
    work_to_h: float = 20.0
    collects_right: bool = False
    """A side loader: stops only where the place lies to its right."""
    class_kmh: Mapping[str, float] = field(default_factory=lambda: _frozen(_CLASS_KMH))
    surface_kmh: Mapping[str, float] = field(default_factory=lambda: _frozen(_SURFACE_KMH))
    smoothness_kmh: Mapping[str, float] = field(default_factory=lambda: _frozen(_SMOOTHNESS_KMH))
    track_kmh: Mapping[str, float] = field(default_factory=lambda: _frozen(_TRACK_KMH))
    """By tracktype; a track of another or unknown type is not driven."""
    service_kmh: Mapping[str, float] = field(default_factory=lambda: _frozen(_SERVICE_KMH))

    def __post_init__(self) -> None:
        for key in ("weight_t", "height_m", "width_m", "length_m", "motorway_limit_kmh", "rural_limit_kmh"):
            self._expect(key, getattr(self, key), getattr(self, key) > 0, "more than 0")
        for key in ("limit_share", "destination_share"):
            self._expect(key, getattr(self, key), 0 < getattr(self, key) <= 1, "above 0 and at most 1")
        hours = 0 <= self.work_from_h < self.work_to_h <= 24
        self._expect("work_from_h", self.work_from_h, hours, "hours from 0 to 24, before work_to_h")
        for key in ("u_turn_s", "dead_end_turn_s", "left_turn_s", "right_turn_s"):
            self._expect(key, getattr(self, key), getattr(self, key) >= 0, "0 or more")
        for table in ("class_kmh", "surface_kmh", "smoothness_kmh", "track_kmh", "service_kmh"):
            for key, kmh in getattr(self, table).items():
                self._expect(f"{table} {key}", kmh, kmh > 0, "more than 0")
        unknown = sorted(set(self.class_kmh) - set(ROAD_CLASSES))
        self._expect("class_kmh", ", ".join(unknown), not unknown, "classes of OpenStreetMap highways")

    def _expect(self, key: str, value: object, good: bool, expected: str) -> None:
        if not good:
            raise RoutingError(f"profile {self.name}: {key} is {value}, expected {expected}")


TRUCK_26T = TruckProfile()


def read_profile(path: str | os.PathLike[str]) -> TruckProfile:
    """A profile from a TOML file with any of the fields of `TruckProfile`; a table changes single speeds.

    Raises RoutingError in one line for a file that cannot be read, another field or an impossible value.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            values: dict[str, Any] = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise RoutingError(f"{name}: {error}, expected a TOML file with fields of a truck") from error
    for key, value in values.items():
        usual = getattr(TRUCK_26T, key, None)
        if usual is None:
            known = ", ".join(item.name for item in fields(TruckProfile))
            raise RoutingError(f"{name}: {key} is no field of a truck, expected one of {known}")
        kind = next(kind for kind in _KINDS if isinstance(usual, kind))
        holds, expected = _KINDS[kind]
        if not holds(value):
            raise RoutingError(f"{name}: {key} is {value!r}, expected {expected}")
        if kind is Mapping:
            values[key] = _frozen({**usual, **value})
    return TruckProfile(**values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) and all(_is_number(kmh) for kmh in value.values())


# What a field of each type may hold in a file, and how that is called.
_KINDS: dict[type, tuple[Callable[[object], bool], str]] = {
    bool: (lambda value: isinstance(value, bool), "true or false"),
    float: (_is_number, "a number"),
    str: (lambda value: isinstance(value, str), "a text"),
    Mapping: (_is_table, "a table of km/h"),
}
