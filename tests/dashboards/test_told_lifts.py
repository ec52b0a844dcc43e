"""Lifts outside the tours: told on the container's page or over the API, shown, taken back, refused."""

import pathlib
import re

import psycopg
import pytest

from tests.dashboards.pages_district import HERE, OWN_PAGE, client, fill, tour_id
from tests.smartregion.small_district import HOUR, NOW

_PAGES = {"de": "/de/abfall/behaelter/B1", "en": "/en/waste/container/B1"}


@pytest.fixture
def district(connection: psycopg.Connection, tmp_path: pathlib.Path) -> psycopg.Connection:
    """Containers with levels and a tour."""
    fill(connection, tmp_path)
    return connection


def test_a_lift_is_told_shown_and_taken_back(database_url: str, district: psycopg.Connection) -> None:
    with client(database_url) as browser:
        form = {"at": "2026-06-09T18:30", "level": "0.75", "reason": "event"}
        told = browser.post(_PAGES["de"], data=form, headers=OWN_PAGE)
        assert told.status_code == 200
        assert "nachgetragen<small>Veranstaltung</small>" in told.text
        (lift,) = browser.get("/api/v1/containers/B1/lifts").json()
        assert lift == {"time": "2026-06-09T16:30:00Z", "level": 0.75, "source": "told", "reason": "event"}
        again = browser.post(_PAGES["en"], data=form | {"level": "", "reason": ""}, headers=OWN_PAGE)
        assert "told afterwards" in again.text
        (lift,) = browser.get("/api/v1/containers/B1/lifts").json()
        assert (lift["level"], lift["reason"]) == (None, "")
        withdrawn = re.search(r'name="withdrawn" value="([^"]+)"', again.text)
        assert withdrawn is not None
        gone = browser.post(_PAGES["en"], data={"withdrawn": withdrawn[1]}, headers=OWN_PAGE)
        assert "No lift is known in this time." in gone.text
        assert (
            browser.post(_PAGES["en"], data={"withdrawn": withdrawn[1]}, headers=OWN_PAGE).status_code == 404
        )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"at": "2026-06-10T23:00"}, "nicht in der Zukunft"),
        ({"at": "2025-01-10T23:00"}, "höchstens ein Jahr zurück"),
        ({"at": "gestern"}, "ein Datum mit Uhrzeit"),
        ({"level": "voll"}, "ein Wert aus der Liste"),
        ({"level": "1.5"}, "ein Wert aus der Liste"),
        ({"reason": "langweilig"}, "einer aus der Liste"),
    ],
)
def test_what_does_not_fit_is_said_and_what_was_entered_stays(
    database_url: str, district: psycopg.Connection, wrong: dict[str, str], words: str
) -> None:
    form = {"at": "2026-06-09T18:30", "level": "0.75", "reason": "event"} | wrong
    with client(database_url) as browser:
        refused = browser.post(_PAGES["de"], data=form, headers=OWN_PAGE)
        assert refused.status_code == 422
        assert words in refused.text
        assert form["level"] != "0.75" or '<option value="0.75" selected>' in refused.text
        assert browser.get("/api/v1/containers/B1/lifts").json() == []


def test_lifts_of_tours_and_sensors_stand_beside_those_told(
    database_url: str, district: psycopg.Connection
) -> None:
    with client(database_url, HERE) as browser:
        report = {"seq": 1, "done": True, "at": (NOW - HOUR).isoformat(), "levels": {"B1": 1.0}}
        address = f"/api/v1/tours/{tour_id(district)}/reports"
        assert browser.post(address, json=report, headers=OWN_PAGE).status_code == 204
        district.execute(
            "INSERT INTO sr.container_lift (container, time, level, source) VALUES ('B1', %s, 0.9, 'sensor')",
            (NOW - 30 * HOUR,),
        )
        district.commit()
        lift = {"container": "B1", "at": (NOW - 2 * HOUR).isoformat(), "reason": "complaint"}
        assert browser.post("/api/v1/lifts", json=[lift], headers=OWN_PAGE).status_code == 204
        found = browser.get("/api/v1/containers/B1/lifts").json()
        assert [(one["source"], one["level"]) for one in found] == [
            ("tour", 1.0),
            ("told", None),
            ("sensor", 0.9),
        ]
        at = found[1]["time"]
        assert browser.delete(f"/api/v1/containers/B1/lifts/{at}", headers=OWN_PAGE).status_code == 204
        at = found[2]["time"]
        assert browser.delete(f"/api/v1/containers/B1/lifts/{at}", headers=OWN_PAGE).status_code == 404
