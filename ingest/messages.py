"""Native messages as they travel over MQTT; imports only msgspec and the standard library.

Times are RFC 3339 text or epoch milliseconds; positions lon before lat, WGS 84.
Fields that a struct does not name are kept by the decoder as readings or notes.
"""

from typing import Annotated

import msgspec

Time = str | int | float
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]

VEHICLE_CLASSES = (
    "Krad", "Pkw", "Lfw", "PkwA", "Lkw", "LkwA", "Sattel", "Bus", "nk",
    "PkwGruppe", "LkwKombination", "PkwAehnlich", "LkwAehnlich", "Kfz",
    "short", "medium", "long", "Rad", "Fuss", "heavy", "car",
)  # fmt: skip
"""Keys of `counts`: TLS 8+1, 5+1 groups, 2 classes, all vehicles, length classes, and Telraam's modes."""

CLASS_SCHEMES: dict[str, tuple[str, ...]] = {
    "8+1": ("Krad", "Pkw", "Lfw", "PkwA", "Lkw", "LkwA", "Sattel", "Bus", "nk"),
    "5+1": ("PkwGruppe", "PkwA", "Lkw", "LkwKombination", "Bus", "nk"),
    "2": ("PkwAehnlich", "LkwAehnlich"),
    "length": ("short", "medium", "long"),
    "telraam": ("Fuss", "Rad", "car", "heavy"),
    "1": ("Kfz",),
}
"""Classes that a device of each scheme can see; what it cannot see is unknown, never 0."""


class _Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    t: Time
    """Event time."""
    seq: Count | None = None
    """Counter of the device, when it has one."""


class Fill(_Message, kw_only=True):
    """Fill level of a container: `level` 0..1 or `distance_m` from sensor to surface."""

    level: Annotated[float, msgspec.Meta(ge=0, le=1.5)] | None = None
    distance_m: Annotated[float, msgspec.Meta(ge=0, le=20)] | None = None
    temperature_c: float | None = None
    battery_v: float | None = None


class Traffic(_Message, kw_only=True):
    """Counts of one lane over one interval that starts at `t`."""

    lane: Annotated[int, msgspec.Meta(ge=0, le=99)]
    interval_s: Annotated[int, msgspec.Meta(ge=1, le=86400)]
    counts: dict[str, Count]
    speed_kmh: Annotated[float, msgspec.Meta(ge=0, le=250)] | None = None
    """Mean speed; absent when nothing passed."""
    completeness: Share | None = None


class Vehicle(_Message, kw_only=True):
    """Position of a municipal vehicle with the RMS of vertical acceleration since the last one."""

    lon: Longitude
    lat: Latitude
    speed_mps: Annotated[float, msgspec.Meta(ge=0, le=70)]
    az_rms_mps2: Annotated[float, msgspec.Meta(ge=0, le=200)] | None = None


class Road(_Message, kw_only=True):
    """Mobile road weather measurement."""

    lon: Longitude
    lat: Latitude
    surface_temp_c: float | None = None
    air_temp_c: float | None = None
    dew_point_c: float | None = None
    friction: Share | None = None
    water_um: Annotated[float, msgspec.Meta(ge=0)] | None = None


class Energy(_Message, kw_only=True):
    """Register of an energy meter."""

    meter_kwh: float


class Status(_Message, kw_only=True):
    """Health of a device."""

    battery_v: float | None = None


BY_KIND: dict[str, type[Fill | Traffic | Vehicle | Road | Energy | Status]] = {
    "fill": Fill,
    "traffic": Traffic,
    "vehicle": Vehicle,
    "road": Road,
    "energy": Energy,
    "status": Status,
}
"""Struct of each native kind."""
