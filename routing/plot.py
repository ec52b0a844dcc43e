"""Drawing a plan as an SVG file: the tours, the depots and the disposal sites."""

from collections.abc import Callable
from html import escape

from routing.errors import RoutingError
from routing.plan import Plan, Tour
from routing.problem import Problem

_SIZE = 1000.0
_MARGIN = 30.0
_HUES = 137.508  # golden angle: neighbouring tours get hues far apart


def draw(problem: Problem, plan: Plan) -> str:
    """SVG text; needs `Problem.positions`, x to the right and y upwards."""
    if not problem.positions:
        raise RoutingError("plot: the instance has no positions: expected coordinates to draw")
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
        parts.append(f'<text x="{x + 9:.1f}" y="{y:.1f}" font-size="14">D{place}</text>')
    height = 2 * _MARGIN + (max(ys) - min(ys)) * scale
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
