"""What the tests of the optimiser share: kernels compiled for this run alone."""

import pathlib

import pytest

from routing.cache import use_cache
from routing.roads import RoadNetwork, read_osm


@pytest.fixture(scope="session")
def compiled(kernel_folder: pathlib.Path) -> pathlib.Path:
    """Kernels compiled in this run; the folder they are kept in."""
    return use_cache(kernel_folder) or kernel_folder / "uncompiled"


@pytest.fixture(scope="session")
def bayreuth(shared_data: pathlib.Path) -> RoadNetwork:
    """The real network north of Bayreuth, read once."""
    return read_osm(shared_data / "osm" / "north-bayreuth.osm.gz")


@pytest.fixture(scope="session")
def liechtenstein(shared_data: pathlib.Path) -> RoadNetwork:
    """The real network of Liechtenstein, read once."""
    return read_osm(shared_data / "osm" / "liechtenstein-valhalla.osm.pbf")
