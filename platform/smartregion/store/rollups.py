"""Rollups kept true: what was marked since the last refresh is made anew, bucket by bucket, and nothing else.

Whoever writes raw rows or corrects the registry marks them in the same transaction. A refresh takes the marks
that it sees, so it sees their rows too; what commits later leaves a mark for the next refresh. It may be
killed at any moment: marks go in the transaction that writes the rollups.
"""

import datetime as dt
from dataclasses import dataclass

from psycopg.sql import SQL, Identifier

from smartregion.roads.winter import SLIPPERY
from smartregion.store.database import Connection
from smartregion.store.queries import load

KINDS = ("count", "level", "energy", "road")
"""Counts of stations, levels of containers, use of buildings, passes over road segments."""
RAW = {"count": "lane_interval", "level": "reading", "energy": "reading", "road": "segment_pass"}
"""The kind of raw rows, as the rules of retention name it."""
BASE = {"count": "quarter", "level": "day", "energy": "quarter", "road": "day"}
"""The span that comes from raw rows; every other from a finer one."""
FINER = {"hour": "quarter", "day": "hour", "week": "day", "month": "day"}
SPANS = ("quarter", "hour", "day", "week", "month")
_MOST = 20_000
"""Marked ranges of one transaction."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did."""

    days: int
    """Local days of objects that were looked at."""
    rows: int
    """Rollup rows that were new, changed or went."""


def refresh(connection: Connection, now: dt.datetime, zone: str, most: int = _MOST) -> Refreshed:
    """Make every marked bucket anew, `most` marks a transaction; `zone` names the region's time zone.

    With a connection in autocommit mode each step commits; otherwise all happens in the caller's transaction.
    """
    days = rows = 0
    while True:
        with connection.transaction():
            connection.execute(load("rollups")["lock"])
            _settle_zone(connection, zone)
            taken, found = _step(connection, now, zone, most)
        days, rows = days + found.days, rows + found.rows
        if not taken:
            return Refreshed(days, rows)


def mark_all(connection: Connection) -> None:
    """Have everything made anew by the next refresh."""
    connection.execute(load("rollups")["mark_all"])


def waiting(connection: Connection) -> tuple[int, int]:
    """Marks that the next refresh will take: batches of rows, and corrections of objects."""
    batches, objects = connection.execute(load("rollups")["waiting"]).fetchall()[0]
    return int(batches), int(objects)


def spans(kind: str) -> tuple[str, ...]:
    """Spans of a kind that are stored, the finest first."""
    return SPANS[SPANS.index(BASE[kind]) :]


def _settle_zone(connection: Connection, zone: str) -> None:
    """Days of another zone are wrong to the last: they go, and all is marked."""
    sql = load("rollups")
    stored = connection.execute(sql["zone"]).fetchone()
    if stored is not None and stored[0] == zone:
        return
    if stored is not None:
        for kind in KINDS:
            connection.execute(SQL(sql["forget_all"]).format(stored=_stored(kind)))
        mark_all(connection)
    connection.execute(sql["set_zone"], {"zone": zone})


def _step(connection: Connection, now: dt.datetime, zone: str, most: int) -> tuple[int, Refreshed]:
    sql = load("rollups")
    connection.execute(sql["temporary"])
    taken = connection.execute(sql["take"], {"most": most}).rowcount
    if taken:
        connection.execute(sql["analyze_taken"])
    days = rows = 0
    for kind in KINDS if taken else ():
        connection.execute(sql["clear_dirty"])
        dirty = connection.execute(sql[f"dirty_{kind}"], {"zone": zone}).rowcount
        dirty -= connection.execute(sql["drop_final"], {"raw": RAW[kind], "now": now}).rowcount
        days += dirty
        for span in spans(kind) if dirty else ():
            rows += _renew(connection, kind, span, zone)
    return taken, Refreshed(days, rows)


def _renew(connection: Connection, kind: str, span: str, zone: str) -> int:
    """Buckets of one span that the dirty days touch; how many rows were written or went."""
    sql = load("rollups")
    connection.execute(sql["clear_scope"])
    connection.execute(sql["scope"], {"span": span, "zone": zone})
    connection.execute(sql["analyze_scope"])
    since, until = connection.execute(sql["extent"]).fetchall()[0]
    values = {
        "span": span,
        "finer": FINER.get(span),
        "zone": zone,
        "since": since,
        "until": until,
        "slippery": list(SLIPPERY),
    }
    connection.execute(sql[f"fresh_{kind}_{span}" if span == BASE[kind] else f"fresh_{kind}"], values)
    names = {"stored": _stored(kind), "fresh": Identifier(f"fresh_{kind}")}
    gone = connection.execute(SQL(sql["drop_stale"]).format(**names), values).rowcount
    new = connection.execute(SQL(sql["add_fresh"]).format(**names)).rowcount
    return max(gone, new)


def _stored(kind: str) -> Identifier:
    return Identifier("sr", f"{kind}_rollup")
