"""Small questions about time: driving, service, the start within windows."""

from routing.kernels.jit import leaf
from routing.kernels.layout import DRIVE_AT, LATE, SERVICE_AT, SITE, WAITS, Data, Int, State


@leaf
def start_of(window: Int, arrival: int) -> int:
    """Earliest start of service after arriving, -1 if every window [w, 2] has closed."""
    for k in range(len(window)):
        if arrival <= window[k, 1]:
            return max(arrival, int(window[k, 0]))
    return -1


@leaf
def latest_start(window: Int, limit: int) -> int:
    """Latest start of service not after `limit`, -LATE if no window [w, 2] opens by then."""
    for k in range(len(window) - 1, -1, -1):
        start = min(limit, int(window[k, 1]))
        if start >= window[k, 0]:
            return start
    return -LATE


@leaf
def drive_of(d: Data, vehicle: int, start: int, end: int) -> int:
    """Driving time of the vehicle from row to row."""
    return int(d.drive[d.vehicle[DRIVE_AT, vehicle] + start, end])


@leaf
def service_of(d: Data, vehicle: int, place: int) -> int:
    """Time of the vehicle at a place."""
    return int(d.service[d.vehicle[SERVICE_AT, vehicle] + place])


@leaf
def place_of(d: Data, s: State, node: int) -> int:
    """Row of Data.window and of Data.service for a stop or a disposal visit."""
    stops = len(d.near)
    if node < stops:
        return node
    return int(stops + s.node[SITE, node])


@leaf
def waits_of(d: Data, s: State, node: int) -> int:
    """Tick until which a disposal visit lasts at least, for the next trip's sake; long ago for a stop."""
    return int(s.node[WAITS, node]) if node >= len(d.near) else -LATE
