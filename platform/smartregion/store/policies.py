"""What has to happen regularly: partitions made ahead, retention, jobs of TimescaleDB in the foreground."""

import dataclasses
import datetime as dt
from collections.abc import Callable

import psycopg

from smartregion.access import forget_sessions
from smartregion.store import database, retention
from smartregion.store.health import has_timescale, note_sizes
from smartregion.store.queries import load


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """One policy and what it did, or the server's words when it failed."""

    name: str
    result: str
    failed: bool = False


def run_policies(url: str, now: dt.datetime) -> list[Done]:
    """Run every policy now, in the foreground, and note what came of it; one that fails stops no other."""
    with database.connect(url, autocommit=True) as connection:
        policies: list[tuple[str, Callable[[], str]]] = [
            ("partitions", lambda: _make_partitions(connection, now)),
            *_columnstore(connection),
            *_retention(connection, now),
            ("sizes", lambda: _note_sizes(connection, now)),
            ("sessions", lambda: f"{forget_sessions(connection, now)} expired sessions deleted"),
            *_background_jobs(connection),
        ]
        return [_note(connection, now, _run(name, policy)) for name, policy in policies]


def _run(name: str, policy: Callable[[], str]) -> Done:
    try:
        return Done(name, policy())
    except (psycopg.Error, Held) as error:
        return Done(name, " ".join(str(error).split()), failed=True)


def _note(connection: database.Connection, now: dt.datetime, done: Done) -> Done:
    values = {"policy": done.name, "now": now, "failed": done.failed, "said": done.result}
    connection.execute(load("store")["note_policy"], values)
    return done


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


def _columnstore(connection: database.Connection) -> list[tuple[str, Callable[[], str]]]:
    """Where TimescaleDB is; a build without this feature is no failure."""
    if not has_timescale(connection):
        return []

    def use() -> str:
        refused = connection.execute(load("store")["use_columnstore"]).fetchall()[0][0]
        return "on" if refused is None else f"not offered: {refused}"

    return [("columnstore", use)]


def _background_jobs(connection: database.Connection) -> list[tuple[str, Callable[[], str]]]:
    """Jobs of TimescaleDB: in the background some servers mark them failed although their work commits."""
    if not has_timescale(connection):
        return []

    def job(number: int) -> Callable[[], str]:
        def run() -> str:
            connection.execute(load("store")["run_job"], {"job": number})
            return f"job {number} ran"

        return run

    return [(str(name), job(number)) for number, name in connection.execute(load("store")["background_jobs"])]
