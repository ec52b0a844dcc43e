"""What the counting stations send.

Quarter hours in lists when they come home, minutes when they are connected.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest import topics
from ingest.messages import Status, Traffic
from simulators import draws
from simulators.draws import Float
from simulators.region.kinds import NATIVE
from simulators.speech.lorawan import frame_counter, lane_frame, uplink
from simulators.speech.message import Message
from simulators.speech.stamps import rfc3339
from simulators.truth.counting import QUARTER_S, Counters

Int = NDArray[np.int64]

_MINUTE_S = 60
_STATUS_S = 21_600
_LATE_MOST_S = 48
_PORT = 3


class LaneSpeech:
    """Messages of all lanes.

    Each station's clock is a little late, so that not all speak in the same second.
    """

    def __init__(self, counters: Counters) -> None:
        self.counters = counters
        number = np.arange(len(counters.stations))
        self._late_s = (draws.bits(counters.seed, "late clock", number) >> np.uint64(20)).astype(
            np.int64
        ) % _LATE_MOST_S
        self._native = np.array([station.speech == NATIVE for station in counters.stations])

    def home(self, start_s: float, end_s: float, begins: bool = True, ends: bool = True) -> Iterator[Message]:
        """What was not sent before `start_s`, sent at `end_s`: lists of quarter hours.

        Where the span begins or ends a quarter hour is broken: its minutes are told instead, because the
        other minutes are sent live.
        """
        native, late_s = self._by_lane(self._native), self._by_lane(self._late_s)
        start, end = start_s - late_s, end_s - late_s
        first = np.where(native & begins, np.ceil(start / QUARTER_S), np.floor(start / QUARTER_S)).astype(
            np.int64
        )
        last = np.floor(end / QUARTER_S).astype(np.int64)
        if begins:
            yield from self._minutes(
                np.where(native, start, end), np.where(native, np.minimum(first * QUARTER_S, end), end), True
            )
        yield from self._quarters(first, last)
        if ends:
            yield from self._minutes(np.where(native & (last >= first), last * QUARTER_S, end), end, True)

    def live(self, start_s: float, end_s: float) -> Iterator[Message]:
        """What is sent from `start_s` up to `end_s`.

        Minutes of connected stations, quarter hours over LoRaWAN.
        """
        late_s = self._by_lane(self._late_s)
        native = self._by_lane(self._native)
        start, end = start_s - late_s, end_s - late_s
        yield from self._minutes(np.where(native, start, end), end, False)
        first, last = np.floor(start / QUARTER_S).astype(np.int64), np.floor(end / QUARTER_S).astype(np.int64)
        yield from self._quarters(np.where(native, last, first), last)

    def status(self, start_s: float, end_s: float) -> Iterator[Message]:
        """Battery voltages of connected stations, four times a day, in one list each."""
        times = np.arange(-(-int(start_s) // _STATUS_S), -(-int(end_s) // _STATUS_S)) * _STATUS_S
        if not len(times):
            return
        stamps = rfc3339(times)
        for i, station in enumerate(self.counters.stations):
            if station.speech == NATIVE:
                heard = (~self.counters.silent(np.full(len(times), i), times)).tolist()
                volts = 12.6 + 0.5 * draws.normal(self.counters.seed, "station volts", i, times // 86_400)
                told = [
                    Status(t=t, battery_v=round(float(v), 2))
                    for t, v, on in zip(stamps, volts, heard, strict=True)
                    if on
                ]
                if told:
                    payload = msgspec.json.encode(told)
                    yield Message(topics.native(station.device, "status"), payload, len(told), station.device)

    def _by_lane(self, values: NDArray[Any]) -> NDArray[Any]:
        return np.repeat(values, 2)

    def _quarters(self, first: Int, last: Int) -> Iterator[Message]:
        """Quarter hours `first` up to, not including, `last` of each lane."""
        lane, time_s = _steps(first, last, QUARTER_S)
        lane, time_s = self._heard(lane, time_s)
        # One radio for both lanes: its uplinks come in order of time, lists lane by lane.
        native = self._native[lane // 2]
        order = np.lexsort((lane, np.where(native, 0, time_s), np.where(native, lane, lane // 2 * 2)))
        lane, time_s = lane[order], time_s[order]
        passed = self.counters.passed(lane, time_s)
        whole = self.counters.completeness(lane, time_s)
        yield from self._told(
            lane, time_s, QUARTER_S, passed.by_class, passed.soft, passed.speed_kmh, whole, True
        )

    def _minutes(self, start_s: Float, end_s: Float, in_lists: bool) -> Iterator[Message]:
        """Minutes of each lane that end after `start_s` and not after `end_s`."""
        first, last = (
            np.floor(start_s / _MINUTE_S).astype(np.int64),
            np.floor(end_s / _MINUTE_S).astype(np.int64),
        )
        lane, time_s = _steps(first, last, _MINUTE_S)
        if not len(lane):
            return
        lane, time_s = self._heard(lane, time_s)
        passed = self.counters.passed(lane, time_s // QUARTER_S * QUARTER_S)
        by_class, soft = self.counters.minutes(passed, time_s % QUARTER_S // _MINUTE_S)
        speed = np.where(by_class.sum(axis=1) > 0, passed.speed_kmh, np.nan)
        yield from self._told(lane, time_s, _MINUTE_S, by_class, soft, speed, np.ones(len(lane)), in_lists)

    def _heard(self, lane: Int, time_s: Int) -> tuple[Int, Int]:
        heard = ~self.counters.silent(lane // 2, time_s)
        return lane[heard], time_s[heard]

    def _told(
        self,
        lane: Int,
        time_s: Int,
        interval_s: int,
        by_class: Int,
        soft: Int,
        speed: Float,
        whole: Float,
        in_lists: bool,
    ) -> Iterator[Message]:
        stamps, speeds, shares = rfc3339(time_s), speed.tolist(), whole.tolist()
        for number, group in itertools.groupby(range(len(lane)), key=lane.tolist().__getitem__):
            rows = list(group)
            station = self.counters.stations[number // 2]
            counts = self.counters.counts(station, by_class[rows], soft[rows])
            if station.speech != NATIVE:
                for i, counted in zip(rows, counts, strict=True):
                    yield self._uplink(number, int(time_s[i]), stamps[i], interval_s, counted, speeds[i])
                continue
            told = [
                Traffic(
                    t=stamps[i], lane=number % 2 + 1, interval_s=interval_s, counts=counted,
                    speed_kmh=speeds[i] if speeds[i] == speeds[i] else None,
                    completeness=shares[i] if shares[i] < 1 else None,
                )
                for i, counted in zip(rows, counts, strict=True)
            ]  # fmt: skip
            for part in [told] if in_lists else [[each] for each in told]:
                payload = msgspec.json.encode(part if in_lists else part[0])
                yield Message(topics.native(station.device, "traffic"), payload, len(part), station.device)

    def _uplink(
        self, lane: int, time_s: int, stamp: str, interval_s: int, counts: dict[str, int], speed: float
    ) -> Message:
        station = self.counters.stations[lane // 2]
        decoded: dict[str, Any] = {
            "t": stamp,
            "lane": lane % 2 + 1,
            "interval_s": interval_s,
            "counts": counts,
        }
        if speed == speed:
            decoded["speed_kmh"] = speed
        frame = lane_frame(lane % 2 + 1, interval_s, sum(counts.values()), speed)
        # The two lanes share one radio: lane 1 sends on the quarter, lane 2 five seconds later.
        sent_s = time_s + interval_s + 5 * (lane % 2)
        counter = 2 * frame_counter(sent_s, interval_s) + lane % 2
        return uplink(
            self.counters.seed, station.speech, station.device, sent_s, _PORT, counter, frame, decoded, 1
        )


def _steps(first: Int, last: Int, step_s: int) -> tuple[Int, Int]:
    """Lane and start of each step `first` up to, not including, `last` of each lane."""
    counts = np.maximum(last - first, 0)
    lane = np.repeat(np.arange(len(counts)), counts)
    k = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[lane]
    return lane, k * step_s
