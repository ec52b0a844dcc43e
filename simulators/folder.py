"""The folder of a simulated district: the extract, the registry file, the truth."""

import json
import os
import pathlib

import msgspec

from simulators.errors import SimulatorError
from simulators.region.district import District, build_district
from simulators.region.extract import write_extract
from simulators.region.registry import write_registry
from simulators.truth.told import truth

EXTRACT, REGISTRY, TRUTH = "region.osm.pbf", "registry.csv", "truth.json"
_EDITION = 1
"""Raised when the same seed gives another district than before, so that older folders are written anew."""


def prepare(folder: pathlib.Path, seed: int, scale: float) -> tuple[District, bool]:
    """The district of a seed, with its three files: written when absent or of another seed, scale or edition.

    Returns the district and whether files were written; raises SimulatorError when that is impossible.
    """
    district = build_district(seed, scale)
    told = {"edition": _EDITION, "seed": seed, "scale": scale}
    if _written(folder) == told:
        return district, False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TRUTH).unlink(missing_ok=True)
        write_extract(district.region, folder / EXTRACT)
        write_registry(district, folder / REGISTRY)
        # The truth comes last: where it is, the other two are whole.
        unfinished = folder / f".{TRUTH}-unfinished"
        unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(told | truth(district)), indent=1))
        os.replace(unfinished, folder / TRUTH)
    except (OSError, RuntimeError) as error:
        raise SimulatorError(f"folder: {folder} cannot be written: {' '.join(str(error).split())}") from error
    return district, True


def _written(folder: pathlib.Path) -> dict[str, object] | None:
    if not all((folder / name).is_file() for name in (EXTRACT, REGISTRY, TRUTH)):
        return None
    try:
        told = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
        return {key: told[key] for key in ("edition", "seed", "scale")}
    except (OSError, ValueError, KeyError, TypeError):
        return None
