"""What a recording's authors expected beside what we give: number by number, by name, in the same unit."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ingest.fields import Leaf, flatten, number
from ingest.profiles import FieldRule, Profile, shipped_profiles
from ingest.quantities import QUANTITIES, recognise
from smartregion.readings import Reading

_STATES = {
    "on": 1, "off": 0, "open": 1, "closed": 0, "tilt": 1, "normal": 0, "occupied": 1, "vacant": 0, "true": 1,
    "false": 0, "no alarm": 0, "alarm": 1, "enabled": 1, "disabled": 0, "failed": 0,
}  # fmt: skip
_OTHER_NAMES = {
    "gps_lat": "lat", "gps_lon": "lon", "tilt": "tilted",
    "position": "tilted", "ball_status": "tilted", "pir": "motion", "latitude": "lat", "longitude": "lon",
    "temperature_abnormal": "temperature_alarm", "distance_alarming": "distance_alarm",
    "rem_batt_days": "battery_days", "energy_consumption_meter_elapsed": "elapsed",
    "energy_consumption_meter_consumed": "meter", "total_counter_in": "total_in",
    "total_counter_out": "total_out", "periodic_counter_in": "period_in",
    "periodic_counter_out": "period_out", "occupancy": "occupied",
}  # fmt: skip
"""Names of a recording's authors that our profiles call otherwise."""


class Difference(NamedTuple):
    """One value that does not come out as its authors expected."""

    item: str
    field: str
    expected: str
    ours: str


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def is_state(text: str) -> bool:
    """Whether a text is a number or one of two states, which we tell as numbers."""
    return number(text) is not None or text.lower() in _STATES


def profile_of(model: str) -> Profile | None:
    """The shipped profile of VENDOR/DEVICE."""
    models = {name.lower(): profile for profile in shipped_profiles().values() for name in profile.models}
    return models.get(model.lower().replace("__chirpstack", "").replace("-114", ""))


def compare(
    item: str, expected: Mapping[str, object], readings: Sequence[Reading], profile: Profile | None, none: str
) -> Iterator[Difference | None]:
    """For each expected field None when it comes out, else the difference; `none` says why nothing came."""
    for leaf in flatten(dict(expected)):
        rule = profile.fields.get(leaf.path) if profile is not None else None
        have = [reading for reading in readings if reading.quantity in _names(leaf, rule)]
        if any(_equal(leaf, rule, reading) for reading in have):
            yield None
            continue
        ours = ", ".join(f"{r.quantity} = {r.value:.6g} {r.unit}".rstrip() for r in have)
        yield Difference(item, leaf.path, json.dumps(leaf.value, ensure_ascii=False), ours or none)


def _names(leaf: Leaf, rule: FieldRule | None) -> set[str]:
    """Names under which a reading may stand for a field."""
    path = leaf.path.replace(".0_", ".")
    last = path.rpartition(".")[2]
    names = {path, last, f"{path} (unit unknown)", _OTHER_NAMES.get(last.lower(), last)}
    key = recognise(leaf.path)[0]
    names |= {rule.quantity} if rule is not None else set()
    names |= {key, "battery_level" if key == "battery" else key} if key is not None else set()
    return names


def _equal(leaf: Leaf, rule: FieldRule | None, reading: Reading) -> bool:
    if rule is not None and isinstance(leaf.value, str) and leaf.value.lower() in rule.values:
        return reading.value == rule.values[leaf.value.lower()]
    if isinstance(leaf.value, str) and leaf.value.lower() in _STATES:
        return reading.value == _STATES[leaf.value.lower()]
    told = number(leaf.value)
    if told is None:
        return False
    quantity = QUANTITIES.get(reading.quantity)
    scales = [(1.0, 0.0), *(quantity.accepts.values() if quantity is not None else ())]
    return any(
        math.isclose(told[0] * factor + offset, reading.value, rel_tol=1e-6, abs_tol=1e-9)
        for factor, offset in scales
    )
