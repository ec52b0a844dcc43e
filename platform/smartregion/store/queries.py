"""Named queries from the `.sql` files of the store; no other place holds SQL."""

import functools
import importlib.resources
import re
import types
from collections.abc import Mapping

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@functools.cache
def load(name: str) -> Mapping[str, str]:
    """Queries of `store/sql/NAME.sql` by name.

    Raises ValueError where a query appears twice, is empty or has no line that explains it.
    """
    folder = importlib.resources.files("smartregion.store") / "sql"
    return parse((folder / f"{name}.sql").read_text(encoding="utf-8"), name)


def parse(text: str, origin: str) -> Mapping[str, str]:
    """Split a file at its `-- name: xyz` lines; `origin` is named in errors."""
    _, *pieces = _NAME.split(text)
    queries: dict[str, str] = {}
    for query, body in zip(pieces[::2], pieces[1::2], strict=True):
        lines = body.strip().splitlines()
        if query in queries:
            raise ValueError(f"{origin}.sql: query {query} appears twice")
        if not lines or not lines[0].startswith("-- "):
            raise ValueError(f"{origin}.sql: query {query} has no line that explains it")
        statement = "\n".join(lines)
        if all(line.startswith("--") for line in lines):
            raise ValueError(f"{origin}.sql: query {query} is empty")
        queries[query] = statement
    return types.MappingProxyType(queries)
