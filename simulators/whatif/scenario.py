"""A scenario file: what to compare, over which weeks, on which districts.

start = 2026-03-02        # first counted day, a Monday
weeks = 13
seeds = [1, 2, 3]         # one district each
scale = 1.0               # 1 means 1,600 containers
median_days = 14          # days to full over the containers; 10 to 90 % lie between 6/14 and 35/14 of it
iterations = 1000         # of the optimiser, for each fraction's tours of a day

[[policy]]
name = "operator's rhythm"
kind = "rhythm"           # a calendar by the operator's guess of each container's need

[[policy]]
name = "best fixed rhythm"
kind = "best_rhythm"      # the rarest pattern with gaps below `fill` of the true days to full; without `fill`
                          # the rarest calendar that overflows no more than `overflow_percent`
overflow_percent = 1.0

[[policy]]
name = "threshold 80 %"
kind = "threshold"        # lift on the morning that a container is at `level` or above
level = 0.8

[[policy]]
name = "ours"
kind = "forecast"         # the platform's forecast and choice; `sensors` is the share of containers with one
sensors = 1.0

[[policy]]
name = "perfect knowledge"
kind = "perfect"          # the same choice by one who knows true levels and growth

`eur_overflow_day`, `must_probability`, `eur_lift`, `ripe_from` and `merging` of the last two kinds are the
platform's prices unless a policy says otherwise.
"""

import datetime as dt
import pathlib
import tomllib
from typing import Annotated, Literal

import msgspec

from simulators.errors import BadArgument
from smartregion.waste.choice import PRICES, Prices

_Seeds = Annotated[list[Annotated[int, msgspec.Meta(ge=0)]], msgspec.Meta(min_length=1, max_length=50)]
_Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Kind = Literal["rhythm", "best_rhythm", "threshold", "forecast", "perfect"]


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to choose the containers of a day; which fields count depends on the kind."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    kind: Kind
    level: Annotated[float, msgspec.Meta(gt=0, le=1.5)] = 0.8
    """Share of the volume."""
    fill: Annotated[float, msgspec.Meta(gt=0, le=2.0)] | None = None
    """Share of the days to full that the longest gap of a calendar may take."""
    overflow_percent: Annotated[float, msgspec.Meta(gt=0, le=100)] = 1.0
    """Container-days above the rim that the best calendar may have."""
    sensors: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """Share of containers with a sensor."""
    eur_overflow_day: Annotated[float, msgspec.Meta(ge=0)] = PRICES.eur_overflow_day
    must_probability: _Share = PRICES.must_probability
    eur_lift: Annotated[float, msgspec.Meta(ge=0)] = PRICES.eur_lift
    ripe_from: _Share = PRICES.ripe_from
    merging: Annotated[float, msgspec.Meta(ge=0)] = PRICES.merging

    def prices(self) -> Prices:
        """The platform's prices with what the scenario changes."""
        return Prices(
            eur_overflow_day=self.eur_overflow_day,
            must_probability=self.must_probability,
            eur_lift=self.eur_lift,
            ripe_from=self.ripe_from,
            merging=self.merging,
        )


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to compare."""

    start: dt.date
    weeks: Annotated[int, msgspec.Meta(ge=1, le=260)]
    policy: Annotated[list[Policy], msgspec.Meta(min_length=1)]
    seeds: _Seeds = msgspec.field(default_factory=lambda: [1])
    scale: Annotated[float, msgspec.Meta(gt=0, le=20)] = 1.0
    median_days: Annotated[float, msgspec.Meta(ge=2, le=100)] = 14.0
    iterations: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 1000
    history_days: Annotated[int, msgspec.Meta(ge=14, le=364)] = 56
    """Days before under the operator's rhythm, from which policies learn; no tours are planned for them."""
    warm_up_days: Annotated[int, msgspec.Meta(ge=0, le=364)] = 28
    """Days before the first counted one under the policy itself."""


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
