"""How long data stays: rules with their legal reasons in the database, a look ahead, and the deletion."""

import dataclasses
import datetime as dt

import psycopg
from psycopg.rows import class_row

from smartregion.errors import InvalidInput
from smartregion.store.database import Connection
from smartregion.store.queries import load


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """Rows of a kind older than `days` are deleted, and the oldest beyond `most`; None is no limit.

    Rollups of raw kinds are final before `deleted_before`.
    """

    kind: str
    days: int | None
    most: int | None
    reason_de: str
    reason_en: str
    deleted_before: dt.datetime | None

    def before(self, now: dt.datetime) -> dt.datetime | None:
        """Rows older than this moment must not be there any more; None when they may stay."""
        return None if self.days is None else now - dt.timedelta(days=self.days)


@dataclasses.dataclass(frozen=True, slots=True)
class Forgotten:
    """What a rule deleted; `held` tells why it could not."""

    kind: str
    rows: int
    held: str | None = None


def rules(connection: Connection) -> dict[str, Rule]:
    """Every rule by its kind."""
    with connection.cursor(row_factory=class_row(_StoredRule)) as cursor:
        stored = cursor.execute(load("retention")["rules"]).fetchall()
    return {row.kind: row.rule() for row in stored}


def set_rule(connection: Connection, kind: str, days: int | None, most: int | None) -> None:
    """Change age and bound of a rule. Raises InvalidInput for unknown kinds and numbers below 1."""
    for name, value in (("days", days), ("most", most)):
        if value is not None and value < 1:
            raise InvalidInput(name, value, "a whole number from 1 up, or none")
    parameters = {"kind": kind, "days": days, "most": most}
    if connection.execute(load("retention")["set_rule"], parameters).fetchone() is None:
        raise InvalidInput("kind", kind, f"one of {', '.join(rules(connection))}")


def due(connection: Connection, now: dt.datetime) -> dict[str, int]:
    """Rows that each rule would delete now; changes nothing."""
    return {rule.kind: _run(connection, f"due_{rule.kind}", rule, now) for rule in rules(connection).values()}


def forget(connection: Connection, now: dt.datetime) -> list[Forgotten]:
    """Apply every rule; one that must wait does not stop the others. Deleted packets stay in the books."""
    return [forget_kind(connection, now, rule) for rule in rules(connection).values()]


def forget_kind(connection: Connection, now: dt.datetime, rule: Rule) -> Forgotten:
    """Apply one rule; held while a rollup still needs the rows."""
    try:
        with connection.transaction():
            return Forgotten(rule.kind, _run(connection, f"forget_{rule.kind}", rule, now))
    except psycopg.errors.ObjectInUse as error:
        return Forgotten(rule.kind, 0, str(error.diag.message_primary))


@dataclasses.dataclass(frozen=True, slots=True)
class _StoredRule:
    kind: str
    days: int | None
    most: int | None
    reason_de: str
    reason_en: str
    deleted_before: str

    def rule(self) -> Rule:
        moment = (
            None if self.deleted_before == "-infinity" else dt.datetime.fromisoformat(self.deleted_before)
        )
        return Rule(self.kind, self.days, self.most, self.reason_de, self.reason_en, moment)


def _run(connection: Connection, query: str, rule: Rule, now: dt.datetime) -> int:
    before = rule.before(now)
    if before is None and rule.most is None:
        return 0
    parameters = {"before": before or "-infinity", "most": rule.most}
    return int(connection.execute(load("retention")[query], parameters).fetchall()[0][0])
