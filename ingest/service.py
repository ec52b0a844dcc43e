"""The ingest process: batches from the broker into the database until told to stop; when many messages wait,
new ones go through a new session while the old one is emptied."""

import dataclasses
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import psycopg

from ingest import sessions
from ingest.broker import WINDOW, Address
from ingest.drain import Backlog, Drain, Limits
from ingest.lane import Lane
from ingest.profiles import Profile
from ingest.receipt import Receipts
from ingest.sessions import Session
from ingest.sources import Source, own_filters
from ingest.topics import SUBSCRIPTIONS
from ingest.writer import Packet, Tally
from smartregion.errors import DatabaseUnavailable
from smartregion.store.database import Connection
from smartregion.store.queries import load

BACKLOG = Limits(packets=WINDOW // 2, seconds=3.0, first_s=0.3)
"""Three seconds of a full window are 100,000 messages; fewer are stored before a hand-over would end."""

_COLLECT_S = 0.2
_POLL_S = 1.0
_REGISTRY_S = 60.0
_REPORT_S = 60.0
_PROBE_S = 15.0

_T = TypeVar("_T")


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """How one worker runs; `worker` of `workers`."""

    database_url: str = dataclasses.field(repr=False)
    broker: Address
    session: str
    worker: int = 0
    workers: int = 1
    sources: tuple[Source, ...] | None = None
    """Network servers; None for the shipped ones."""
    backlog: Limits = BACKLOG


class Service:
    """One worker. `stop` may be called from a signal handler.

    `stored` gets every batch after its commit, from any thread.
    """

    def __init__(
        self,
        options: Options,
        profiles: dict[str, Profile],
        say: Callable[[str], None],
        stored: Callable[[list[Packet]], None] | None = None,
    ) -> None:
        self._options, self._profiles, self._say, self._stored = options, profiles, say, stored
        self._stopping = False
        self._lanes: list[Lane] = []
        self._left: deque[Session] = deque()
        self._probe: Session | None = None
        self._drain: Drain | None = None

    def stop(self) -> None:
        """Finish the batches that are here, acknowledge them, and return from `run`."""
        self._stopping = True

    @property
    def tally(self) -> Tally:
        """What became of all packets so far."""
        return sum((lane.tally for lane in self._lanes), Tally())

    def run(self) -> None:
        """Work until stopped. Raises BrokerUnavailable when the broker refuses us at the start."""
        options = self._options
        lane = self._make_lane()
        above = self._ask(lane, _greatest_receipt)
        topics = (*SUBSCRIPTIONS, *own_filters(options.sources or ()))
        begin = sessions.first(options.session, options.worker, options.workers, topics)
        session = self._ask(lane, lambda connection: self._own_session(connection, begin))
        if above is None or session is None:
            return
        self._receipts = Receipts(options.worker, time.time_ns, above)
        if not self._open(lane, session):
            return
        self._say(f"connected as {session.client_id} to broker {options.broker}")
        try:
            lane = self._loop(lane, session)
            lane.finish()
        finally:
            self._stopping = True
            if self._drain is not None:
                self._drain.join()
            lane.close()
        self._say(f"stopped; {self._told()}")

    def _loop(self, lane: Lane, session: Session) -> Lane:
        """Store until stopped; returns the lane that new messages go through by then."""
        polled = registry = reported = started = time.monotonic()
        backlog = Backlog(self._options.backlog, started)
        known = self._ask(lane, lambda connection: sessions.known(connection, self._options.session)) or []
        self._left.extend(sessions.leftovers(known, session, self._options.workers))
        if all(other.client_id != session.other.client_id for other in known):
            self._probe = session.other
        while not self._stopping:
            lane.step(_COLLECT_S)
            now = time.monotonic()
            if now - registry >= _REGISTRY_S:
                registry = now
                lane.look_again()
            if now - polled >= _POLL_S or lane.replaying:
                polled = now
                lane.replay()
                if now - started >= _PROBE_S and self._probe is not None:
                    # A database restored from a backup may not know it.
                    self._left.append(self._probe)
                    self._probe = None
                self._drain_next(lane)
            if backlog.noticed(lane.subscriber.unacknowledged(), now):
                lane, session = self._hand_over(lane, session)
            if now - reported >= _REPORT_S:
                reported = now
                self._say(f"{self._told()}, {lane.subscriber.waiting()} waiting")
        return lane

    def _hand_over(self, lane: Lane, session: Session) -> tuple[Lane, Session]:
        """Subscribe the other session, then have this one unsubscribed and emptied beside it.

        Each step is written down before it is done: after a crash at any point the newer session is
        subscribed first, and then the older one is emptied.
        """
        new, name = session.other, self._options.session
        if not lane.subscriber.can_hand_over() or self._left or self._drain is not None:
            return lane, session
        self._probe = None
        self._ask(lane, lambda connection: sessions.remember(connection, name, new))
        fresh = self._make_lane()
        if fresh.connection() is None or not self._open(fresh, new):
            return lane, session
        if not fresh.subscriber.can_hand_over():
            self._drain = Drain(fresh, new, self._say, self._is_stopping)
            return lane, session
        self._ask(lane, lambda connection: sessions.leave(connection, session.client_id))
        self._say(
            f"messages wait at the broker: new ones go through session {new.client_id} "
            f"while {session.client_id} is emptied"
        )
        self._drain = Drain(lane, session, self._say, self._is_stopping)
        return fresh, new

    def _drain_next(self, live: Lane) -> None:
        """Empty the sessions of an earlier run, one after the other."""
        if self._drain is not None:
            if self._drain.running:
                return
            self._drain = None
        if self._left and live.subscriber.can_hand_over():
            session = self._left[0]
            lane = self._make_lane()
            if lane.connection() is not None and self._open(lane, session, leaving=True):
                self._left.popleft()
                if lane.subscriber.existed():
                    self._say(f"session {session.client_id} of an earlier run is emptied")
                self._drain = Drain(lane, session, self._say, self._is_stopping)

    def _own_session(self, connection: Connection, begin: Session) -> Session:
        name = self._options.session
        found = sessions.present(sessions.known(connection, name), begin)
        session = begin if found is None else found.hearing(begin.topics)
        if session != found:
            sessions.remember(connection, name, session)
        return session

    def _make_lane(self) -> Lane:
        options = self._options
        lane = Lane(
            options.database_url,
            self._profiles,
            options.sources,
            self._say,
            self._is_stopping,
            self._stored,
        )
        self._lanes.append(lane)
        return lane

    def _open(self, lane: Lane, session: Session, leaving: bool = False) -> bool:
        return lane.open(self._options.broker, session, self._receipts, leaving)

    def _ask(self, lane: Lane, question: Callable[[Connection], _T]) -> _T | None:
        """An answer of the database, through as many faults as it takes; None when told to stop."""
        while (connection := lane.connection()) is not None:
            try:
                return question(connection)
            except (psycopg.Error, DatabaseUnavailable) as error:
                self._say(f"database: {' '.join(str(error).split())}")
                lane.close_database()
                time.sleep(_POLL_S)
        return None

    def _is_stopping(self) -> bool:
        return self._stopping

    def _told(self) -> str:
        t = self.tally
        return (
            f"{t.received} packets: {t.stored} stored, {t.duplicate} duplicate, {t.quarantined} quarantined; "
            f"{t.rows} rows"
        )


def _greatest_receipt(connection: Connection) -> int:
    row = connection.execute(load("ingest")["greatest_receipt"]).fetchone()
    return int(row[0]) if row is not None else 0
