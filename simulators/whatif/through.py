"""Days of a scenario repeated with real parts: sensors speak MQTT, plans and ticks go through the API.

The platform runs beside us with its own database, broker and ingest; only its clock is set by hand. It is
told what was told before the first day. From then on its tours empty containers of a world of their own, and
each plan is held against the one that was made in process.
"""

import copy
import dataclasses
import datetime as dt
import pathlib
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from simulators.draws import Float
from simulators.errors import BadArgument, SimulatorError
from simulators.publishing import Publisher, read_broker
from simulators.region.extract import write_extract
from simulators.region.registry import write_registry
from simulators.speech.bins import speak
from simulators.truth.bin_sensors import BinReadings, BinSensors
from simulators.whatif.asking import Api
from simulators.whatif.compare import Course, live, remember
from simulators.whatif.knowledge import ZONE, Knowledge, Lifts
from simulators.whatif.policies import Forecast
from simulators.whatif.scenario import Policy, Scenario
from simulators.whatif.tours import Drive, Driven, Mask, Stop
from simulators.whatif.world import World
from smartregion.demo.trial import Given, Trial, trial
from smartregion.settings import Settings
from smartregion.waste.plan_lifts import Lift
from smartregion.waste.plan_run import Options
from smartregion.waste.plans import MAX_SECONDS
from smartregion.waste.rules_file import write_rules

_AT_ONCE = 5000
"""Lifts told in one request."""


class DayPlans(NamedTuple):
    """What was planned for one day, twice."""

    date: dt.date
    in_process: Driven | None
    """None on a day without tours."""
    through: Driven | None
    """Through MQTT, database and API."""

    @property
    def same(self) -> bool:
        """Vehicles, times, order of stops, containers and metres are equal."""
        if self.in_process is None or self.through is None:
            return self.in_process is self.through
        return self.in_process.drives == self.through.drives


def _policy_of(scenario: Scenario) -> Policy:
    """The policy that plans as the platform does: the first of kind forecast."""
    found = next((one for one in scenario.policy if one.kind == "forecast"), None)
    if found is None:
        raise BadArgument("policy.kind", "none of the scenario's", "forecast in one of them")
    return found


def repeat(scenario: Scenario, days: int, settings: Settings) -> Iterator[DayPlans]:
    """The first counted days of the first district under the scenario's forecast policy, planned twice.

    Raises BadArgument for days to come: messages from the future wait in quarantine.
    """
    if scenario.start + dt.timedelta(days=days) > dt.datetime.now(ZONE).date():
        raise BadArgument("start", scenario.start, f"a date at least {days} days ago")
    policy, course = _policy_of(scenario), Course(scenario, scenario.seeds[0])
    world = course.world()
    chosen = course.start(policy, world)
    assert isinstance(chosen, Forecast)  # noqa: S101 - its kind says so
    teller, calendar = _Teller(chosen), course.calendar(world)
    for _ in range(scenario.history_days):
        remember(world, calendar, teller)
    for _ in range(scenario.warm_up_days):
        live(world, course.work, teller, course.tours.drive)
    # From here on each has a world and a memory of its own.
    other_world, knowledge = copy.deepcopy((world, chosen.knowledge))
    with tempfile.TemporaryDirectory(prefix="smartregion-trial-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        options = Options(prices=policy.prices(), effort=course.tours.effort)
        with (
            trial(folder, _given(course, knowledge, folder), knowledge.now, options, settings) as platform,
            Publisher(
                read_broker(platform.mqtt_url, None), "smartregion-trial", threading.Event(), _quiet
            ) as publisher,
        ):
            through = _Through(platform, publisher, knowledge, other_world)
            through.tell_past(teller.readings, teller.lifts)
            for day in range(days):
                mine = live(world, course.work, chosen, course.tours.drive)
                theirs = live(other_world, course.work, through, through.plan)
                yield DayPlans(scenario.start + dt.timedelta(days=day), mine.driven, theirs.driven)


class _Teller:
    """A policy in process that remembers what it was told."""

    def __init__(self, policy: Forecast) -> None:
        self._policy = policy
        self.readings: list[BinReadings] = []
        self.lifts: list[Lifts] = []

    def hear(self) -> None:
        self.readings.append(self._policy.knowledge.hear())

    def wanted(self, date: dt.date) -> list[Lift]:
        return self._policy.wanted(date)

    def done(self, lifted: Mask, level: Float) -> None:
        self.lifts.append(self._policy.knowledge.lifted(lifted, level))


class _Through:
    """Sensors, dispatcher and crews of a running platform."""

    def __init__(self, platform: Trial, publisher: Publisher, knowledge: Knowledge, world: World) -> None:
        self._platform, self._publisher, self._knowledge = platform, publisher, knowledge
        self._sensors: BinSensors = world.sensors
        self._api = Api(platform.api_url, platform.api_key)
        self._sheets: list[dict[str, Any]] = []
        states = knowledge.known.states
        self._ids = [state.id for state in states]
        self._number = dict(zip(self._ids, knowledge.known.number.tolist(), strict=True))

    def tell_past(self, readings: Sequence[BinReadings], lifts: Sequence[Lifts]) -> None:
        """What was told before the first day."""
        for one in readings:
            self._publish(one)
        told = [
            {"container": self._ids[place], "at": _moment(one.time_s), "level": level}
            for one in lifts
            for place, level in zip(one.place.tolist(), one.level.tolist(), strict=True)
        ]
        for begin in range(0, len(told), _AT_ONCE):
            self._api.post("/lifts", told[begin : begin + _AT_ONCE])

    def hear(self) -> None:
        """Sensors speak up to the hour of planning."""
        self._publish(self._knowledge.hear())
        self._platform.now = self._knowledge.now
        self._platform.wait_until_stored(self._publisher.sent)

    def wanted(self, date: dt.date) -> list[Lift]:
        """The platform chooses by itself."""
        return []

    def plan(self, _: list[Lift], date: dt.date) -> Driven:
        """The dispatcher asks for a plan and accepts it."""
        plan = self._api.post("/plans", {"date": date.isoformat(), "seconds": MAX_SECONDS})["id"]
        self._platform.work()
        state = self._api.get(f"/plans/{plan}")
        if state["state"] != "done":
            raise SimulatorError(f"plan: {date} is {state['state']}: {state['error']}")
        self._api.post(f"/plans/{plan}/accept")
        listed = self._api.get(f"/tours?date={date}&limit=1000")["items"]
        self._sheets = [self._api.get(f"/tours/{tour['id']}") for tour in listed]
        lifted = np.zeros(len(self._ids), dtype=bool)
        drives = [_drive(sheet) for sheet in self._sheets]
        for drive in drives:
            lifted[[self._number[id] for stop in drive.stops for id in stop.containers]] = True
        metres = sum(drive.distance_m for drive in drives)
        seconds = sum((drive.end_at - drive.start_at).total_seconds() for drive in drives)
        left_out = sum(left["lifts"] for left in state["summary"]["unserved"])
        return Driven(lifted, metres, seconds, len(drives), left_out, drives)

    def done(self, lifted: Mask, level: Float) -> None:
        """Crews tick their stops with the levels that they saw."""
        told = self._knowledge.lifted(lifted, level)
        seen = dict(zip((self._ids[place] for place in told.place), told.level.tolist(), strict=True))
        self._platform.now = dt.datetime.fromtimestamp(told.time_s, dt.UTC)
        for sheet in self._sheets:
            for stop in sheet["stops"]:
                if stop["kind"] == "site":
                    levels = {one["id"]: seen[one["id"]] for one in stop["containers"]}
                    report = {
                        "seq": stop["seq"],
                        "done": True,
                        "at": _moment(told.time_s),
                        "levels": levels,
                    }
                    self._api.post(f"/tours/{sheet['tour']['id']}/reports", report)
        self._sheets = []

    def _publish(self, readings: BinReadings) -> None:
        for message in speak(self._sensors, readings, False):
            self._publisher.publish(message.topic, message.payload)


def _given(course: Course, knowledge: Knowledge, folder: pathlib.Path) -> Given:
    """The district as files; without its counting stations, and where no sensor is without a device."""
    given = Given(folder / "region.osm.pbf", folder / "registry.csv", folder / "events.csv")
    containers = [
        bin_ if sensed else dataclasses.replace(bin_, device="")
        for bin_, sensed in zip(course.district.containers, knowledge.sensors.tolist(), strict=True)
    ]
    write_extract(course.district.region, given.extract)
    write_registry(dataclasses.replace(course.district, containers=containers, stations=[]), given.registry)
    events = write_rules("events", list(course.known.region.rules.events))
    given.events.write_text(events, encoding="utf-8")
    return given


def _drive(sheet: dict[str, Any]) -> Drive:
    tour = sheet["tour"]
    stops = tuple(
        Stop(stop["kind"], stop["place"], tuple(one["id"] for one in stop["containers"]))
        for stop in sheet["stops"]
    )
    begins, ends = (dt.datetime.fromisoformat(tour[name]) for name in ("start_at", "end_at"))
    return Drive(tour["vehicle"], begins, ends, tour["distance_m"], stops)


def _moment(time_s: float) -> str:
    return dt.datetime.fromtimestamp(time_s, dt.UTC).isoformat()


def _quiet(_: str) -> None:
    """Nobody listens to the simulator."""


def plain(day: DayPlans) -> dict[str, Any]:
    """A day for JSON; lifts, tours and km are null on a day without tours."""
    mine, theirs = day.in_process, day.through
    return {
        "date": day.date.isoformat(),
        "same": day.same,
        "lifts": None if mine is None else int(mine.lifted.sum()),
        "tours": None if mine is None else mine.tours,
        "km": None if mine is None else round(mine.metres / 1000, 1),
        "km_through": None if theirs is None else round(theirs.metres / 1000, 1),
    }


def table(days: Sequence[DayPlans]) -> str:
    """A line a day."""
    head = f"{'day':<12}{'lifts':>7}{'tours':>7}{'km in process':>15}{'km through':>12}  plans"
    lines = [head, "-" * len(head)]
    for day in days:
        told = plain(day)
        lifts, tours, km, km_through = (
            "-" if told[name] is None else str(told[name]) for name in ("lifts", "tours", "km", "km_through")
        )
        verdict = "same" if day.same else "DIFFERENT"
        lines.append(f"{day.date!s:<12}{lifts:>7}{tours:>7}{km:>15}{km_through:>12}  {verdict}")
    return "\n".join(lines)
