"""Sites, containers, stations and vehicles in the numbers and shares a district has; the registry file."""

import collections
import csv
import json
import pathlib

import numpy as np
import pytest

from simulators import folder
from simulators.errors import SimulatorError
from simulators.region.district import District, build_district
from simulators.region.kinds import CHIRPSTACK, FRACTIONS, NATIVE, THINGS_STACK
from simulators.region.plane import distance_to_pieces_m, to_plane
from simulators.region.registry import COLUMNS, registry_rows, write_registry


def test_a_district_has_what_it_should(district: District) -> None:
    assert len(district.sites) == 400
    assert len(district.containers) == 1600
    assert len(district.stations) == 100
    assert len(district.vehicles) == 30
    assert len(district.disposal_sites) == 3
    assert {bin_.fraction for bin_ in district.containers} == set(FRACTIONS)
    speech = collections.Counter(bin_.speech for bin_ in district.containers)
    assert speech == {NATIVE: 800, THINGS_STACK: 400, CHIRPSTACK: 400}
    schemes = collections.Counter(station.class_scheme for station in district.stations)
    assert set(schemes) == {"8+1", "5+1", "2", "length", "telraam", "1"}
    assert {station.speech for station in district.stations} == {NATIVE, THINGS_STACK, CHIRPSTACK}


def test_days_to_full_follow_the_stated_distribution(district: District) -> None:
    days = [bin_.days_to_full for bin_ in district.containers]
    assert np.percentile(days, [10, 50, 90]) == pytest.approx([6, 14, 35], rel=0.02)


def test_hot_spots_are_lifted_often_and_quiet_ones_rarely(district: District) -> None:
    rhythms = collections.Counter(bin_.rhythm_days for bin_ in district.containers)
    assert rhythms[2] + rhythms[3] > 50
    assert rhythms[14] + rhythms[21] + rhythms[28] > 400


def test_every_fraction_has_vehicles_and_a_place_to_tip_even_at_a_small_scale(small: District) -> None:
    carried = {name for vehicle in small.vehicles for name in vehicle.fractions}
    tipped = {name for site in small.disposal_sites for name in site.fractions}
    assert carried == tipped == set(FRACTIONS)
    assert sum(vehicle.measures_weather for vehicle in small.vehicles) == 2


def test_sites_stand_beside_streets_of_their_place_and_follow_the_people(district: District) -> None:
    roads = district.region.roads
    pieces = [roads.xy(way.nodes) for way in roads.ways if way.place >= 0]
    start, end = (
        np.concatenate([line[part] for line in pieces]) for part in (slice(None, -1), slice(1, None))
    )
    sites = to_plane(np.array([(site.lon, site.lat) for site in district.sites[::8]]))
    assert distance_to_pieces_m(sites, start, end).max() < 6
    by_place = collections.Counter(district.region.places[site.place].name for site in district.sites)
    assert by_place["Senftenberg"] > 5 * by_place["Altdöbern"] > 0


def test_registry_file_is_complete_and_unambiguous(tmp_path: pathlib.Path, district: District) -> None:
    path = tmp_path / "registry.csv"
    count = write_registry(district, path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert len(rows) == count == len(registry_rows(district))
    assert tuple(rows[0]) == COLUMNS
    kinds = collections.Counter(row["kind"] for row in rows)
    assert kinds == {
        "municipality": 25, "depot": 2, "disposal_site": 3, "site": 400, "container": 1600, "station": 100,
        "vehicle": 30,
    }  # fmt: skip
    ids = [(row["kind"], row["id"]) for row in rows]
    devices = [row["device"] for row in rows if row["device"]]
    assert len(set(ids)) == len(ids)
    assert len(set(devices)) == len(devices) == 1730
    municipalities = {row["id"] for row in rows if row["kind"] == "municipality"}
    sites = {row["id"] for row in rows if row["kind"] == "site"}
    for row in rows:
        assert row["kind"] == "municipality" or row["municipality"] in municipalities
        assert row["kind"] != "container" or row["site"] in sites
        assert (
            not row["empty_distance_m"]
            or float(row["empty_distance_m"]) > float(row["full_distance_m"]) + 0.4
        )


def test_same_seed_same_registry_other_scale_other_numbers(small: District) -> None:
    assert registry_rows(build_district(1, 0.1)) == registry_rows(small)
    assert len(build_district(1, 0.05).sites) == 20


def test_folder_is_written_once_and_anew_for_another_seed(tmp_path: pathlib.Path) -> None:
    district, written = folder.prepare(tmp_path / "a", 1, 0.05)
    assert written
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "a").iterdir()}
    assert set(before) == {"region.osm.pbf", "registry.csv", "truth.json"}
    _, written = folder.prepare(tmp_path / "a", 1, 0.05)
    assert not written
    assert before == {path.name: path.stat().st_mtime_ns for path in (tmp_path / "a").iterdir()}
    truth = json.loads((tmp_path / "a" / "truth.json").read_text(encoding="utf-8"))
    first = district.containers[0]
    assert truth["containers"][first.id]["days_to_full"] == first.days_to_full
    assert len(truth["roughness"]["ways"]) == len(district.region.roads.ways)
    _, written = folder.prepare(tmp_path / "a", 2, 0.05)
    assert written
    (tmp_path / "a" / "truth.json").write_text("{", encoding="utf-8")
    _, written = folder.prepare(tmp_path / "a", 2, 0.05)
    assert written


def test_a_folder_that_cannot_be_written_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(SimulatorError, match=r"folder: .*file cannot be written"):
        folder.prepare(tmp_path / "file", 1, 0.05)
