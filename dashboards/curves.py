"""Curves as the element <day-curve> takes them: one time axis, lines solid, dashed or the edges of a band."""

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence

_FORECAST_DAYS = 7
_FULL = 1.0

Points = Sequence[tuple[dt.datetime, float | None]]


@dataclasses.dataclass(frozen=True)
class Line:
    """One line; kinds: solid (observed), dashed (forecast), alarm, low and high (edges of the band)."""

    label: str
    kind: str
    points: Points


@dataclasses.dataclass(frozen=True)
class Curve:
    """All lines over the union of their times; `empty` when nothing was observed."""

    json: str
    empty: bool


def join(
    unit: str,
    lines: Sequence[Line],
    threshold: float | None = None,
    threshold_label: str = "",
    observed: bool = True,
) -> Curve:
    """Put lines over one axis of times (epoch seconds); a line without a value at a time has null there.

    `observed` False says that all values are missing: the curve counts as empty.
    """
    times = sorted({time for line in lines for time, _ in line.points})
    values = [dict(line.points) for line in lines]
    data = {
        "unit": unit,
        "times": [int(time.timestamp()) for time in times],
        "lines": [
            {
                "label": line.label,
                "kind": line.kind,
                "values": [_short(known.get(time)) for time in times],
            }
            for line, known in zip(lines, values, strict=True)
        ],
        "threshold": threshold,
        "thresholdLabel": threshold_label,
    }
    # "<" could end the script element that carries the data.
    return Curve(json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"), not times or not observed)


def forecast(
    since: dt.datetime | None, level: float | None, rate_per_day: float | None, now: dt.datetime
) -> list[tuple[dt.datetime, float]]:
    """The level carried on at its present rate until full, a week at most; empty when it does not rise."""
    if since is None or level is None or not rate_per_day or rate_per_day <= 0 or level >= _FULL:
        return []
    days = min(_FORECAST_DAYS, (_FULL - level) / rate_per_day)
    end = since + dt.timedelta(days=days)
    return [(since, level), (end, level + rate_per_day * days)] if end > now else []


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
