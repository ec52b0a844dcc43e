"""What books and quarantine tell on the command line."""

import dataclasses
import datetime as dt
from collections import Counter, defaultdict
from typing import Any

import msgspec

from ingest import quarantine
from ingest.books import event_days
from ingest.profiles import load_profiles
from ingest.registry import Registry
from ingest.sources import load_sources
from ingest.times import rfc3339
from ingest.writer import Writer
from smartregion import books as _books
from smartregion.gaps import Gap, list_gaps
from smartregion.settings import settings
from smartregion.store.database import connect, require_url

_TABLE = "{:17} {:>8} {:>9} {:>9} {:>9} {:>11}"
_SHOWN_GAPS = 100


def books(since: dt.datetime | None, as_json: bool) -> int:
    """Print the books; 1 when anything does not balance."""
    with connect(require_url(settings())) as connection:
        lines = _books.recount(connection, since)
        days = event_days(connection, since)
        gaps = list_gaps(connection, since)
    wrong = [line for line in lines if not line.balanced]
    if as_json:
        told: dict[str, Any] = {
            "balanced": not wrong,
            "messages": [_line(line) for line in lines],
            "readings": [dataclasses.asdict(day) | {"day": rfc3339(day.day)} for day in days],
            "gaps": _gaps(gaps),
        }
        print(msgspec.json.encode(told).decode())
        return 1 if wrong else 0
    print(_TABLE.format("quarter (UTC)", "devices", "received", "stored", "duplicate", "quarantined"))
    for quarter in sorted({line.quarter for line in lines}):
        _print_quarter(quarter, [line for line in lines if line.quarter == quarter])
    total = [sum(column) for column in zip(*(_counters(line) for line in lines), strict=True)] or [0] * 4
    devices = len({line.device for line in lines})
    print(_TABLE.format("all", devices, *total))
    rows = Counter[str]()
    for day in days:
        rows.update(readings=day.readings, intervals=day.lane_intervals, points=day.track_points)
    print(
        f"rows by event time: {rows['readings']} readings, {rows['intervals']} lane intervals, "
        f"{rows['points']} track points on {len({day.day for day in days})} days"
    )
    print(
        f"gaps by frame counter: {sum(gap.lost for gap in gaps)} messages in {len(gaps)} gaps of "
        f"{len({gap.device for gap in gaps})} devices never arrived"
    )
    for line in wrong[:20]:
        print(
            f"does not balance: {line.device} {line.quarter:%Y-%m-%d %H:%M}: received {line.received}; "
            f"stored, duplicate, quarantined counted {line.stored}, {line.duplicate}, {line.quarantined}, "
            f"in the tables {line.recounted_stored}, {line.recounted_duplicate}, {line.recounted_quarantined}"
        )
    print("books balance" if not wrong else f"{len(wrong)} lines do not balance")
    return 1 if wrong else 0


def quarantine_list(limit: int, as_json: bool) -> int:
    """Print open messages by reason and device."""
    with connect(require_url(settings())) as connection:
        groups = quarantine.groups(connection, limit)
    if as_json:
        told = [dataclasses.asdict(group) | {"reason": group.reason} for group in groups]
        print(msgspec.json.encode(told).decode())
        return 0
    for group in groups:
        print(
            f"{group.messages:7} {group.device:24} {group.reason}; "
            f"last {group.last_received:%Y-%m-%d %H:%M:%S} ({group.last_message})"
        )
    if not groups:
        print("quarantine is empty")
    return 0


def quarantine_show(message: int) -> int:
    """Print one message; bytes that are no text in hexadecimal."""
    with connect(require_url(settings())) as connection:
        found = quarantine.show(connection, message)
    try:
        payload = found.payload.decode()
    except UnicodeDecodeError:
        payload = found.payload.hex(" ")
    state = "waits" if found.resolved_at is None else f"resolved {found.resolved_at:%Y-%m-%d %H:%M:%S} UTC"
    print(f"message   {found.message} ({state})")
    print(f"received  {rfc3339(found.received)}")
    print(f"device    {found.device}")
    print(f"topic     {found.topic}")
    print(f"reason    {found.field}: {found.value!r}, expected {found.expected}")
    print(f"payload   {payload}")
    return 0


def quarantine_replay(reason: str | None, device: str | None) -> int:
    """Replay now and print what became of the messages."""
    options = settings()
    profiles = load_profiles([options.data_dir / "profiles"])
    with connect(require_url(options), autocommit=True) as connection:
        writer = Writer(connection, Registry(profiles), load_sources([options.data_dir / "sources"]))
        tally = quarantine.replay(writer, reason, device)
    print(
        f"{tally.received} messages replayed: {tally.stored} stored, {tally.duplicate} duplicate, "
        f"{tally.quarantined} stay in quarantine; {tally.rows} rows"
    )
    return 0


def _print_quarter(quarter: dt.datetime, lines: list[_books.Line]) -> None:
    totals = [sum(column) for column in zip(*(_counters(line) for line in lines), strict=True)]
    mark = "" if all(line.balanced for line in lines) else "  does not balance"
    print(_TABLE.format(f"{quarter:%Y-%m-%d %H:%M}", len(lines), *totals) + mark)


def _counters(line: _books.Line) -> tuple[int, int, int, int]:
    return line.received, line.stored, line.duplicate, line.quarantined


def _gaps(gaps: list[Gap]) -> list[dict[str, Any]]:
    """Gaps by device and quarter hour of the message after them."""
    grouped: defaultdict[tuple[str, dt.datetime], list[Gap]] = defaultdict(list)
    for gap in gaps:
        grouped[gap.device, gap.quarter].append(gap)
    return [
        {
            "device": device,
            "quarter": rfc3339(quarter),
            "gaps": len(found),
            "lost": sum(gap.lost for gap in found),
            "counters": [[gap.after + 1, gap.before - 1] for gap in found[:_SHOWN_GAPS]],
        }
        for (device, quarter), found in sorted(grouped.items())
    ]


def _line(line: _books.Line) -> dict[str, Any]:
    return {
        "device": line.device,
        "quarter": rfc3339(line.quarter),
        "received": line.received,
        "stored": line.stored,
        "duplicate": line.duplicate,
        "quarantined": line.quarantined,
        "recounted": {
            "stored": line.recounted_stored,
            "duplicate": line.recounted_duplicate,
            "quarantined": line.recounted_quarantined,
        },
        "balanced": line.balanced,
    }
