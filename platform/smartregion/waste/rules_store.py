"""The operator's tables in the database: read together, replaced one by one."""

import dataclasses
import datetime as dt
import pathlib
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from smartregion.errors import InvalidInput, NotFound
from smartregion.store import queries
from smartregion.store.database import Connection
from smartregion.traffic.day_groups import school_holidays
from smartregion.waste.rules import Rules
from smartregion.waste.rules_file import KINDS, Known, read_rules


def rules(connection: Connection, state: str = "BB", school_free: frozenset[dt.date] = frozenset()) -> Rules:
    """All tables, with the federal state and its days of school holidays."""
    tables: dict[str, Any] = {kind: table(connection, kind) for kind in KINDS}
    return Rules(**tables, state=state, school_free=school_free)


def table(connection: Connection, kind: str) -> list[Any]:
    """The rows of one table; raises NotFound for an unknown one."""
    record = _known_kind(kind)
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_sql(kind)).fetchall()
    return [record(**{name: _frozen(value) for name, value in row.items()}) for row in rows]


def import_rules(connection: Connection, kind: str, name: str, content: bytes) -> int:
    """Put a file in the place of a table (of shifts: of the years that it speaks of); rows written.

    All or nothing. Raises InvalidInput for the first faulty line, NotFound for an unknown table.
    """
    _known_kind(kind)
    with connection.transaction():
        records = read_rules(kind, name, content, _known(connection))
        connection.execute(_sql(f"forget_{kind}"), _years(records))
        with connection.cursor() as cursor:
            try:
                cursor.executemany(_sql(f"keep_{kind}"), [_row(one) for one in records])
            except psycopg.errors.UniqueViolation as error:
                detail = error.diag.message_detail or ""
                raise InvalidInput(name, detail, "a table that says each thing once") from error
    return len(records)


def import_file(connection: Connection, kind: str, path: pathlib.Path) -> int:
    """As `import_rules`, from a file; raises InvalidInput for one that cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput("file", path, f"a readable CSV file ({error.strerror})") from error
    return import_rules(connection, kind, path.name, content)


def school_free(state: str, path: pathlib.Path | None) -> frozenset[dt.date]:
    """Days of school holidays, by the settings `state` and `school_holidays`."""
    return school_holidays(state, path).days


def _known_kind(kind: str) -> type[Any]:
    if kind not in KINDS:
        raise NotFound(f"table: {kind!r} is not one of {', '.join(KINDS)}")
    return KINDS[kind].record


def _known(connection: Connection) -> Known:
    """Ids by themselves and by name, where the name stands for one thing only."""
    found: dict[str, dict[str, str]] = {
        kind: {} for kind in ("site", "municipality", "vehicle", "disposal_site", "fraction")
    }
    rows = connection.execute(_sql("known")).fetchall()
    for kind, id, name in rows:
        other = found[kind].setdefault(name.lower(), id)
        if other != id:
            found[kind][name.lower()] = ""
    for words in found.values():
        for name in [name for name, id in words.items() if not id]:
            del words[name]
    for kind, id, _ in rows:
        found[kind][id.lower()] = id
    return found


def _years(records: Sequence[Any]) -> dict[str, Any]:
    return {"years": sorted({one.planned.year for one in records if hasattr(one, "planned")})}


def _row(record: Any) -> dict[str, Any]:
    values = {one.name: getattr(record, one.name) for one in dataclasses.fields(record)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _sql(name: str) -> str:
    return queries.load("waste_rules")[name]
