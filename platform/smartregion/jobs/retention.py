"""How long data stays that must not stay: each rule with its reason beside it."""

import datetime as dt
from dataclasses import dataclass

from smartregion.store import queries
from smartregion.store.database import Connection


@dataclass(frozen=True)
class Rule:
    """Rows of a table older than `days` by event time are deleted, for a reason that an auditor can read."""

    table: str
    days: int
    reason: str


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


def forget_vehicle_tracks(connection: Connection, now: dt.datetime, rule: Rule = VEHICLE_TRACKS) -> int:
    """Delete positions older than the rule allows, count their packets for the books; returns how many."""
    before = now - dt.timedelta(days=rule.days)
    return int(
        connection.execute(queries.load("plans")["forget_tracks"], {"before": before}).fetchall()[0][0]
    )
