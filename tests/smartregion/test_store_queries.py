"""Named queries: every file parses, every query is explained."""

import importlib.resources
import re

import pytest

from smartregion.store.queries import load, parse

FILES = sorted(
    path.name.removesuffix(".sql")
    for path in (importlib.resources.files("smartregion.store") / "sql").iterdir()
    if path.name.endswith(".sql")
)


@pytest.mark.parametrize("name", FILES)
def test_every_file_has_named_and_explained_queries(name: str) -> None:
    assert all(re.fullmatch(r"\w+", query) for query in load(name))
    assert load(name)


def test_queries_are_split_at_their_names() -> None:
    queries = parse(
        "-- File.\n\n-- name: one\n-- Gives one.\nSELECT 1\n\n-- name: two\n-- Two.\nSELECT\n  2\n", "x"
    )
    assert dict(queries) == {"one": "-- Gives one.\nSELECT 1", "two": "-- Two.\nSELECT\n  2"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- name: a\n-- One.\nSELECT 1\n-- name: a\n-- Two.\nSELECT 2", "x.sql: query a appears twice"),
        ("-- name: a\nSELECT 1", "x.sql: query a has no line that explains it"),
        ("-- name: a\n-- Nothing follows.\n", "x.sql: query a is empty"),
    ],
)
def test_sloppy_files_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(text, "x")
