"""What each stop would cost alone, for each kind of vehicle."""

from routing.kernels.jit import kernel, once
from routing.kernels.layout import (
    DAY_LOAD,
    DAY_STOPS,
    DUMPS,
    FAR,
    START_DAY,
    START_LOAD,
    TRIP_LOAD,
    Data,
    State,
)
from routing.kernels.links import begin
from routing.kernels.rich import price_alone
from routing.kernels.rules import forbidden


@once
def price_stops(d: Data, s: State) -> None:
    """Fill Data.solo [k, n]: cost of a tour of one stop, FAR where no vehicle of the kind can do it."""
    for kind in range(len(d.kind_first) - 1):
        vehicle = d.kind_first[kind]
        for stop in range(len(d.near)):
            if _too_much(d, vehicle, stop):
                d.solo[kind, stop] = FAR
            else:
                begin(s)
                d.solo[kind, stop] = price_alone(d, s, vehicle, stop)


@kernel
def _too_much(d: Data, vehicle: int, stop: int) -> bool:
    if forbidden(d, vehicle, stop):
        return True
    for k in range(d.demand.shape[1]):
        amount = d.demand[stop, k]
        room = d.capacity[TRIP_LOAD, vehicle, k]
        if d.traits[DUMPS] == 0:
            room -= d.capacity[START_LOAD, vehicle, k]
        if amount > room or amount + d.capacity[START_DAY, vehicle, k] > d.capacity[DAY_LOAD, vehicle, k]:
            return True
    return bool(d.vehicle[DAY_STOPS, vehicle] < 1)
