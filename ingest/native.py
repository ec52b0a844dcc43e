"""Native messages `sr/1/DEVICE/KIND` to rows; ranges are those of `ingest.messages`, unknown fields are
kept."""

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import msgspec

from ingest.fields import flatten, map_generic
from ingest.messages import BY_KIND, VEHICLE_CLASSES
from ingest.outcome import Fault, Rejected, fault
from ingest.quantities import QUANTITIES
from ingest.times import check_not_ahead, parse_time
from smartregion.readings import LaneInterval, Reading, Row, TrackPoint

MAX_OBJECTS = 10_000
"""Most objects that one list may hold."""

Range = tuple[float, float]

QUANTITY_OF_FIELD = {
    "level": "level", "distance_m": "distance", "temperature_c": "temperature", "battery_v": "battery",
    "meter_kwh": "meter",
}  # fmt: skip
_CLASSES = {name.lower(): name for name in VEHICLE_CLASSES} | {"sattel-kfz": "Sattel", "sattelkfz": "Sattel"}
_COMMON = frozenset(("t", "seq", "device"))
_TRAFFIC = _COMMON | {"lane", "interval_s", "counts", "speed_kmh", "completeness"}


def _ranges() -> dict[str, dict[str, Range]]:
    """Bounds of every number field by kind, as the wire structs state them."""
    found: dict[str, dict[str, Range]] = {}
    for kind, struct in BY_KIND.items():
        info = msgspec.inspect.type_info(struct)
        assert isinstance(info, msgspec.inspect.StructType)  # noqa: S101 - tells the type checker what BY_KIND holds
        bounds: dict[str, Range] = {}
        for field in info.fields:
            options = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
            for option in options:
                if (
                    isinstance(option, msgspec.inspect.FloatType | msgspec.inspect.IntType)
                    and field.name != "t"
                ):
                    low = -1e12 if option.ge is None else option.ge
                    bounds[field.name] = (low, 1e12 if option.le is None else option.le)
        found[kind] = bounds
    return found


RANGES = _ranges()


def kind_of(message: Any) -> str | None:
    """Kind of a native object that came without a topic, by its fields."""
    first = message[0] if isinstance(message, list) and message else message
    if not isinstance(first, dict) or "t" not in first:
        return None
    for kind, fields in (
        ("traffic", ("lane", "counts")),
        ("vehicle", ("speed_mps", "az_rms_mps2")),
        ("road", ("surface_temp_c", "friction", "water_um", "lon")),
        ("energy", ("meter_kwh",)),
        ("fill", ("level", "distance_m")),
    ):
        if any(field in first for field in fields):
            return kind
    return "status"


def decode_native(
    device: str, kind: str, message: Any, received: dt.datetime
) -> tuple[list[Row], list[Fault], int | None]:
    """Rows, flags of single faulty fields, and the last counter of a message or of a list of messages.

    Raises Rejected when an object lacks a time or what its kind cannot do without: a list is taken whole
    or not at all, because what is left out of it would be lost.
    """
    if kind not in _READ:
        raise Rejected("topic", kind, f"one of {', '.join(_READ)}")
    objects = message if isinstance(message, list) else [message]
    if not objects or len(objects) > MAX_OBJECTS:
        raise Rejected("payload", f"{len(objects)} objects", f"1 to {MAX_OBJECTS} objects")
    rows: list[Row] = []
    flags: list[Fault] = []
    counter: int | None = None
    read = _READ[kind]
    for index, item in enumerate(objects):
        at = f"[{index}]." if objects is message else ""
        if type(item) is not dict:
            raise Rejected(at.rstrip(".") or "payload", item, "an object")
        if "t" not in item:
            raise Rejected(f"{at}t", None, "a time (RFC 3339 or epoch ms)")
        time = parse_time(item["t"], f"{at}t")
        check_not_ahead(time, received, f"{at}t")
        counter = _counter(item, at, flags, counter)
        before = len(rows)
        read(device, item, time, at, rows, flags)
        if len(rows) == before:
            problem = next((flag for flag in flags if flag.field.startswith(at)), None)
            if problem is not None:
                raise Rejected(problem.field, problem.value, problem.expected)
            raise Rejected(
                at.rstrip(".") or "payload", ", ".join(item), f"at least one measurement of kind {kind}"
            )
    return rows, flags, counter


def _counter(item: dict[str, Any], at: str, flags: list[Fault], counter: int | None) -> int | None:
    seq = item.get("seq")
    if seq is None:
        return counter
    if type(seq) is not int or not 0 <= seq < 2**63:
        flags.append(fault(f"{at}seq", seq, "a whole number from 0"))
        return counter
    return seq


def _number(item: dict[str, Any], name: str, bounds: Range, at: str, flags: list[Fault]) -> float | None:
    """A field of the object within its bounds; None and a flag when it is not; None when absent."""
    value = item.get(name)
    if value is None:
        return None
    if (type(value) is float or type(value) is int) and bounds[0] <= value <= bounds[1]:
        return float(value) + 0.0  # never -0.0, which equals 0.0 and would depend on the order of arrival
    limits = f"{bounds[0]:g} to {bounds[1]:g}" if bounds[1] < 1e12 else "no more than 12 digits"
    flags.append(fault(at + name, value, f"a number, {limits}"))
    return None


def _simple(kind: str) -> "_Reader":
    ranges = RANGES[kind]

    def read(
        device: str, item: dict[str, Any], time: dt.datetime, at: str, rows: list[Row], flags: list[Fault]
    ) -> None:
        """Narrow kinds: each known field is a quantity."""
        known, first = 0, len(rows)
        for name, bounds in ranges.items():
            if name in item and name != "seq":
                known += 1
                value = _number(item, name, bounds, at, flags)
                if value is not None:
                    key = QUANTITY_OF_FIELD[name]
                    rows.append(Reading(device, key, time, value, QUANTITIES[key].unit))
        if len(item) > known + sum(name in item for name in _COMMON):
            _keep_unknown(device, item, ranges, time, at, rows, first, flags)

    return read


def _traffic(
    device: str, item: dict[str, Any], time: dt.datetime, at: str, rows: list[Row], flags: list[Fault]
) -> None:
    ranges = RANGES["traffic"]
    lane, interval_s = (_whole(item, name, ranges[name], at) for name in ("lane", "interval_s"))
    counts = item.get("counts")
    if type(counts) is not dict:
        raise Rejected(f"{at}counts", counts, "an object {class: number of vehicles}")
    seen: dict[str, int] = {}
    for name, value in counts.items():
        key = _CLASSES.get(name.lower())
        whole = type(value) is int or (type(value) is float and value == math.floor(value))
        if key is None:
            flags.append(fault(f"{at}counts.{name}", value, f"one of {', '.join(VEHICLE_CLASSES)}"))
        elif not whole or not 0 <= value <= 1_000_000:
            flags.append(fault(f"{at}counts.{name}", value, "a whole number, 0 to 1000000"))
        else:
            seen[key] = int(value)
    if not seen:
        raise Rejected(
            f"{at}counts", ", ".join(map(str, counts)) or "{}", "at least one count of a known class"
        )
    speed_kmh = _number(item, "speed_kmh", ranges["speed_kmh"], at, flags)
    completeness = _number(item, "completeness", ranges["completeness"], at, flags)
    rows.append(
        LaneInterval(
            device, lane, time, interval_s, seen, speed_kmh, 1.0 if completeness is None else completeness
        )
    )
    if any(name not in _TRAFFIC for name in item):
        known = {**ranges, "counts": (0.0, 0.0)}
        _keep_unknown(device, item, known, time, at, rows, len(rows), flags, f"lane {lane}.")


def _whole(item: dict[str, Any], name: str, bounds: Range, at: str) -> int:
    value = item.get(name)
    if type(value) is not int or not bounds[0] <= value <= bounds[1]:
        raise Rejected(at + name, value, f"a whole number, {bounds[0]:g} to {bounds[1]:g}")
    return value


def _point(kind: str) -> "_Reader":
    ranges = RANGES[kind]
    measured = [name for name in ranges if name not in ("lon", "lat", "seq")]

    def read(
        device: str, item: dict[str, Any], time: dt.datetime, at: str, rows: list[Row], flags: list[Fault]
    ) -> None:
        """Kinds with a position: one wide row."""
        place: list[float] = []
        for name in ("lon", "lat"):
            value = _number(item, name, ranges[name], at, flags)
            if value is None:
                raise Rejected(
                    at + name, item.get(name), f"degrees, {ranges[name][0]:g} to {ranges[name][1]:g}"
                )
            place.append(value)
        values = {name: _number(item, name, ranges[name], at, flags) for name in measured}
        rows.append(TrackPoint(device, time, place[0], place[1], **values))
        if len(item) > sum(name in item for name in ranges) + 1:
            _keep_unknown(device, item, ranges, time, at, rows, len(rows), flags)

    return read


def _keep_unknown(
    device: str,
    item: dict[str, Any],
    known: dict[str, Range],
    time: dt.datetime,
    at: str,
    rows: list[Row],
    first: int,
    flags: list[Fault],
    prefix: str = "",
) -> None:
    """Fields that the kind does not name: numbers become readings under their own name or a known
    quantity; `rows` from `first` on are those of the same object."""
    rest = {
        name: value
        for name, value in item.items()
        if name not in known and name not in _COMMON and type(value) is not str and value is not None
    }
    if not rest:
        return
    have = {row.quantity for row in rows[first:] if isinstance(row, Reading)}
    mapped = map_generic(flatten(rest), time)
    for key, value in mapped.values.items():
        if key not in have:
            unit = QUANTITIES[key].unit if key in QUANTITIES and not prefix else ""
            rows.append(Reading(device, prefix + key, time, value, unit))
    flags.extend(fault(at + flag.field, flag.value, flag.expected) for flag in mapped.flags)


_Reader = Callable[[str, dict[str, Any], dt.datetime, str, list[Row], list[Fault]], None]

_READ: dict[str, _Reader] = {
    "fill": _simple("fill"),
    "traffic": _traffic,
    "vehicle": _point("vehicle"),
    "road": _point("road"),
    "energy": _simple("energy"),
    "status": _simple("status"),
}

KINDS = frozenset(_READ)
"""Kinds of native messages that give rows."""
