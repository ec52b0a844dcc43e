"""Where vehicles are.

Each shift of each vehicle is a drive along real roads, drawn from seed, vehicle and day alone.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators import draws
from simulators.draws import Float
from simulators.region.district import District
from simulators.region.kinds import Vehicle
from simulators.truth.localtime import day_of, midnight_s, weekday
from simulators.truth.streets import REFERENCE_MPS, SPEED_EXPONENT, Streets

Int = NDArray[np.int64]

_LIFT_S = (70.0, 210.0)
_LIFT_EVERY_M = 420.0
_TIP_S = 1200.0
_BREAK_AFTER_S, _BREAK_S = 4 * 3600.0, 1800.0
_WORKDAYS_ROAD, _WEEKENDS_ROAD = 0.85, 0.12
_DAILY_ROAD = 4
"""The first road vehicles (winter service, road patrol) drive every day, so that something always moves."""


@dataclass(frozen=True)
class Drive:
    """A shift.

    Knots in time, s, with position and way; between two knots the vehicle moves evenly or stands.
    """

    time_s: Float
    lon: Float
    lat: Float
    way: Int
    """Way of the piece that begins at each knot, -1 while standing."""
    metres: Float
    """Way driven so far at each knot."""


@dataclass(frozen=True)
class Points:
    """What the box in a vehicle measures."""

    time_s: Int
    lon: Float
    lat: Float
    speed_mps: Float
    az_rms_mps2: Float


class _Log:
    """A drive while it is made up."""

    def __init__(self, streets: Streets, start: int, time_s: float) -> None:
        self.streets, self.node = streets, start
        self.times, self.nodes, self.ways, self.metres = [time_s], [start], [-1], [0.0]

    @property
    def now_s(self) -> float:
        return self.times[-1]

    def stand(self, seconds: float) -> None:
        self.ways[-1] = -1
        self.times.append(self.now_s + seconds)
        self.nodes.append(self.node)
        self.ways.append(-1)
        # A millimetre keeps the position of a standing vehicle a function of the way driven.
        self.metres.append(self.metres[-1] + 1e-3)

    def drive(self, nodes: list[int], pace: float) -> float:
        """Drive along points; returns the metres."""
        pieces, now_s, start_m = self.streets.pieces, self.times[-1], self.metres[-1]
        for before, after in itertools.pairwise(nodes):
            way, step_m, seconds = pieces[before, after]
            now_s += seconds / pace
            self.ways[-1] = way
            self.times.append(now_s)
            self.metres.append(self.metres[-1] + step_m)
            self.ways.append(-1)
        self.nodes += nodes[1:]
        self.node = nodes[-1]
        return self.metres[-1] - start_m


class Fleet:
    """All vehicles of a district; the drives of recent days are kept."""

    def __init__(self, district: District) -> None:
        self.district = district
        self.streets = Streets(district.region)
        self._kept: dict[tuple[int, int], Drive | None] = {}
        region = district.region
        self._places = [i for i, place in enumerate(region.places) if place.population]
        self._xy = region.roads.xy(region.middles)
        self._people = np.array([place.population for place in region.places], dtype=np.float64)

    def points(self, vehicle: int, start_s: float, end_s: float, step_s: int) -> Points:
        """Positions of a vehicle at whole multiples of `step_s` from `start_s` up to, not including, `end_s`.

        A standing vehicle reports once a minute; outside its shifts it reports nothing.
        """
        parts = []
        for day in range(day_of(start_s) - 1, day_of(end_s) + 1):
            drive = self._drive(vehicle, day)
            if drive is not None:
                first = max(start_s, drive.time_s[0])
                last = min(end_s, drive.time_s[-1])
                times = np.arange(int(np.ceil(first / step_s)), int(np.ceil(last / step_s))) * step_s
                if len(times):
                    parts.append(self._measured(vehicle, drive, times))
        if not parts:
            return Points(np.zeros(0, dtype=np.int64), *(np.zeros(0) for _ in range(4)))
        columns = (
            np.concatenate([getattr(part, name) for part in parts]) for name in Points.__dataclass_fields__
        )
        return Points(*columns)

    def _measured(self, number: int, drive: Drive, time_s: Int) -> Points:
        knot = np.searchsorted(drive.time_s, time_s, side="right") - 1
        way = drive.way[knot]
        moving = way >= 0
        kept = moving | (time_s % 60 == 0)
        time_s, knot, way, moving = time_s[kept], knot[kept], way[kept], moving[kept]
        seed = self.district.seed
        metres = np.interp(time_s, drive.time_s, drive.metres)
        even = np.diff(drive.metres) / np.maximum(np.diff(drive.time_s), 1e-6)
        speed = np.append(even, 0.0)[knot] * np.exp(0.05 * draws.smooth(seed, "pedal", time_s / 25, number))
        truth = self.streets.roughness[way] * (speed / REFERENCE_MPS) ** SPEED_EXPONENT
        shaken = (
            truth
            * self.district.vehicles[number].stiffness
            * np.exp(0.12 * draws.normal(seed, "az", number, time_s))
        )
        idle = 0.03 + 0.01 * draws.uniform(seed, "idle", number, time_s)
        off = (
            2.0e-5 * draws.normal(seed, "gps east", number, time_s),
            1.2e-5 * draws.normal(seed, "gps north", number, time_s),
        )
        return Points(
            time_s,
            np.round(np.interp(metres, drive.metres, drive.lon) + off[0], 6),
            np.round(np.interp(metres, drive.metres, drive.lat) + off[1], 6),
            np.round(np.where(moving, speed, 0.0), 2).astype(np.float64),
            np.round(np.where(moving, shaken, idle), 3).astype(np.float64),
        )

    def _drive(self, number: int, day: int) -> Drive | None:
        key = (number, day)
        if key not in self._kept:
            if len(self._kept) > 40 * len(self.district.vehicles):
                self._kept.clear()
            self._kept[key] = self._make(number, day)
        return self._kept[key]

    def _make(self, number: int, day: int) -> Drive | None:
        vehicle = self.district.vehicles[number]
        rng = np.random.default_rng([self.district.seed, 7, number, day])
        if not self._works(vehicle, number, day, float(rng.random())):
            return None
        hours = [int(text[:2]) + int(text[3:]) / 60 for text in vehicle.shift]
        start_s = midnight_s(day) + 3600 * hours[0] + float(rng.uniform(0, 600))
        end_s = midnight_s(day) + 3600 * (hours[1] + (24 if hours[1] < hours[0] else 0))
        region = self.district.region
        log = _Log(self.streets, region.yards[vehicle.depot].node, start_s)
        log.stand(float(rng.uniform(300, 900)))
        place, rested = region.yards[vehicle.depot].place, False
        visits = 0
        while log.now_s < end_s - 3600:
            place = self._next_place(place, vehicle, rng)
            log.drive(self.streets.route(log.node, region.middles[place]), float(rng.uniform(0.88, 1.02)))
            visits += 1
            if vehicle.purpose == "waste":
                self._collect(log, place, min(end_s - 3000, log.now_s + float(rng.uniform(1500, 4200))), rng)
            elif rng.random() < 0.5:
                log.stand(float(rng.uniform(240, 1500)))
            if not rested and log.now_s > start_s + _BREAK_AFTER_S:
                log.stand(_BREAK_S)
                rested = True
            if vehicle.purpose == "waste" and visits % 4 == 0 and log.now_s < end_s - 5400:
                self._tip(log, vehicle, rng)
        if vehicle.purpose == "waste":
            self._tip(log, vehicle, rng)
        log.drive(self.streets.route(log.node, region.yards[vehicle.depot].node), 0.97)
        log.stand(300)
        return self._finished(log)

    def _works(self, vehicle: Vehicle, number: int, day: int, draw: float) -> bool:
        free = int(weekday(np.array(day))) >= 5
        if vehicle.purpose == "waste":
            return not free
        first_road = next(i for i, each in enumerate(self.district.vehicles) if each.purpose == "road")
        return number < first_road + _DAILY_ROAD or draw < (_WEEKENDS_ROAD if free else _WORKDAYS_ROAD)

    def _next_place(self, place: int, vehicle: Vehicle, rng: np.random.Generator) -> int:
        away_m = np.hypot(*(self._xy[self._places] - self._xy[place]).T)
        reach_m = 6000.0 if vehicle.purpose == "waste" else 12_000.0
        weight = self._people[self._places] ** 0.5 * np.exp(-away_m / reach_m) * (away_m > 1)
        return self._places[int(rng.choice(len(weight), p=weight / weight.sum()))]

    def _collect(self, log: _Log, place: int, until_s: float, rng: np.random.Generator) -> None:
        """Go through the streets of a place, rather new ones, with stops to lift, and back to its middle."""
        streets, middle = self.streets, log.node
        driven: dict[tuple[int, int], int] = {}
        since_m, before = 0.0, -1
        while log.now_s < until_s:
            options = streets.neighbours(place, log.node)
            ahead = [node for node in options if node != before] or options
            if not ahead:
                break
            tiredness = [driven.get((log.node, node), 0) + 0.5 * float(rng.random()) for node in ahead]
            here, onward = log.node, ahead[int(np.argmin(tiredness))]
            driven[here, onward] = driven.get((here, onward), 0) + 1
            driven[onward, here] = driven.get((onward, here), 0) + 1
            since_m += log.drive([here, onward], 0.8)
            before = here
            if since_m > _LIFT_EVERY_M:
                since_m = 0.0
                log.stand(float(rng.uniform(*_LIFT_S)))
        log.drive(streets.back(place, log.node, middle), 0.9)

    def _tip(self, log: _Log, vehicle: Vehicle, rng: np.random.Generator) -> None:
        region = self.district.region
        fit = [site for site in self.district.disposal_sites if set(vehicle.fractions) & set(site.fractions)]
        here = self._xy_of(log.node)
        nearest = min(
            fit, key=lambda site: float(np.hypot(*(self._xy_of(region.yards[site.yard].node) - here)))
        )
        log.drive(self.streets.route(log.node, region.yards[nearest.yard].node), 0.95)
        log.stand(_TIP_S * float(rng.uniform(0.8, 1.3)))

    def _xy_of(self, node: int) -> Float:
        xy: Float = self.district.region.roads.xy([node])[0]
        return xy

    def _finished(self, log: _Log) -> Drive:
        lonlat = self.streets.lonlat[log.nodes]
        times, metres = np.array(log.times), np.array(log.metres)
        return Drive(times, lonlat[:, 0], lonlat[:, 1], np.array(log.ways), metres)
