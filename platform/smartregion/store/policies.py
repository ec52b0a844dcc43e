"""What has to happen regularly: partitions made ahead, retention, jobs of TimescaleDB in the foreground."""

import dataclasses
import datetime as dt
from collections.abc import Callable

import psycopg

from smartregion.access import forget_sessions
from smartregion.store import database, retention
from smartregion.store.health import note_sizes
from smartregion.store.queries import load


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """One policy and what it did, or the server's words when it failed."""

    name: str
    result: str
    failed: bool = False


def run_policies(url: str, now: dt.datetime) -> list[Done]:
    """Run every policy now, in the foreground; one that fails does not stop the others."""
    with database.connect(url, autocommit=True) as connection:
        policies: list[tuple[str, Callable[[], str]]] = [
            ("partitions", lambda: _make_partitions(connection, now)),
            *_retention(connection, now),
            ("sizes", lambda: _note_sizes(connection, now)),
            ("sessions", lambda: f"{forget_sessions(connection, now)} expired sessions deleted"),
            *_background_jobs(connection),
        ]
        return [_run(name, policy) for name, policy in policies]


def _run(name: str, policy: Callable[[], str]) -> Done:
    try:
        return Done(name, policy())
    except (psycopg.Error, Held) as error:
        return Done(name, " ".join(str(error).split()), failed=True)


def _make_partitions(connection: database.Connection, now: dt.datetime) -> str:
    connection.execute(load("store")["make_partitions"], {"now": now})
    return "made two months ahead"


def _note_sizes(connection: database.Connection, now: dt.datetime) -> str:
    note_sizes(connection, now)
    return "noted for the growth"


class Held(Exception):
    """A rule of retention waits."""


def _retention(connection: database.Connection, now: dt.datetime) -> list[tuple[str, Callable[[], str]]]:
    def rule(found: retention.Rule) -> Callable[[], str]:
        def run() -> str:
            done = retention.forget_kind(connection, now, found)
            if done.held is not None:
                raise Held(done.held)
            return f"{done.rows} rows deleted" if found.days or found.most else "kept"

        return run

    return [(f"retention {kind}", rule(found)) for kind, found in retention.rules(connection).items()]


def _background_jobs(connection: database.Connection) -> list[tuple[str, Callable[[], str]]]:
    """Jobs of TimescaleDB: in the background some servers mark them failed although their work commits."""
    if connection.execute(load("store")["server"]).fetchall()[0][0] != "timescaledb":
        return []

    def job(number: int) -> Callable[[], str]:
        def run() -> str:
            connection.execute(load("store")["run_job"], {"job": number})
            return f"job {number} ran"

        return run

    return [(str(name), job(number)) for number, name in connection.execute(load("store")["background_jobs"])]
