"""Rows as the store takes them: narrow readings, wide lane intervals, wide tracks.

Structs of msgspec, because a message costs some of them and they are made in a tenth of a data class's time.
"""

import datetime as dt

import msgspec


class Reading(msgspec.Struct, frozen=True):
    """One value of one quantity of a device at one event time (aware, UTC)."""

    device: str
    quantity: str
    time: dt.datetime
    value: float
    unit: str = ""


class LaneInterval(msgspec.Struct, frozen=True):
    """Counts of one lane of a counting station over one interval that starts at `time` (aware, UTC)."""

    device: str
    lane: int
    time: dt.datetime
    interval_s: int
    counts: dict[str, int]
    """Vehicles by class key of `ingest.messages.VEHICLE_CLASSES`; an absent class is unknown, never 0."""
    speed_kmh: float | None = None
    completeness: float = 1.0


class TrackPoint(msgspec.Struct, frozen=True):
    """One position of a vehicle with what it measured there."""

    device: str
    time: dt.datetime
    lon: float
    lat: float
    speed_mps: float | None = None
    az_rms_mps2: float | None = None
    surface_temp_c: float | None = None
    air_temp_c: float | None = None
    dew_point_c: float | None = None
    friction: float | None = None
    water_um: float | None = None


Row = Reading | LaneInterval | TrackPoint
