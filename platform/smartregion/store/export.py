"""Export of a selection of readings, lane intervals, tracks or the registry, streamed in blocks."""

import dataclasses
import datetime as dt
import io
import itertools
import json
from collections.abc import Generator, Iterator
from typing import Any, Literal

from psycopg.rows import dict_row
from psycopg.sql import SQL

from smartregion.errors import SmartRegionError
from smartregion.store.database import Connection
from smartregion.store.queries import load

Kind = Literal["readings", "lane_intervals", "tracks", "registry"]
Format = Literal["csv", "geojson", "parquet"]
_ROWS = 5000
_GROUP = 10
"""Batches of a row group of Parquet: each leaves a footer in memory."""
UNITS = {
    "interval_s": "s", "completeness": "1", "speed_kmh": "km/h", "speed_mps": "m/s", "az_rms_mps2": "m/s²",
    "surface_temp_c": "°C", "air_temp_c": "°C", "dew_point_c": "°C", "friction": "1", "water_um": "µm",
    "lon": "°", "lat": "°", "volume_l": "l", "rhythm_days": "d", "empty_distance_m": "m",
    "full_distance_m": "m", "factor": "1", "capacity_kg": "kg", "capacity_l": "l", "service_s": "s",
}  # fmt: skip
"""Units of columns; counts have none, and each reading brings its own in the column `unit`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """Event time since (inclusive) and until (exclusive), devices, objects and quantities; None = all."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    devices: tuple[str, ...] | None = None
    objects: tuple[str, ...] | None = None
    quantities: tuple[str, ...] | None = None

    def parameters(self) -> dict[str, Any]:
        """As the queries take it."""
        return {
            "since": self.since or "-infinity",
            "until": self.until or "infinity",
            "devices": list(self.devices) if self.devices is not None else None,
            "objects": list(self.objects) if self.objects is not None else None,
            "quantities": list(self.quantities) if self.quantities is not None else None,
        }


_EVERYTHING = Selection()


def export(
    connection: Connection, kind: Kind, selection: Selection, format: Format
) -> Generator[bytes, None, None]:
    """Blocks of a selection in a format; memory stays flat, however much it is.

    CSV in UTF-8 with a head; GeoJSON (RFC 7946), a feature a line; Parquet with units in the metadata of its
    columns. Times in UTC, positions (lon, lat); `flags` says what is doubtful about a row. Raises
    SmartRegionError for Parquet where pyarrow is not installed.
    """
    blocks = {"csv": _csv, "geojson": _geojson, "parquet": _parquet}[format]
    return blocks(connection, kind, selection)


def _csv(connection: Connection, kind: Kind, selection: Selection) -> Generator[bytes, None, None]:
    statement = SQL(load("transfer")["copy_csv"]).format(query=SQL(_query(kind)))
    with connection.cursor().copy(statement, _parameters(kind, selection)) as copy:
        for block in copy:
            yield bytes(block)


def _geojson(connection: Connection, kind: Kind, selection: Selection) -> Generator[bytes, None, None]:
    units = json.dumps(UNITS, ensure_ascii=False)
    yield f'{{"type":"FeatureCollection","units":{units},"features":['.encode()
    separator = "\n"
    for rows in _batches(connection, kind, selection):
        lines = [_feature(row) for row in rows]
        yield (separator + ",\n".join(lines)).encode()
        separator = ",\n"
    yield b"\n]}\n"


def _feature(row: dict[str, Any]) -> str:
    lon, lat = row.pop("lon"), row.pop("lat")
    if row.get("message") is not None:
        row["message"] = str(row["message"])  # beyond the integers that JavaScript can hold
    geometry = None if lon is None else {"type": "Point", "coordinates": [lon, lat]}
    feature = {"type": "Feature", "geometry": geometry, "properties": _without_empty(row)}
    return json.dumps(feature, ensure_ascii=False, default=_plain, separators=(",", ":"))


def _parquet(connection: Connection, kind: Kind, selection: Selection) -> Generator[bytes, None, None]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise SmartRegionError("format parquet: needs the package pyarrow: pip install pyarrow") from error
    types = {
        "int2": pyarrow.int16(), "int4": pyarrow.int32(), "int8": pyarrow.int64(),
        "float4": pyarrow.float32(), "float8": pyarrow.float64(),
        "timestamptz": pyarrow.timestamp("us", "UTC"),
    }  # fmt: skip
    schema = pyarrow.schema(
        [
            pyarrow.field(name, types.get(kind_of, pyarrow.string()), metadata=_metadata(name))
            for name, kind_of in columns(connection, kind, selection)
        ]
    )
    sink = _Outlet()
    with pyarrow.parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        batches = _batches(connection, kind, selection)
        while group := [
            pyarrow.Table.from_pylist(rows, schema=schema) for rows in itertools.islice(batches, _GROUP)
        ]:
            writer.write_table(pyarrow.concat_tables(group))
            yield sink.taken()
    yield sink.taken()


def _metadata(column: str) -> dict[str, str] | None:
    return {"unit": UNITS[column]} if column in UNITS else None


class _Outlet(io.RawIOBase):
    """A file that is only written; what was written is handed on and forgotten."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        self._written += len(self._parts[-1])
        return len(self._parts[-1])

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _query(kind: Kind) -> str:
    return load("transfer")[f"export_{kind}"]


def _parameters(kind: Kind, selection: Selection) -> dict[str, Any] | None:
    return selection.parameters() if kind != "registry" else None


def columns(connection: Connection, kind: Kind, selection: Selection = _EVERYTHING) -> list[tuple[str, str]]:
    """Names of the columns of a kind with PostgreSQL's names of their types."""
    statement = SQL(load("transfer")["no_rows"]).format(query=SQL(_query(kind)))
    cursor = connection.execute(statement, _parameters(kind, selection))
    known = connection.adapters.types
    found: list[tuple[str, str]] = []
    for column in cursor.description or ():
        info = known.get(column.type_code)
        found.append((column.name, info.name if info else "text"))
    return found


def _batches(connection: Connection, kind: Kind, selection: Selection) -> Iterator[list[dict[str, Any]]]:
    with connection.cursor(name="export", row_factory=dict_row) as cursor:
        cursor.itersize = _ROWS
        cursor.execute(_query(kind), _parameters(kind, selection))
        rows = iter(cursor)
        while batch := list(itertools.islice(rows, _ROWS)):
            yield batch


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.datetime | dt.date | dt.time) else str(value)


def _without_empty(row: dict[str, Any]) -> dict[str, Any]:
    """A class that a device cannot see is absent, not null."""
    return {key: value for key, value in row.items() if value is not None and value != ""}
