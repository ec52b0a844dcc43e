"""A vehicle's own roads in a plan: weak bridges, narrow lanes, and a side loader that drives round."""

import dataclasses
import pathlib
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pytest

from routing.roads import TRUCK_26T, RoadNetwork, TruckProfile, read_osm
from smartregion.errors import InvalidInput, NotFound
from smartregion.registry.objects import Site, Vehicle
from smartregion.roads.speeds import load_trucks
from smartregion.roads.store import load_roads, save_network, save_truck, trucks
from smartregion.waste.plan_day import Day
from smartregion.waste.plan_fleet import ready_vehicles, split_stops
from smartregion.waste.plan_problem import Region, stops_of
from smartregion.waste.plan_roads import Networks, RoadPlan, places, road_plan
from smartregion.waste.plan_solve import Answer, Effort, answer
from smartregion.waste.plan_tours import Tour, tours_of
from tests.routing.roads_drawing import draw, lonlat
from tests.smartregion.plan_town import (
    NOW,
    TODAY,
    lift,
    region,
    vehicle,
)

_BERLIN = ZoneInfo("Europe/Berlin")
_DAY = Day(TODAY, _BERLIN)
_EFFORT = Effort(iterations=100, threads=1)
_LIGHT = TruckProfile(name="light", weight_t=7.0)
_ROAD = {"highway": "residential"}


def _map(folder: pathlib.Path) -> pathlib.Path:
    """A road of 3 km to the east; a lane of 600 m to the north from its middle, over a weak bridge."""
    nodes = {1: (0.0, 0.0), 2: (1500.0, 0.0), 3: (3000.0, 0.0), 4: (1500.0, 600.0)}
    lane = _ROAD | {"maxweight": "7.5"}
    return draw(folder / "lane.osm", nodes, {10: ((1, 2, 3), _ROAD), 11: ((2, 4), lane)})


def _town(*vehicles: Vehicle) -> Region:
    """Depot and tip at the ends; one site north, one south of the road, one at the end of the lane."""
    spots = {"north": (1000.0, 8.0), "south": (2000.0, -8.0), "lane": (1500.0, 580.0)}
    sites = {id: Site(id, id, "", "", None, *lonlat(*spot), "", None, None) for id, spot in spots.items()}
    town = region(*vehicles, sites=sites)
    lon, lat = lonlat(3000.0, 0.0)
    tip = dataclasses.replace(town.disposal_sites["T"], lon=lon, lat=lat)
    return dataclasses.replace(town, disposal_sites={"T": tip})


def _network(folder: pathlib.Path, truck: TruckProfile = TRUCK_26T) -> RoadNetwork:
    return read_osm(_map(folder), truck)


def _plan(town: Region, ways: RoadPlan) -> tuple[Answer, list[Tour]]:
    stops = stops_of([lift(site, site) for site in town.sites], town)
    found = answer(stops, town, ways.roads, _DAY, _EFFORT)
    tours = [
        tour for one in found.solved for tour in tours_of(one.part, one.plan, town, _DAY, ways.leg_lines)
    ]
    return found, tours


@pytest.mark.usefixtures("kernels")
def test_only_a_light_vehicle_goes_over_the_weak_bridge(tmp_path: pathlib.Path) -> None:
    networks = {None: _network(tmp_path), "light": _network(tmp_path, _LIGHT)}
    heavy = _town(vehicle("heavy"))
    ways = road_plan(networks, places(heavy, heavy.sites), heavy.vehicles.values())
    found, (tour,) = _plan(heavy, ways)
    assert [stop.place for stop in tour.stops if stop.kind == "site"] == ["north", "south"]
    assert [(stop.site.id, reason) for stop, reason in found.left] == [("lane", "far_from_road")]
    both = _town(vehicle("heavy"), vehicle("small", truck="light"))
    ways = road_plan(networks, places(both, both.sites), both.vehicles.values())
    found, tours = _plan(both, ways)
    assert found.left == []
    served = {stop.place: tour.vehicle for tour in tours for stop in tour.stops if stop.kind == "site"}
    assert served["lane"] == "small"
    (small,) = (tour for tour in tours if tour.vehicle == "small")
    assert max(lat for _, lat in small.line) == pytest.approx(lonlat(0, 580)[1], abs=1e-5)
    assert small.distance_m == pytest.approx(sum(stop.leg_m for stop in small.stops))


@pytest.mark.usefixtures("kernels")
def test_a_side_loader_passes_each_site_on_its_right(tmp_path: pathlib.Path) -> None:
    networks: Networks = {None: _network(tmp_path)}
    wanted = {"north", "south"}
    lengths = {}
    for side in ("both", "right"):
        town = _town(vehicle("V", side=side))
        ways = road_plan(networks, places(town, wanted), town.vehicles.values())
        stops = stops_of([lift(site, site) for site in wanted], town)
        found = answer(stops, town, ways.roads, _DAY, _EFFORT)
        (one,) = found.solved
        (tour,) = tours_of(one.part, one.plan, town, _DAY, ways.leg_lines)
        lengths[side] = round(sum(stop.leg_m for stop in tour.stops), -1)
        drawn_m = np.hypot(*(np.diff(np.array(tour.line) - lonlat(0, 0), axis=0) * [69_060, 111_195]).T).sum()
        assert drawn_m == pytest.approx(tour.distance_m, rel=0.01)
    # Going east only the south side lies to the right: both sides and the tip in the east take two rounds.
    assert lengths == {"both": 6000, "right": 12000}


def test_a_narrow_lane_is_left_to_others(tmp_path: pathlib.Path) -> None:
    networks = {None: _network(tmp_path), "light": _network(tmp_path, _LIGHT)}
    glass = vehicle("small", truck="light", fractions=("glass_white",))
    town = _town(vehicle("heavy"), glass)
    ways = road_plan(networks, places(town, town.sites), town.vehicles.values())
    ready, excluded = ready_vehicles(town, ways.roads)
    assert (len(ready), excluded) == (2, [])
    stops = stops_of([lift("C", "lane")], town)
    assert split_stops(stops, ready, town, ways.roads, _DAY) == ({}, [(stops[0], "no_way")])


def test_a_truck_without_roads_is_told(tmp_path: pathlib.Path) -> None:
    town = _town(vehicle("heavy"), vehicle("small", truck="unknown"))
    ways = road_plan({None: _network(tmp_path)}, places(town, town.sites), town.vehicles.values())
    ready, excluded = ready_vehicles(town, ways.roads)
    assert [one.id for one in ready] == ["heavy"]
    assert [(one.id, one.reason) for one in excluded] == [("small", "truck")]


def test_trucks_of_one_import_are_kept_beside_it(
    connection: psycopg.Connection, tmp_path: pathlib.Path
) -> None:
    heavy, light = _network(tmp_path), _network(tmp_path, _LIGHT)
    base = save_network(connection, heavy, "town", "lane.osm", NOW)
    save_truck(connection, light, base, "town", "lane.osm", NOW)
    assert trucks(connection) == [TRUCK_26T.name, "light"]
    found = load_trucks(connection, NOW, {None, "light", "unknown"})
    assert {truck: round(one.length_m, -1) for truck, one in found.items()} == {None: 3000, "light": 3600}
    assert load_roads(connection, TRUCK_26T.name) is load_roads(connection)
    with pytest.raises(InvalidInput, match="light"):
        save_truck(connection, light, base, "town", "lane.osm", NOW)
    with pytest.raises(NotFound, match="unknown"):
        load_roads(connection, "unknown")
    connection.commit()
    save_network(connection, heavy, "town", "lane.osm", NOW)
    assert trucks(connection) == [TRUCK_26T.name]
