"""Distances by sound: what a sensor tells in the cold and in the heat that reckons with one speed of it."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_KELVIN = 273.15
Metres = TypeVar("Metres", float, NDArray[np.float64])


def compensated_m(distance_m: Metres, temp_c: Metres, at_c: float) -> Metres:
    """The distance that a sensor should have told at `temp_c`, reckoning with the speed of sound at `at_c`.

    In dry air the speed goes with the root of the absolute temperature (331.3 m/s at 0 °C), 0.17 % a kelvin
    at 20 °C: at -10 °C an echo from 1.70 m is told as 1.79 m.
    """
    faster: Metres = ((_KELVIN + temp_c) / (_KELVIN + at_c)) ** 0.5
    return distance_m * faster
