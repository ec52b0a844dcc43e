"""Rollups computed once more from raw rows by other code than the refresh: no SQL, zoneinfo's calendar."""

import datetime as dt
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from smartregion.energy.registers import Register, use

CLASSES = (
    "krad", "pkw", "lfw", "pkwa", "lkw", "lkwa", "sattel", "bus", "nk", "pkwgruppe", "lkwkombination",
    "pkwaehnlich", "lkwaehnlich", "kfz", "short", "medium", "long", "rad", "fuss", "heavy", "car",
)  # fmt: skip
"""Columns of a lane interval, in the order of the table."""
_TOTALS = (
    ("kfz",),
    ("pkwaehnlich", "lkwaehnlich"),
    ("pkwgruppe", "pkwa", "lkw", "lkwkombination", "bus", "nk"),
    ("krad", "pkw", "lfw", "pkwa", "lkw", "lkwa", "sattel", "bus", "nk"),
    ("short", "medium", "long"),
    ("car", "heavy"),
)
"""Sets of classes that add up to all motor vehicles; the first complete one counts."""

Values = Mapping[str, Any]
_UTC = ZoneInfo("UTC")
_FLOAT32 = struct.Struct("f")


def bucket_end(span: str, bucket: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Begin of the next bucket, UTC; days, weeks and months are those of the zone."""
    if span == "quarter":
        return bucket + dt.timedelta(minutes=15)
    if span == "hour":
        return bucket + dt.timedelta(hours=1)
    date = bucket.astimezone(zone).date()
    if span == "month":
        following = (date.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    else:
        following = date + dt.timedelta(days={"day": 1, "week": 7}[span])
    return dt.datetime.combine(following, dt.time(), zone).astimezone(dt.UTC)


def bucket_of(span: str, moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Begin of the bucket of a moment, UTC."""
    moment = moment.astimezone(dt.UTC)
    if span == "quarter":
        return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)
    if span == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    date = moment.astimezone(zone).date()
    if span == "week":
        date -= dt.timedelta(days=date.weekday())
    if span == "month":
        date = date.replace(day=1)
    return dt.datetime.combine(date, dt.time(), zone).astimezone(dt.UTC)


def counts(rows: Iterable[Values], begin: dt.datetime, end: dt.datetime) -> dict[int, dict[str, Any]]:
    """Counts by lane of [begin, end) from raw intervals, each with the `class_scheme` of its station."""
    lanes: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        share = float(row["completeness"])
        if row["class_scheme"] == "telraam":
            share = float(share >= 0.5)
        if share > 0 and any(row[name] is not None for name in CLASSES):
            lanes[row["lane"]] += [
                part | {"covered_ms": round(part["ms"] * share), "total": _total(part)}
                for part in _parts(row)
                if begin <= part["begin"] < end
            ]
    return {
        lane: _count(found, round((end - begin).total_seconds())) for lane, found in lanes.items() if found
    }


def _parts(row: Values) -> Iterator[dict[str, Any]]:
    """An interval cut at its quarter hour, counts in whole numbers; one longer than a quarter stays whole."""
    whole_ms = 1000 * row["interval_s"]
    border = bucket_end("quarter", bucket_of("quarter", row["time"], _UTC), _UTC)
    first_ms = (border - row["time"]) // dt.timedelta(milliseconds=1)
    if row["interval_s"] > 900 or first_ms >= whole_ms:
        yield {**row, "begin": row["time"], "ms": whole_ms}
        return
    for low, high in ((0, first_ms), (first_ms, whole_ms)):
        part = {
            name: row[name] and row[name] * high // whole_ms - row[name] * low // whole_ms for name in CLASSES
        }
        yield {**row, **part, "begin": border if low else row["time"], "ms": high - low}


def _count(found: Sequence[Values], length_s: int) -> dict[str, Any]:
    timed = [(one["speed_kmh"], one["total"]) for one in found if one["speed_kmh"] is not None]
    result: dict[str, Any] = {
        "length_s": length_s,
        "longest_s": max(one["interval_s"] for one in found),
        "covered_ms": sum(one["covered_ms"] for one in found),
        "vehicles": _known_sum([one["total"] for one in found]),
        "speed_vehicles": sum(total for _, total in timed if total is not None),
        "speed_sum": sum(round(speed * 100) * total for speed, total in timed if total is not None),
    }
    for name in CLASSES:
        result[name] = _known_sum([one[name] for one in found])
    return result


def _total(row: Values) -> int | None:
    for names in _TOTALS:
        total = _known_sum([row[name] for name in names])
        if total is not None:
            return total
    return None


def _known_sum(values: Sequence[int | None]) -> int | None:
    """Unknown is never 0: one unknown makes the sum unknown."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def levels(rows: Iterable[Values]) -> dict[str, Any] | None:
    """Levels of one bucket; of two values of a moment the level comes before the distance."""
    known = sorted(
        (
            (row["time"], row["key"], row["series"], level)
            for row in rows
            if (level := _level(row)) is not None
        ),
        key=lambda one: (one[0], one[1] != "level", one[2]),
    )
    if not known:
        return None
    newest = [one for one in known if one[0] == known[-1][0]]
    values = [one[3] for one in known]
    return {
        "first": values[0],
        "last": newest[0][3],
        "low": min(values),
        "high": max(values),
        "readings": len(values),
    }


def _level(row: Values) -> float | None:
    value, empty_m, full_m = row["value"], row["empty_distance_m"], row["full_distance_m"]
    if row["key"] == "distance":
        if empty_m is None or full_m is None or empty_m <= full_m:
            return None
        value = (empty_m - value) / _single(empty_m - full_m)
    return float(max(0.0, min(1.2, value)))


def _single(value: float) -> float:
    """A difference of two 4-byte numbers has 4 bytes in the database."""
    return float(_FLOAT32.unpack(_FLOAT32.pack(value))[0])


def energy(registers: Iterable[Register], since: dt.datetime, until: dt.datetime) -> dict[str, Any] | None:
    """Use of a building in one bucket, of all its meters together."""
    found = [one for register in registers if (one := use(register, since, until)) is not None]
    if not found:
        return None
    return {
        "length_s": round((until - since).total_seconds()),
        "longest_s": max(one.longest_s for one in found),
        "covered_ms": sum(one.covered_ms for one in found),
        "energy_kwh": sum((one.energy_kwh for one in found), Decimal(0)),
    }


def road(rows: Sequence[Values], slippery: Iterable[str]) -> dict[str, Any] | None:
    """Passes over a segment in one bucket."""
    if not rows:
        return None
    rides = [row["ride_index"] for row in rows if row["ride_index"] is not None]
    temps = [row["surface_temp_c"] for row in rows if row["surface_temp_c"] is not None]
    states = set(slippery)
    return {
        "passes": len(rows),
        "ride_passes": len(rides),
        "ride_sum": sum(_millionths(row["ride_exact"]) for row in rows if row["ride_exact"] is not None),
        "ride_low": min(rides, default=None),
        "ride_high": max(rides, default=None),
        "temp_low_c": min(temps, default=None),
        "slippery": sum(row["state"] in states for row in rows),
    }


def _millionths(value: float) -> int:
    """As the database rounds a 4-byte number: 6 significant digits, then half away from zero."""
    return int((Decimal(f"{value:.6g}") * 1_000_000).quantize(Decimal(1), ROUND_HALF_UP))
