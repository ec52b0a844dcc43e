"""A scenario file: what to compare, over which weeks, on which districts.

start = 2026-03-02        # first counted day, a Monday
weeks = 13
seeds = [1, 2, 3]         # one district each
scale = 1.0               # 1 means 1,600 containers

[[policy]]
name = "operator's rhythm"
kind = "rhythm"           # each container's own rhythm_days

[[policy]]
name = "best fixed rhythm"
kind = "best_rhythm"      # longest of 1, 2, 3, 4, 7, 14, 21, 28 days within `fill` of its true days to full
fill = 0.85

[[policy]]
name = "threshold 80 %"
kind = "threshold"        # lift on the morning that a container is at `level` or above
level = 0.8

[[policy]]
name = "forecast"
kind = "forecast"         # lift when level plus usual growth over `days` days reaches `level`
level = 0.95
days = 1.0

[[policy]]
name = "perfect knowledge"
kind = "perfect"          # knows true levels and growth, lifts only before an overflow
days = 1
"""

import datetime as dt
import pathlib
import tomllib
from typing import Annotated, Literal

import msgspec

from simulators.errors import BadArgument

_Seeds = Annotated[list[Annotated[int, msgspec.Meta(ge=0)]], msgspec.Meta(min_length=1, max_length=50)]
Kind = Literal["rhythm", "best_rhythm", "threshold", "forecast", "perfect"]


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to choose the containers of a day; which fields count depends on the kind."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    kind: Kind
    level: Annotated[float, msgspec.Meta(gt=0, le=1.5)] = 0.8
    """Share of the volume."""
    days: Annotated[float, msgspec.Meta(ge=0, le=28)] = 1.0
    """Look-ahead, days."""
    fill: Annotated[float, msgspec.Meta(gt=0, le=1.5)] = 0.85
    """Fill level that a fixed rhythm aims at."""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to compare."""

    start: dt.date
    weeks: Annotated[int, msgspec.Meta(ge=1, le=260)]
    policy: Annotated[list[Policy], msgspec.Meta(min_length=1)]
    seeds: _Seeds = msgspec.field(default_factory=lambda: [1])
    scale: Annotated[float, msgspec.Meta(gt=0, le=20)] = 1.0


def read_scenario(path: pathlib.Path) -> Scenario:
    """Read a scenario file; raises BadArgument that names the field, its value and what was expected."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadArgument("scenario", path, f"a readable file ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise BadArgument("scenario", path, f"valid TOML: {error}") from error
    try:
        scenario = msgspec.convert(told, Scenario)
    except msgspec.ValidationError as error:
        raise BadArgument("scenario", path, f"a scenario: {error}") from error
    names = [policy.name for policy in scenario.policy]
    if len(set(names)) < len(names):
        raise BadArgument("policy.name", names, "different for each policy")
    return scenario
