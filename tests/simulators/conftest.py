"""Districts that several tests share: building one takes a second."""

import pathlib

import pytest

from routing.cache import use_cache
from simulators.region.district import District, build_district
from simulators.speech.district import DistrictSpeech


@pytest.fixture(scope="session", autouse=True)
def _compiled(kernel_folder: pathlib.Path) -> None:
    """What compares policies takes the kernels of the run."""
    use_cache(kernel_folder)


@pytest.fixture(scope="session")
def district() -> District:
    """The whole district of seed 1."""
    return build_district(1)


@pytest.fixture(scope="session")
def small() -> District:
    """A tenth of the objects on the same roads."""
    return build_district(1, 0.1)


@pytest.fixture(scope="session")
def small_speech(small: District) -> DistrictSpeech:
    """The devices of the small district."""
    return DistrictSpeech(small)
