"""Migrations killed at any statement, data of earlier schemas, and the job queue's own migrations."""

import argparse
import contextlib
import dataclasses
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from smartregion.demo.ports import free_port
from smartregion.settings import settings
from smartregion.store import backup, binaries, database, job_schema, manifest, verbs
from smartregion.store.migrate import FOLDER, MigrationError, migrate, status
from tests.support import timescale
from tests.support.engines import ENGINES

RELEASED = pathlib.Path(__file__).parent / "released"


@dataclasses.dataclass(frozen=True)
class Victim:
    """A database without any schema of ours, and how to end a session of it at once."""

    url: str
    kill: Callable[[psycopg.Connection[Any]], None]
    between: tuple[int, int]
    """Statements from one death to the next: a new engine in WebAssembly takes its time."""


@pytest.fixture
def empty_url(database_url: str) -> str:
    """A database on plain PostgreSQL without any schema of ours."""
    return emptied(database_url)


@pytest.fixture(params=ENGINES)
def victim(request: pytest.FixtureRequest) -> Iterator[Victim]:
    """One of each engine; in WebAssembly the whole engine dies with the session."""
    server_url = os.environ.get(timescale.NATIVE)
    if request.param == "plain":
        server_url = request.getfixturevalue("postgres_server").url
    if server_url:
        with timescale.empty_database(server_url) as url:
            yield Victim(url, lambda session: end_session(url, session), (1, 250))
    else:
        folder: pathlib.Path = request.getfixturevalue("_timescale_folder")
        with timescale.running(request.getfixturevalue("node"), folder / "empty", free_port()) as server:
            yield Victim(server.url, lambda _: server.kill_engine(), (250, 500))
        shutil.rmtree(folder / "empty")


@pytest.fixture
def whole_url(request: pytest.FixtureRequest, victim: Victim) -> str:
    """A database of the same engine that was migrated in one go."""
    plain = request.node.callspec.params["victim"] == "plain"
    return str(request.getfixturevalue("_shared_url" if plain else "timescale_shared"))


def end_session(url: str, session: psycopg.Connection[Any]) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (session.info.backend_pid,))


def emptied(url: str) -> str:
    with database.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS sr, report CASCADE; DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    return url


def schema_of(url: str) -> str:
    """What pg_dump says about the schema, without random keys and numbers that a sequence lost in a crash."""
    with database.connect(url) as connection:
        program = binaries.find("pg_dump", connection.info.server_version // 10000)
    text = binaries.run(program, ["--schema-only"], backup.parameters_of(url))
    return re.sub(r"^\\(un)?restrict .*$|(?<=_compressed_hypertable_)\d+", "", text, flags=re.MULTILINE)


class Executioner:
    """Ends the session of a migration after a number of its statements."""

    def __init__(self, victim: Victim, after: int) -> None:
        self._victim, self._left, self.killed = victim, after, False

    @contextlib.contextmanager
    def at_work(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Within the block every statement of a cursor or connection counts."""
        original: Any = psycopg.Cursor.execute

        def counted(cursor: psycopg.Cursor[Any], *args: Any, **more: Any) -> Any:
            done = original(cursor, *args, **more)
            self._left -= 1
            if self._left == 0:
                self._victim.kill(cursor.connection)
                self.killed = True
            return done

        with monkeypatch.context() as patched:
            patched.setattr(psycopg.Cursor, "execute", counted)
            yield


def test_a_session_killed_after_any_statement_goes_on_later(
    victim: Victim, whole_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At random statements until all is applied: the schema is that of a migration in one go."""
    choose = random.Random(4)
    kills = 0
    while status(victim.url).pending:
        executioner = Executioner(victim, choose.randint(*victim.between))
        with executioner.at_work(monkeypatch), contextlib.suppress(MigrationError, psycopg.Error):
            migrate(victim.url)
        kills += executioner.killed
    migrate(victim.url)
    assert kills >= 2
    assert schema_of(victim.url) == schema_of(whole_url)


def test_a_process_killed_in_a_migration_leaves_no_lock(empty_url: str, tmp_path: pathlib.Path) -> None:
    """SIGKILL while a statement waits; the next process finds the way free and the work undone."""
    (tmp_path / "0001.slow.sql").write_text(
        "CREATE TABLE half (id int);\nSELECT pg_sleep(60);\nCREATE TABLE whole (id int);"
    )
    code = "import pathlib, sys; from smartregion.store.migrate import migrate; "
    code += "migrate(sys.argv[1], pathlib.Path(sys.argv[2]))"
    process = subprocess.Popen([sys.executable, "-c", code, empty_url, str(tmp_path)])
    sleeping = (
        "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()"
    )
    with database.connect(empty_url, autocommit=True) as connection:
        deadline = time.monotonic() + 30
        while not (rows := connection.execute(sleeping).fetchall()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        connection.execute(
            "SELECT pg_terminate_backend(%s, 5000)", rows[0]
        )  # as the server does when it notices
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)
    (tmp_path / "0001.slow.sql").write_text("CREATE TABLE half (id int);\nCREATE TABLE whole (id int);")
    assert migrate(empty_url, tmp_path)[0] == "0001.slow"


@pytest.mark.parametrize("data", sorted(RELEASED.glob("*.sql")), ids=lambda path: path.stem)
def test_data_of_an_earlier_schema_come_through(
    victim: Victim, tmp_path: pathlib.Path, data: pathlib.Path
) -> None:
    """`released/NAME.sql` is data for the schema whose last migration is NAME."""
    for path in FOLDER.glob("*.sql"):
        if path.stem <= data.stem:
            (tmp_path / path.name).write_text(path.read_text("utf-8"))
    assert migrate(victim.url, tmp_path)[-2] == data.stem
    with database.connect(victim.url) as connection:
        connection.execute(data.read_text("utf-8"))
        connection.commit()
        before = manifest.contents(connection)
    migrate(victim.url)
    with database.connect(victim.url) as connection:
        after = manifest.contents(connection)
        kept = (
            "sr.reading",
            "sr.lane_interval",
            "sr.track",
            "sr.latest",
            "sr.book",
            "sr.conflict",
            "sr.message_note",
        )
        assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
        for name in set(before) & set(after):
            rows = [sum(count for count, _ in days.values()) for days in (before[name], after[name])]
            assert rows[0] <= rows[1], name
        level = connection.execute("SELECT level FROM report.container_now").fetchone()
        assert level == (pytest.approx(0.5),)


def test_a_backup_is_taken_before_a_migration(
    empty_url: str,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = tmp_path / "first"
    first.mkdir()
    for path in FOLDER.glob("*.sql"):
        if path.stem <= "0041":
            (first / path.name).write_text(path.read_text("utf-8"))
    migrate(empty_url, first)
    monkeypatch.setenv("SMARTREGION_DATABASE_URL", empty_url)
    monkeypatch.setenv("SMARTREGION_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    parser = argparse.ArgumentParser()
    verbs.register(parser.add_subparsers())
    arguments = parser.parse_args(["db", "migrate"])
    assert arguments.run(arguments) == 0
    settings.cache_clear()
    (saved,) = (tmp_path / "backups").glob("before-*.dump")
    assert f"backup before the migration: {saved}" in capsys.readouterr().out
    held = manifest.read(saved)
    assert held is not None
    assert "sr.retention" in held.tables


def test_the_job_queue_is_brought_up_to_date(empty_url: str, tmp_path: pathlib.Path) -> None:
    """From the library's own beginning, by its migrations, to what it makes in one go."""
    old = tmp_path / "old"
    old.mkdir()
    for path in job_schema.FOLDER.glob("*.sql"):
        (old / path.name).write_text(path.read_text("utf-8"))
    names = sorted(path.name for path in old.glob("*.sql"))
    migrate(empty_url)
    whole = schema_of(empty_url)
    url = emptied(empty_url)
    with database.connect(url, autocommit=True) as connection:
        for name in (name for name in names if name < "03.00"):
            connection.execute((old / name).read_text("utf-8"))
        last = max(name for name in names if name < "03.00").removesuffix(".sql")
        connection.execute(f"COMMENT ON TABLE public.procrastinate_jobs IS '{last}'")
    applied = migrate(url)
    first = next(name for name in applied if name.startswith("procrastinate "))
    assert first.startswith("procrastinate 03.00")
    assert sorted(whole.splitlines()) == sorted(schema_of(url).splitlines())
