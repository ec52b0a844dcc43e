"""Stretches of a tour whose times join in constant time.

A stretch is (duration, warp, earliest, latest), all in ticks: how long it lasts from the begin of its first
service to the end of its last, by how much time is turned back where it is late, and between which ticks its
first service may begin without lasting longer or turning back more. Vidal, Crainic, Gendreau and Prins, A
hybrid genetic algorithm with adaptive diversity management for a large class of vehicle routing problems with
time-windows, Computers & Operations Research 40 (2013), section 4.5.
"""

from routing.kernels.jit import leaf
from routing.kernels.local_layout import Ground

Stretch = tuple[int, int, int, int]


@leaf
def alone(d: Ground, stop: int) -> Stretch:
    """The stretch of one stop."""
    return d.service[stop], 0 * d.service[stop], d.window[stop, 0], d.window[stop, 1]


@leaf
def joined(first: Stretch, second: Stretch, drive: int) -> Stretch:
    """One stretch after the other, `drive` ticks between them."""
    duration, warp, earliest, latest = first
    next_duration, next_warp, next_earliest, next_latest = second
    ahead = duration - warp + drive
    wait = max(next_earliest - ahead - latest, 0)
    late = max(earliest + ahead - next_latest, 0)
    return (
        duration + next_duration + drive + wait,
        warp + next_warp + late,
        max(next_earliest - ahead, earliest) - wait,
        min(next_latest - ahead, latest) + late,
    )
