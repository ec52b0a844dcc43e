"""Past of all containers replayed through the filter: daily gains, lifts found, and how each stands now."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smartregion.waste.cleaning import DAY_S, Tank
from smartregion.waste.daytime import hour_of, usual_s

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_SEEN_OVERFULL = 1.1


@dataclass(frozen=True)
class Events:
    """What was told of containers, in any order; arrays of equal length.

    A level is a reading; a lift has the level that the driver saw, NaN where he noted none.
    """

    container: Places
    time_s: Floats
    """Unix time, s."""
    level: Floats
    lift: NDArray[np.bool_]


@dataclass(frozen=True)
class Past:
    """What the events say."""

    tank: Tank
    """The filter as it stands after the last event; its clock is `usual_s` of `day_starts_s`."""
    rise: Floats
    """[containers, days] gain of each local day."""
    watched: Floats
    """[containers, days] share of the day that was watched, or days up to a lift without a sensor."""
    last_lift_day: Floats
    """[containers] usual days from the first day's begin to the last lift told; NaN for none."""
    found: list[tuple[int, float, float]]
    """Lifts found in levels: container, Unix time s, level just before."""


def replay(events: Events, day_starts_s: Floats, count: int) -> Past:
    """Run all events through the filter, day by day.

    day_starts_s [days + 1]: local midnights, the last one ends the last day; events outside are left out, but
    for lifts before the first: what they tell of a container without a sensor is gathered on the first day.
    """
    days = len(day_starts_s) - 1
    tank = Tank(count)
    book = _Book(count, days)
    inside = (events.time_s < day_starts_s[-1]) & (events.lift | (events.time_s >= day_starts_s[0]))
    order = np.lexsort((events.time_s, events.container))
    order = order[inside[order]]
    container, time_s = events.container[order], events.time_s[order]
    level, lift = events.level[order], events.lift[order]
    sensed = np.zeros(count, dtype=bool)
    sensed[container[~lift]] = True
    day = np.searchsorted(day_starts_s, time_s, side="right") - 1
    clock_s = clock_of(time_s, day_starts_s)
    for now in _turns(container, np.flatnonzero((day < 0) & ~sensed[container])):
        book.tell(container[now], clock_s[now] / DAY_S, level[now], 0)
    found: list[tuple[int, float, float]] = []
    for number in range(days):
        gained, seen_s = tank.gained.copy(), tank.watched_s.copy()
        for now in _turns(container, np.flatnonzero(day == number)):
            told, read = now[lift[now]], now[~lift[now]]
            measured = sensed[container[told]]
            tank.lifted(container[told[measured]], clock_s[told[measured]])
            book.tell(container[told], clock_s[told] / DAY_S, np.where(measured, np.nan, level[told]), number)
            confirmed = container[read][tank.read(container[read], clock_s[read], level[read])]
            found += [
                (who, _unix_s(float(tank.lift_s[who]), day_starts_s), float(tank.lift_level[who]))
                for who in confirmed.tolist()
            ]
        book.rise[sensed, number] = (tank.gained - gained)[sensed]
        book.watched[sensed, number] = np.minimum((tank.watched_s - seen_s) / DAY_S, 1.0)[sensed]
    return Past(tank, book.rise, book.watched, book.last_lift_day, found)


def clock_of(time_s: Floats, day_starts_s: Floats) -> Floats:
    """The usual clock at Unix times, s; days before the first are all usual ones."""
    before_s = np.minimum(time_s - day_starts_s[0], 0.0)
    return np.asarray(usual_s(np.maximum(time_s, day_starts_s[0]), day_starts_s) + before_s)


def _turns(container: Places, chosen: Places) -> Iterator[Places]:
    """Of events ordered by container and time the first of each container, then the second, and so on."""
    own = container[chosen]
    rank = np.arange(len(chosen)) - np.searchsorted(own, own)
    for turn in range(int(rank.max(initial=-1)) + 1):
        yield chosen[rank == turn]


class _Book:
    """Gains by day; without a sensor a crew's lifts are all there is to learn from."""

    def __init__(self, count: int, days: int) -> None:
        self.rise, self.watched = np.zeros((count, days)), np.zeros((count, days))
        self.last_lift_day = np.full(count, np.nan)

    def tell(self, who: Places, clock_days: Floats, noted: Floats, day: int) -> None:
        """Lifts with the level that was noted; NaN says nothing but that it is empty now."""
        learn = ~np.isnan(noted) & ~np.isnan(self.last_lift_day[who])
        self.rise[who[learn], day] += np.minimum(noted[learn], _SEEN_OVERFULL)
        self.watched[who[learn], day] += (clock_days - self.last_lift_day[who])[learn]
        self.last_lift_day[who] = clock_days


def _unix_s(clock_s: float, day_starts_s: Floats) -> float:
    """When the usual clock shows so much; good to minutes, as lifts are found."""
    day, share = divmod(clock_s / DAY_S, 1.0)
    return float(day_starts_s[int(np.clip(day, 0, len(day_starts_s) - 2))] + 3600.0 * hour_of(share))
