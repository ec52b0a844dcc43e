"""Values with conditions, as OpenStreetMap writes them: `no_left_turn @ (Mo-Fr 07:00-09:00; weight>7.5)`.

A network holds at all hours: what forbids counts where it may hold while the truck works, what allows only
where it always holds then.
"""

import enum
import re
from collections.abc import Iterator

from routing.roads import tags as read
from routing.roads.profile import TruckProfile

_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_WORKDAYS = frozenset(_DAYS[:6])
_PART = re.compile(r"([^@;]+)@\s*(\([^)]*\)|[^;]+)(?:;|$)")
_LIMIT = re.compile(r"(weight|weightrating|maxweight|height|width|length)\s*(>=|<=|>|<|=)\s*(.+)")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_DAY = re.compile(r"\b(mo|tu|we|th|fr|sa|su|ph|sh)\b(?:\s*-\s*(mo|tu|we|th|fr|sa|su)\b)?")
_WITH_WORK = frozenset(("destination", "delivery", "customers", "hgv"))
"""Groups to which a truck belongs that has work on the road."""


class Holds(enum.IntEnum):
    """When a condition holds while a truck works."""

    NEVER = 0
    SOMETIMES = 1
    ALWAYS = 2


def values(text: str | None, profile: TruckProfile) -> Iterator[tuple[str, Holds]]:
    """Each value of a conditional tag and when it holds for the truck; of several conditions one suffices."""
    for found in _PART.finditer(text or ""):
        value, conditions = found[1].strip(), found[2].strip().strip("()")
        yield value, max(_all(one, profile) for one in conditions.split(";"))


def _all(text: str, profile: TruckProfile) -> Holds:
    """Conditions joined by AND hold together when the rarest does."""
    return min(_one(term.strip().lower(), profile) for term in re.split(r"\s+AND\s+", text, flags=re.I))


def _one(term: str, profile: TruckProfile) -> Holds:
    limit = _LIMIT.fullmatch(term)
    if limit:
        return _compared(limit[1], limit[2], limit[3], profile)
    if term in _WITH_WORK:
        return Holds.ALWAYS
    if _SPAN.search(term) or _DAY.search(term):
        return min(_on_days(term), _in_hours(term, profile))
    return Holds.SOMETIMES  # rain, winter, permits: nobody knows


def _compared(what: str, sign: str, text: str, profile: TruckProfile) -> Holds:
    weight = "weight" in what
    own = profile.weight_t if weight else getattr(profile, f"{what}_m")
    limit = read.tonnes(text) if weight else read.metres(text)
    if limit is None:
        return Holds.SOMETIMES
    true = {">": own > limit, ">=": own >= limit, "<": own < limit, "<=": own <= limit, "=": own == limit}
    return Holds.ALWAYS if true[sign] else Holds.NEVER


def _on_days(term: str) -> Holds:
    days: set[str] = set()
    for first, last in _DAY.findall(term):
        begin = _DAYS.index(first) if first in _DAYS else -1
        days |= set(_DAYS[begin : _DAYS.index(last) + 1]) if last and begin >= 0 else {first}
    if not days or days >= _WORKDAYS:
        return Holds.ALWAYS
    return Holds.SOMETIMES if days & _WORKDAYS or "sh" in days else Holds.NEVER


def _in_hours(term: str, profile: TruckProfile) -> Holds:
    spans = [(int(a) + int(b) / 60, int(c) + int(d) / 60) for a, b, c, d in _SPAN.findall(term)]
    if not spans:
        return Holds.ALWAYS
    whole = [
        part for begin, end in spans for part in ([(begin, end)] if begin < end else [(begin, 24), (0, end)])
    ]
    begins, ends = profile.work_from_h, profile.work_to_h
    if any(begin <= begins and end >= ends for begin, end in whole):
        return Holds.ALWAYS
    return Holds.SOMETIMES if any(begin < ends and end > begins for begin, end in whole) else Holds.NEVER
