"""What passes the counting stations, and what each station can tell of it.

Every quarter hour of a lane is drawn in the nine classes of TLS 8+1; a station's own classes are sums of
those, so two schemes never contradict each other. Shorter intervals thin out the same vehicles.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators import draws
from simulators.draws import Float
from simulators.region.kinds import Station
from simulators.truth.localtime import days_and_hours, season, weekday

Int = NDArray[np.int64]

QUARTER_S = 900
TLS = ("Krad", "Pkw", "Lfw", "PkwA", "Lkw", "LkwA", "Sattel", "Bus", "nk")
SCHEME_SUMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "8+1": {name: (name,) for name in TLS},
    "5+1": {
        "PkwGruppe": ("Krad", "Pkw", "Lfw"), "PkwA": ("PkwA",), "Lkw": ("Lkw",), "LkwKombination": ("LkwA",
        "Sattel"),
        "Bus": ("Bus",), "nk": ("nk",),
    },
    "2": {"PkwAehnlich": ("Krad", "Pkw", "Lfw", "nk"), "LkwAehnlich": ("PkwA", "Lkw", "LkwA", "Sattel",
    "Bus")},
    "length": {"short": ("Krad", "Pkw", "nk"), "medium": ("Lfw", "PkwA", "Lkw"), "long": ("LkwA", "Sattel",
    "Bus")},
    "telraam": {"car": ("Krad", "Pkw", "Lfw", "PkwA", "nk"), "heavy": ("Lkw", "LkwA", "Sattel", "Bus")},
    "1": {"Kfz": TLS},
}  # fmt: skip
"""Classes of each scheme as sums of TLS 8+1; Telraam counts people on foot and on bicycles besides."""

_LIGHT = {"Krad": 0.012, "Pkw": 0.845, "Lfw": 0.118, "PkwA": 0.017, "nk": 0.008}
_HEAVY = {"Lkw": 0.36, "LkwA": 0.13, "Sattel": 0.44, "Bus": 0.07}
_WORKDAY = (6, 4, 4, 5, 14, 40, 68, 76, 62, 54, 53, 55, 58, 58, 62, 72, 82, 78, 60, 42, 30, 22, 15, 9)
_WEEKEND = (12, 8, 6, 5, 6, 9, 16, 26, 40, 54, 64, 68, 62, 58, 62, 66, 66, 62, 54, 42, 32, 24, 18, 13)
_TRUCKS = (18, 16, 16, 20, 36, 58, 72, 78, 80, 80, 79, 77, 74, 72, 70, 64, 56, 46, 38, 32, 28, 25, 22, 20)
_DAYS = (0.98, 1.02, 1.03, 1.05, 1.10, 0.86, 0.70)
_TRUCK_DAYS = (1.20, 1.32, 1.34, 1.32, 1.14, 0.30, 0.12)
_FAULTY, _SILENT_DAYS, _CYCLE_DAYS = 5, 8, 25
"""So many stations fall silent for 8 days in every 25, one after the other.

One or two are silent at any time.
"""


@dataclass(frozen=True)
class Passed:
    """Vehicles by lane and quarter hour."""

    lane: Int
    """Place in `Counters.lanes` of each row."""
    time_s: Int
    """Start of the quarter hour."""
    by_class: Int
    """[rows, 9] in the order of `TLS`."""
    speed_kmh: Float
    """Mean speed; NaN when nothing passed."""
    soft: Int
    """[rows, 2] people on foot and on bicycles."""


class Counters:
    """All lanes of all counting stations: lane 2 i is lane 1 of station i, lane 2 i + 1 its lane 2."""

    def __init__(self, seed: int, stations: list[Station]) -> None:
        self.seed, self.stations = seed, stations
        self._daily = np.array([daily for station in stations for daily in station.daily])
        self._heavy = np.repeat([station.heavy_share for station in stations], 2)
        self._speed = np.repeat([station.speed_kmh for station in stations], 2)
        self._rural = np.repeat([station.directions[1] != "Zentrum" for station in stations], 2)
        ranks = np.argsort(draws.uniform(seed, "faulty station", np.arange(len(stations))))
        self._fault_shift = np.full(len(stations), -1)
        self._fault_shift[ranks[:_FAULTY]] = np.arange(_FAULTY) * _CYCLE_DAYS // _FAULTY

    def passed(self, lane: Int, time_s: Int) -> Passed:
        """What passed `lane` (n) in the quarter hours that begin at `time_s` (n)."""
        mean = self._means(lane, time_s)
        quarter = time_s // QUARTER_S
        u = draws.uniform(self.seed, "passing", lane[:, None], quarter[:, None], np.arange(len(TLS)))
        by_class = draws.poisson(mean, u)
        total = by_class.sum(axis=1)
        busy = np.minimum(mean.sum(axis=1) * 4 / 1500, 1.0)
        wobble = draws.normal(self.seed, "speed", lane, quarter) * 4.5 / np.sqrt(np.maximum(total, 1))
        speed = (
            self._speed[lane] * (1 - 0.12 * busy**2)
            + 0.8 * draws.normal(self.seed, "pace", lane, quarter // 4)
            + wobble
        )
        walkers = self._soft(lane, time_s)
        return Passed(
            lane, time_s, by_class, np.where(total > 0, np.round(np.maximum(speed, 8), 1), np.nan), walkers
        )

    def minutes(self, passed: Passed, minute: Int) -> tuple[Int, Int]:
        """Of the vehicles of each row those of minute 0..14.

        [rows, 9] and [rows, 2]; fifteen minutes add up exactly.
        """
        both = np.concatenate((passed.by_class, passed.soft), axis=1)
        most = int(both.max(initial=0))
        column = np.arange(both.shape[1])[:, None]
        place = draws.bits(
            self.seed,
            "minute",
            passed.lane[:, None, None],
            passed.time_s[:, None, None] // QUARTER_S,
            column,
            np.arange(most),
        )
        chosen = (place >> np.uint64(33)).astype(np.int64) % 15 == minute[:, None, None]
        counts: Int = (chosen & (np.arange(most) < both[:, :, None])).sum(axis=2)
        return counts[:, : len(TLS)], counts[:, len(TLS) :]

    def counts(self, station: Station, by_class: Int, soft: Int) -> list[dict[str, int]]:
        """Rows of TLS classes as one station tells them."""
        columns = {
            name: by_class[:, [TLS.index(part) for part in parts]].sum(axis=1).tolist()
            for name, parts in SCHEME_SUMS[station.class_scheme].items()
        }
        if station.class_scheme == "telraam":
            columns |= {"Fuss": soft[:, 0].tolist(), "Rad": soft[:, 1].tolist()}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def silent(self, station: Int, time_s: Int) -> NDArray[np.bool_]:
        """Whether stations say nothing: a fault, or Telraam in the dark."""
        day, hours = days_and_hours(time_s.astype(np.float64))
        shift = self._fault_shift[station]
        broken = (shift >= 0) & ((day + shift) % _CYCLE_DAYS < _SILENT_DAYS)
        blind = np.array([each.class_scheme == "telraam" for each in self.stations])[station]
        half_light = 4.6 + 1.7 * np.cos(2 * np.pi * (season(day) - 0.97))
        dark = np.abs(hours - 12.6) > 12 - half_light
        silence: NDArray[np.bool_] = broken | (blind & dark)
        return silence

    def completeness(self, lane: Int, time_s: Int) -> Float:
        """Share 0..1 of each quarter hour that was really watched."""
        u = draws.uniform(self.seed, "watched", lane, time_s // QUARTER_S)
        return np.where(u < 0.985, 1.0, np.round(0.55 + 0.44 * (u - 0.985) / 0.015, 2))

    def _means(self, lane: Int, time_s: Int) -> Float:
        """Expected vehicles [rows, 9] of a quarter hour."""
        day, hours = days_and_hours(time_s.astype(np.float64) + QUARTER_S / 2)
        week, station = weekday(day), lane // 2
        light_day = _along_day(np.where((week >= 5)[:, None], _WEEKEND, _WORKDAY), hours)
        heavy_day = _along_day(np.broadcast_to(_TRUCKS, (len(lane), 24)), hours)
        # In the morning people drive to town (lane 2 of the station), in the evening back.
        tide = np.where(
            week < 5, 0.28 * np.exp(-((hours - 7) ** 2) / 3) - 0.24 * np.exp(-((hours - 16.5) ** 2) / 5), 0
        )
        light_day = light_day * (1 + np.where(lane % 2 == 1, tide, -tide))
        day_factor = np.exp(0.05 * draws.normal(self.seed, "day", station, day))
        event = draws.uniform(self.seed, "detour", station, day) < 0.008
        rough = np.exp(0.06 * draws.normal(self.seed, "quarter", station, time_s // QUARTER_S))
        common = (
            self._daily[lane]
            * day_factor
            * np.where(event, 1.7, 1.0)
            * rough
            * (1 - 0.06 * np.cos(2 * np.pi * season(day)))
        )
        light = common * (1 - self._heavy[lane]) * np.array(_DAYS)[week] * light_day
        heavy = common * self._heavy[lane] * np.array(_TRUCK_DAYS)[week] * heavy_day
        shares_l = np.array([_LIGHT.get(name, 0.0) for name in TLS])
        shares_h = np.array([_HEAVY.get(name, 0.0) for name in TLS])
        shares_l = np.where(
            np.arange(len(TLS)) == 0, shares_l * 1.6 * np.sin(np.pi * season(day))[:, None] ** 2, shares_l
        )
        means: Float = light[:, None] * shares_l + heavy[:, None] * shares_h
        return means

    def _soft(self, lane: Int, time_s: Int) -> Int:
        day, hours = days_and_hours(time_s.astype(np.float64) + QUARTER_S / 2)
        mean = self._daily[lane] * 0.12 * _along_day(np.broadcast_to(_WEEKEND, (len(lane), 24)), hours)
        warm = 1 - 0.5 * np.cos(2 * np.pi * (season(day) - 0.05))
        both = np.column_stack((mean, 1.1 * mean * warm))
        keys = lane[:, None], time_s[:, None] // QUARTER_S, np.arange(2)
        return draws.poisson(
            np.where(self._rural[lane][:, None], 0.0, both), draws.uniform(self.seed, "on foot", *keys)
        )


def _along_day(profiles: NDArray[np.generic] | Float, hours: Float) -> Float:
    """Share of a day's traffic in the quarter around `hours`, between the middles of hours."""
    table = np.asarray(profiles, dtype=np.float64)
    place = hours - 0.5
    before = np.floor(place).astype(np.int64)
    part = place - before
    row = np.arange(len(table))
    value = table[row, before % 24] * (1 - part) + table[row, (before + 1) % 24] * part
    share: Float = value / table.sum(axis=1) / 4
    return share
