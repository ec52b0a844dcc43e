"""What an EXPLAIN ANALYZE says was read: which parts of which tables, and by which index."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import psycopg

_MONTH = re.compile(r"(.+)_(\d{4})_(\d\d)")


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A partition or chunk of a table that holds event times of a span."""

    table: str
    since: dt.datetime
    until: dt.datetime

    def meets(self, other: "Part") -> bool:
        """Whether both hold a moment of the same table; the end of a span counts."""
        return self.table == other.table and self.since <= other.until and other.since <= self.until


@dataclasses.dataclass(frozen=True, slots=True)
class Read:
    """Relations that a plan read from top to bottom, indexes that it used, and all that it touched."""

    whole: frozenset[str]
    indexes: frozenset[str]
    relations: frozenset[str]


def read_by(plan: dict[str, Any]) -> Read:
    """What the nodes of a plan in JSON that ran have read."""
    whole, indexes, relations = set(), set(), set()
    for node in _ran(plan):
        name = node.get("Relation Name")
        if name is not None:
            relations.add(name)
            if node["Node Type"] in ("Seq Scan", "Parallel Seq Scan"):
                whole.add(name)
        if "Index Name" in node:
            indexes.add(node["Index Name"])
    return Read(frozenset(whole), frozenset(indexes), frozenset(relations))


def parts(connection: psycopg.Connection) -> dict[str, Part]:
    """Partitions or chunks of the raw tables by name."""
    if connection.execute("SELECT sr.engine()").fetchone() == ("timescaledb",):
        rows = connection.execute(
            "SELECT chunk_name, hypertable_name, range_start, range_end FROM timescaledb_information.chunks"
        )
        return {name: Part(table, since, until) for name, table, since, until in rows}
    names = connection.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = ANY(ARRAY['sr.reading', 'sr.lane_interval', 'sr.track']::regclass[])"
    )
    return {name: _month(found) for (name,) in names if (found := _MONTH.fullmatch(name))}


def _month(found: re.Match[str]) -> Part:
    year, month = int(found[2]), int(found[3])
    end = dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC)
    return Part(found[1], dt.datetime(year, month, 1, tzinfo=dt.UTC), end)


def _ran(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node.get("Actual Loops", 1):
        yield node
        for inner in node.get("Plans", ()):
            yield from _ran(inner)
