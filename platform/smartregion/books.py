"""The books: counters of packets by device and received quarter hour, beside an independent recount."""

import dataclasses
import datetime as dt
import itertools
from collections import defaultdict
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from smartregion.gaps import Gap, list_gaps
from smartregion.store.database import Connection
from smartregion.store.queries import load

_BEGINNING = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_QUARTER_S = 900
_KEPT_RECOUNTS = 1000
_SHOWN_GAPS = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """Packets of one device in one received quarter hour (UTC): as counted on the way, and as recounted."""

    device: str
    quarter: dt.datetime
    received: int
    stored: int
    duplicate: int
    quarantined: int
    recounted_stored: int
    recounted_duplicate: int
    recounted_quarantined: int

    @property
    def recounted(self) -> int:
        """Packets that the tables show."""
        return self.recounted_stored + self.recounted_duplicate + self.recounted_quarantined

    @property
    def balanced(self) -> bool:
        """Whether every counter is what the tables show, and received is their sum."""
        counted = (self.stored, self.duplicate, self.quarantined)
        recounted = (self.recounted_stored, self.recounted_duplicate, self.recounted_quarantined)
        return counted == recounted and self.received == self.recounted


@dataclasses.dataclass(frozen=True)
class Recount:
    """One independent recount of the books."""

    id: int
    """Id of the recount."""
    since: dt.datetime
    """First received quarter hour that was counted, UTC."""
    counted_at: dt.datetime
    """When, UTC."""
    lines: int
    """Devices and quarter hours compared."""
    received: int
    """Packets in them."""
    wrong: int
    """Lines that do not balance."""


@dataclasses.dataclass(frozen=True)
class BookLine:
    """One line of the books as pages show it, with what the newest recount says about it."""

    device: str
    """Identifier of the device; ? for unreadable messages."""
    quarter: dt.datetime
    """Begin of the quarter hour, UTC: of receipt for packets, of the measurement for gaps."""
    received: int
    """Packets received."""
    stored: int
    """Packets whose readings were stored, or that had none."""
    duplicate: int
    """Packets whose readings were all there before."""
    quarantined: int
    """Packets that could not be read."""
    gaps: int
    """Gaps between frame counters."""
    lost: int
    """Messages missing in them."""
    counters: list[list[int]]
    """First and last missing counter of each gap."""
    recounted: list[int] | None
    """Stored, duplicate, quarantined as the tables show them, where that differs; null where it does not."""


@dataclasses.dataclass(frozen=True)
class Flag:
    """A field that was left out of a message whose other fields became rows."""

    message: int
    """Receipt of the message."""
    received_at: dt.datetime
    """When it came, UTC."""
    device: str
    """Its device."""
    field: str
    """The field that does not fit."""
    value: str
    """What it says."""
    expected: str
    """What would have been right."""


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """Which part of the books: received from `since` up to `until` (aware), of one device or of all."""

    since: dt.datetime
    until: dt.datetime
    device: str | None = None
    troubled: bool = False
    """Only lines with quarantine, gaps or a difference."""

    @property
    def parameters(self) -> dict[str, Any]:
        """For queries."""
        return {
            "since": self.since, "until": self.until, "device": self.device, "troubled": self.troubled,
        }  # fmt: skip


def quarter_of(time: dt.datetime) -> dt.datetime:
    """Begin of the quarter hour (UTC)."""
    return dt.datetime.fromtimestamp(time.timestamp() // _QUARTER_S * _QUARTER_S, dt.UTC)


def recount(connection: Connection, since: dt.datetime | None) -> list[Line]:
    """Every line of the books from the quarter hour of `since` on, in one snapshot of the tables."""
    rows = connection.execute(load("books")["recount"], span(connection, since)).fetchall()
    return [Line(*row) for row in rows]


def span(connection: Connection, since: dt.datetime | None) -> dict[str, Any]:
    """Parameters of queries that begin with the quarter hour of `since`: the time and its first receipt."""
    start = _BEGINNING if since is None else quarter_of(since)
    row = connection.execute(load("books")["first_message"], {"since": start}).fetchone()
    assert row is not None  # noqa: S101 - a function always answers
    return {"since": start, "first": row[0]}


def keep_recount(connection: Connection, since: dt.datetime, now: dt.datetime) -> Recount:
    """Recount from `since` on, find the gaps, and keep both for pages; in the caller's transaction."""
    sql = load("overview")
    lines = recount(connection, since)
    wrong = [line for line in lines if not line.balanced]
    parameters = {
        "since": quarter_of(since),
        "now": now,
        "lines": len(lines),
        "received": sum(line.received for line in lines),
        "wrong": len(wrong),
    }
    with connection.cursor(row_factory=class_row(Recount)) as cursor:
        kept = cursor.execute(sql["keep_recount"], parameters).fetchone()
    assert kept is not None  # noqa: S101 - an insert returns its row
    with connection.cursor() as cursor:
        cursor.executemany(
            sql["keep_difference"],
            [
                (kept.id, line.device, line.quarter, line.recounted_stored, line.recounted_duplicate,
                 line.recounted_quarantined)
                for line in wrong
            ],
        )  # fmt: skip
        cursor.execute(sql["forget_recounts"], {"before": kept.id - _KEPT_RECOUNTS})
        cursor.execute(sql["forget_gaps"])
        cursor.executemany(sql["keep_gaps"], _by_quarter(list_gaps(connection)))
    return kept


def last_recount(connection: Connection) -> Recount | None:
    """The newest recount that was kept."""
    with connection.cursor(row_factory=class_row(Recount)) as cursor:
        return cursor.execute(load("overview")["last_recount"]).fetchone()


def book_lines(connection: Connection, question: Question, limit: int) -> list[BookLine]:
    """Lines by quarter hour, newest first, then by device."""
    with connection.cursor(row_factory=class_row(BookLine)) as cursor:
        parameters = question.parameters | {"limit": limit}
        return cursor.execute(load("overview")["book_lines"], parameters).fetchall()


def flags(connection: Connection, question: Question, limit: int) -> list[Flag]:
    """Faulty fields of stored messages, newest first."""
    with connection.cursor(row_factory=class_row(Flag)) as cursor:
        parameters = question.parameters | {"limit": limit}
        return cursor.execute(load("overview")["flags"], parameters).fetchall()


def _by_quarter(gaps: list[Gap]) -> list[tuple[Any, ...]]:
    """Rows of `sr.gap`."""
    grouped: defaultdict[tuple[str, dt.datetime], list[Gap]] = defaultdict(list)
    for gap in gaps:
        grouped[gap.device, gap.quarter].append(gap)
    return [
        (
            device,
            quarter,
            len(found),
            sum(gap.lost for gap in found),
            Jsonb([[gap.after + 1, gap.before - 1] for gap in itertools.islice(found, _SHOWN_GAPS)]),
        )
        for (device, quarter), found in grouped.items()
    ]
