"""Counts of foreign devices to lane intervals: which decoded field counts which class on which lane."""

import datetime as dt
from typing import Annotated, NamedTuple

import msgspec

from ingest.fields import Leaf, number
from ingest.messages import VEHICLE_CLASSES
from ingest.outcome import Fault, fault
from smartregion.readings import LaneInterval

MOST_COUNTED = 1_000_000
"""More vehicles in one interval are not believed."""
_FASTEST_KMH = 250


class LaneRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One lane of a device that tells, when an interval ends, what it counted in it."""

    lane: Annotated[int, msgspec.Meta(ge=0, le=99)]
    interval_s: Annotated[int, msgspec.Meta(ge=1, le=86400)]
    counts: dict[str, str]
    """Decoded field by vehicle class of ours."""
    speed_kmh: str = ""
    """Decoded field with the mean speed."""

    def __post_init__(self) -> None:
        for name in self.counts:
            if name not in VEHICLE_CLASSES:
                raise ValueError(f"lanes.counts.{name}: expected one of {', '.join(VEHICLE_CLASSES)}")


class Counted(NamedTuple):
    """What the lanes took of some fields, and what they left."""

    rows: list[LaneInterval]
    rest: list[Leaf]
    flags: list[Fault]


def count_lanes(rules: tuple[LaneRule, ...], device: str, leaves: list[Leaf], end: dt.datetime) -> Counted:
    """Intervals that ended at `end`; a class whose field is missing is unknown, never 0."""
    by_path = {leaf.path: leaf for leaf in leaves}
    rows: list[LaneInterval] = []
    flags: list[Fault] = []
    used: set[str] = set()
    for rule in rules:
        counts: dict[str, int] = {}
        for name, path in rule.counts.items():
            value = _number(by_path, path, MOST_COUNTED, used, flags)
            if value is not None and value == int(value):
                counts[name] = int(value)
            elif value is not None:
                flags.append(fault(path, value, "a whole number"))
        speed_kmh = _number(by_path, rule.speed_kmh, _FASTEST_KMH, used, flags)
        if counts:
            start = end - dt.timedelta(seconds=rule.interval_s)
            rows.append(LaneInterval(device, rule.lane, start, rule.interval_s, counts, speed_kmh))
    return Counted(rows, [leaf for leaf in leaves if leaf.path not in used], flags)


def _number(
    by_path: dict[str, Leaf], path: str, most: float, used: set[str], flags: list[Fault]
) -> float | None:
    leaf = by_path.get(path)
    if leaf is None:
        return None
    used.add(path)
    read = number(leaf.value)
    if read is None or not 0 <= read[0] <= most:
        flags.append(fault(path, leaf.value, f"a number, 0 to {most}"))
        return None
    return read[0]
