"""The objects of the district: what stands, what drives, and which device is on it."""

from dataclasses import dataclass

FRACTIONS = ("glass_white", "glass_coloured", "paper", "light_packaging", "bio", "residual", "textiles")
NATIVE, THINGS_STACK, CHIRPSTACK = "native", "things_stack", "chirpstack"
"""How a device speaks."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place with containers; `place` and all other indices count in the lists of `District`."""

    id: str
    name: str
    street: str
    place: int
    lon: float
    lat: float
    access_note: str
    window: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Container:
    """A bin with its sensor.

    `days_to_full` is the true mean, the sensor measures distances between the two given.
    """

    id: str
    site: int
    fraction: str
    volume_l: int
    days_to_full: float
    rhythm_days: int
    device: str
    speech: str
    measures_level: bool
    empty_distance_m: float
    full_distance_m: float


@dataclass(frozen=True, slots=True)
class Station:
    """A counting station on a road piece; `daily` are vehicles a day of lane 1 and lane 2."""

    id: str
    name: str
    road: str
    place: int
    lon: float
    lat: float
    class_scheme: str
    directions: tuple[str, str]
    daily: tuple[float, float]
    heavy_share: float
    speed_kmh: float
    device: str
    speech: str


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A municipal vehicle; `measures_weather` for the two winter vehicles."""

    id: str
    name: str
    purpose: str
    depot: int
    fractions: tuple[str, ...]
    capacity_kg: int
    capacity_l: int
    shift: tuple[str, str]
    device: str
    stiffness: float
    measures_weather: bool


@dataclass(frozen=True, slots=True)
class DisposalSite:
    """Where loads are tipped; `yard` counts in the yards of the region."""

    id: str
    yard: int
    fractions: tuple[str, ...]
    open: tuple[str, str]
    service_s: int
