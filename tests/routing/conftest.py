"""What the tests of the optimiser share: kernels compiled for this run alone."""

import pathlib

import pytest

from routing.cache import use_cache
from routing.roads import RoadNetwork, read_osm


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Kernels compiled anew, so that nothing old can hide a fault; the folder they are kept in."""
    folder = tmp_path_factory.mktemp("kernels")
    return use_cache(folder) or folder / "uncompiled"


@pytest.fixture(scope="session")
def bayreuth(shared_data: pathlib.Path) -> RoadNetwork:
    """The real network north of Bayreuth, read once."""
    return read_osm(shared_data / "osm" / "north-bayreuth.osm.gz")


@pytest.fixture(scope="session")
def liechtenstein(shared_data: pathlib.Path) -> RoadNetwork:
    """The real network of Liechtenstein, read once."""
    return read_osm(shared_data / "osm" / "liechtenstein-valhalla.osm.pbf")
