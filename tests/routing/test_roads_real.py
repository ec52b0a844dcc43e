"""Real extracts become sensible networks."""

import pathlib

import numpy as np
import pytest

from routing.errors import RoutingError
from routing.roads import matrices, read_osm

# File, junctions, edges and km at least, and what was cut off at most (km): motorways that leave the extract.
_EXTRACTS = [
    ("north-bayreuth.osm.gz", 1200, 2700, 230.0, 45.0),
    ("liechtenstein-valhalla.osm.pbf", 3500, 8000, 470.0, 40.0),
    ("karlsruhe-kirchfeld.osm.pbf", 480, 1000, 34.0, 10.0),
    ("herrenberg-minimal.osm.pbf", 1000, 2200, 70.0, 8.0),
    ("krautsand.osm.gz", 4, 6, 4.0, 6.5),
    ("bautzen.osm", 30, 60, 2.0, 3.0),
]


@pytest.mark.parametrize(("name", "nodes", "edges", "km", "cut_off_km"), _EXTRACTS)
def test_extract(
    shared_data: pathlib.Path, name: str, nodes: int, edges: int, km: float, cut_off_km: float
) -> None:
    lines: list[str] = []
    network = read_osm(shared_data / "osm" / name, progress=lines.append)
    assert len(network.node_lonlat) >= nodes
    assert len(network.edge_piece) >= edges
    assert km <= network.length_m / 1000 <= 1.3 * km
    assert network.report.cut_off_m / 1000 <= cut_off_km
    assert lines
    speed_kmh = 3.6 * network.edge_length_m / network.edge_duration_s
    assert speed_kmh.min() >= 3.0
    assert speed_kmh.max() <= 80.0 + 1e-9
    rng = np.random.default_rng(5)
    spots = network.snap(network.shape_lonlat[rng.integers(0, len(network.shape_lonlat), 30)])
    distance_m, duration_s = matrices(network, spots)
    assert np.isfinite(distance_m).all()
    assert np.isfinite(duration_s).all()
    assert spots.distance_m.max() < 0.01


def test_a_download_that_broke_off_is_named(shared_data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    whole = (shared_data / "osm" / "karlsruhe-kirchfeld.osm.pbf").read_bytes()
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        RoutingError, match=r"broken.osm.pbf: not readable \(.+\), expected an OpenStreetMap extract"
    ):
        read_osm(broken)
