"""Rows of one batch laid upon each other before they reach the database: no I/O, no order of arrival.

Of two values for one device, field and time the greater is kept and the other becomes a conflict. A wide row
(lane interval, track point) belongs to the message that came first; the fields of later messages join it.
"""

import dataclasses
import datetime as dt
import struct
from collections.abc import Sequence

from ingest.messages import VEHICLE_CLASSES
from smartregion.readings import LaneInterval, TrackPoint

Value = float | int | None
ReadingKey = tuple[int, dt.datetime]
"""(series, time)"""
LaneKey = tuple[int, int, dt.datetime]
"""(device, lane, time)"""
TrackKey = tuple[int, dt.datetime]
"""(device, time)"""

CLASS_COLUMNS = tuple(
    name.lower()
    for name in (
        "Krad", "Pkw", "Lfw", "PkwA", "Lkw", "LkwA", "Sattel", "Bus", "nk", "PkwGruppe", "LkwKombination",
        "PkwAehnlich", "LkwAehnlich", "Kfz", "short", "medium", "long", "Rad", "Fuss", "heavy", "car",
    )
)  # fmt: skip
"""Columns of lane_interval in the order of the table."""
LANE_FIELDS = ("interval_s", "completeness", "speed_kmh", *CLASS_COLUMNS)
TRACK_FIELDS = (
    "lon", "lat", "speed_mps", "az_rms_mps2", "surface_temp_c", "air_temp_c", "dew_point_c", "friction",
    "water_um",
)  # fmt: skip

_POSITION = {name.lower(): index for index, name in enumerate(LANE_FIELDS)}
assert {name.lower() for name in VEHICLE_CLASSES} == set(CLASS_COLUMNS)  # noqa: S101 - guards the table's columns
_FLOAT32 = struct.Struct("f")


@dataclasses.dataclass(frozen=True, slots=True)
class Conflict:
    """A value that lost against a greater one."""

    device: int
    field: str
    time: dt.datetime
    value: float
    message: int


@dataclasses.dataclass(slots=True)
class Wide:
    """A wide row: the message that owns it and its fields in table order."""

    message: int
    values: list[Value]


@dataclasses.dataclass(slots=True)
class Effects:
    """What laying rows upon each other did beside the row itself."""

    conflicts: list[Conflict] = dataclasses.field(default_factory=list)
    merged: set[int] = dataclasses.field(default_factory=set)
    """Messages of which a field joined the row of another."""

    def add(self, other: "Effects") -> None:
        """Take over what another did."""
        self.conflicts += other.conflicts
        self.merged |= other.merged


_NO_EFFECTS = Effects()


@dataclasses.dataclass(slots=True)
class Batch:
    """What one transaction will write; packets are added in the order of their receipts."""

    readings: dict[ReadingKey, tuple[float, int]] = dataclasses.field(default_factory=dict)
    """(value, message) by (series, time)."""
    lanes: dict[LaneKey, list[Wide]] = dataclasses.field(default_factory=dict)
    tracks: dict[TrackKey, list[Wide]] = dataclasses.field(default_factory=dict)
    effects: Effects = dataclasses.field(default_factory=Effects)

    def add_reading(
        self, device: int, key: str, series: int, time: dt.datetime, value: float, message: int
    ) -> None:
        """Lay one reading upon what the batch has."""
        new = (value, message)
        if self.readings.setdefault((series, time), new) is not new:
            self.settle_reading((series, time), new, device, key)

    def settle_reading(self, place: ReadingKey, new: tuple[float, int], device: int, key: str) -> None:
        """Of two values for one place the greater stays."""
        have, (_, time) = self.readings[place], place
        if have[0] < new[0]:
            self.readings[place] = new
            self.effects.conflicts.append(Conflict(device, key, time, *have))
        elif have[0] > new[0]:
            self.effects.conflicts.append(Conflict(device, key, time, *new))

    def add_lane(self, device: int, row: LaneInterval, message: int) -> None:
        """Add one interval; those of one lane and time are folded when it is known what the table has."""
        values: list[Value] = [None] * len(LANE_FIELDS)
        values[0], values[1], values[2] = row.interval_s, row.completeness, row.speed_kmh
        for name, count in row.counts.items():
            values[_POSITION[name.lower()]] = count
        self.lanes.setdefault((device, row.lane, row.time), []).append(Wide(message, values))

    def add_track(self, device: int, row: TrackPoint, message: int) -> None:
        """Add one point."""
        values: list[Value] = [
            row.lon, row.lat, row.speed_mps, row.az_rms_mps2, row.surface_temp_c, row.air_temp_c,
            row.dew_point_c, row.friction, row.water_um,
        ]  # fmt: skip
        self.tracks.setdefault((device, row.time), []).append(Wide(message, values))


def fold_lane(key: LaneKey, rows: Sequence[Wide]) -> tuple[Wide, bool, Effects]:
    """Intervals of one lane and time, the first owning the row: the row, whether a later one changed it, and
    what else that did."""
    if len(rows) == 1:
        return rows[0], False, _NO_EFFECTS
    device, lane, time = key
    return _fold(device, f"lane {lane} ", LANE_FIELDS, range(1, 3), 0, time, rows)


def fold_track(key: TrackKey, rows: Sequence[Wide]) -> tuple[Wide, bool, Effects]:
    """Points of one device and time; the position is one value, the greater (lon, lat) is kept."""
    if len(rows) == 1:
        return rows[0], False, _NO_EFFECTS
    device, time = key
    return _fold(device, "track ", TRACK_FIELDS, range(2, len(TRACK_FIELDS)), 2, time, rows)


def _fold(
    device: int,
    prefix: str,
    names: tuple[str, ...],
    singles: range,
    place: int,
    time: dt.datetime,
    rows: Sequence[Wide],
) -> tuple[Wide, bool, Effects]:
    """The first `place` fields are compared as one value, the others one by one; `singles` have 4 bytes."""
    first, *rest = (_rounded(row, singles) for row in rows)
    have = first
    effects = Effects()
    changed = False
    for new in rest:
        losers: list[tuple[int, Value, int]] = []
        if _merge(have, new, place, losers):
            effects.merged.add(new.message)
            changed = True
        effects.conflicts += [
            Conflict(device, prefix + names[index], time, float(value), message)
            for index, value, message in losers
            if value is not None
        ]
    return have, changed, effects


def _rounded(row: Wide, singles: range) -> Wide:
    """A copy whose 4-byte fields are as the table gives them back, so that equal values compare equal."""
    values = list(row.values)
    for index in singles:
        value = values[index]
        if value is not None:
            values[index] = _FLOAT32.unpack(_FLOAT32.pack(value))[0]
    return Wide(row.message, values)


def _merge(have: Wide, new: Wide, place: int, losers: list[tuple[int, Value, int]]) -> bool:
    changed = False
    old_place, new_place = have.values[:place], new.values[:place]
    if old_place != new_place:
        wins = _comparable(new_place) > _comparable(old_place)
        lost, message = (old_place, have.message) if wins else (new_place, new.message)
        losers += [(index, value, message) for index, value in enumerate(lost)]
        if wins:
            have.values[:place] = new_place
            changed = True
    for index in range(place, len(have.values)):
        value, present = new.values[index], have.values[index]
        if value is None or value == present:
            continue
        if present is None:
            have.values[index] = value
            changed = True
        elif value > present:
            losers.append((index, present, have.message))
            have.values[index] = value
            changed = True
        else:
            losers.append((index, value, new.message))
    return changed


def _comparable(values: list[Value]) -> list[float]:
    return [value or 0.0 for value in values]
