"""Measures the cleaning of levels and the forecast on a district whose truth is known."""

import datetime as dt
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.draws import Float
from simulators.region.district import District, build_district
from simulators.region.kinds import FRACTIONS
from simulators.truth.bin_sensors import BinSensors
from simulators.truth.filling import MICRO, Filling, growth_of
from simulators.truth.localtime import day_of, midnight_s
from smartregion.sound import compensated_m
from smartregion.waste.cleaning import Reason
from smartregion.waste.daytime import usual_s
from smartregion.waste.forecast import History, ahead, fit
from smartregion.waste.lifts import Events, Past, replay
from smartregion.waste.workdays import WorkDays

_DAY_S = 86_400
_LEARN_DAYS = 42
_HELD_OUT_DAYS = 7
_SEEN = 0.15
"""Lifts of containers emptier than this can hardly be seen."""
_MANY = 10_000
_EPOCH = dt.date(1970, 1, 1)


def measure(seed: int = 1, scale: float = 1.0, origins: int = 4) -> dict[str, Any]:
    """Figures of cleaning and forecast: held-out weeks after each of `origins` mornings, a week apart."""
    district = build_district(seed, scale)
    first = day_of(dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC).timestamp())
    weeks = [_Week(district, first + 7 * number) for number in range(origins)]
    count = len(district.containers)
    return {
        "containers": count,
        "lifts": _mean([week.lifts() for week in weeks]),
        "levels": _mean([week.levels() for week in weeks]),
        "reasons": _mean([week.reasons() for week in weeks]),
        "sound": _sound(district, first),
        "forecast": _mean([week.forecast() for week in weeks]),
        "seconds_10000": _seconds(weeks[0]),
    }


def _sound(district: District, first_day: int) -> dict[str, float]:
    """Mean errors of winter levels when no sensor compensates for the temperature: as told, and mended."""
    weeks = {"as_told": _Week(district, first_day, True), "mended": _Week(district, first_day, True, True)}
    return {
        f"{name}_mean_error": round(week.levels()["cleaned_mean_error"], 4) for name, week in weeks.items()
    }


class _Week:
    """Six weeks of readings up to a midnight, and the truth of the week after.

    uncompensated: the sensors reckon with the speed of sound at 20 °C; mended: as a profile mends that.
    """

    def __init__(
        self, district: District, first_day: int, uncompensated: bool = False, mended: bool = False
    ) -> None:
        self.district, self.first_day = district, first_day
        self.now_day = first_day + _LEARN_DAYS
        sensors = BinSensors(district.seed, district.containers, uncompensated)
        self.filling = Filling(district.seed, district.containers, first_day, self.now_day + _HELD_OUT_DAYS)
        self.starts_s = np.array(
            [midnight_s(first_day + k) for k in range(_LEARN_DAYS + 1)], dtype=np.float64
        )
        read = sensors.readings(self.filling, float(self.starts_s[0]), float(self.starts_s[-1]))
        empty, full = (
            np.array([getattr(bin_, name) for bin_ in district.containers])[read.container]
            for name in ("empty_distance_m", "full_distance_m")
        )
        self.container, self.time_s = read.container, read.time_s.astype(np.float64)
        distance_m = compensated_m(read.distance_m, read.temp_c, 20.0) if mended else read.distance_m
        self.told: Float = np.clip((empty - distance_m) / (empty - full), 0.0, 1.2)
        self.fault = sensors.fault(int(self.starts_s[-1]) - 1)
        events = Events(self.container, self.time_s, self.told, np.zeros(len(self.told), dtype=bool))
        self.past: Past = replay(events, self.starts_s, len(district.containers))
        self.clock_s = float(usual_s(self.starts_s[-1:], self.starts_s)[0])
        self.interval_s = sensors.interval_s

    def lifts(self) -> dict[str, float]:
        """Precision and recall of lifts found, against those that really were; late ones count as found."""
        true = self._true_lifts()
        begin_s, end_s = self._judged_s()
        found = [one for one in self.past.found if begin_s < one[1] < end_s]
        hit = 0
        matched: set[tuple[int, int]] = set()
        for who, time_s, _ in found:
            near = [
                k
                for k, at_s in enumerate(true.get(who, []))
                if abs(at_s - time_s) <= 1.5 * self.interval_s[who] and (who, k) not in matched
            ]
            if near:
                matched.add((who, near[0]))
                hit += 1
        seen = [
            (who, k)
            for who, times in true.items()
            for k, at_s in enumerate(times)
            if self.filling.level(np.array([who]), np.array([at_s - 60.0]))[0] >= _SEEN
        ]
        recall = sum(one in matched for one in seen) / max(len(seen), 1)
        return {"found": len(found), "precision": hit / max(len(found), 1), "recall": recall}

    def levels(self) -> dict[str, float]:
        """Errors of the cleaned level and of the last reading, share of the volume."""
        true = np.minimum(self._level(self.starts_s[-1]), 1.12)
        level, sd = self.past.tank.at(self.clock_s)
        known = ~np.isnan(level)
        last = np.full(len(level), np.nan)
        last[self.container] = self.told
        clean, raw = np.abs(np.minimum(level, 1.12) - true), np.abs(last - true)
        # Nobody told of lifts here, so that nobody can know what lies under a dead or stuck sensor.
        speaking = known & ~np.isin(self.fault, ("dead", "stuck"))
        broken = known & ~speaking
        return {
            "cleaned_mean_error": float(clean[speaking].mean()),
            "cleaned_p999": float(np.quantile(clean[speaking], 0.999)),
            "last_reading_mean_error": float(raw[speaking].mean()),
            "last_reading_p999": float(np.quantile(raw[speaking], 0.999)),
            "dead_or_stuck_mean_error": float(clean[broken].mean()) if broken.any() else 0.0,
            "inside_90_percent": float((clean <= 1.645 * sd)[speaking].mean()),
        }

    def reasons(self) -> dict[str, float]:
        """How many broken sensors are told as such, and how many sound ones."""
        reason = self.past.tank.reasons(self.clock_s)
        fault = np.array(self.fault)
        told = {"dead": (Reason.CARRIED,), "stuck": (Reason.STUCK, Reason.CARRIED)}
        found = {
            f"{kind}_told": float(np.isin(reason[fault == kind], kinds).mean())
            for kind, kinds in told.items()
            if (fault == kind).any()
        }
        sound = fault == ""
        return found | {"sound_told_as_broken": float((reason[sound] != Reason.MEASURED).mean())}

    def forecast(self) -> dict[str, float]:
        """Growth of the held-out week: share inside 90 % intervals, mean errors, also of simple rules."""
        model_level, sd = self._start()
        kinds = WorkDays().kinds(_EPOCH + dt.timedelta(days=self.now_day), _HELD_OUT_DAYS)
        outlook = ahead(self._model(), model_level, sd, kinds)
        low, high = outlook.interval(0.9)
        true = self._level(self.starts_s[-1])[:, None] + self._growth()
        fair = np.array(self.fault) == ""
        inside = ((low <= true) & (true <= high))[fair]
        week = self._growth()[fair, -1]
        rise, watched = self.past.rise[fair], self.past.watched[fair]
        last = rise[:, -1] / np.maximum(watched[:, -1], 0.2)
        same = np.stack([rise[:, -7 * k] / np.maximum(watched[:, -7 * k], 0.2) for k in range(1, 5)])
        weekday = sum(
            (rise[:, k::7].sum(axis=1) / np.maximum(watched[:, k::7].sum(axis=1), 0.5)) for k in range(7)
        )
        full = (true[fair, -1] > 1).astype(float)
        return {
            "inside_90_percent": float(inside.mean()),
            "inside_day_1": float(inside[:, 0].mean()),
            "inside_day_7": float(inside[:, -1].mean()),
            "mean_error": float(np.abs(outlook.mean[fair, -1] - week).mean()),
            "mean_error_last_rate": float(np.abs(7 * last - week).mean()),
            "mean_error_last_weekday": float(np.abs(7 * same.mean(axis=0) - week).mean()),
            "mean_error_weekday_mean": float(np.abs(weekday - week).mean()),
            "brier_full_in_week": float(((outlook.p_full()[fair, -1] - full) ** 2).mean()),
        }

    def _start(self) -> tuple[Float, Float]:
        level, sd = self.past.tank.at(self.clock_s)
        return np.nan_to_num(level), sd

    def _model(self) -> Any:
        group = np.array([FRACTIONS.index(bin_.fraction) for bin_ in self.district.containers], dtype=np.intp)
        kinds = WorkDays().kinds(_EPOCH + dt.timedelta(days=self.first_day), _LEARN_DAYS)
        return fit(History(self.past.rise, self.past.watched, kinds, group), len(FRACTIONS))

    def _level(self, time_s: float) -> Float:
        number = np.arange(len(self.district.containers))
        return self.filling.level(number, np.full(len(number), time_s))

    def _growth(self) -> Float:
        """[containers, days] what came in up to the end of each held-out day, lifts or not."""
        daily = growth_of(self.district.seed, self.district.containers).daily(self.now_day, _HELD_OUT_DAYS)
        return np.asarray(np.cumsum(daily, axis=1) / MICRO)

    def _true_lifts(self) -> dict[int, list[float]]:
        begin_s, end_s = self._judged_s()
        return {
            who: [at_s for at_s in times.tolist() if begin_s < at_s < end_s]
            for who, times in enumerate(self.filling.lifts_s)
        }

    def _judged_s(self) -> tuple[float, float]:
        """Without the first and the last day: a lift of the last hours may wait for its second reading."""
        return float(self.starts_s[0]) + _DAY_S, float(self.starts_s[-1]) - _DAY_S


def _seconds(week: _Week) -> float:
    """CPU time of one forecast of a week for 10,000 containers, fit and intervals included, s."""
    times = -(-_MANY // len(week.district.containers))

    def many(values: NDArray[Any]) -> NDArray[Any]:
        return np.tile(values, (times, 1) if values.ndim == 2 else times)[:_MANY]

    kinds = WorkDays().kinds(_EPOCH + dt.timedelta(days=week.first_day), _LEARN_DAYS + _HELD_OUT_DAYS)
    group = np.array([FRACTIONS.index(bin_.fraction) for bin_ in week.district.containers], dtype=np.intp)
    level, sd = week._start()
    history = History(many(week.past.rise), many(week.past.watched), kinds[:_LEARN_DAYS], many(group))
    began = time.process_time()
    outlook = ahead(fit(history, len(FRACTIONS)), many(level), many(sd), kinds[_LEARN_DAYS:])
    outlook.p_full()
    outlook.interval(0.9)
    return time.process_time() - began


def _mean(found: list[dict[str, float]]) -> dict[str, float]:
    names = {name for each in found for name in each}
    return {
        name: round(float(np.mean([each[name] for each in found if name in each])), 4)
        for name in sorted(names)
    }
