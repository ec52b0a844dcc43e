"""How long data stays that must not stay: each rule with its reason beside it."""

import datetime as dt
from dataclasses import dataclass

from smartregion.store import queries
from smartregion.store.database import Connection


@dataclass(frozen=True)
class Rule:
    """Rows of a table older than `days` are deleted, for a reason that an auditor can read.

    The age is that of the measurement for positions, that of arrival for all others.
    """

    table: str
    days: int
    reason: str
    most: int | None = None
    """Most rows that stay, the newest; None without such a bound."""


VEHICLE_TRACKS = Rule(
    table="sr.track",
    days=14,
    reason=(
        "Positions of vehicles tell where their drivers were: personal data, kept no longer than needed "
        " (Art. 5 (1) (e) GDPR; § 26 BDSG and the state's act for employees). Their "
        "purpose, the condition of roads by segment, is fulfilled within minutes; 14 days remain to find "
        "faults of sensors."
    ),
)

QUARANTINE = Rule(
    table="sr.quarantine",
    days=90,
    most=1_000_000,
    reason=(
        "What could not be read waits for a new profile or the registration of its device; who has not "
        "mended it in a quarter of a year will not. The bound in rows keeps a device that sends nonsense "
        "without end from filling the disk."
    ),
)
MESSAGE_FLAGS = Rule(
    table="sr.message_flag",
    days=90,
    reason="Faulty single fields are read to mend a device or its profile, like quarantine.",
)
COUNTERS = Rule(
    table="sr.counter_seen",
    days=31,
    reason=(
        "Gaps between frame counters are looked at in the month after. The newest counter of each device "
        "stays, so that the next gap is found."
    ),
)


@dataclass(frozen=True)
class Forgotten:
    """How many rows retention deleted."""

    positions: int
    quarantined: int
    flags: int
    counters: int


def forget(connection: Connection, now: dt.datetime) -> Forgotten:
    """Apply every rule; deleted packets stay in the books."""
    return Forgotten(
        forget_vehicle_tracks(connection, now),
        forget_quarantine(connection, now),
        _forget(connection, "forget_flags", now, MESSAGE_FLAGS),
        _forget(connection, "forget_counters", now, COUNTERS),
    )


def forget_quarantine(connection: Connection, now: dt.datetime, rule: Rule = QUARANTINE) -> int:
    """Delete quarantined messages beyond the rule, resolved or open; returns how many."""
    return _forget(connection, "forget_quarantine", now, rule)


def _forget(connection: Connection, query: str, now: dt.datetime, rule: Rule) -> int:
    arguments = {"before": now - dt.timedelta(days=rule.days), "most": rule.most}
    return int(connection.execute(queries.load("gaps")[query], arguments).fetchall()[0][0])


def forget_vehicle_tracks(connection: Connection, now: dt.datetime, rule: Rule = VEHICLE_TRACKS) -> int:
    """Delete positions older than the rule allows, count their packets for the books; returns how many."""
    before = now - dt.timedelta(days=rule.days)
    return int(
        connection.execute(queries.load("plans")["forget_tracks"], {"before": before}).fetchall()[0][0]
    )
