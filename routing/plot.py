"""Drawing a plan as an SVG file: tours, depots, disposal sites, and below them the course of the cost."""

import itertools
from collections.abc import Callable, Sequence
from html import escape

from routing.errors import RoutingError
from routing.plan import Plan, Tour
from routing.problem import Problem

_SIZE = 1000.0
_MARGIN = 30.0
_HUES = 137.508  # golden angle: neighbouring tours get hues far apart
_CHART = 220.0  # height of the course
_FOOT = 40.0  # room for its times

Course = Sequence[tuple[float, float]]
"""Seconds of search and the best cost then, in order."""


def refuse_undrawable(problem: Problem) -> None:
    """RoutingError if the problem cannot be drawn: to be asked before a long search."""
    if not problem.positions:
        raise RoutingError("plot: the instance has no positions: expected coordinates to draw")


def draw(problem: Problem, plan: Plan, course: Course = ()) -> str:
    """SVG text; needs `Problem.positions`, x to the right and y upwards. course: drawn below if not empty."""
    refuse_undrawable(problem)
    xs, ys = [x for x, _ in problem.positions], [y for _, y in problem.positions]
    span = max(max(xs) - min(xs), max(ys) - min(ys)) or 1.0
    scale = (_SIZE - 2 * _MARGIN) / span

    def at(location: int) -> tuple[float, float]:
        x, y = problem.positions[location]
        return _MARGIN + (x - min(xs)) * scale, _MARGIN + (max(ys) - y) * scale

    parts = [
        _tour(problem, tour, number, at_text=lambda row: _point(at(row)))
        for number, tour in enumerate(plan.tours)
    ]
    for stop in problem.stops:
        x, y = at(stop.location)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="#37474f"/>')
    for location in sorted({row for car in problem.vehicles for row in (car.start, car.end)}):
        x, y = at(location)
        parts.append(f'<rect x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12" fill="#111"/>')
    for place, site in enumerate(problem.disposal_sites, start=1):
        x, y = at(site.location)
        parts.append(f'<path d="M{x:.1f} {y - 8:.1f}l8 14h-16z" fill="#b3541e"/>')
        beside = f'x="{x + 9:.1f}"' if x < _SIZE - 2 * _MARGIN else f'x="{x - 9:.1f}" text-anchor="end"'
        parts.append(f'<text {beside} y="{y:.1f}" font-size="14">D{place}</text>')
    height = 2 * _MARGIN + (max(ys) - min(ys)) * scale
    if course:
        parts.append(_chart(course, problem.unit, height))
        height += _CHART + _FOOT
    unit = f" {problem.unit}" if problem.unit else ""
    title = escape(f"{problem.name}: {plan.cost:,.1f}{unit}, {len(plan.tours)} tours")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE:.0f} {height:.0f}" role="img">'
        f"<title>{title}</title>"
        '<rect width="100%" height="100%" fill="#fafafa"/>' + "\n".join(parts) + "</svg>\n"
    )


def _point(position: tuple[float, float]) -> str:
    return f"{position[0]:.1f},{position[1]:.1f}"


def _tour(problem: Problem, tour: Tour, number: int, at_text: Callable[[int], str]) -> str:
    car = problem.vehicles[tour.vehicle]
    rows = [car.start, *(v.location for v in tour.visits if v.location is not None), car.end]
    points = " ".join(at_text(row) for row in rows)
    hue = number * _HUES % 360
    return (
        f'<polyline points="{points}" fill="none" stroke="hsl({hue:.0f} 60% 42%)" stroke-width="1.6">'
        f"<title>{number + 1}: {len(tour.stops)} stops</title></polyline>"
    )


def _chart(course: Course, unit: str, top: float) -> str:
    """The best cost over the seconds of search, as steps, with its first and last values written out."""
    begin_s, end_s = course[0][0], course[-1][0]
    costs = [cost for _, cost in course]
    low, high = min(costs), max(costs)
    wide = (_SIZE - 2 * _MARGIN) / ((end_s - begin_s) or 1.0)
    high_px = (_CHART - _MARGIN) / ((high - low) or 1.0)
    path = f"M{_MARGIN} {top + _MARGIN + (high - costs[0]) * high_px:.1f}"
    for (_, before), (seconds, cost) in itertools.pairwise(course):
        if cost != before or seconds == end_s:
            path += (
                f"H{_MARGIN + (seconds - begin_s) * wide:.1f}V{top + _MARGIN + (high - cost) * high_px:.1f}"
            )
    bottom = top + _CHART
    title = escape(f"best cost {costs[0]:,.1f} to {costs[-1]:,.1f} {unit}".rstrip())
    return (
        f'<g id="course" font-size="14" fill="#37474f"><title>{title}</title>'
        f'<path d="{path}" fill="none" stroke="#37474f" stroke-width="1.6"/>'
        f'<path d="M{_MARGIN} {bottom:.1f}H{_SIZE - _MARGIN}" stroke="#90a4ae"/>'
        f'<text x="{_MARGIN + 6}" y="{top + _MARGIN - 6:.1f}">{costs[0]:,.1f}</text>'
        f'<text x="{_SIZE - _MARGIN}" y="{bottom - 6:.1f}" text-anchor="end">{costs[-1]:,.1f}</text>'
        f'<text x="{_MARGIN}" y="{bottom + 20:.1f}">{begin_s:.1f} s</text>'
        f'<text x="{_SIZE - _MARGIN}" y="{bottom + 20:.1f}" text-anchor="end">{end_s:.1f} s</text></g>'
    )
