"""Times as messages write them."""

import numpy as np
from numpy.typing import NDArray


def rfc3339(time_s: NDArray[np.int64]) -> list[str]:
    """Unix seconds as RFC 3339 in UTC."""
    return [f"{text}Z" for text in np.datetime_as_string(time_s.astype("M8[s]")).tolist()]


def rfc3339_ms(time_ms: int) -> str:
    """Unix milliseconds as RFC 3339 in UTC."""
    return f"{np.datetime_as_string(np.datetime64(time_ms, 'ms'))}Z"
