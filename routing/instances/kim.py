"""Waste collection of Kim, Kim and Sahoo (2006): landfills, lunch, limits a load and a day.

Manhattan distances in feet at a given speed in miles per hour; costs are miles. Times are HHMM; a value such
as 1675 counts as 16 h and 75 min. A vehicle comes home empty and lunches from a start between 11:00 and
12:00, at home if it is back by then. Fewer vehicles come before fewer miles, as published results count.
"""

import math

import numpy as np

from routing.instances.instance import Instance, refuse
from routing.problem import DisposalSite, LunchBreak, Objective, Problem, Stop, Vehicle, Window

_FOOT_M = 0.3048
_MILE_M = 1609.344
_HEAD_LINES = 6
_DEPOT, _STOP, _LANDFILL = 0, 1, 2


def read_kim(text: str, source: str) -> Instance:
    """Read a file's text; RoutingError in one line if a limit or a row is missing or strange."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    heads = ("vehicle capacity", "yards a day", "stops a day", "lunch duration", "speed")
    limits = [_number(source, head, line[0]) for head, line in zip(heads, lines, strict=False)]
    rows = [_row(source, line) for line in lines[_HEAD_LINES:]]
    depots = [row for row in rows if row[7] == _DEPOT]
    landfills = [row for row in rows if row[7] == _LANDFILL]
    stops = [row for row in rows if row[7] == _STOP]
    for name, found in (("depot", depots), ("landfill", landfills), ("stop", stops)):
        if not found:
            refuse(source, "Stop_Type", f"no {name}", "a depot (0), stops (1) and landfills (2)")
    if len(depots) > 1:
        refuse(source, "Stop_Type", f"{len(depots)} depots", "one")
    places = [*depots, *landfills, *stops]
    at = np.array([(row[1], row[2]) for row in places])
    feet = np.abs(at[:, None, :] - at[None, :, :]).sum(axis=2)
    capacity, day, most_stops, lunch_s, mph = limits
    first_stop = 1 + len(landfills)
    vehicle = Vehicle(
        0,
        0,
        (capacity,),
        _window(depots[0]),
        cost_per_m=1.0 / _MILE_M,
        home_empty=True,
        breaks=LunchBreak(11 * 3600.0, 12 * 3600.0, lunch_s),
        max_load=(day,),
        max_stops=int(most_stops),
    )
    fleet = 10 + 2 * math.ceil(sum(row[6] for row in stops) / day)
    problem = Problem(
        [Stop(first_stop + k, (row[6],), row[5], (_window(row),)) for k, row in enumerate(stops)],
        [vehicle] * fleet,
        feet * _FOOT_M,
        feet * _FOOT_M / (mph * _MILE_M / 3600.0),
        [DisposalSite(1 + k, row[5], (_window(row),)) for k, row in enumerate(landfills)],
        name=source.removesuffix(".txt"),
        unit="mile",
        objective=Objective(vehicles_first=True),
        positions=[(float(x), float(y)) for x, y in at],
    )
    return Instance(problem)


def _number(source: str, field: str, word: str) -> float:
    try:
        return float(word)
    except ValueError:
        refuse(source, field, repr(word), "a number")


def _row(source: str, line: list[str]) -> tuple[float, ...]:
    if len(line) != 8:
        refuse(source, "row", repr(" ".join(line)[:60]), "eight columns from Stop_ID to Stop_Type")
    return tuple(_number(source, "row", word) for word in line)


def _window(row: tuple[float, ...]) -> Window:
    opens, closes = (divmod(int(value), 100) for value in row[3:5])
    return opens[0] * 3600.0 + opens[1] * 60.0, closes[0] * 3600.0 + closes[1] * 60.0
