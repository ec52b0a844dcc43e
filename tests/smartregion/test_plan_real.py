"""A plan on the roads of a real extract: 200 containers, every tour checked, every leg on a road."""

import dataclasses
import datetime as dt
import pathlib
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import routing
from routing.roads import read_osm
from smartregion.registry.objects import Depot, DisposalSite, Site
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_lifts import Lift
from smartregion.waste.plan_problem import stops_of
from smartregion.waste.plan_roads import places, road_plan
from smartregion.waste.plan_solve import Effort, answer
from smartregion.waste.plan_tours import tours_of
from tests.smartregion.plan_town import GLASS, PAPER, TODAY, lift, region, vehicle

pytestmark = pytest.mark.usefixtures("kernels")
_DAY = Day(TODAY, ZoneInfo("Europe/Berlin"))
_CONTAINERS = 200


def test_plan_on_a_real_network(shared_data: pathlib.Path) -> None:
    network = read_osm(shared_data / "osm" / "north-bayreuth.osm.gz")
    rng = np.random.default_rng(7)
    spots = network.shape_lonlat[rng.choice(len(network.shape_lonlat), _CONTAINERS // 2 + 2, replace=False)]
    sites = {
        f"S{n:03}": Site(f"S{n:03}", f"Platz {n}", "", "", None, float(lon), float(lat), "", None, None)
        for n, (lon, lat) in enumerate(spots[2:])
    }
    able = ("paper", "glass_white")
    (depot_lon, depot_lat), (tip_lon, tip_lat) = spots[:2].tolist()
    tip = DisposalSite("T", "Deponie", tip_lon, tip_lat, able, dt.time(7), dt.time(16), 1200)
    town = dataclasses.replace(
        region(*(vehicle(name, fractions=able) for name in "ABCDEF"), sites=sites),
        depots={"D": Depot("D", "Bauhof", depot_lon, depot_lat)},
        disposal_sites={"T": tip},
    )
    lifts: list[Lift] = []
    for site in sites:
        level = float(rng.uniform(0.8, 1.1))
        lifts += [lift(f"P{site}", site, PAPER, 1100, level), lift(f"G{site}", site, GLASS, 2000, level)]
    assert len(lifts) == _CONTAINERS

    stops = stops_of(lifts, town)
    ways = road_plan(network, places(town, stops))
    found = answer(stops, town, ways.roads, _DAY, Effort(iterations=3000))
    assert found.left == []
    for one in found.solved:
        assert routing.violations(one.part.problem, one.plan) == []
    tours = [
        tour for one in found.solved for tour in tours_of(one.part, one.plan, town, _DAY, ways.leg_lines)
    ]
    assert sum(tour.lifts for tour in tours) == _CONTAINERS
    assert {tour.fraction for tour in tours} == set(able)
    assert sum(tour.load_kg for tour in tours) == pytest.approx(sum(one.kg for one in lifts))

    for tour in tours:
        line = np.array(tour.line)
        assert network.snap(line).distance_m.max() < 15  # corners may be cut by the tolerance of the drawing
        steps = np.diff(line, axis=0) * [np.cos(np.radians(50)), 1.0] * 111_195
        assert np.hypot(*steps.T).sum() == pytest.approx(tour.distance_m, rel=0.03)
        assert any(stop.kind == "disposal" for stop in tour.stops)
    long = [tour for tour in tours if (tour.end_at - tour.start_at) > dt.timedelta(hours=6, minutes=30)]
    assert all(any(stop.kind == "break" for stop in tour.stops) for tour in long)
