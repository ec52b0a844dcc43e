"""How a day's waste comes in over the hours: little at night, most in the afternoon. Our own proposal."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HOURS = np.array([0.0, 5.0, 7.0, 10.0, 13.0, 16.0, 19.0, 21.0, 24.0])
_SHARE = np.array([0.0, 0.01, 0.05, 0.22, 0.42, 0.63, 0.86, 0.96, 1.0])
_DAY_S = 86_400.0


def day_share(hours: float | Floats) -> Floats:
    """Share 0..1 of a usual day's waste that has come `hours` after local midnight."""
    return np.asarray(np.interp(hours, _HOURS, _SHARE))


def hour_of(share: float | Floats) -> Floats:
    """Hours after local midnight at which that share 0..1 has come."""
    return np.asarray(np.interp(share, _SHARE, _HOURS))


def usual_s(time_s: Floats, day_starts_s: Floats) -> Floats:
    """Times on a clock that runs as waste comes in, fast in the afternoon, hardly at night.

    It counts s of usual days since the first of `day_starts_s` (local midnights, ascending), whose last ends
    the last day.
    """
    day = np.clip(np.searchsorted(day_starts_s, time_s, side="right") - 1, 0, len(day_starts_s) - 2)
    return np.asarray((day + day_share((time_s - day_starts_s[day]) / 3600.0)) * _DAY_S)
