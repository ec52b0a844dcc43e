"""Verbs on a real database: books, quarantine and profile say what is, with the exit codes of the
contract."""

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from ingest.receipt import Receipts, received_at, received_quarter
from ingest.registry import Registry
from ingest.writer import Packet, Writer
from smartregion.store.database import connect

RECEIPT = 222_680_000_000_000_000


def program(database_url: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"SMARTREGION_DATABASE_URL": database_url}
    return subprocess.run(
        [sys.executable, "-m", "smartregion", *arguments],
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def filled(database_url: str) -> str:
    """A database with one stored message, one that cannot be read and one of a stranger."""
    good: dict[str, Any] = {"t": "2026-11-20T10:00:00Z", "level": 0.4}
    packets = [
        Packet(RECEIPT, "sr/1/bin-1/fill", json.dumps(good).encode()),
        Packet(RECEIPT + 1024, "sr/1/bin-1/fill", b"\xff\xfe"),
        Packet(RECEIPT + 2048, "sr/1/bin-2/fill", json.dumps(good).encode()),
    ]
    with connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO sr.device (name) VALUES ('bin-1')")
        Writer(connection, Registry({})).write(packets)
    return database_url


def test_books_balance_until_somebody_cooks_them(filled: str) -> None:
    done = program(filled, "books", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["balanced"]) == (0, True)
    assert {line["device"]: line["quarantined"] for line in told["messages"]} == {"bin-1": 1, "bin-2": 1}
    assert [day["readings"] for day in told["readings"]] == [1]
    with connect(filled, autocommit=True) as connection:
        connection.execute(
            "UPDATE sr.book SET stored = stored + 1, received = received + 1 WHERE device = 'bin-1'"
        )
    done = program(filled, "books")
    assert done.returncode == 1
    assert "does not balance: bin-1" in done.stdout


def test_a_lost_row_is_found(filled: str) -> None:
    with connect(filled, autocommit=True) as connection:
        connection.execute("DELETE FROM sr.reading")
    assert program(filled, "books").returncode == 1
    assert program(filled, "books", "--since", "2030-01-01").returncode == 0


def test_quarantine_list_show_replay(filled: str) -> None:
    groups = json.loads(program(filled, "quarantine", "list", "--json").stdout)
    assert sorted(group["reason"] for group in groups) == [
        "device: expected a registered device",
        groups[0]["reason"] if groups[0]["field"] == "payload" else groups[1]["reason"],
    ]
    shown = program(filled, "quarantine", "show", str(RECEIPT + 1024)).stdout
    assert "ff fe" in shown
    assert "sr/1/bin-1/fill" in shown
    assert program(filled, "quarantine", "show", "5").returncode == 1
    with connect(filled, autocommit=True) as connection:
        connection.execute("INSERT INTO sr.device (name) VALUES ('bin-2')")
    done = program(filled, "quarantine", "replay", "--reason", "device")
    assert done.stdout.startswith("1 messages replayed: 1 stored")
    assert program(filled, "books").returncode == 0


def test_decode_answers_each_line(tmp_path: pathlib.Path) -> None:
    lines = '{"t": "2026-11-20T10:00:00Z", "level": 0.4}\n\nnonsense\n'
    done = program("", "decode", "--topic", "sr/1/bin-1/fill", stdin=lines)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [bool(one["rejected"]) for one in found] == [False, True, True]
    assert found[0]["readings"] == [
        {"quantity": "level", "value": 0.4, "unit": "1", "time": "2026-11-20T10:00:00Z"}
    ]
    done = program("", "decode", "--profile", "nobody")
    assert done.returncode == 1
    assert "known profiles" in done.stderr


def test_receipts_ascend_even_when_the_clock_goes_back() -> None:
    clock = iter([1_790_000_000_000_000_000, 1_790_000_000_000_000_500, 1_780_000_000_000_000_000])
    receipts = Receipts(3, lambda: next(clock))
    given = [receipts.next() for _ in range(3)]
    assert given == sorted(set(given))
    assert {receipt % 1024 for receipt in given} == {3}
    assert received_at(given[0]).timestamp() == 1_790_000_000
    assert received_quarter(given[0]).minute % 15 == 0
    above = Receipts(0, lambda: 0, above=given[-1])
    assert above.next() > given[-1]


def test_receipts_as_the_database_reads_them(database_url: str) -> None:
    with connect(database_url) as connection:
        row = connection.execute(
            "SELECT sr.received_at(%(m)s), sr.received_quarter(%(m)s),"
            " sr.first_message(sr.received_at(%(m)s))",
            {"m": RECEIPT},
        ).fetchone()
    assert row == (received_at(RECEIPT), received_quarter(RECEIPT), RECEIPT // 1024 * 1024)
