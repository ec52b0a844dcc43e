"""Any selection as a file: CSV, GeoJSON or Parquet, streamed as the database gives it."""

import contextlib
import itertools
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import StreamingResponse

from smartregion.api.context import Context
from smartregion.api.guard import require_writer
from smartregion.api.paging import SpanOf
from smartregion.store import export

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
}
Kind = Literal["readings", "lane-intervals", "tracks", "registry"]


def router(context: Context) -> APIRouter:
    """One resource a kind of data."""
    made = APIRouter(tags=["export"])

    @made.get(
        "/export/{kind}",
        summary="Any selection as a file",
        response_class=StreamingResponse,
        responses={200: {"content": {type_.partition(";")[0]: {} for type_ in _TYPES.values()}}},
    )
    def selection(
        request: Request,
        kind: Annotated[Kind, Path(description="What to export.")],
        span: SpanOf,
        format: Annotated[export.Format, Query(description="Format of the file.")] = "csv",
        device: Annotated[list[str] | None, Query(description="Only these devices.")] = None,
        object: Annotated[list[str] | None, Query(description="Only these containers, stations ...")] = None,
        quantity: Annotated[list[str] | None, Query(description="Only these quantities.")] = None,
    ) -> StreamingResponse:
        """Rows with units and quality flags by device and event time; `smartregion import` takes the file
        back. Positions of vehicles are employees' data: they need the role dispatcher."""
        if kind == "tracks":
            require_writer(request)
        chosen = export.Selection(
            span.since, span.until, _several(device), _several(object), _several(quantity)
        )
        blocks = _blocks(context, kind, chosen, format)
        first = next(blocks, b"")  # what is wrong with the request is said before the stream begins
        return StreamingResponse(
            itertools.chain([first], blocks),
            media_type=_TYPES[format],
            headers={
                "Content-Disposition": f'attachment; filename="{kind}.{format}"',
                "Cache-Control": "no-store",
            },
        )

    return made


def _blocks(context: Context, kind: Kind, chosen: export.Selection, format: export.Format) -> Iterator[bytes]:
    named: dict[Kind, export.Kind] = {
        "readings": "readings",
        "lane-intervals": "lane_intervals",
        "tracks": "tracks",
        "registry": "registry",
    }
    with (
        context.connection() as connection,
        contextlib.closing(export.export(connection, named[kind], chosen, format)) as blocks,
    ):
        yield from blocks


def _several(names: list[str] | None) -> tuple[str, ...] | None:
    return tuple(names) if names else None
