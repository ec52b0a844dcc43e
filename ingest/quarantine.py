"""Quarantine: messages that gave no rows, with their bytes and reason; replayed under their first receipt."""

import dataclasses
import datetime as dt
from typing import Any

from ingest.guesses import Guesses
from ingest.writer import Packet, Tally, Writer
from smartregion.errors import NotFound
from smartregion.store.database import Connection
from smartregion.store.queries import load

_CHUNK = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Open messages of one device with one reason."""

    field: str
    expected: str
    device: str
    messages: int
    first_received: dt.datetime
    last_received: dt.datetime
    last_message: int

    @property
    def reason(self) -> str:
        """As pages and reports show it; `replay` takes it."""
        return f"{self.field}: expected {self.expected}"


@dataclasses.dataclass(frozen=True, slots=True)
class Quarantined:
    """One message with its bytes."""

    message: int
    device: str
    topic: str
    payload: bytes
    field: str
    value: str
    expected: str
    received: dt.datetime
    resolved_at: dt.datetime | None


def groups(connection: Connection, limit: int) -> list[Group]:
    """Open messages by reason and device, the busiest first."""
    return [Group(*row) for row in connection.execute(load("ingest")["quarantine_list"], {"limit": limit})]


def show(connection: Connection, message: int) -> Quarantined:
    """One message by its receipt; raises NotFound."""
    row = connection.execute(load("ingest")["quarantine_show"], {"message": message}).fetchone()
    if row is None:
        raise NotFound(f"quarantine {message}: no such message; `smartregion quarantine list` shows some")
    return Quarantined(*row)


class Replay:
    """Open messages decoded again and stored where they have become readable, a chunk at a time.

    The receipt stays, so that tables and books are as if the message had been right at once. `reason` is a
    field, an expectation, or both as pages show them; None means any. One replay runs at a time in a
    database.
    """

    def __init__(self, writer: Writer, reason: str | None = None, device: str | None = None) -> None:
        self._writer, self._reason, self._device = writer, reason, device
        self._after = -1
        self.tally = Tally()

    def step(self) -> bool:
        """Replay the next chunk, a transaction of its own; False when there was none left."""
        arguments: dict[str, Any] = {
            "reason": self._reason,
            "device": self._device,
            "after": self._after,
            "limit": _CHUNK,
        }
        rows = self._writer.connection.execute(load("ingest")["quarantine_open"], arguments).fetchall()
        if not rows:
            return False
        packets = [Packet(row[0], row[2], bytes(row[3])) for row in rows]
        self.tally.add(self._writer.write(packets, {row[0]: row[1] for row in rows}))
        self._after = packets[-1].receipt
        return True


def replay(writer: Writer, reason: str | None = None, device: str | None = None) -> Tally:
    """A whole replay now; waits while another one runs. The tally tells what became of the messages."""
    sql = load("ingest")
    writer.connection.execute(sql["replay_lock"])
    try:
        work = Replay(writer, reason, device)
        while work.step():
            pass
        return work.tally
    finally:
        writer.connection.execute(sql["replay_unlock"])


class RequestedReplays:
    """Replays that pages ask for by a row, a chunk at a time, so that live messages never wait long; between
    them, guesses about unknown devices."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._sql = writer, load("ingest")
        self._guesses = Guesses(writer)
        self._request: int | None = None
        self._work: Replay | None = None

    @property
    def busy(self) -> bool:
        """Whether a request is being worked on."""
        return self._work is not None

    def step(self, now: dt.datetime) -> str | None:
        """Do some work, if there is any; a line of report when a request is done."""
        connection = self._writer.connection
        if self._work is None:
            row = connection.execute(self._sql["replay_request"]).fetchone()
            if row is None:
                self._guesses.step()
            if row is None or connection.execute(self._sql["replay_try_lock"]).fetchone() != (True,):
                return None
            self._request, reason, device = row
            self._work = Replay(self._writer, reason, device)
        if self._work.step():
            return None
        tally = self._work.tally
        replayed, remaining = tally.stored + tally.duplicate, tally.quarantined
        done = {"id": self._request, "now": now, "replayed": replayed, "remaining": remaining}
        connection.execute(self._sql["replay_done"], done)
        connection.execute(self._sql["replay_unlock"])
        self._work = None
        return f"replay {self._request}: {replayed} messages became rows, {remaining} stay in quarantine"
