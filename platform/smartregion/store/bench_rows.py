"""A seeded district as binary COPY rows: containers hourly, lanes by quarter hour, vehicles by 4 s."""

import dataclasses
import datetime as dt
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

CONTAINERS, STATIONS, LANES, VEHICLES = 1600, 200, 1, 30
FIRST_STATION, FIRST_VEHICLE = 1601, 1801
"""Device numbers; container n is device n and series n."""
_HEAD, _TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_POSTGRES_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_RECEIPT_EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_DAY_S, _SHIFT_START_S, _SHIFT_S, _POSITION_S = 86400, 5 * 3600, 8 * 3600, 4
_CLASS_SHARES = (0.02, 0.8, 0.08, 0.01, 0.03, 0.02, 0.03, 0.005, 0.005)
"""Of TLS 8+1 in the order of the columns: Krad, Pkw, Lfw, PkwA, Lkw, LkwA, Sattel, Bus, nk."""

Rows = npt.NDArray[np.void]


@dataclasses.dataclass(frozen=True, slots=True)
class Day:
    """Rows of one day by table, in the order in which they arrive."""

    reading: Rows
    lane: Rows
    track: Rows
    passed: Rows
    """Passes over segments, five positions each, of which no more than a fortnight stays."""


def days(first: dt.datetime, count: int, seed: int, begin: int = 0) -> Iterator[Day]:
    """Rows of `count` days from `first` (midnight UTC), each with its own seed; vehicles rest at weekends."""
    for number in range(begin, count):
        rng = np.random.default_rng((seed, number))
        day = first + dt.timedelta(days=number)
        start_us = (day - _POSTGRES_EPOCH) // dt.timedelta(microseconds=1)
        receipt = ((day - _RECEIPT_EPOCH) // dt.timedelta(microseconds=1)) << 10
        works = day.weekday() < 5
        yield Day(
            readings(rng, start_us, receipt, number),
            _lanes(rng, start_us, receipt + (1 << 30)),
            _tracks(rng, start_us, receipt + (2 << 30)) if works else _empty(_TRACK),
            _passes(rng, start_us, number) if works else _empty(_PASS),
        )


def binary(rows: Rows) -> bytes:
    """Rows in PostgreSQL's binary COPY format."""
    return _HEAD + rows.tobytes() + _TAIL


def _row_type(*fields: tuple[str, str]) -> np.dtype[np.void]:
    """Each field is preceded by its length, each row by the number of fields, all in network order."""
    parts: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in fields:
        parts += [(f"{name}_length", ">i4"), (name, kind)]
    return np.dtype(parts)


_CLASSES = ("krad", "pkw", "lfw", "pkwa", "lkw", "lkwa", "sattel", "bus", "nk")
_READING = _row_type(("time", ">i8"), ("message", ">i8"), ("value", ">f8"), ("series", ">i4"))
_LANE = _row_type(
    ("time", ">i8"),
    ("message", ">i8"),
    ("device", ">i4"),
    ("lane", ">i2"),
    ("interval_s", ">i4"),
    ("completeness", ">f4"),
    ("speed_kmh", ">f4"),
    *((name, ">i4") for name in _CLASSES),
)
_TRACK = _row_type(
    ("time", ">i8"),
    ("message", ">i8"),
    ("device", ">i4"),
    ("lon", ">f8"),
    ("lat", ">f8"),
    ("speed_mps", ">f4"),
    ("az_rms_mps2", ">f4"),
)


_PASS = _row_type(
    ("segment", ">i4"),
    ("device", ">i4"),
    ("time", ">i8"),
    ("speed_mps", ">f4"),
    ("ride_index", ">f4"),
)
_POSITIONS_A_PASS = 5
SEGMENTS = 10_000
"""Pieces of road that the fleet drives over."""


def _empty(kind: np.dtype[np.void], count: int = 0) -> Rows:
    rows = np.zeros(count, dtype=kind)
    names = kind.names or ()
    rows["fields"] = (len(names) - 1) // 2
    for name in names:
        if name.endswith("_length"):
            rows[name] = kind[name.removesuffix("_length")].itemsize
    return rows


def readings(rng: np.random.Generator, start_us: int, receipt: int, day: int, hours: int = 24) -> Rows:
    """Hourly values of all containers; even ones tell a level 0..1, odd ones a distance in m."""
    rows = _empty(_READING, CONTAINERS * hours)
    hour, container = np.divmod(np.arange(rows.size), CONTAINERS)
    series = container + 1
    level = (series * 0.37 + (day + hour / 24) * (0.03 + series % 7 * 0.01)) % 1 + rng.normal(
        0, 0.005, rows.size
    )
    rows["time"] = start_us + hour * 3_600_000_000 + series * 1_000_000
    rows["message"] = receipt + np.arange(rows.size) * 1024
    rows["value"] = np.round(np.where(series % 2 == 0, np.clip(level, 0, 1), 2 - 1.8 * level), 3)
    rows["series"] = series
    return rows


def _lanes(rng: np.random.Generator, start_us: int, receipt: int) -> Rows:
    lanes = STATIONS * LANES
    rows = _empty(_LANE, lanes * 96)
    quarter, place = np.divmod(np.arange(rows.size), lanes)
    daily = (
        60 * np.exp(-(((quarter / 4 - 7.5) / 2) ** 2)) + 70 * np.exp(-(((quarter / 4 - 16.5) / 3) ** 2)) + 4
    )
    vehicles = daily * (0.3 + place % 10 * 0.2)
    rows["time"] = start_us + quarter * 900_000_000
    rows["message"] = receipt + np.arange(rows.size) * 1024
    rows["device"] = FIRST_STATION + place // LANES
    rows["lane"] = place % LANES + 1
    rows["interval_s"] = 900
    rows["completeness"] = 1
    rows["speed_kmh"] = np.round(rng.normal(72, 6, rows.size), 1)
    for name, share in zip(_CLASSES, _CLASS_SHARES, strict=True):
        rows[name] = rng.poisson(vehicles * share)
    return rows


def _tracks(rng: np.random.Generator, start_us: int, receipt: int) -> Rows:
    rows = _empty(_TRACK, VEHICLES * (_SHIFT_S // _POSITION_S))
    step, vehicle = np.divmod(np.arange(rows.size), VEHICLES)
    angle = step * 0.0007 * (1 + vehicle % 5) + vehicle
    rows["time"] = start_us + (_SHIFT_START_S + step * _POSITION_S) * 1_000_000
    rows["message"] = receipt + (np.arange(rows.size) // 300) * 1024
    rows["device"] = FIRST_VEHICLE + vehicle
    rows["lon"] = 13.9 + 0.3 * np.cos(angle)
    rows["lat"] = 51.7 + 0.2 * np.sin(1.3 * angle)
    rows["speed_mps"] = np.round(np.abs(rng.normal(9, 4, rows.size)), 2)
    rows["az_rms_mps2"] = np.round(rng.gamma(2, 0.3, rows.size), 3)
    return rows


def _passes(rng: np.random.Generator, start_us: int, day: int) -> Rows:
    rows = _empty(_PASS, VEHICLES * (_SHIFT_S // _POSITION_S // _POSITIONS_A_PASS))
    step, vehicle = np.divmod(np.arange(rows.size), VEHICLES)
    rows["segment"] = (vehicle * 331 + step + day % 6 * 1440) % SEGMENTS
    rows["device"] = FIRST_VEHICLE + vehicle
    rows["time"] = start_us + (_SHIFT_START_S + step * _POSITIONS_A_PASS * _POSITION_S) * 1_000_000
    rows["speed_mps"] = np.round(np.abs(rng.normal(9, 4, rows.size)), 2)
    rows["ride_index"] = np.round(rng.gamma(2, 0.3, rows.size), 3)
    return rows
