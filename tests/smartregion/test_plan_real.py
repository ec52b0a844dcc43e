"""A plan on the roads of a real extract, by the program's verbs: 200 containers, tours checked."""

import datetime as dt
import json
import pathlib

import numpy as np
import psycopg
import pytest

from routing.roads import RoadNetwork, read_osm
from smartregion.program import main
from smartregion.registry.importer import import_file
from tests.smartregion.plan_town import tell_levels

_SITES = 100
_FRACTIONS = ("paper", "glass_white")


def _registry(folder: pathlib.Path, network: RoadNetwork) -> pathlib.Path:
    """Sites anywhere on the roads, each with paper and glass; six vehicles for both, one tip."""
    rng = np.random.default_rng(7)
    spots = network.shape_lonlat[rng.choice(len(network.shape_lonlat), _SITES + 2, replace=False)]
    depot, tip, *sites = (f"{lon:.6f};{lat:.6f}" for lon, lat in spots)
    lines = ["kind;id;name;lon;lat;fraction;volume_l;rhythm_days;site;device;purpose;depot"]
    lines[0] += ";capacity_kg;capacity_l;shift_from;shift_to;open_from;open_to;service_s"
    both = "|".join(_FRACTIONS)
    lines += [f"depot;D;Bauhof;{depot}", f"disposal_site;T;Deponie;{tip};{both};;;;;;;;;;;07:00;16:00;1200"]
    lines += [f"vehicle;V{n};Wagen {n};;;{both};;;;;waste;D;9000;22000;06:00;15:00" for n in range(6)]
    for number, site in enumerate(sites):
        lines.append(f"site;S{number};Platz {number};{site}")
        lines += [
            f"container;{key}{number};;;;{fraction};{volume_l};14;S{number};d-{key}{number}"
            for key, fraction, volume_l in (("P", "paper", 1100), ("G", "glass_white", 2000))
        ]
    path = folder / "registry.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.usefixtures("own_settings")
def test_plan_on_a_real_network(
    shared_data: pathlib.Path,
    connection: psycopg.Connection,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    extract = shared_data / "osm" / "north-bayreuth.osm.gz"
    network = read_osm(extract)
    now = dt.datetime.now(dt.UTC)
    import_file(connection, _registry(tmp_path, network), now)
    rng = np.random.default_rng(8)
    levels = {f"d-{key}{n}": float(rng.uniform(0.82, 1.1)) for key in "PG" for n in range(_SITES)}
    tell_levels(connection, levels, now)
    connection.commit()

    assert main(["roads", "import", str(extract)]) == 0
    capsys.readouterr()
    call = ["plan", "--date", "tomorrow", "--seconds", "2", "--json", "--export", str(tmp_path / "out")]
    assert main(call) == 0
    told = json.loads(capsys.readouterr().out)
    summary, tours = told["summary"], told["tours"]
    assert (summary["lifts"], summary["unserved"]) == (2 * _SITES, [])
    assert {tour["fraction"] for tour in tours} == set(_FRACTIONS)
    lifted = [one["id"] for tour in tours for stop in tour["stops"] for one in stop["containers"]]
    assert len(lifted) == len(set(lifted)) == 2 * _SITES

    for fraction in _FRACTIONS:
        pair = [
            str(tmp_path / "out" / f"{told['date']}-{fraction}.{kind}.json")
            for kind in ("problem", "solution")
        ]
        assert main(["route", "check", *pair]) == 0
    assert capsys.readouterr().out.count("valid") == len(_FRACTIONS)

    for tour in tours:
        line = np.array(tour["geometry"])
        assert network.snap(line).distance_m.max() < 15  # the drawing may cut corners by its tolerance
        steps = np.diff(line, axis=0) * [np.cos(np.radians(50)), 1.0] * 111_195
        assert np.hypot(*steps.T).sum() == pytest.approx(tour["distance_m"], rel=0.03)
        begin, end = (dt.datetime.fromisoformat(tour[key]) for key in ("start_at", "end_at"))
        kinds = [stop["kind"] for stop in tour["stops"]]
        assert kinds[-2:] == ["disposal", "end"]
        assert end - begin <= dt.timedelta(hours=9)
        if end - begin > dt.timedelta(hours=6, minutes=30):
            assert "break" in kinds
