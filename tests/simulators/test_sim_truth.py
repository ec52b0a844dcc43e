"""The truth: the same from whatever day it is computed, and of the shape a district has."""

import datetime as dt

import numpy as np
import pytest

from simulators import draws
from simulators.region.district import District
from simulators.region.plane import distance_to_pieces_m, to_plane
from simulators.truth import localtime
from simulators.truth.bin_sensors import BinSensors
from simulators.truth.counting import QUARTER_S, SCHEME_SUMS, TLS, Counters
from simulators.truth.driving import Fleet
from simulators.truth.filling import Filling
from simulators.truth.streets import Streets
from simulators.truth.weather import air_temp_c, road_state

NOW_S = int(dt.datetime(2026, 11, 19, 9, 0, tzinfo=dt.UTC).timestamp())
TODAY = localtime.day_of(NOW_S)


def test_draws_are_uniform_normal_and_poisson() -> None:
    number = np.arange(200_000)
    u, z = draws.uniform(3, "u", number), draws.normal(3, "z", number)
    assert (u.mean(), u.var()) == pytest.approx((1 / 2, 1 / 12), rel=0.01)
    assert (z.mean(), z.std()) == pytest.approx((0, 1), abs=0.01)
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 0.01
    for mean in (0.3, 4.0, 11.9, 12.1, 80.0):
        drawn = draws.poisson(np.full(200_000, mean), u)
        assert (drawn.mean(), drawn.var()) == pytest.approx((mean, mean), rel=0.02)
    assert draws.poisson(np.zeros(3), u[:3]).tolist() == [0, 0, 0]


def test_draws_depend_on_seed_stream_and_every_key() -> None:
    seen = {
        int(draws.bits(*key))
        for key in ((1, "a", 1, 2), (2, "a", 1, 2), (1, "b", 1, 2), (1, "a", 2, 1), (1, "a", 1))
    }
    assert len(seen) == 5


@pytest.mark.parametrize(("date", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)])
def test_local_days_have_their_hours(date: tuple[int, int, int], hours: int) -> None:
    day = (dt.date(*date) - dt.date(1970, 1, 1)).days
    assert localtime.midnight_s(day + 1) - localtime.midnight_s(day) == 3600 * hours
    days, clock = localtime.days_and_hours(
        np.array([localtime.midnight_s(day), localtime.midnight_s(day + 1) - 60.0])
    )
    assert days.tolist() == [day, day]
    assert clock.tolist() == pytest.approx([0, hours - 1 / 60])
    assert int(localtime.weekday(np.array(day))) == dt.date(*date).weekday()


def test_levels_do_not_depend_on_the_day_the_computing_began(district: District) -> None:
    long = Filling(1, district.containers, TODAY - 14, TODAY)
    short = Filling(1, district.containers, TODAY - 1, TODAY)
    number = np.arange(1600)
    for hours in (0.0, 5.5, 20.0):
        time_s = np.full(1600, float(NOW_S - 3600 * hours), dtype=np.float64)
        assert (long.micro(number, time_s) == short.micro(number, time_s)).all()


def test_a_few_containers_are_nearly_full_at_any_time(district: District) -> None:
    filling = Filling(1, district.containers, TODAY - 28, TODAY)
    number = np.arange(1600)
    shares = [
        float((filling.level(number, np.full(1600, NOW_S - 3600.0 * 12 * k)) > 0.8).mean()) for k in range(56)
    ]
    assert 0.05 < float(np.mean(shares)) < 0.08
    assert max(shares) < 0.16


def test_a_lift_empties_and_nothing_else_does(district: District) -> None:
    filling = Filling(1, district.containers, TODAY - 7, TODAY)
    times = (NOW_S - 600 * np.arange(7 * 24 * 6)[::-1]).astype(np.float64)
    for number in range(0, 1600, 97):
        level = filling.micro(np.full(len(times), number), times)
        fell = np.nonzero(np.diff(level) < 0)[0]
        lifts = filling.lifts_s[number]
        for k in fell:
            assert ((lifts > times[k]) & (lifts <= times[k + 1])).any()
            assert level[k + 1] < 100_000


def test_sensors_measure_levels_and_have_their_faults(district: District) -> None:
    sensors, filling = BinSensors(1, district.containers), Filling(1, district.containers, TODAY - 3, TODAY)
    readings = sensors.readings(filling, NOW_S - 2 * 86_400, NOW_S)
    level = filling.level(readings.container, readings.time_s.astype(float))
    empty, full = (
        np.array([getattr(b, name) for b in district.containers])
        for name in ("empty_distance_m", "full_distance_m")
    )
    seen = (empty - full)[readings.container]
    told = (empty[readings.container] - readings.distance_m) / seen
    error = np.abs(told - np.minimum(level, 1.12))
    assert np.percentile(error, 90) < 0.06
    assert 0.002 < float((error > 0.3).mean()) < 0.06
    faults = sensors.fault(NOW_S)
    assert {"", "dead", "stuck", "prone to false echoes"} <= set(faults)
    dead = {number for number, kind in enumerate(faults) if kind == "dead"}
    late = readings.time_s > NOW_S - 3600 * 7
    assert dead.isdisjoint(readings.container[late & (readings.time_s > NOW_S - 60)].tolist())
    assert (np.diff(readings.counter)[np.diff(readings.container) == 0] > 0).all()


def test_sensor_windows_join_without_gap_or_overlap(district: District) -> None:
    sensors, filling = BinSensors(1, district.containers), Filling(1, district.containers, TODAY - 2, TODAY)

    def keys(start_s: float, end_s: float) -> list[tuple[int, int, float]]:
        read = sensors.readings(filling, start_s, end_s)
        return list(zip(read.container.tolist(), read.time_s.tolist(), read.distance_m.tolist(), strict=True))

    start_s, cut_s, end_s = NOW_S - 90_000.5, NOW_S - 40_000.0, NOW_S
    whole, parts = keys(start_s, end_s), keys(start_s, cut_s) + keys(cut_s, end_s)
    assert len(whole) == len(parts)
    assert set(whole) == set(parts)


def test_minutes_add_up_to_their_quarter_hour(district: District) -> None:
    counters = Counters(1, district.stations)
    lane = np.arange(200)
    time_s = np.full(200, NOW_S // QUARTER_S * QUARTER_S)
    passed = counters.passed(lane, time_s)
    parts = [counters.minutes(passed, np.full(200, minute)) for minute in range(15)]
    assert (np.sum([part[0] for part in parts], axis=0) == passed.by_class).all()
    assert (np.sum([part[1] for part in parts], axis=0) == passed.soft).all()


def test_counts_follow_station_day_and_week(district: District) -> None:
    counters = Counters(1, district.stations)
    lane, quarter = np.repeat(np.arange(200), 96 * 28), np.tile(np.arange(96 * 28), 200)
    start_s = localtime.midnight_s(TODAY - 28)
    passed = counters.passed(lane, start_s + quarter * QUARTER_S)
    total = passed.by_class.sum(axis=1).reshape(200, 28, 96)
    daily = np.array([daily for station in district.stations for daily in station.daily])
    assert (total.sum(axis=2).mean(axis=1) / daily).mean() == pytest.approx(1, abs=0.08)
    by_hour = total.sum(axis=(0, 1)).reshape(24, 4).sum(axis=1)
    assert by_hour[7] > 4 * by_hour[2]
    assert by_hour[16] > by_hour[11]
    sunday = [k for k in range(28) if int(localtime.weekday(np.array(TODAY - 28 + k))) == 6]
    heavy = (
        passed.by_class[:, [TLS.index(name) for name in ("Lkw", "LkwA", "Sattel")]]
        .sum(axis=1)
        .reshape(200, 28, 96)
    )
    assert heavy[:, sunday].mean() < 0.3 * heavy.mean()
    assert np.isnan(passed.speed_kmh[passed.by_class.sum(axis=1) == 0]).all()


def test_schemes_are_sums_of_the_same_vehicles(district: District) -> None:
    counters = Counters(1, district.stations)
    passed = counters.passed(np.arange(200), np.full(200, NOW_S // QUARTER_S * QUARTER_S))
    for scheme, sums in SCHEME_SUMS.items():
        assert sorted(part for parts in sums.values() for part in parts) == sorted(TLS), scheme
    for number, station in enumerate(district.stations):
        counts = counters.counts(
            station, passed.by_class[2 * number : 2 * number + 1], passed.soft[2 * number : 2 * number + 1]
        )
        motor = sum(value for name, value in counts[0].items() if name not in ("Rad", "Fuss"))
        assert motor == passed.by_class[2 * number].sum()


def test_one_or_two_stations_are_silent_and_telraam_is_blind_at_night(district: District) -> None:
    counters, number = Counters(1, district.stations), np.arange(100)
    noon_s = localtime.midnight_s(TODAY) + 12 * 3600
    for back in range(25):
        assert 1 <= counters.silent(number, np.full(100, noon_s - 86_400 * back)).sum() <= 2
    blind = [k for k, station in enumerate(district.stations) if station.class_scheme == "telraam"]
    assert counters.silent(np.array(blind), np.full(len(blind), noon_s - 12 * 3600)).all()


def test_vehicles_drive_on_roads_and_the_same_way_however_often_one_looks(district: District) -> None:
    fleet, again = Fleet(district), Fleet(district)
    coarse = fleet.points(12, NOW_S - 86_400, NOW_S, 20)
    fine = again.points(12, NOW_S - 40_000, NOW_S, 4)
    at = {
        time: place
        for time, *place in zip(fine.time_s.tolist(), fine.lon.tolist(), fine.lat.tolist(), strict=True)
    }
    both = [
        (at[t], [x, y])
        for t, x, y in zip(coarse.time_s.tolist(), coarse.lon.tolist(), coarse.lat.tolist(), strict=True)
        if t in at
    ]
    assert len(both) > 50
    assert all(a == b for a, b in both)
    roads = district.region.roads
    lines = [roads.xy(way.nodes) for way in roads.ways if way.tags["highway"] != "track"]
    start, end = (
        np.concatenate([line[part] for line in lines]) for part in (slice(None, -1), slice(1, None))
    )
    xy = to_plane(np.column_stack((coarse.lon, coarse.lat))[::25])
    assert distance_to_pieces_m(xy, start, end).max() < 12
    assert coarse.speed_mps.max() < 35
    step_m = np.hypot(*np.diff(to_plane(np.column_stack((coarse.lon, coarse.lat))), axis=0).T)
    close = np.diff(coarse.time_s) == 20
    assert (step_m[close] < 20 * 32 + 15).all()


def test_something_always_drives_and_shakes_more_on_setts(district: District) -> None:
    fleet = Fleet(district)
    hours = np.zeros(48, dtype=int)
    for number in range(30):
        points = fleet.points(number, NOW_S - 2 * 86_400, NOW_S, 20)
        hours[np.unique((points.time_s - (NOW_S - 2 * 86_400)) // 3600)] += 1
    assert hours.min() >= 1
    streets = Streets(district.region)
    by_surface = {
        surface: np.median(
            [
                streets.roughness[k]
                for k, way in enumerate(district.region.roads.ways)
                if way.tags.get("surface") == surface
            ]
        )
        for surface in ("asphalt", "sett")
    }
    assert by_surface["sett"] > 3 * by_surface["asphalt"]


def test_weather_has_seasons_ice_and_rain() -> None:
    year_s = (NOW_S + 3600 * np.arange(365 * 24)).astype(np.float64)
    air = air_temp_c(1, year_s)
    state = road_state(1, year_s, np.full(len(year_s), 14.0), np.full(len(year_s), 51.6))
    assert -22 < air.min() < -3
    assert 24 < air.max() < 42
    assert (state.dew_point_c < air).all()
    icy = (state.friction < 0.3).mean()
    assert 0.0005 < icy < 0.1
    assert 0.05 < (state.water_um > 10).mean() < 0.5
    assert ((state.friction >= 0) & (state.friction <= 1)).all()
