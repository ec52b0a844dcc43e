"""How a day's waste comes in over the hours: little at night, most in the afternoon. Our own proposal."""

import numpy as np
from numpy.typing import NDArray

_HOURS = np.array([0.0, 5.0, 7.0, 10.0, 13.0, 16.0, 19.0, 21.0, 24.0])
_SHARE = np.array([0.0, 0.01, 0.05, 0.22, 0.42, 0.63, 0.86, 0.96, 1.0])


def day_share(hours: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Share 0..1 of a usual day's waste that has come `hours` after local midnight."""
    return np.asarray(np.interp(hours, _HOURS, _SHARE))
