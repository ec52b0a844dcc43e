"""Street names as German towns have them; the combinations are ours."""

import functools
import pathlib

import numpy as np

_FILE = pathlib.Path(__file__).with_name("street_names.txt")


@functools.cache
def _listed() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    heading = ""
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            heading = line.strip("[]")
        elif not line.startswith("#"):
            found.setdefault(heading, []).extend(name.strip() for name in line.split(";") if name.strip())
    return found


def street_names(rng: np.random.Generator) -> list[str]:
    """Names for one municipality in random order, some 450; a large town starts over with other endings."""
    whole, famous = _listed()["whole"], _listed()["persons"]
    persons = [f"{name}-Straße" if "-" in name else f"{name}straße" for name in famous]
    squares = [f"{name}-Platz" if "-" in name else f"{name}platz" for name in famous[::3]]
    rings = [f"{name}-Ring" if "-" in name else f"{name}ring" for name in famous[1::5]]
    names = [*whole, *persons, *squares, *rings]
    return [names[i] for i in rng.permutation(len(names))]


def road_towards(place: str) -> str:
    """Name of the street that leaves a place towards another: Calauer Straße, Schwarzheider Straße."""
    name = (
        place.split(" (")[0]
        .removesuffix("-Ost")
        .removesuffix("-West")
        .removesuffix("-Süd")
        .removesuffix("-Nord")
    )
    if name.endswith("en") and len(name) > 6:
        adjective = name + "er"
    elif name.endswith("er"):
        adjective = name
    elif name.endswith("e"):
        adjective = name + "r"
    else:
        adjective = name + "er"
    return f"{adjective} Straße"
