"""Export of a selection of readings, lane intervals, tracks or the registry, streamed."""

import dataclasses
import datetime as dt
import itertools
import json
from collections.abc import Iterator
from typing import IO, Any, Literal

from psycopg.rows import dict_row
from psycopg.sql import SQL

from smartregion.errors import SmartRegionError
from smartregion.store.database import Connection
from smartregion.store.queries import load

Kind = Literal["readings", "lane_intervals", "tracks", "registry"]
FORMATS = ("csv", "geojson", "parquet")
_ROWS = 5000


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """Event time since (inclusive) and until (exclusive), devices and quantities; None = all."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    devices: tuple[str, ...] | None = None
    quantities: tuple[str, ...] | None = None

    def parameters(self) -> dict[str, Any]:
        """As the queries take it."""
        return {
            "since": self.since or "-infinity",
            "until": self.until or "infinity",
            "devices": list(self.devices) if self.devices is not None else None,
            "quantities": list(self.quantities) if self.quantities is not None else None,
        }


def export_csv(connection: Connection, kind: Kind, selection: Selection, out: IO[bytes]) -> None:
    """Stream a selection as CSV in UTF-8 with a head; times in UTC, positions (lon, lat)."""
    statement = SQL(load("transfer")["copy_csv"]).format(query=SQL(_query(kind)))
    parameters = selection.parameters() if kind != "registry" else None
    with connection.cursor().copy(statement, parameters) as copy:
        for block in copy:
            out.write(block)


def export_geojson(connection: Connection, kind: Kind, selection: Selection, out: IO[bytes]) -> None:
    """Stream a selection as a GeoJSON FeatureCollection (RFC 7946), one feature a line."""
    out.write(b'{"type":"FeatureCollection","features":[')
    for number, row in enumerate(_rows(connection, kind, selection)):
        lon, lat = row.pop("lon"), row.pop("lat")
        row.pop("message", None)  # beyond the integers that JavaScript can hold
        geometry = None if lon is None else {"type": "Point", "coordinates": [lon, lat]}
        feature = {"type": "Feature", "geometry": geometry, "properties": _without_empty(row)}
        text = json.dumps(feature, ensure_ascii=False, default=_plain, separators=(",", ":"))
        out.write((",\n" if number else "\n").encode() + text.encode())
    out.write(b"\n]}\n")


def export_parquet(connection: Connection, kind: Kind, selection: Selection, out: IO[bytes]) -> None:
    """Write a selection as Parquet; raises SmartRegionError where pyarrow is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise SmartRegionError("format parquet: needs the package pyarrow: pip install pyarrow") from error
    writer = None
    for rows in _batches(_rows(connection, kind, selection)):
        schema = writer.schema if writer else None
        table = pyarrow.Table.from_pylist(rows, schema=schema)
        if writer is None:
            writer = pyarrow.parquet.ParquetWriter(out, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is None:
        raise SmartRegionError("export: nothing is in this selection")
    writer.close()


def _query(kind: Kind) -> str:
    return load("transfer")[f"export_{kind}"]


def _rows(connection: Connection, kind: Kind, selection: Selection) -> Iterator[dict[str, Any]]:
    with connection.cursor(name="export", row_factory=dict_row) as cursor:
        cursor.itersize = _ROWS
        cursor.execute(_query(kind), selection.parameters() if kind != "registry" else None)
        yield from cursor


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(itertools.islice(rows, _ROWS)):
        yield batch


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.datetime | dt.date | dt.time) else str(value)


def _without_empty(row: dict[str, Any]) -> dict[str, Any]:
    """A class that a device cannot see is absent, not null."""
    return {key: value for key, value in row.items() if value is not None and value != ""}
