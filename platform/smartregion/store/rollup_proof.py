"""The proof of rollups: a sample of buckets is computed once more from raw rows, compared, and noted."""

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Sequence
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
            found = {kind: _prove_kind(connection, kind, now, zone, sample, seed) for kind in KINDS}
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


def _prove_kind(
    connection: Connection, kind: str, now: dt.datetime, zone: ZoneInfo, sample: int, seed: int
) -> tuple[int, list[dict[str, str]]]:
    """Rows compared, and those that differ."""
    compared, wrong = 0, []
    whole_since = connection.execute(load("proof")["whole_since"], {"raw": RAW[kind], "now": now}).fetchall()[
        0
    ][0]
    whole = sum(_SHARES[span] for span in spans(kind)) * len(KINDS)
    for span in spans(kind):
        most = max(1, sample * _SHARES[span] // whole)
        buckets = [one for one in _draw(connection, kind, span, zone, most, seed) if one[1] >= whole_since]
        stored, made = _stored(connection, kind, span, buckets), _made(connection, kind, span, buckets, zone)
        compared += len(stored.keys() | made.keys())
        for place, lane in sorted(stored.keys() | made.keys()):
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
    connection: Connection, kind: str, span: str, zone: ZoneInfo, most: int, seed: int
) -> list[_Bucket]:
    """Stored buckets, the buckets after them, which may be missing, and the newest of objects."""
    sql = load("proof")
    percent = connection.execute(sql["share"], {"part": f"sr.{kind}_{span}", "most": most}).fetchall()[0][0]
    draw = SQL(sql["draw"]).format(stored=Identifier("sr", f"{kind}_rollup"))
    values = {"span": span, "percent": percent, "seed": seed, "most": -(-most // 2)}
    rows = connection.execute(draw, values).fetchall()
    found = [(object, bucket.astimezone(dt.UTC)) for object, bucket in rows]
    found += [(object, recompute.bucket_end(span, bucket, zone)) for object, bucket in found]
    if kind in _OBJECTS:
        object_kind, items = _OBJECTS[kind]
        wanted = {"object_kind": object_kind, "items": items, "seed": seed, "most": max(1, most // 10)}
        newest = connection.execute(sql["newest"], wanted)
        found += [(object, recompute.bucket_of(span, moment, zone)) for object, moment in newest]
    return sorted(set(found))


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
