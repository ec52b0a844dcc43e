"""A hand-over to a second session, with a real broker: killed at any point, it loses nothing and forgets no
session."""

import json
import pathlib
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ingest import sessions
from ingest.bench_load import blast
from ingest.bench_servers import START
from ingest.broker import parse_address
from ingest.drain import Backlog, Limits
from ingest.sessions import Session
from smartregion.books import recount
from smartregion.store.database import Connection, connect

PATIENCE_S = 60
POINTS = ("remembered", "subscribed", "written", "unsubscribed", "ended", "forgotten")
PROGRAM = """
import os, signal, sys
from ingest import drain, sessions
from ingest.broker import parse_address
from ingest.lane import Lane
from ingest.profiles import shipped_profiles
from ingest.service import Options, Service
from ingest.subscriber import Subscriber

database_url, broker_url, session, point = sys.argv[1:]
steps = {
    "remembered": (sessions, "remember"),
    "subscribed": (Lane, "open"),
    "written": (sessions, "leave"),
    "unsubscribed": (Subscriber, "leave"),
    "ended": (Subscriber, "forget_session"),
    "forgotten": (sessions, "forget"),
}
handing_over = False

def after(step, then):
    def both(*arguments, **options):
        result = step(*arguments, **options)
        then()
        return result
    return both

def die():
    if handing_over:
        os.kill(os.getpid(), signal.SIGKILL)

hand_over = Service._hand_over
def begin(*arguments):
    global handing_over
    handing_over = True
    return hand_over(*arguments)

drain._QUIET_S = 0.2
limits = drain.Limits(10**9, 1, 1)
if point != "none":
    limits = drain.Limits(1, 0, 0)  # anything that waits begins a hand-over
    Service._hand_over = begin
    place, name = steps[point]
    setattr(place, name, after(getattr(place, name), die))
options = Options(database_url, parse_address(broker_url), session, backlog=limits)
service = Service(options, shipped_profiles(), lambda text: print(text, file=sys.stderr, flush=True))
signal.signal(signal.SIGTERM, lambda *_: service.stop())
service.run()
"""


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """Device and session names of a test; the broker is shared."""
    return f"hand-{zlib.crc32(request.node.name.encode()):08x}"


def start(database_url: str, broker: Any, prefix: str, log: pathlib.Path, point: str = "none") -> Any:
    with log.open("ab") as stream:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, database_url, broker.url, prefix, point], stderr=stream
        )


def wait(condition: Callable[[], bool], log: pathlib.Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(0.05)


def one(connection: Connection, query: str, *arguments: Any) -> Any:
    row = connection.execute(query, arguments).fetchone()
    assert row is not None
    return row[0]


def known(connection: Connection, prefix: str) -> list[str]:
    return [session.client_id for session in sessions.known(connection, prefix)]


def test_killed_at_every_point(
    database_url: str, mosquitto_broker: Any, prefix: str, tmp_path: pathlib.Path
) -> None:
    log, over = tmp_path / "log", threading.Event()
    sent = 0

    def messages() -> Iterator[tuple[str, bytes]]:
        nonlocal sent
        while not over.is_set():
            content = {"t": int(START.timestamp() * 1000) + sent, "level": 0.5, "seq": sent}
            yield f"sr/1/{prefix}/fill", json.dumps(content).encode()
            sent += 1

    with connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO sr.device (name) VALUES (%s)", (prefix,))
        first = start(database_url, mosquitto_broker, prefix, log)
        wait(lambda: "connected as" in log.read_text(), log)
        first.terminate()
        first.wait(PATIENCE_S)
        load = threading.Thread(
            target=blast, args=(parse_address(mosquitto_broker.url), messages(), 500), daemon=True
        )
        load.start()
        for point in POINTS:
            process = start(database_url, mosquitto_broker, prefix, log, point)
            assert process.wait(PATIENCE_S) == -9, (point, log.read_text()[-3000:])
        over.set()
        load.join()
        last = start(database_url, mosquitto_broker, prefix, log)
        wait(lambda: one(connection, "SELECT count(*) FROM sr.reading") == sent, log)
        wait(lambda: len(known(connection, prefix)) == 1, log)
        last.terminate()
        assert last.wait(PATIENCE_S) == 0
        stored = one(connection, "SELECT sum(stored) FROM sr.book WHERE device = %s", prefix)
        assert stored == sent > 500
        assert [line for line in recount(connection, None) if not line.balanced] == []


def test_another_number_of_workers_strands_no_backlog(
    database_url: str, mosquitto_broker: Any, prefix: str, tmp_path: pathlib.Path
) -> None:
    log = tmp_path / "log"
    with connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO sr.device (name) VALUES (%s)", (prefix,))
        first = start(database_url, mosquitto_broker, prefix, log)
        wait(lambda: "connected as" in log.read_text(), log)
        first.terminate()
        first.wait(PATIENCE_S)
        shared = sessions.first(prefix, 1, 2, ("sr/1/+/+",))
        sessions.remember(connection, prefix, shared)  # as if two workers had been there before it
        waiting = [
            (f"sr/1/{prefix}/fill", json.dumps({"t": 1_790_000_000_000 + n, "level": 0.5}).encode())
            for n in range(200)
        ]
        blast(parse_address(mosquitto_broker.url), waiting)
        log.write_text("")
        program = PROGRAM.replace("backlog=limits", "worker=0, workers=2, backlog=limits")
        with log.open("ab") as stream:
            process = subprocess.Popen(
                [sys.executable, "-c", program, database_url, mosquitto_broker.url, prefix, "none"],
                stderr=stream,
            )
        wait(lambda: one(connection, "SELECT count(*) FROM sr.reading") == 200, log)
        wait(lambda: sorted(known(connection, prefix)) == [f"{prefix}-0", f"{prefix}-1"], log)
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


def test_names_and_leftovers() -> None:
    one_worker = sessions.first("s", 0, 1, ("a",))
    first, second = sessions.first("s", 0, 2, ("a",)), sessions.first("s", 1, 2, ("a",))
    assert (one_worker.client_id, one_worker.topics) == ("s", ("a",))
    assert (second.client_id, second.topics) == ("s-1", ("$share/s/a",))
    assert second.other.client_id == "s-1~2"
    assert second.other.other == second
    everything = [one_worker, first, second, second.other]
    assert sessions.present(everything, second) == second.other
    assert sessions.present([first], second) is None
    assert sessions.present([second._replace(left=True)], second) is None
    assert sessions.leftovers(everything, second.other, 2) == [second]
    assert sessions.leftovers(everything, first, 2) == [one_worker]
    assert sessions.leftovers(everything, one_worker, 1) == [first, second, second.other]


def test_other_of_a_name_that_ends_alike() -> None:
    assert Session("s~2", 0, False, ()).other.client_id == "s"
    assert Session("region~21", 0, False, ()).other.client_id == "region~21~2"


@pytest.mark.parametrize(
    ("started_s", "noticed"),
    [(-100.0, [False] * 6 + [True, False]), (0.0, [False, False, True, False, False, True, False, False])],
)
def test_a_backlog_is_noticed_when_the_window_stays_full(started_s: float, noticed: list[bool]) -> None:
    """Sooner at the start of the process."""
    backlog = Backlog(Limits(100, 2.0, 0.5), started_s)
    seen = [(50, 0.0), (100, 1.0), (120, 2.0), (99, 2.5), (100, 3.0), (100, 4.9), (100, 5.0), (100, 5.1)]
    assert [backlog.noticed(count, now_s) for count, now_s in seen] == noticed
