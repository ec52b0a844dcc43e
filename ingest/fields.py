"""Decoded fields of a foreign device to readings: flattened, recognised by name and unit, converted."""

import dataclasses
import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ingest.outcome import Fault, Rejected, fault
from ingest.quantities import ALIASES, QUANTITIES, UNITS, bare, convert, recognise
from ingest.times import EARLIEST, from_epoch_ms, parse_time
from ingest.topics import MOST_CHARACTERS, is_name

MAX_FIELDS = 2000
"""Most fields that one message may hold."""

_NUMBER = re.compile(
    r"\s*([-+]?\d{1,300}(?:[.,]\d{1,300})?(?:[eE][-+]?\d{1,3})?)\s*([^\d\s,;][^\d,;]{0,11})?\s*[,;]?\s*"
)
_TIMES = frozenset(("time", "timestamp", "ts", "datetime", "date_time", "utc_time", "systimestamp"))
_RAW = frozenset(("raw", "bytes", "payload", "frm_payload"))
_STATES = {
    "on": 1.0, "off": 0.0, "true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "open": 1.0, "opened": 1.0,
    "close": 0.0, "closed": 0.0, "occupied": 1.0, "vacant": 0.0, "unoccupied": 0.0, "free": 0.0,
    "alarm": 1.0, "no alarm": 0.0, "tilt": 1.0, "normal": 0.0, "enabled": 1.0, "disabled": 0.0,
}  # fmt: skip
"""Texts of fields with two states, as numbers; booleans are 1 and 0 too."""
_LATITUDE = ("latitude", "lat", "gps_lat")
_LONGITUDE = ("longitude", "lon", "gps_lon", "lng", "long")


@dataclasses.dataclass(frozen=True, slots=True)
class Leaf:
    """One field: its path with dots, its value as sent, the unit that stood beside it."""

    path: str
    value: Any
    unit: str = ""


@dataclasses.dataclass(slots=True)
class Mapped:
    """Values by quantity at one time, the position if there is one, and what could not be used."""

    time: dt.datetime
    values: dict[str, float] = dataclasses.field(default_factory=dict)
    position: tuple[float, float] | None = None
    """(lon, lat)"""
    flags: list[Fault] = dataclasses.field(default_factory=list)


def number(value: Any) -> tuple[float, str] | None:
    """A number and the unit written behind it ("2799 mm", "7200,"); booleans are 0 and 1; None for other
    things. Never -0.0, which equals 0.0 and would depend on the order of arrival."""
    if type(value) is float or type(value) is bool or type(value) is int:
        try:
            found = float(value) + 0.0
        except OverflowError:
            return None
        return (found, "") if math.isfinite(found) else None
    if type(value) is str and len(value) < 340:
        match = _NUMBER.fullmatch(value)
        if match and (match[2] is None or match[2].strip().lower() in UNITS):
            found = float(match[1].replace(",", ".")) + 0.0
            unit = UNITS[match[2].strip().lower()] if match[2] else ""
            return (found, unit) if math.isfinite(found) else None
    return None


def flatten(value: Any, path: str = "") -> list[Leaf]:
    """All leaves with dotted paths, lists indexed from 0; `{value, unit}` is one leaf. Raises Rejected
    when too many."""
    leaves: list[Leaf] = []
    for leaf in _walk(value, path):
        leaves.append(leaf)
        if len(leaves) > MAX_FIELDS:
            raise Rejected(
                path or "payload", f"more than {MAX_FIELDS} fields", f"at most {MAX_FIELDS} fields"
            )
    return leaves


def split_history(decoded: dict[str, Any], time: dt.datetime) -> list[tuple[dt.datetime, dict[str, Any]]]:
    """The message's own fields at its time, and each record of a list with time stamps at that record's
    time."""
    now: dict[str, Any] = {}
    parts = [(time, now)]
    for name, value in decoded.items():
        records = [_record(item) for item in value] if isinstance(value, list) and value else []
        if records and all(record is not None for record in records):
            parts.extend(record for record in records if record is not None)
        else:
            now[name] = value
    return parts


def map_generic(leaves: Iterable[Leaf], time: dt.datetime) -> Mapped:
    """Readings of fields that no profile describes; what is not recognised keeps its own name."""
    mapped = Mapped(time)
    found: dict[str, list[tuple[str, float]]] = {}
    own: dict[str, float] = {}
    leaves = list(leaves)
    used = take_position(leaves, mapped)
    for leaf in leaves:
        last = leaf.path.rpartition(".")[2].lower()
        if not is_name(leaf.path):
            mapped.flags.append(fault("field name", leaf.path, _NAMED))
            continue
        if (
            leaf.path in used
            or last in _TIMES
            or (leaf.path.partition(".")[0].lower() in _RAW and last.isdigit())
        ):
            continue
        try:
            known = _recognised(leaf)
        except Rejected as problem:
            mapped.flags.append(problem.fault)
            continue
        if known is not None:
            found.setdefault(known[0], []).append((leaf.path, known[1]))
        elif (plain := number(leaf.value)) is not None:
            own[leaf.path] = plain[0]
        elif isinstance(leaf.value, str) and leaf.value.lower() in _STATES:
            own[leaf.path] = _STATES[leaf.value.lower()]
    for key, candidates in found.items():
        _settle(key, candidates, mapped.values, own)
    for path, value in own.items():
        mapped.values.setdefault(path if path not in QUANTITIES else f"{path} (unit unknown)", value)
    return mapped


def _settle(
    key: str, candidates: list[tuple[str, float]], values: dict[str, float], own: dict[str, float]
) -> None:
    """One field becomes the quantity: the one named exactly so, or the only one; the others keep their
    names."""
    exact = [path for path, _ in candidates if path.lower().replace("_", "") == key.replace("_", "")]
    chosen = exact[0] if exact else candidates[0][0] if len(candidates) == 1 else None
    for path, value in candidates:
        if path == chosen:
            values[key] = value
        else:
            own[path] = value


def _recognised(leaf: Leaf) -> tuple[str, float] | None:
    key, unit_in_name = recognise(leaf.path)
    if key is None:
        return None
    read = number(leaf.value)
    if read is None:
        if leaf.value is None or (isinstance(leaf.value, str) and key not in _MEASURED):
            return None
        raise Rejected(leaf.path, leaf.value, "a number")
    if type(leaf.value) is bool:
        return None
    unit = leaf.unit or read[1] or unit_in_name
    if not unit:
        return bare(key, read[0], leaf.path)
    if key == "battery" and unit == "%":
        key = "battery_level"
    if unit == unit_in_name and unit not in (QUANTITIES[key].unit, *QUANTITIES[key].accepts):
        return None  # `temperature_v` is a voltage that we do not know
    return key, convert(key, read[0], unit, leaf.path)


_NAMED = f"1 to {MOST_CHARACTERS} printable characters"
_MEASURED = frozenset(ALIASES.values()) - {"power", "count", "battery", "meter", "illuminance"}
# Text in one of these names is a sensor's complaint ("No Sensor"); in the others it is a state ("on", "low").


def _walk(value: Any, path: str) -> Iterator[Leaf]:
    stack: list[tuple[str, Any]] = [(path, value)]
    while stack:
        where, item = stack.pop()
        if isinstance(item, dict):
            inner = item.get("value")
            if "value" in item and not isinstance(inner, dict | list) and where:
                unit = item.get("unit")
                yield Leaf(
                    where, inner, UNITS.get(unit.strip().lower(), unit) if isinstance(unit, str) else ""
                )
                continue
            prefix = f"{where}." if where else ""
            stack.extend((f"{prefix}{name}", below) for name, below in reversed(item.items()))
        elif isinstance(item, list):
            prefix = f"{where}." if where else ""
            stack.extend((f"{prefix}{index}", item[index]) for index in range(len(item) - 1, -1, -1))
        else:
            yield Leaf(where, item)


def _record(item: Any) -> tuple[dt.datetime, dict[str, Any]] | None:
    """A record of a history: an object with one readable time (RFC 3339, epoch seconds or milliseconds)."""
    if not isinstance(item, dict):
        return None
    stamps = [name for name in item if name.lower() in _TIMES]
    if len(stamps) != 1 or len(item) < 2:
        return None
    try:
        time = device_time(item[stamps[0]], stamps[0])
    except Rejected:
        return None
    return time, {name: value for name, value in item.items() if name != stamps[0]}


def device_time(stamp: Any, field: str) -> dt.datetime:
    """A time that a device tells: RFC 3339, epoch seconds or milliseconds. Raises Rejected."""
    seconds = type(stamp) in (int, float) and EARLIEST.timestamp() <= stamp < 2**33
    return from_epoch_ms(stamp * 1000, field) if seconds else parse_time(stamp, field)


def as_fields(decoded: Any) -> dict[str, Any]:
    """What a server or codec decoded as one object: a list of objects is laid together, a bare value is
    `value`."""
    if isinstance(decoded, dict):
        return decoded
    if not (isinstance(decoded, list) and decoded and all(isinstance(item, dict) for item in decoded)):
        return {"value": decoded}
    if all(isinstance(item.get("field"), str) and "value" in item for item in decoded):
        return {item["field"]: item["value"] for item in decoded}
    if all(_record(item) is not None for item in decoded):
        return {"records": decoded}
    together: dict[str, Any] = {}
    for index, item in enumerate(decoded):
        together |= item if together.keys().isdisjoint(item) else {str(index): item}
    return together


def take_position(leaves: list[Leaf], mapped: Mapped) -> set[str]:
    """Find one pair of latitude and longitude beside each other; (0, 0) is a receiver without a fix."""
    by_path = {leaf.path.lower(): leaf for leaf in leaves}
    for low, leaf in by_path.items():
        parent, dot, name = low.rpartition(".")
        if name not in _LATITUDE:
            continue
        for other in _LONGITUDE:
            partner = by_path.get(f"{parent}{dot}{other}")
            pair = (number(partner.value) if partner else None, number(leaf.value))
            if partner is None or pair[0] is None or pair[1] is None or type(partner.value) is bool:
                continue
            lon, lat = pair[0][0], pair[1][0]
            if (lon, lat) == (0, 0) or not (-180 <= lon <= 180 and -90 <= lat <= 90):
                mapped.flags.append(fault(leaf.path, f"{lat:g}, {lon:g}", "a position"))
            else:
                mapped.position = (lon, lat)
            return {leaf.path, partner.path}
    return set()
