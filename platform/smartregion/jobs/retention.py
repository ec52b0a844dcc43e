"""The age at which passes over segments go, that of the positions they were made of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Rows older than `days` are deleted."""

    days: int


VEHICLE_TRACKS = Rule(days=14)
