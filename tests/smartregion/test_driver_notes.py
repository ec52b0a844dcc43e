"""What drivers tick and say: once, in order, learned from; and tours for navigation."""

import csv
import datetime as dt
import io
import json
import pathlib
import xml.etree.ElementTree as ElementTree
from zoneinfo import ZoneInfo

import psycopg
import pytest

from smartregion.errors import InvalidInput, NotFound
from smartregion.waste import forecasts, plans, ticks, tour_export
from smartregion.waste.ticks import Note
from tests.dashboards.pages_district import HERE, OWN_PAGE, client, fill, tour_id
from tests.smartregion.small_district import HOUR, NOW

_BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def tour(connection: psycopg.Connection, tmp_path: pathlib.Path) -> int:
    """A tour whose stop 1 empties B1, whose sensor is gone."""
    fill(connection, tmp_path)
    connection.execute("DELETE FROM sr.mounting WHERE object_kind = 'container'")
    connection.commit()
    return tour_id(connection)


def _told(connection: psycopg.Connection) -> list[float | None]:
    sql = forecasts._sql("told_lifts")
    values = {"ids": ["B1"], "since": NOW - dt.timedelta(days=5), "until": NOW}
    return [row[2] for row in connection.execute(sql, values).fetchall()]


def test_what_is_said_twice_counts_once_and_the_last_word_stands(
    connection: psycopg.Connection, tour: int
) -> None:
    for key, level, minutes in (("a", 0.5, 10), ("b", 0.75, 20), ("a", 0.5, 10), ("b2", 0.75, 25)):
        ticks.note(
            connection, tour, [Note(1, "B1", level=level, key=key)], NOW - 3 * HOUR + minutes * HOUR / 60
        )
    assert connection.execute("SELECT count(*) FROM sr.driver_note").fetchall() == [(2,)]
    assert ticks.said(connection, tour)[1, "B1"].level == 0.75


def test_forecasts_learn_from_a_tick_with_a_level(connection: psycopg.Connection, tour: int) -> None:
    ticks.note(connection, tour, [Note(1, "B1", level=0.75)], NOW - 2 * HOUR)
    assert _told(connection) == []
    ticks.tick_stops(connection, tour, [1], [1], NOW - HOUR)
    assert _told(connection) == [0.75]
    forecasts.refresh(connection, NOW, _BERLIN, "BB")
    found = forecasts.forecast(connection, "B1")
    assert found is not None
    assert found.reason == "lifts"
    ticks.note(connection, tour, [Note(1, "B1", reason="blocked")], NOW - HOUR)
    assert _told(connection) == [], "a blocked container was not emptied"
    ticks.note(connection, tour, [Note(1, "B1", reason="")], NOW)
    assert _told(connection) == [0.75]


def test_what_does_not_fit_is_refused(connection: psycopg.Connection, tour: int) -> None:
    for note, reason in (
        (Note(1, "B1"), "a level or a reason"),
        (Note(1, "B1", level=2.0), "a share 0..1.2"),
        (Note(1, "B1", reason="lazy"), "one of blocked"),
    ):
        with pytest.raises(InvalidInput, match=reason):
            ticks.note(connection, tour, [note], NOW)
    with pytest.raises(NotFound):
        ticks.note(connection, tour + 99, [Note(1, "B1", level=0.5)], NOW)
    ticks.note(connection, tour, [Note(1, "B9", level=0.5)], NOW)
    assert ticks.said(connection, tour) == {}, "a container of another stop is not this tour's"


def test_ticks_on_an_old_sheet_reach_the_plan_that_counts(connection: psycopg.Connection, tour: int) -> None:
    connection.execute(
        "INSERT INTO sr.plan (date, state, requested_at, seconds, accepted_at)"
        " SELECT date, 'done', requested_at, 1, requested_at FROM sr.plan"
    )
    connection.execute(
        "INSERT INTO sr.tour (plan, number, vehicle, fraction, start_at, end_at, distance_m, load_kg, lifts,"
        " geometry) SELECT (SELECT max(id) FROM sr.plan), number, vehicle, fraction, start_at, end_at,"
        " distance_m, load_kg, lifts, geometry FROM sr.tour"
    )
    connection.execute(
        "INSERT INTO sr.tour_stop SELECT (SELECT max(id) FROM sr.tour), seq + 4, kind, place, name, lon, lat,"
        " arrive_at, depart_at, leg_m, load_kg, containers, note FROM sr.tour_stop"
    )
    assert ticks.superseded(connection, tour) == (True, tour + 1)
    ticks.tick_stops(connection, tour, [1], [1], NOW)
    assert ticks.progress(connection, tour + 1) == ticks.Progress(1, 1, 1, NOW, NOW)


def test_a_tour_for_navigation(connection: psycopg.Connection, tour: int) -> None:
    sheet = plans.tour_sheet(connection, tour)
    names = {"g": "http://www.topografix.com/GPX/1/1"}
    root = ElementTree.fromstring(tour_export.gpx(sheet))  # noqa: S314 - our own text
    assert [point.get("lat") for point in root.findall("g:rte/g:rtept", names)] == [
        "51.600000", "51.600000", "51.610000", "51.600000",
    ]  # fmt: skip
    assert len(root.findall("g:trk/g:trkseg/g:trkpt", names)) == 3
    assert root.findall("g:wpt/g:name", names)[1].text == "1 Standplatz S1"
    features = json.loads(tour_export.geojson(sheet))["features"]
    assert [one["geometry"]["type"] for one in features] == ["LineString", *["Point"] * 4]
    rows = list(csv.DictReader(io.StringIO(tour_export.table(sheet)), delimiter=";"))
    assert [(row["number"], row["kind"], row["containers"]) for row in rows][1] == ("1", "site", "B1")
    assert tour_export.link(sheet.stops[1]).startswith("geo:51.600000,13.900000")
    assert tour_export.link(sheet.stops[2]) == ""


def test_page_and_api_take_reports(database_url: str, connection: psycopg.Connection, tour: int) -> None:
    page, api = f"/de/abfall/tour/{tour}", f"/api/v1/tours/{tour}"
    level = json.dumps(["level", 1, "B1", 0.5])
    with client(database_url, HERE) as browser:
        sheet = browser.get(page).text
        assert "[&#34;level&#34;, 1, &#34;B1&#34;, 0.5]" in sheet
        for _ in range(2):
            said = {"note": level, "key": "k1", "at": (NOW - HOUR).isoformat()}
            sent = browser.post(page, data=said, headers={**OWN_PAGE, "Accept": "application/json"})
            assert sent.status_code == 204
        assert browser.post(page, data={"note": "nonsense"}, headers=OWN_PAGE).status_code == 422
        report = {
            "seq": 1,
            "done": True,
            "at": (NOW - HOUR).isoformat(),
            "reasons": {"B1": "damaged"},
            "key": "r",
        }
        assert browser.post(f"{api}/reports", json=report, headers=OWN_PAGE).status_code == 204
        assert browser.get(f"{api}/progress").json()["lifts_done"] == 1
        for kind in ("gpx", "geojson", "csv"):
            assert browser.get(f"{api}/route?format={kind}").status_code == 200
        again = browser.get(page).text
        assert "1 von 1 Halten, 1 Leerungen" in again
        assert again.count(" selected>") == 2
    assert ticks.said(connection, tour)[1, "B1"].reason == "damaged"


def test_lifts_outside_of_tours_are_told_once(
    database_url: str, connection: psycopg.Connection, tour: int
) -> None:
    with client(database_url, HERE) as browser:

        def tell(**changes: object) -> int:
            lift = {"container": "B1", "at": (NOW - 24 * HOUR).isoformat(), "level": 0.75} | changes
            return browser.post("/api/v1/lifts", json=[lift], headers=OWN_PAGE).status_code

        assert [tell(), tell(level=0.5)] == [204, 204]
        assert tell(container="B9") == 422
        assert tell(at=(NOW + HOUR).isoformat()) == 422
        assert tell(level=2.0) == 422
    assert _told(connection) == [0.5]
