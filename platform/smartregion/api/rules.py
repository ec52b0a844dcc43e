"""The operator's tables: shifts, contracts, chambers, closed hours, events; read, and replaced by a file."""

import dataclasses
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query, Request, Response
from pydantic import BaseModel

from smartregion.api.context import Context
from smartregion.api.guard import require_writer
from smartregion.waste.rules_file import write_rules
from smartregion.waste.rules_store import import_rules, table

Kind = Literal["shifts", "contracts", "chambers", "closures", "events"]
_KIND = Path(description="Which table.")
_CSV = "text/csv; charset=utf-8"


class RulesTaken(BaseModel, use_attribute_docstrings=True):
    """What a file brought."""

    rows: int
    """Rows that stand in the table now, of shifts in the years that the file speaks of."""


def router(context: Context) -> APIRouter:
    """One resource a table."""
    made = APIRouter(tags=["waste"])

    @made.get(
        "/rules/{kind}",
        summary="A table of the operator",
        response_model=list[dict[str, Any]],
        responses={200: {"content": {"text/csv": {}}}},
    )
    def rows(
        kind: Annotated[Kind, _KIND],
        format: Annotated[Literal["json", "csv"], Query(description="As JSON or as a CSV file.")] = "json",
    ) -> list[dict[str, Any]] | Response:
        """All rows; the CSV file can be changed and sent back."""
        with context.connection() as connection:
            found = table(connection, kind)
        if format == "csv":
            name = {"Content-Disposition": f'attachment; filename="{kind}.csv"'}
            return Response(write_rules(kind, found), media_type=_CSV, headers=name)
        return [dataclasses.asdict(one) for one in found]

    @made.post("/rules/{kind}", summary="Replace a table of the operator")
    def replace(
        kind: Annotated[Kind, _KIND],
        content: Annotated[bytes, Body(media_type="text/csv", description="The table as CSV.")],
        request: Request,
    ) -> RulesTaken:
        """The file takes the place of all rows (of shifts: of its years). Needs the right to write."""
        require_writer(request)
        with context.connection() as connection:
            return RulesTaken(rows=import_rules(connection, kind, f"{kind}.csv", content))

    return made
