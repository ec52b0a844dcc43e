"""What the tests of the optimiser share: kernels compiled for this run alone."""

import pathlib

import pytest

from routing.cache import use_cache


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path | None:
    """Kernels compiled anew, so that nothing old can hide a fault; the folder they are kept in."""
    return use_cache(tmp_path_factory.mktemp("kernels"))
