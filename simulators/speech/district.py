"""All devices of a district: what they send over a span of time, live or when they come home."""

import zlib
from collections.abc import Iterable, Iterator

import numpy as np

from ingest import topics
from simulators import draws
from simulators.region.district import District
from simulators.speech import bins, vehicles
from simulators.speech.counters import LaneSpeech
from simulators.speech.message import Message
from simulators.truth.bin_sensors import BinSensors
from simulators.truth.counting import Counters
from simulators.truth.driving import Fleet
from simulators.truth.filling import Filling
from simulators.truth.localtime import day_of

_DAY_S = 86_400
_REPEATED, _BROKEN = 500, 2500
"""One message in so many is sent twice, or at first in half, as it happens on radio."""
STRANGER = "bin-9001"
"""A container that nobody registered yet: its messages wait in quarantine."""


class DistrictSpeech:
    """The messages of a district as a function of time; it holds no state but what it has computed before."""

    def __init__(self, district: District) -> None:
        self.district = district
        self.sensors = BinSensors(district.seed, district.containers)
        self.lanes = LaneSpeech(Counters(district.seed, district.stations))
        self.fleet = Fleet(district)
        self._filling: Filling | None = None

    def home(self, start_s: float, end_s: float) -> Iterator[tuple[float, Message]]:
        """What all devices recorded from `start_s` to `end_s`, day by day, with the share 0..1 told by then.

        Native devices send lists, LoRaWAN devices one message a reading, as their network servers kept them.
        """
        cuts = np.append(np.arange(start_s, end_s, _DAY_S), end_s)
        for start, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            share = (end - start_s) / (end_s - start_s)
            yield from (
                (share, message)
                for message in with_mishaps(self._day(start, end, start == start_s, end == end_s))
            )

    def live(self, start_s: float, end_s: float) -> list[Message]:
        """What devices send from `start_s` up to `end_s`, one by one; meant for seconds or minutes."""
        readings = self.sensors.readings(self._filled(start_s, end_s), start_s, end_s)
        told = [
            *bins.speak(self.sensors, bins.in_order_of_time(readings), False),
            *self._stranger(start_s, end_s),
        ]
        told += [*self.lanes.live(start_s, end_s), *self.lanes.status(start_s, end_s)]
        for vehicle in range(len(self.district.vehicles)):
            points = self.fleet.points(vehicle, start_s, end_s, vehicles.LIVE_STEP_S)
            told += vehicles.speak(self.fleet, vehicle, points, False)
        return list(with_mishaps(told))

    def _day(self, start_s: float, end_s: float, begins: bool, ends: bool) -> Iterator[Message]:
        filling = self._filled(start_s, end_s)
        yield from bins.speak(self.sensors, self.sensors.readings(filling, start_s, end_s), True)
        yield from self._stranger(start_s, end_s)
        yield from self.lanes.home(start_s, end_s, begins, ends)
        yield from self.lanes.status(start_s, end_s)
        for vehicle in range(len(self.district.vehicles)):
            points = self.fleet.points(vehicle, start_s, end_s, vehicles.HOME_STEP_S)
            yield from vehicles.speak(self.fleet, vehicle, points, True)

    def _filled(self, start_s: float, end_s: float) -> Filling:
        first, last = day_of(start_s), day_of(end_s)
        known = self._filling
        if known is None or not (known.first_day <= first and last <= known.last_day):
            known = self._filling = Filling(self.district.seed, self.district.containers, first, last + 1)
        return known

    def _stranger(self, start_s: float, end_s: float) -> Iterator[Message]:
        for time_s in range(-(-int(start_s) // 21_600) * 21_600, int(np.ceil(end_s)), 21_600):
            level = round(float(draws.uniform(self.district.seed, "stranger", time_s // 21_600)), 2)
            payload = b'{"t":%d,"level":%.2f}' % (1000 * time_s, level)
            yield Message(topics.native(STRANGER, "fill"), payload, 0, STRANGER)


def with_mishaps(messages: Iterable[Message]) -> Iterator[Message]:
    """The same messages, a few of them sent twice, a few cut off before they are sent again."""
    for message in messages:
        chance = zlib.crc32(message.payload)
        if chance % _BROKEN == 1 and message.topic.startswith(topics.NATIVE_PREFIX):
            yield message._replace(payload=message.payload[: len(message.payload) // 2], rows=0)
        yield message
        if chance % _REPEATED == 2:
            yield message._replace(rows=0)
