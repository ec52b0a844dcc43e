"""Outcomes as a table and as a chart, means over the districts beside the best calendar."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from simulators.whatif.compare import Outcome
from simulators.whatif.scenario import Scenario
from simulators.whatif.tours import PRICES


class Mean(NamedTuple):
    """A policy over all districts."""

    policy: str
    lifts: float
    km: float
    hours: float
    overflow_percent: float
    fill_at_lift: float
    tonnes: float
    lifts_change: float
    """Against the reference, percent."""
    km_change: float
    left_out: float
    speed: float


_MEASURED = ("lifts", "km", "hours", "overflow_percent", "fill_at_lift", "tonnes", "left_out", "speed")


def reference(scenario: Scenario) -> str:
    """The policy that others are compared with: the best calendar, else the first of the list."""
    return next(
        (each.name for each in scenario.policy if each.kind == "best_rhythm"), scenario.policy[0].name
    )


def means(scenario: Scenario, outcomes: Sequence[Outcome]) -> list[Mean]:
    """Means over the districts, in the scenario's order."""

    def mean(policy: str, field: str) -> float:
        return float(np.mean([getattr(each, field) for each in outcomes if each.policy == policy]))

    base = {field: mean(reference(scenario), field) for field in ("lifts", "km")}
    rows = []
    for policy in scenario.policy:
        own = {field: mean(policy.name, field) for field in _MEASURED}
        changes = {
            f"{field}_change": 100 * (own[field] / max(before, 1e-9) - 1) for field, before in base.items()
        }
        rows.append(Mean(policy=policy.name, **own, **changes))
    return rows


def ways_mean(scenario: Scenario) -> str:
    """What the kilometres are."""
    effort = f"{scenario.iterations} iterations a fraction and day"
    return f"on the district's roads, tours by the optimiser with {effort}"


def table(scenario: Scenario, outcomes: Sequence[Outcome]) -> str:
    """The means as text."""
    prices = ", ".join(f"{name} {value:g}" for name, value in PRICES.items())
    lines = [
        f"{scenario.weeks} weeks from {scenario.start}, {len(scenario.seeds)} districts, median "
        f"{scenario.median_days:g} days to full; changes against: {reference(scenario)}",
        f"km: {ways_mean(scenario)}; {prices}",
        "",
    ]
    head = (
        f"{'policy':<26}{'lifts':>8}{'':>9}{'km':>9}{'':>9}{'hours':>8}{'overflow':>11}{'fill':>7}{'km/t':>7}"
        f"{'times real':>12}"
    )
    lines += [head, "-" * len(head)]
    for row in means(scenario, outcomes):
        lines.append(
            f"{row.policy[:25]:<26}{row.lifts:>8.0f}{row.lifts_change:>+7.1f} %{row.km:>9.0f}"
            f"{row.km_change:>+7.1f} %{row.hours:>8.0f}{row.overflow_percent:>9.2f} %"
            f"{100 * row.fill_at_lift:>5.0f} %{row.km / max(row.tonnes, 1e-9):>7.1f}{row.speed:>12,.0f}"
        )
    return "\n".join(lines)


_LEFT, _BAR, _GAP, _ROW, _TOP = 210, 170, 26, 26, 58
_PARTS = (
    ("lifts", "lifts", "{:.0f}"),
    ("km", "km", "{:.0f}"),
    ("overflow_percent", "overflowing container-days, %", "{:.2f}"),
)


def chart(scenario: Scenario, outcomes: Sequence[Outcome]) -> str:
    """The means as SVG: a bar a policy for lifts, kilometres and overflow, the figure beside each."""
    rows = means(scenario, outcomes)
    width = _LEFT + len(_PARTS) * (_BAR + 60 + _GAP)
    height = _TOP + _ROW * len(rows) + 16
    districts = f"{len(scenario.seeds)} districts"
    title = f"{scenario.weeks} weeks, {districts}, median {scenario.median_days:g} days to full"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13" fill="#1d2733">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="20" font-weight="bold">{escape(title)}</text>',
    ]
    for column, (field, label, form) in enumerate(_PARTS):
        parts += _bars(
            _LEFT + column * (_BAR + 60 + _GAP), label, form, [getattr(row, field) for row in rows]
        )
    parts += [
        f'<text x="8" y="{_TOP + _ROW * k + 13}">{escape(row.policy)}</text>' for k, row in enumerate(rows)
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bars(x: int, label: str, form: str, values: Iterable[float]) -> list[str]:
    values = list(values)
    most = max(max(values), 1e-9)
    found = [f'<text x="{x}" y="44" fill="#51606f">{escape(label)}</text>']
    for k, value in enumerate(values):
        y, long = _TOP + _ROW * k, _BAR * value / most
        found += [
            f'<rect x="{x}" y="{y}" width="{long:.1f}" height="16" fill="#5b7a99"/>',
            f'<text x="{x + long + 6:.1f}" y="{y + 13}">{form.format(value)}</text>',
        ]
    return found
