"""The picture of a plan: tours, and the course of the best cost below them."""

import re
import xml.etree.ElementTree as ET

import pytest

from routing import Plan, Problem, RoutingError
from routing.plot import draw
from routing.timetable import timetable
from tests.routing import small_problems

_SVG = "{http://www.w3.org/2000/svg}"


def _plan(problem: Problem) -> Plan:
    tours = (timetable(problem, 0, [("stop", 0), ("stop", 1)]), timetable(problem, 1, [("stop", 2)]))
    return Plan(tours, (), sum(tour.cost for tour in tours))


def test_the_course_goes_down_in_steps_from_the_first_to_the_last_second() -> None:
    problem = small_problems.plain(1, stops=3)
    picture = ET.fromstring(  # noqa: S314 - our own text
        draw(problem, _plan(problem), [(0.0, 900.0), (1.0, 900.0), (2.0, 700.0), (4.0, 650.0)])
    )
    assert len(picture.findall(f"{_SVG}polyline")) == 2
    chart = picture.find(f"{_SVG}g[@id='course']")
    assert chart is not None
    assert chart.findtext(f"{_SVG}title") == "best cost 900.0 to 650.0"
    assert [text.text for text in chart.findall(f"{_SVG}text")] == ["900.0", "650.0", "0.0 s", "4.0 s"]
    line = chart.findall(f"{_SVG}path")[0].get("d", "")
    heights = [float(height) for height in re.findall(r"V([\d.]+)", line)]
    assert heights == sorted(heights)
    assert len(heights) == 2, "a step where the cost changes, none where it stays"
    assert [float(x) for x in re.findall(r"H([\d.]+)", line)] == [500.0, 970.0]


def test_without_a_course_only_the_tours_are_drawn() -> None:
    problem = small_problems.plain(1, stops=3)
    assert "course" not in draw(problem, _plan(problem))


def test_without_positions_it_says_so() -> None:
    problem = small_problems.waste(1)
    with pytest.raises(RoutingError, match="no positions"):
        draw(problem, Plan((), (), 0.0))
