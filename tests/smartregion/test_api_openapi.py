"""The OpenAPI document is complete, and answers are as it says."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from smartregion.api import Context
from smartregion.demo.postgres import Postgres
from tests.smartregion.api_client import client, context, database

_PATHS = {
    "/containers",
    "/containers/{id}",
    "/containers/{id}/levels",
    "/containers/{id}/forecast",
    "/sites",
    "/kpi",
    "/week",
    "/rules/{kind}",
    "/stations",
    "/stations/{id}",
    "/stations/{id}/day",
    "/stations/{id}/dtv",
    "/stations/{id}/series",
    "/segments",
    "/roads/network",
    "/roads/route",
    "/roads/isochrones",
    "/tours",
    "/tours/{id}",
    "/tours/{id}/route",
    "/tours/{id}/progress",
    "/tours/{id}/reports",
    "/plans",
    "/plans/{id}",
    "/plans/{id}/accept",
    "/plans/{id}/change",
    "/alerts",
    "/readings",
    "/books",
    "/books/lines",
    "/books/flags",
    "/books/recount",
    "/devices",
    "/devices/unknown",
    "/devices/{name}/adopt",
    "/imports",
    "/imports/{number}/undo",
    "/quarantine",
    "/quarantine/replay",
    "/quarantine/replays",
    "/overview",
    "/export/{kind}",
    "/lifts",
    "/containers/{id}/lifts",
    "/containers/{id}/lifts/{at}",
    "/live",
}


@pytest.fixture(scope="module")
def made(postgres_server: Postgres, _template: str) -> Iterator[Context]:
    with database(postgres_server.url, _template) as url, context(url) as found:
        yield found


@pytest.fixture(scope="module")
def document(made: Context) -> dict[str, Any]:
    found: dict[str, Any] = client(made).get("/api/v1/openapi.json").json()
    return found


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, ones in document["paths"].items() for method, one in ones.items()]


def test_every_resource_is_there(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == _PATHS
    assert document["servers"] == [{"url": "/api/v1"}]


def test_every_operation_and_parameter_is_described(document: dict[str, Any]) -> None:
    for path, method, operation in _operations(document):
        assert operation["summary"], path
        assert len(operation["description"]) > 10, path
        assert operation["tags"], path
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (path, method, parameter["name"])


def test_every_field_is_described(document: dict[str, Any]) -> None:
    bare = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, one in schema.get("properties", {}).items()
        if not one.get("description") and "$ref" not in one
    ]
    assert bare == []


def test_errors_are_problems(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for path, method, operation in _operations(document):
        wanted = (
            {"401", "503"} | ({"404"} if "{" in path else set()) | ({"403"} if method == "post" else set())
        )
        assert wanted <= set(operation["responses"]), path
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (path, status)


def test_changes_need_somebody(document: dict[str, Any]) -> None:
    for path, method, operation in _operations(document):
        assert ("security" in operation) == (method == "post"), path


def test_answers_are_as_described(made: Context, document: dict[str, Any]) -> None:
    browser = client(made)
    for path in sorted(_PATHS - {"/live", "/roads/network", "/roads/route", "/roads/isochrones"}):
        if "{" in path or "get" not in document["paths"][path]:
            continue
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        whole = schema | {"components": document["components"]}
        Draft202012Validator(whole).validate(browser.get(f"/api/v1{path}").json())


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "$ref" and isinstance(value, str):
                    yield value
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document["paths"])) | set(references(document["components"])) <= known
