"""Sensor Measurement Lists, RFC 8428 in JSON: packs resolved to absolute names and times, then to
readings."""

import dataclasses
import datetime as dt
import re
from typing import Any

from ingest.outcome import UNREADABLE, Fault, Rejected, fault
from ingest.quantities import QUANTITIES, UNITS, bare, convert, recognise
from ingest.times import check_not_ahead, from_epoch_ms
from ingest.topics import MOST_CHARACTERS, is_name
from smartregion.readings import Reading

VERSION = 10
"""Version of RFC 8428; a pack with a greater `bver` must not be read."""

MAX_RECORDS = 10_000
"""Most records that a pack may hold."""

_RELATIVE_BELOW = 2**28
_LARGEST = 1e300
_SUM = ".sum"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*")
_DEVICE_URN = re.compile(r"urn:dev:[a-z0-9]+:[^:_/]+[:_/]?")
_VALUES = ("v", "vs", "vb", "vd")
_KNOWN = frozenset(("bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "t", "ut", "s", *_VALUES))
_QUANTITY_OF_UNIT = {
    "Cel": "temperature", "%RH": "humidity", "%EL": "battery_level", "m": "distance", "lx": "illuminance",
    "m3": "volume", "Pa": "pressure", "W": "power", "count": "count",
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """A resolved record: absolute name, unit, time in epoch seconds, and one value and/or sum."""

    name: str
    unit: str
    time_s: float
    value: float | str | bool | None
    sum: float | None


def is_pack(value: Any) -> bool:
    """Whether a parsed list is SenML: its first record has a name and a value of SenML."""
    if not (isinstance(value, list) and value and isinstance(value[0], dict)):
        return False
    first = value[0]
    named = "bn" in first or "n" in first
    return named and any(key in first for key in ("bv", "bt", "bu", "bver", "bs", "s", *_VALUES))


def resolve(pack: list[Any], now_s: float) -> list[Record]:
    """Resolve a pack (RFC 8428 section 4.6): base fields applied, times below 2**28 taken relative to
    `now_s`.

    Raises Rejected for anything the RFC forbids; a pack is taken whole or not at all.
    """
    if len(pack) > MAX_RECORDS:
        raise Rejected("payload", f"{len(pack)} records", f"at most {MAX_RECORDS} records")
    base: dict[str, Any] = {"bn": "", "bt": 0, "bu": "", "bv": 0, "bs": 0, "bver": VERSION}
    records: list[Record] = []
    based = summed = False
    for index, raw in enumerate(pack):
        at = f"[{index}]"
        if not isinstance(raw, dict):
            raise Rejected(at, raw, "a SenML record")
        _check_types(raw, at)
        base.update((key, raw[key]) for key in base if key in raw)
        if base["bver"] > VERSION:
            raise Rejected(f"{at}.bver", base["bver"], f"at most {VERSION}")
        found = [key for key in _VALUES if key in raw]
        if len(found) > 1:
            raise Rejected(f"{at}.{found[1]}", raw[found[1]], "one value in a record")
        based = based or "bv" in raw
        summed = summed or "bs" in raw
        if not found and "s" not in raw and not based and not summed:
            raise Rejected(at, ", ".join(raw) or "{}", "a record with v, vs, vb, vd or s")
        name = base["bn"] + raw.get("n", "")
        if not _NAME.fullmatch(name):
            raise Rejected(f"{at}.n", name, "a SenML name (letters, digits, - : . / _)")
        value = raw[found[0]] if found else None
        if found == ["v"] or (not found and based):
            value = (value or 0) + base["bv"]
        total = raw.get("s", 0) + base["bs"] if "s" in raw or summed else None
        time = base["bt"] + raw.get("t", 0)
        time_s = now_s + time if time < _RELATIVE_BELOW else time
        records.append(Record(name, raw.get("u", base["bu"]), time_s, value, total))
    return records


def readings(
    pack: list[Any], device: str | None, received: dt.datetime
) -> tuple[str, list[Reading], list[Fault]]:
    """Device, readings and flags of a pack; without a device from the topic the first base name is the
    device.

    Texts and data (`vs`, `vd`) carry no number and give no reading; sums end in `.sum`.
    """
    records = resolve(pack, received.timestamp())
    prefixes = {match[0] if (match := _DEVICE_URN.match(record.name)) else "" for record in records}
    prefix = prefixes.pop() if len(prefixes) == 1 else ""
    bases = [raw["bn"] for raw in pack if raw.get("bn")]
    device = device or (prefix or (bases[0] if bases else "")).rstrip(":_/")
    device = device if is_name(device) else UNREADABLE
    rows: list[Reading] = []
    flags: list[Fault] = []
    for record in records:
        time = from_epoch_ms(record.time_s * 1000, f"{record.name}.t")
        check_not_ahead(time, received, f"{record.name}.t")
        own = record.name[len(prefix) :].removeprefix(device).lstrip(":_/")
        if len(own) > MOST_CHARACTERS - len(_SUM):
            flags.append(fault("n", own, f"a name of at most {MOST_CHARACTERS - len(_SUM)} characters"))
            continue
        if isinstance(record.value, int | float):
            try:
                key, value = _quantity(own, record, float(record.value) + 0.0)
                rows.append(
                    Reading(device, key, time, value, QUANTITIES[key].unit if key in QUANTITIES else "")
                )
            except Rejected as problem:
                flags.append(problem.fault)
        if record.sum is not None:
            rows.append(Reading(device, f"{own or 'value'}{_SUM}", time, float(record.sum) + 0.0))
    if not rows:
        if flags:
            raise Rejected(flags[0].field, flags[0].value, flags[0].expected)
        raise Rejected("v", f"{len(records)} records", "a record with a number (v, vb or s)")
    return device, rows, flags


def _quantity(own: str, record: Record, value: float) -> tuple[str, float]:
    """Quantity key and stored value; raises Rejected when a known name comes in a foreign unit."""
    unit = UNITS.get(record.unit.lower(), record.unit)
    if not own:
        key: str | None = _QUANTITY_OF_UNIT.get(record.unit)
        own = record.unit or "value"
    else:
        key = recognise(own)[0]
    if key == "battery" and unit == "%":
        key = "battery_level"
    if key is not None and type(record.value) is not bool:
        if unit:
            return key, convert(key, value, unit, record.name)
        known = bare(key, value, record.name)
        if known is not None:
            return known
    return (own if own not in QUANTITIES else f"{own} (unit unknown)"), value


def _check_types(raw: dict[str, Any], at: str) -> None:
    for key, value in raw.items():
        if key.endswith("_"):
            raise Rejected(f"{at}.{key}", value, "a field we must understand (its name ends in _)")
        if key not in _KNOWN:
            continue
        text = key in ("bn", "bu", "n", "u", "vs", "vd")
        fits = (
            type(value) is str
            if text
            else type(value) is bool
            if key == "vb"
            else type(value) in (int, float)
        )
        if not fits or (not text and abs(value) > _LARGEST):
            raise Rejected(
                f"{at}.{key}", value, "text" if text else "true or false" if key == "vb" else "a number"
            )
