"""The proof of rollups: a sample of buckets is computed once more from raw rows, compared, and noted."""

import datetime as dt
import math
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import class_row, dict_row
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from smartregion.energy.registers import Register
from smartregion.roads.winter import SLIPPERY
from smartregion.store import rollup_recompute as recompute
from smartregion.store.database import Connection
from smartregion.store.queries import load
from smartregion.store.rollups import KINDS, RAW, refresh, spans

SAMPLE = 5000
"""Rollup rows of a nightly proof."""
_SHARES = {"quarter": 6, "hour": 5, "day": 5, "week": 2, "month": 1}
"""How the sample is split: long spans have many raw rows each."""
_OBJECTS = {
    "count": ("station", ["lane %"]),
    "level": ("container", ["level", "distance"]),
    "energy": ("building", ["meter"]),
}
"""What the devices of each kind hang on, and their items among the newest values."""
_KEYS = {"place", "span", "object", "bucket", "lane"}
_SHOWN = 20
_LOOKED_FOR = 10

_Bucket = tuple[str, dt.datetime]
_Rows = dict[tuple[int, int], dict[str, Any]]
"""Values by (place in the sample, lane)."""


@dataclass(frozen=True)
class Proof:
    """What a proof found."""

    proved_at: dt.datetime
    """When it was made, UTC."""
    sampled: int
    """Rollup rows that were computed once more."""
    equal: int
    """Those that were stored as they must be."""
    by_kind: dict[str, list[int]]
    """Sampled and equal rows by kind: count, level, energy, road."""
    differing: list[dict[str, str]]
    """The first rows that differ: kind, span, object, bucket, stored, recomputed."""
    seconds: float
    """How long it took."""

    @property
    def holds(self) -> bool:
        """Was every row of the sample right?"""
        return self.sampled == self.equal

    @property
    def share(self) -> float:
        """Rows of the sample that were right, 0..1, never rounded up to 1."""
        return math.floor(1e4 * self.equal / self.sampled) / 1e4 if self.sampled else 1.0


def prove(
    connection: Connection, now: dt.datetime, zone: ZoneInfo, sample: int = SAMPLE, seed: int = 0
) -> Proof:
    """Recompute about `sample` rollup rows from raw rows and store what came of it.

    `connection` is in autocommit mode: sample, raw rows and the marks still waiting are read in one snapshot.
    """
    sql = load("proof")
    started_s = time.perf_counter()
    connection.execute(sql["hold"])
    try:
        with connection.transaction():
            connection.execute(sql["snapshot"])
            refresh(connection, now, zone.key)
            since = {kind: _whole_since(connection, kind, now) for kind in KINDS}
            parts = _allotted(_available(connection, since, sample), sample)
            found = {
                kind: _prove_kind(connection, kind, parts.get(kind, {}), since[kind], zone, seed)
                for kind in KINDS
            }
    finally:
        connection.execute(sql["release"])
    by_kind = {kind: [sampled, sampled - len(wrong)] for kind, (sampled, wrong) in found.items()}
    proof = Proof(
        proved_at=now,
        sampled=sum(sampled for sampled, _ in by_kind.values()),
        equal=sum(equal for _, equal in by_kind.values()),
        by_kind=by_kind,
        differing=[one for _, wrong in found.values() for one in wrong][:_SHOWN],
        seconds=round(time.perf_counter() - started_s, 2),
    )
    values = {name: getattr(proof, name) for name in ("proved_at", "sampled", "equal", "seconds")}
    connection.execute(
        sql["add"], values | {"by_kind": Jsonb(proof.by_kind), "differing": Jsonb(proof.differing)}
    )
    return proof


def last_proof(connection: Connection) -> Proof | None:
    """The newest proof; None before the first."""
    with connection.cursor(row_factory=class_row(Proof)) as cursor:
        return cursor.execute(load("proof")["last"]).fetchone()


def _whole_since(connection: Connection, kind: str, now: dt.datetime) -> dt.datetime:
    """Older rollups are final: raw rows of them were deleted by rule."""
    found: dt.datetime = connection.execute(
        load("proof")["whole_since"], {"raw": RAW[kind], "now": now}
    ).fetchall()[0][0]
    return found


def _available(
    connection: Connection, since: Mapping[str, dt.datetime], sample: int
) -> dict[tuple[str, str], int]:
    """Rollup rows of each kind and span that can be proved, counted up to the sample."""
    found = {}
    for kind in KINDS:
        count = SQL(load("proof")["available"]).format(stored=Identifier("sr", f"{kind}_rollup"))
        for span in spans(kind):
            values = {"span": span, "since": since[kind], "most": sample}
            found[kind, span] = int(connection.execute(count, values).fetchall()[0][0])
    return found


def _allotted(available: Mapping[tuple[str, str], int], sample: int) -> dict[str, dict[str, int]]:
    """How many rows of each kind and span are drawn: by their shares, and what one lacks from the others.

    Where nothing is stored some are looked for that should be.
    """
    left, open_ = sample, {part: count for part, count in available.items() if count}
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, span in available.keys() - open_.keys():
        found[kind][span] = _LOOKED_FOR
    while open_:
        whole = sum(_SHARES[span] for _, span in open_)
        scarce = {part: count for part, count in open_.items() if count <= left * _SHARES[part[1]] // whole}
        if not scarce:
            break
        for (kind, span), count in scarce.items():
            found[kind][span] = count
            left -= count
            del open_[kind, span]
    whole = sum(_SHARES[span] for _, span in open_)
    for kind, span in open_:
        found[kind][span] = left * _SHARES[span] // whole
        left, whole = left - found[kind][span], whole - _SHARES[span]
    return found


def _prove_kind(
    connection: Connection, kind: str, parts: Mapping[str, int], since: dt.datetime, zone: ZoneInfo, seed: int
) -> tuple[int, list[dict[str, str]]]:
    """Rows compared, as many of each span as `parts` tells, and those that differ."""
    compared, wrong = 0, []
    for span, most in parts.items():
        buckets = _draw(connection, kind, span, zone, most, since, seed)
        stored, made = _stored(connection, kind, span, buckets), _made(connection, kind, span, buckets, zone)
        there = sorted(stored.keys() | made.keys())[:most]
        compared += len(there)
        for place, lane in there:
            have, want = stored.get((place, lane)), made.get((place, lane))
            if have != want:
                wrong.append(_difference(kind, span, buckets[place], have, want))
    return compared, wrong


def _difference(
    kind: str, span: str, bucket: _Bucket, have: dict[str, Any] | None, want: dict[str, Any] | None
) -> dict[str, str]:
    names = [name for name in (have or want or {}) if (have or {}).get(name) != (want or {}).get(name)]
    return {
        "kind": kind,
        "span": span,
        "object": bucket[0],
        "bucket": bucket[1].astimezone(dt.UTC).isoformat(),
        "stored": "nothing" if have is None else ", ".join(f"{name} {have[name]}" for name in names),
        "recomputed": "nothing" if want is None else ", ".join(f"{name} {want[name]}" for name in names),
    }


def _draw(
    connection: Connection, kind: str, span: str, zone: ZoneInfo, most: int, since: dt.datetime, seed: int
) -> list[_Bucket]:
    """Stored buckets, some of them with those that follow, which may be missing; the newest of objects."""
    sql = load("proof")
    draw = SQL(sql["draw"]).format(stored=Identifier("sr", f"{kind}_rollup"))
    percent = float(
        connection.execute(sql["share"], {"part": f"sr.{kind}_{span}", "most": most}).fetchall()[0][0]
    )
    while True:
        values = {"span": span, "percent": percent, "seed": seed, "most": most, "since": since}
        rows = connection.execute(draw, values).fetchall()
        if len(rows) >= most or percent >= 100:
            break
        percent = min(100.0, 4 * percent)  # much of it is final
    drawn = [(object, bucket.astimezone(dt.UTC)) for object, bucket in rows]
    some = drawn[: -(-most // 4)]
    found = some + [(object, recompute.bucket_end(span, bucket, zone)) for object, bucket in some]
    if kind in _OBJECTS:
        object_kind, items = _OBJECTS[kind]
        wanted = {"object_kind": object_kind, "items": items, "seed": seed, "most": max(1, most // 10)}
        newest = connection.execute(sql["newest"], wanted)
        found += [(object, recompute.bucket_of(span, moment, zone)) for object, moment in newest]
    return [one for one in dict.fromkeys(found + drawn) if one[1] >= since]


def _stored(connection: Connection, kind: str, span: str, buckets: Sequence[_Bucket]) -> _Rows:
    values = {"span": span, "objects": [one[0] for one in buckets], "begins": [one[1] for one in buckets]}
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(load("proof")[f"stored_{kind}"], values).fetchall()
    return {
        (row["place"] - 1, row.get("lane", 0)): {k: v for k, v in row.items() if k not in _KEYS}
        for row in rows
    }


def _made(connection: Connection, kind: str, span: str, buckets: Sequence[_Bucket], zone: ZoneInfo) -> _Rows:
    ends = [recompute.bucket_end(span, bucket, zone) for _, bucket in buckets]
    if kind == "energy":
        return _made_energy(connection, buckets, ends)
    values = {"objects": [one[0] for one in buckets], "begins": [one[1] for one in buckets], "ends": ends}
    groups: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(load("proof")[f"raw_{kind}"], values):
            groups[row["place"] - 1].append(row)
    made: _Rows = {}
    for place, rows in groups.items():
        if kind == "count":
            counted = recompute.counts(rows, buckets[place][1], ends[place])
            made |= {(place, lane): one for lane, one in counted.items()}
        else:
            found = recompute.levels(rows) if kind == "level" else recompute.road(rows, SLIPPERY)
            made |= {(place, 0): found} if found is not None else {}
    return made


def _made_energy(connection: Connection, buckets: Sequence[_Bucket], ends: Sequence[dt.datetime]) -> _Rows:
    meters: defaultdict[str, dict[str, tuple[float, int | None, list[tuple[dt.datetime, float]]]]]
    meters = defaultdict(dict)
    objects = sorted({object for object, _ in buckets})
    for object, register, factor, digits, moment, value in connection.execute(
        load("proof")["raw_energy"], {"objects": objects}
    ):
        meters[object].setdefault(register, (factor, digits, []))[2].append((moment, value))
    registers = {
        object: [Register(points, factor, digits) for factor, digits, points in found.values()]
        for object, found in meters.items()
    }
    made: _Rows = {}
    for place, ((object, begin), end) in enumerate(zip(buckets, ends, strict=True)):
        found = recompute.energy(registers.get(object, ()), begin, end)
        if found is not None:
            made[place, 0] = found
    return made
