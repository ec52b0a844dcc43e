"""A client of the API beside a small district, as from this machine or from elsewhere."""

import contextlib
import datetime as dt
import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg import sql

from smartregion.api import Context, create_api, health
from smartregion.api.metrics import Measured
from smartregion.settings import load
from smartregion.store.database import open_pool
from tests.smartregion.small_district import NOW

HERE = ("127.0.0.1", 50_000)
ELSEWHERE = ("192.0.2.7", 50_000)
OWN_PAGE = {"Origin": "http://localhost"}


@contextlib.contextmanager
def database(server_url: str, template: str) -> Iterator[str]:
    """A database of its own for a module whose tests only read, or do not care what others wrote."""
    name = f"api_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        yield server_url.rsplit("/", 1)[0] + "/" + name
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def context(url: str, now: dt.datetime = NOW) -> Iterator[Context]:
    """A context whose clock stands still."""
    pool = open_pool(url, max_size=4)
    made = Context(pool, load(database_url=url), lambda: now)
    try:
        yield made
    finally:
        made.close()
        pool.close()


def application(context: Context) -> FastAPI:
    """API and health as `serve` mounts them."""
    app = FastAPI(openapi_url=None)
    app.state.context = context
    metrics = health.make_metrics(context)
    app.mount("/api/v1", create_api(context))
    app.include_router(health.router(context, metrics))
    app.add_middleware(Measured, metrics=metrics)
    return app


def client(context: Context, address: tuple[str, int] = HERE) -> TestClient:
    """A client at that address; a failing handler answers 500 as it would for a real one."""
    return TestClient(
        application(context), base_url="http://localhost", client=address, raise_server_exceptions=False
    )


def problem(response: Any, status: int) -> dict[str, Any]:
    """The problem details of an answer, checked for their form."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == status
    assert found["type"].startswith("urn:smartregion:problem:")
    assert "\n" not in found["detail"]
    assert found["instance"].startswith("/")
    return found
