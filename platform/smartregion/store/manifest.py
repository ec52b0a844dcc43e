"""What a backup holds, by table and day: rows and an order-free checksum, kept beside the backup."""

import dataclasses
import datetime as dt
import json
import pathlib
from typing import Any

from psycopg.sql import SQL, Identifier

from smartregion.errors import InvalidInput
from smartregion.store.database import Connection
from smartregion.store.queries import load

Days = dict[str, tuple[int, str]]
"""Rows and checksum by day (UTC, ISO; empty for tables without a time)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Manifest:
    """Server and content of a database at the moment of a backup."""

    taken_at: dt.datetime
    server: str
    timescaledb: str | None
    bytes: int
    tables: dict[str, Days]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(rows for days in self.tables.values() for rows, _ in days.values())

    @property
    def days(self) -> int:
        """How many pairs of table and day there are."""
        return sum(len(days) for days in self.tables.values())


def describe(connection: Connection, now: dt.datetime) -> Manifest:
    """Count and hash every table as this transaction sees it."""
    server = connection.execute(load("store")["server"]).fetchall()[0]
    return Manifest(now, server[1], server[2], server[4], contents(connection))


def contents(connection: Connection) -> dict[str, Days]:
    """Rows and checksums of every table of ours, by day where it has a time."""
    sql = load("store")
    found: dict[str, Days] = {}
    for schema, table, moment in connection.execute(sql["base_tables"]).fetchall():
        query = SQL(sql["checksum"]).format(
            table=Identifier(schema, table),
            moment=Identifier("t", moment) if moment else SQL("NULL::timestamptz"),
        )
        rows = connection.execute(query).fetchall()
        found[f"{schema}.{table}"] = {day: (int(count), total) for day, count, total in rows}
    return found


def differences(expected: dict[str, Days], found: dict[str, Days]) -> list[str]:
    """Tables, with the day, that are not the same; a table that only one side has differs as a whole."""
    different = []
    for table in sorted(expected.keys() | found.keys()):
        ours, theirs = expected.get(table, {}), found.get(table, {})
        if table not in found or table not in expected:
            different.append(table)
        else:
            days = sorted(day for day in ours.keys() | theirs.keys() if ours.get(day) != theirs.get(day))
            different += [f"{table} {day}".strip() for day in days]
    return different


def path_of(backup: pathlib.Path) -> pathlib.Path:
    """Where the manifest of a backup lies."""
    return backup.with_name(backup.name + ".manifest.json")


def write(manifest: Manifest, backup: pathlib.Path) -> None:
    """Put it beside the backup, readable by the owner only."""
    path = path_of(backup)
    text = json.dumps(dataclasses.asdict(manifest), default=dt.datetime.isoformat, separators=(",", ":"))
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def read(backup: pathlib.Path) -> Manifest | None:
    """The manifest beside a backup; None when there is none. Raises InvalidInput for a damaged one."""
    path = path_of(backup)
    try:
        data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        tables = {
            table: {day: (int(rows), str(total)) for day, (rows, total) in days.items()}
            for table, days in data["tables"].items()
        }
        taken_at = dt.datetime.fromisoformat(data["taken_at"])
        return Manifest(taken_at, data["server"], data["timescaledb"], data["bytes"], tables)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput("manifest", path, f"a readable manifest of a backup ({error})") from error
