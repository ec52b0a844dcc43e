"""The form with which a dispatcher changes a plan: what can be chosen, and what was."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from smartregion.errors import InvalidInput
from smartregion.registry.objects import vehicles
from smartregion.waste.plan_edits import Edits, Halt, halts
from smartregion.waste.plans import TourRow, tour_sheet

_IDS = {"exclude": 2, "move": 3, "lock": 1, "out": 1, "swap": 2}
"""How many ids each kind of wish has."""


def choices(connection: Any, tours: Iterable[TourRow]) -> dict[str, Any]:
    """Tours with their stops and what can be wished of each; a wish is a list in JSON."""
    sheets = [tour_sheet(connection, tour.id) for tour in tours]
    driving = {sheet.tour.vehicle for sheet in sheets}
    known = [one for one in vehicles(connection) if one.purpose == "waste"]
    reserve = [one for one in known if one.id not in driving]
    found = []
    for sheet in sheets:
        own = set(sheet.tour.fractions)
        able = [one for one in known if own & set(one.fractions) and one.id != sheet.tour.vehicle]
        names = {stop.seq: stop for stop in sheet.stops}
        found.append(
            {
                "tour": sheet.tour,
                "lock": _wish("lock", sheet.tour.vehicle),
                "out": _wish("out", sheet.tour.vehicle),
                "swaps": [
                    (_wish("swap", sheet.tour.vehicle, one.id), one.name)
                    for one in reserve
                    if own & set(one.fractions)
                ],
                "stops": [
                    {
                        "stop": names[seq],
                        "fraction": halt.fraction,
                        "exclude": _wish("exclude", halt.site, halt.fraction),
                        "moves": [
                            (_wish("move", halt.site, halt.fraction, one.id), one.name)
                            for one in able
                            if halt.fraction in one.fractions
                        ],
                    }
                    for seq, halt in halts(sheet)
                ],
            }
        )
    return {"tours": found}


def chosen(wishes: Iterable[str], add: str) -> Edits:
    """What the form says; raises InvalidInput for what no form of ours sends."""
    by_kind: dict[str, list[list[str]]] = {kind: [] for kind in _IDS}
    for text in filter(None, wishes):
        try:
            kind, *ids = json.loads(text)
            by_kind[kind].append([str(id) for _, id in zip(range(_IDS[kind]), ids, strict=True)])
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("wish", text, "a choice of the form") from error
    moves: Mapping[Halt, str] = {Halt(site, fraction): to for site, fraction, to in by_kind["move"]}
    return Edits(
        tuple(Halt(site, fraction) for site, fraction in by_kind["exclude"]),
        tuple(filter(None, re.split(r"[\s,;]+", add))),
        moves,
        tuple(id for (id,) in by_kind["lock"]),
        tuple(id for (id,) in by_kind["out"]),
        {gone: other for gone, other in by_kind["swap"]},  # noqa: C416 - pairs come as lists
    )


def _wish(*parts: str) -> str:
    return json.dumps(parts)
