"""Which sessions ingest has at the broker: each is written down before it exists and struck out after it has
ended, so that no backlog is forgotten by a crash, a hand-over or another number of workers."""

from collections.abc import Sequence
from typing import NamedTuple

from smartregion.store.database import Connection
from smartregion.store.queries import load

_SECOND = "~2"


class Session(NamedTuple):
    """A session that the broker may hold. A worker has two names for its sessions, and hands over from one
    to the other."""

    client_id: str
    worker: int
    shared: bool
    """Whether several workers share the messages."""
    topics: tuple[str, ...]
    left: bool = False
    """Whether it is unsubscribed, or about to be, and only has to be emptied."""

    @property
    def other(self) -> "Session":
        """The session that takes over from this one."""
        first, _, rest = self.client_id.rpartition(_SECOND)
        is_second = first != "" and rest == ""
        return self._replace(client_id=first if is_second else self.client_id + _SECOND, left=False)

    def hearing(self, topics: Sequence[str]) -> "Session":
        """This session with further topics; those it has stay, because the broker keeps them."""
        return self._replace(topics=tuple(dict.fromkeys((*self.topics, *topics))))

    def same_worker(self, other: "Session") -> bool:
        """Whether both are of one worker."""
        return (self.worker, self.shared) == (other.worker, other.shared)


def first(name: str, worker: int, workers: int, topics: Sequence[str]) -> Session:
    """The session that a worker begins with; `name` is the setting mqtt_session."""
    if workers == 1:
        return Session(name, worker, False, tuple(topics))
    shared = tuple(f"$share/{name}/{topic}" for topic in topics)
    return Session(f"{name}-{worker}", worker, True, shared)


def present(known: Sequence[Session], begin: Session) -> Session | None:
    """The session that new messages of a worker go to, which begins with `begin`; `known` is oldest first.

    A crash in a hand-over leaves two: the newer one may be subscribed alone, the older one never is.
    """
    own = [session for session in known if session.same_worker(begin) and not session.left]
    return own[-1] if own else None


def leftovers(known: Sequence[Session], now: Session, workers: int) -> list[Session]:
    """Sessions that the worker whose present one is `now` has to empty: its other one, and for worker 0
    those of workers that there are no more."""
    own = [session for session in known if session.client_id == now.other.client_id]
    if now.worker > 0:
        return own
    return own + [s for s in known if s.shared != now.shared or s.worker >= workers]


def known(connection: Connection, name: str) -> list[Session]:
    """All that are written down under the setting mqtt_session, oldest first."""
    rows = connection.execute(load("sessions")["known"], {"session": name})
    return [
        Session(client_id, worker, shared, tuple(topics), left)
        for client_id, worker, shared, topics, left in rows
    ]


def remember(connection: Connection, name: str, session: Session) -> None:
    """Write down a session before it is made."""
    arguments = {
        "client_id": session.client_id,
        "session": name,
        "worker": session.worker,
        "shared": session.shared,
        "topics": list(session.topics),
    }
    connection.execute(load("sessions")["remember"], arguments)


def leave(connection: Connection, client_id: str) -> None:
    """Note that a session is going to be unsubscribed."""
    connection.execute(load("sessions")["leave"], {"client_id": client_id})


def forget(connection: Connection, client_id: str) -> None:
    """Strike out a session that has ended."""
    connection.execute(load("sessions")["forget"], {"client_id": client_id})
