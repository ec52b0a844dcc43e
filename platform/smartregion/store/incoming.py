"""Exported files of each format as the lines of CSV that the database reads."""

import contextlib
import csv
import io
import json
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from smartregion.errors import InvalidInput, SmartRegionError

_BLOCK = 1 << 20
_ROWS = 5000


@contextlib.contextmanager
def opened(path: pathlib.Path, columns: Sequence[str]) -> Iterator[tuple[list[str], Iterator[bytes]]]:
    """Head of a file and its lines in blocks; `columns` are those of GeoJSON, which omits empty ones.

    The ending of the name tells the format. Raises InvalidInput.
    """
    try:
        with path.open("rb") as file:
            if path.suffix == ".parquet":
                yield _parquet(file)
            elif path.suffix in (".geojson", ".json"):
                yield list(columns), _geojson(file, path, columns)
            else:
                head = file.readline().decode("utf-8-sig", "replace")
                yield next(csv.reader(io.StringIO(head)), []), iter(lambda: file.read(_BLOCK), b"")
    except OSError as error:
        expected = f"a readable CSV, Parquet or GeoJSON file ({error.strerror or error})"
        raise InvalidInput("file", path, expected) from error


def _parquet(file: Any) -> tuple[list[str], Iterator[bytes]]:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise SmartRegionError("format parquet: needs the package pyarrow: pip install pyarrow") from error
    table = pyarrow.parquet.ParquetFile(file)
    head = list(table.schema_arrow.names)
    batches = (batch.to_pylist() for batch in table.iter_batches(_ROWS))
    return head, (_lines(batch, head) for batch in batches)


def _geojson(file: Any, path: pathlib.Path, columns: Sequence[str]) -> Iterator[bytes]:
    """A feature a line, as we write it; other collections are read whole."""
    first = file.readline()
    if not first.rstrip().endswith(b'"features":['):
        yield _lines([_row(feature) for feature in _collection(first + file.read(), path)], columns)
        return
    rows = []
    for number, line in enumerate(file, 2):
        text = line.strip().rstrip(b",")
        if text == b"]}":
            break
        try:
            rows.append(_row(json.loads(text)))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput(
                f"{path.name} line {number}", text.decode(errors="replace"), "a feature"
            ) from error
        if len(rows) == _ROWS:
            yield _lines(rows, columns)
            rows = []
    yield _lines(rows, columns)


def _collection(text: bytes, path: pathlib.Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads(text)["features"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("file", path, f"a FeatureCollection ({error})") from error


def _row(feature: Mapping[str, Any]) -> dict[str, Any]:
    geometry = feature.get("geometry")
    position = dict(zip(("lon", "lat"), geometry["coordinates"], strict=False)) if geometry else {}
    return {**feature["properties"], **position}


def _lines(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([row.get(name) for name in columns] for row in rows)
    return out.getvalue().encode()
