"""From lifts to a problem: merging, units, hours, who may serve what; and the tours made of the answer."""

import dataclasses
import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import routing
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_fleet import allocate, ready_vehicles, split_stops
from smartregion.waste.plan_problem import part, stops_of
from smartregion.waste.plan_roads import RoadPlan, places, road_plan
from smartregion.waste.plan_solve import Effort, PlanViolates, answer
from smartregion.waste.plan_tours import drawn, simplify, tours_of
from tests.smartregion.plan_town import BLOCK_M, GLASS, TODAY, corner, lift, network, region, vehicle

pytestmark = pytest.mark.usefixtures("kernels")
_BERLIN = ZoneInfo("Europe/Berlin")
_DAY = Day(TODAY, _BERLIN)
_H = 3600.0
_EFFORT = Effort(iterations=300, threads=1)


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> RoadPlan:
    """The ways between all places of the town."""
    town = region()
    every = stops_of([lift(f"C{number}", site) for number, site in enumerate(town.sites)], town)
    return road_plan(
        {None: network(tmp_path_factory.mktemp("town"))}, places(town, {stop.site.id for stop in every})
    )


def test_containers_of_a_fraction_at_a_site_are_one_stop() -> None:
    glass = [lift(name, "S1", GLASS, 3000) for name in ("G2", "G1")]
    glass_stop, paper_stop = stops_of(
        [lift("P1", "S1"), *glass], region(vehicle(fractions=("paper", "glass_white")))
    )
    assert [one.container for one in glass_stop.lifts] == ["G1", "G2"]
    assert glass_stop.service_s == 150 + 2 * 240  # a crane is set up once
    assert paper_stop.service_s == 30 + 60
    assert (glass_stop.kg, glass_stop.pressed_l) == pytest.approx((1800.0, 6000.0))


def test_more_than_a_vehicle_holds_is_several_stops() -> None:
    small = region(vehicle(capacity_kg=8000, capacity_l=500))
    stops = stops_of([lift(f"P{number}", "S1") for number in range(5)], small)  # 250 litres pressed each
    assert [len(stop.lifts) for stop in stops] == [2, 2, 1]


def test_problem_counts_in_kilograms_and_pressed_litres(roads: RoadPlan) -> None:
    town = region()
    stops = stops_of([lift("P1", "S1"), lift("P2", "S1"), lift("P3", "S3")], town)
    made = part("paper", stops, list(town.vehicles.values()), town, roads.roads, _DAY).problem
    assert [stop.demand for stop in made.stops] == [(160.0, 500.0), (80.0, 250.0)]
    (lorry,) = made.vehicles
    assert lorry.capacity == (8000, 20000)
    assert lorry.shift == (6 * _H, 14 * _H)
    assert lorry.home_empty
    assert isinstance(lorry.breaks, routing.WorkBreaks)
    (tip,) = made.disposal_sites
    assert tip.windows[0] == (7 * _H, 16 * _H - 900)
    depot = lorry.start
    assert made.distance_m[depot, tip.location] == pytest.approx(8 * BLOCK_M, abs=20)


def test_hours_follow_the_clock_on_the_day_it_changes(roads: RoadPlan) -> None:
    town = region()
    windowed = dataclasses.replace(town.sites["S1"], window_from=dt.time(8), window_to=dt.time(12))
    town = region(sites=dict(town.sites) | {"S1": windowed})
    stops = stops_of([lift("P1", "S1")], town)
    spring = Day(dt.date(2026, 3, 29), _BERLIN)
    made = part("paper", stops, list(town.vehicles.values()), town, roads.roads, spring).problem
    assert made.vehicles[0].shift == (5 * _H, 13 * _H)
    assert made.disposal_sites[0].windows[0] == (6 * _H, 15 * _H - 900)
    assert made.stops[0].windows[0] == (7 * _H, 11 * _H - 90)


def test_vehicles_without_depot_shift_or_capacity_stay_out(roads: RoadPlan) -> None:
    town = region(
        vehicle("A"),
        vehicle("B", depot=None),
        vehicle("C", shift_to=None),
        vehicle("D", capacity_kg=None),
        vehicle("E", depot="elsewhere"),
    )
    ready, excluded = ready_vehicles(town, roads.roads)
    assert [one.id for one in ready] == ["A"]
    assert [(one.id, one.reason) for one in excluded] == [(name, "incomplete") for name in "BCDE"]


def test_stops_that_nobody_can_serve_say_why(roads: RoadPlan) -> None:
    town = region(vehicle("A", fractions=("paper", "textiles")))
    away = dataclasses.replace(town.sites["S1"], id="S9")
    town = dataclasses.replace(
        town,
        sites=dict(town.sites) | {"S9": away},
        fractions=dict(town.fractions) | {"textiles": dataclasses.replace(GLASS, key="textiles")},
    )
    lifts = [lift("P1", "S1"), lift("G1", "S1", GLASS), lift("P9", "S9")]
    lifts.append(dataclasses.replace(lift("T1", "S2"), fraction="textiles"))
    groups, left = split_stops(stops_of(lifts, town), list(town.vehicles.values()), town, roads.roads, _DAY)
    assert {key: [one.site.id for one in stops] for key, stops in groups.items()} == {"paper": ["S1"]}
    assert {(one.lifts[0].container, reason) for one, reason in left} == {
        ("G1", "no_vehicle"),
        ("P9", "far_from_road"),
        ("T1", "no_disposal_site"),
    }


def test_vehicles_go_where_the_work_is(roads: RoadPlan) -> None:
    able = ("paper", "glass_white")
    fleet = [vehicle("A", fractions=("paper",)), *(vehicle(name, fractions=able) for name in "BCD")]
    town = region(*fleet)
    lifts = [lift("P0", "S0"), *(lift(f"G{number}", f"S{number % 5}", GLASS, 3000) for number in range(20))]
    groups, _ = split_stops(stops_of(lifts, town), fleet, town, roads.roads, _DAY)
    shares = allocate(groups, fleet, town, roads.roads, _DAY)
    assert {key: [one.id for one in chosen] for key, chosen in shares.items()} == {
        "paper": ["A"],
        "glass_white": ["B", "C", "D"],
    }


def test_idle_vehicle_helps_the_fraction_with_stops_left(roads: RoadPlan) -> None:
    able = ("paper", "glass_white")
    short = {"shift_from": dt.time(7), "shift_to": dt.time(8)}
    town = region(vehicle("A", fractions=("glass_white",), **short), vehicle("B", fractions=able))
    lifts = [lift("P0", "S0", level=0.01)]
    lifts += [lift(f"G{number}", f"S{number}", GLASS, 3000) for number in range(5)]
    stops = stops_of(lifts, town)
    found = answer(stops, town, roads.roads, _DAY, _EFFORT)
    served = sum(len(tour.stops) for one in found.solved for tour in one.plan.tours)
    assert served + len(found.left) == len(stops)
    assert {reason for _, reason in found.left} <= {"fleet"}


def test_tours_drive_the_streets(roads: RoadPlan) -> None:
    town = region()
    stops = stops_of([lift(f"P{number}", f"S{number}") for number in range(5)], town)
    found = answer(stops, town, roads.roads, _DAY, _EFFORT)
    assert found.left == []
    ((one,),) = [found.solved]
    (tour,) = tours_of(one.part, one.plan, town, _DAY, roads.leg_lines)
    assert [stop.kind for stop in tour.stops] == ["start", *(["site"] * 5), "disposal", "end"]
    assert tour.distance_m == pytest.approx(sum(stop.leg_m for stop in tour.stops))
    assert tour.distance_m == pytest.approx(16 * BLOCK_M, rel=0.01)
    assert tour.load_kg == pytest.approx(5 * 80)
    assert [round(stop.load_kg) for stop in tour.stops] == [0, 80, 160, 240, 320, 400, 0, 0]
    assert tour.start_at >= dt.datetime(2026, 6, 2, 4, tzinfo=dt.UTC)
    times = [moment for stop in tour.stops for moment in (stop.arrive_at, stop.depart_at)]
    assert times == sorted(times)
    assert tour.line[0] == pytest.approx(corner(0, 0), abs=2e-5)
    assert tour.line[-1] == pytest.approx(corner(0, 0), abs=2e-5)
    assert any(np.allclose(point, corner(4, 4), atol=2e-5) for point in tour.line)


def test_same_seed_gives_the_same_tours(roads: RoadPlan) -> None:
    town = region(vehicle("A"), vehicle("B"))
    stops = stops_of(
        [lift(f"P{number}", f"S{number % 5}", level=0.1 * number) for number in range(1, 9)], town
    )
    plans = [answer(stops, town, roads.roads, _DAY, _EFFORT).solved[0].plan for _ in range(2)]
    assert plans[0].tours == plans[1].tours


def test_answer_that_breaks_a_rule_is_no_plan(roads: RoadPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "violations", lambda problem, plan: ["tour 1: home late"])
    town = region()
    with pytest.raises(PlanViolates, match=r"paper: 1 rules broken, first: tour 1: home late"):
        answer(stops_of([lift("P1", "S1")], town), town, roads.roads, _DAY, _EFFORT)


def test_simple_lines_keep_their_corners() -> None:
    line = np.array([[14.0, 51.0], [14.001, 51.00001], [14.002, 51.0], [14.002, 51.001]])
    assert simplify(line, 4.0).tolist() == [[14.0, 51.0], [14.002, 51.0], [14.002, 51.001]]
    assert simplify(line[:2], 4.0).tolist() == line[:2].tolist()
    assert drawn([line, line[::-1]], 4.0) == (
        (14.0, 51.0),
        (14.002, 51.0),
        (14.002, 51.001),
        (14.002, 51.0),
        (14.0, 51.0),
    )
    assert drawn([]) == ()
