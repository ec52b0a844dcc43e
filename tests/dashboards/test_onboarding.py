"""Unknown devices, files, books and quarantine: what the pages tell, and what their forms do."""

import datetime as dt
import json

import psycopg
import pytest
from fastapi.testclient import TestClient

from smartregion import access
from smartregion.books import keep_recount
from tests.dashboards.page_check import Page
from tests.dashboards.pages_district import ELSEWHERE, OWN_PAGE, client
from tests.smartregion.small_district import HOUR, NOW, add_container, quarantine, receipt

_GUESS = {"quantity": "distance", "value": 1.58, "unit": "m"}
_EVIL = b'{"x": "<script>alert(1)</script>"}'
_CSV = "Art;Kennung;lon;lat\nStandplatz;S7;13,9;51,6\n"
_SWAPPED = "Art;Kennung;lon;lat;Farbe\nStandplatz;S7;51,6;13,9;rot\n"


def _stranger(connection: psycopg.Connection, count: int = 2) -> None:
    """A device that sends and that ingest has looked at."""
    for number in range(count):
        quarantine(connection, 60 + number, payload=_EVIL)
    connection.execute(
        "INSERT INTO sr.known_profile VALUES ('vendor-x', 'Vendor X'), ('vendor-y', 'Vendor Y')"
    )
    connection.execute(
        "INSERT INTO sr.guess VALUES ('x', 1, 'The Things Stack v3', 'vendor/x', 'vendor-x', %s, NULL)",
        (json.dumps([_GUESS]),),
    )
    add_container(connection, "B1")
    connection.commit()


def _told(browser: TestClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    assert not Page(answer.text).faults
    return " ".join(answer.text.split())


def test_an_unknown_device_is_shown_with_its_guess(database_url: str, connection: psycopg.Connection) -> None:
    _stranger(connection)
    with client(database_url) as browser:
        listed = _told(browser, "/de/technik/geraete")
        for words in (
            "The Things Stack v3",
            "vendor/x",
            "distance 1,58 m",
            "mit Profil vendor-x",
            "sr/1/x/fill",
        ):
            assert words in listed, words
        assert "<script>alert" not in listed
        assert "&lt;script&gt;alert" in listed
        form = _told(browser, "/en/engineering/devices/x")
        assert '<option value="vendor-x" selected>Vendor X</option>' in form
        assert '<option value="B1">Papier, Standplatz S1, Senftenberg</option>' in form
        assert "unbekannte Geräte</a></dt><dd>1</dd>" in _told(browser, "/de/technik")


def test_adoption_in_one_step(database_url: str, connection: psycopg.Connection) -> None:
    _stranger(connection)
    wish = {"profile": "vendor-y", "kind": "container", "object": "B1", "empty_distance_m": "1,8"}
    with client(database_url) as browser:
        answer = browser.post("/de/technik/geraete/x", data=wish, headers=OWN_PAGE)
        assert answer.status_code == 200
        assert answer.url.path == "/de/technik/geraete"
        assert "data-following" in answer.text
        assert "werden gerade erneut geprüft" in answer.text
        assert "adoption of x" in answer.text
        connection.execute("UPDATE sr.replay_request SET done_at = %s, replayed = 2, remaining = 0", (NOW,))
        connection.commit()
        listed = _told(browser, "/de/technik/geraete")
        assert "2 wartende Nachrichten gespeichert, 0 bleiben in Quarantäne." in listed
        assert "data-following" not in listed
        assert "Jedes Gerät, das sendet, ist eingetragen." in listed
    rows = connection.execute(
        "SELECT d.profile, h.object, h.empty_distance_m FROM sr.device d"
        " JOIN sr.mounting h ON h.device = d.id"
    ).fetchall()
    assert rows == [("vendor-y", "B1", pytest.approx(1.8))]


def test_adoption_makes_a_container(database_url: str, connection: psycopg.Connection) -> None:
    _stranger(connection)
    wish = {"new": "container", "new_id": "B9", "fraction": "paper", "volume_l": "1.100", "street": "Markt 1",
            "place": "Calau", "lon": "51,6", "lat": "13,9"}  # fmt: skip
    with client(database_url) as browser:
        refused = browser.post("/en/engineering/devices/x", data=wish, headers=OWN_PAGE)
        assert refused.status_code == 422
        assert "Longitude and latitude are swapped" in refused.text
        assert 'value="51,6"' in refused.text, "nothing has to be typed again"
        right = wish | {"lon": "13,9", "lat": "51,6"}
        assert browser.post("/en/engineering/devices/x", data=right, headers=OWN_PAGE).status_code == 200
    assert connection.execute("SELECT site, volume_l FROM sr.container WHERE id = 'B9'").fetchall() == [
        ("Markt 1, Calau", 1100)
    ]


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"kind": "container", "object": "B77"}, "container B77: does not exist"),
        ({"profile": "vendor-z"}, "profile: &#39;vendor-z&#39; is not one of those"),
        ({"kind": "container", "object": "B1", "full_distance_m": "tief"}, "full_distance_m"),
    ],
)
def test_a_wrong_adoption_is_named(
    database_url: str, connection: psycopg.Connection, wish: dict[str, str], message: str
) -> None:
    _stranger(connection)
    with client(database_url) as browser:
        answer = browser.post("/de/technik/geraete/x", data=wish, headers=OWN_PAGE)
        assert answer.status_code == 422
        assert message in answer.text
        assert browser.get("/de/technik/geraete/nobody").status_code == 404


def test_a_file_is_checked_read_and_taken_back(database_url: str, connection: psycopg.Connection) -> None:
    with client(database_url) as browser:

        def send(text: str, path: str = "/de/technik/geraete", **wish: str) -> str:
            file = {"file": ("a.csv", text.encode("utf-16"), "text/csv")}
            answer = browser.post(path, files=file, data=wish, headers=OWN_PAGE)
            assert answer.status_code == 200
            assert not Page(answer.text).faults
            return " ".join(answer.text.split())

        assert "Probelauf: nichts geschrieben." in send(_CSV, dry_run="true")
        assert "1 Fehler, nichts geschrieben." in send(_SWAPPED)
        assert "Longitude and latitude are swapped" in send(_SWAPPED, "/en/engineering/devices")
        assert "Diese Spalte ist unbekannt" in send(_SWAPPED)
        assert connection.execute("SELECT count(*) FROM sr.site").fetchone() == (0,)
        connection.rollback()
        assert "Eingelesen als Import" in send(_CSV)
        number = connection.execute("SELECT max(id) FROM sr.import").fetchall()[0][0]
        connection.rollback()
        back = {"back": str(number)}
        assert "zurückgenommen" in browser.post("/de/technik/geraete", data=back, headers=OWN_PAGE).text
        assert connection.execute("SELECT count(*) FROM sr.site").fetchone() == (0,)
        again = browser.post("/de/technik/geraete", data=back, headers=OWN_PAGE)
        assert again.status_code == 422
        assert "was undone already" in again.text
        assert browser.post("/de/technik/geraete", headers=OWN_PAGE).status_code == 422


def test_strangers_change_nothing(database_url: str, connection: psycopg.Connection) -> None:
    _stranger(connection)
    access.add_person(connection, "Ines", "correct horse battery", "dispatcher")
    connection.commit()
    with client(database_url, ELSEWHERE) as browser:
        for path in (
            "/de/technik/geraete",
            "/de/technik/geraete/x",
            "/de/technik/buecher",
            "/de/technik/quarantaene",
        ):
            assert browser.post(path, data={"back": "1"}, headers=OWN_PAGE).status_code in (401, 403), path


def test_the_books_show_the_recount_gaps_and_flags(database_url: str, connection: psycopg.Connection) -> None:
    quarter = NOW - HOUR
    connection.execute(
        "INSERT INTO sr.book VALUES ('bin-1', %s, 5, 4, 1, 0), ('bin-2', %s, 2, 2, 0, 0)", (quarter, quarter)
    )
    for number in range(2):
        connection.execute(
            "INSERT INTO sr.message_note VALUES (%s, 'bin-2', 'empty')", (receipt(quarter, number),)
        )
    connection.execute(
        "INSERT INTO sr.counter_seen VALUES (1, %s, %s, %s)",
        (["bin-2"] * 3, [quarter + n * dt.timedelta(minutes=1) for n in range(3)], [7, 8, 12]),
    )
    connection.execute(
        "INSERT INTO sr.message_flag VALUES (%s, 'bin-2', 'battery_v', '99', '0 to 20')", (receipt(quarter),)
    )
    connection.commit()
    with client(database_url) as browser:
        before = _told(browser, "/de/technik/buecher")
        assert "Noch wurde nicht nachgezählt" in before
        assert "7 empfangen = 6 gespeichert + 1 doppelt + 0 in Quarantäne" in before
        assert before.count('class="stored"') == 2, "one bar, and the legend"
        after = browser.post("/de/technik/buecher", data={"day": ""}, headers=OWN_PAGE)
        text = " ".join(after.text.split())
        assert "1 Zeile geht nicht auf" in text, "bin-1 has counters and no rows"
        assert '<strong class="alarm">0 / 0 / 0</strong>' in text
        assert "<small>9–11</small>" in text
        assert ">battery_v<" in text
        one = _told(browser, "/de/technik/buecher?device=bin-2&show=troubled")
        assert "bin-1" not in one
        assert "9–11" in one
        assert "Für diese Auswahl gibt es keine Zeile." in _told(
            browser, "/de/technik/buecher?day=2026-01-01"
        )


def test_a_recount_is_kept_with_its_moment(connection: psycopg.Connection) -> None:
    found = keep_recount(connection, NOW - 24 * HOUR, NOW)
    assert (found.counted_at, found.lines, found.wrong) == (NOW, 0, 0)


def test_the_quarantine_shows_bytes_and_is_tried_again(
    database_url: str, connection: psycopg.Connection
) -> None:
    number = quarantine(connection, 60, "payload", b"\xff\x00<script>")
    quarantine(connection, 90)
    connection.commit()
    with client(database_url) as browser:
        assert "ff 00 3c 73" in _told(browser, "/de/technik/quarantaene?field=payload")
        assert "ff 00 3c 73" not in _told(browser, "/de/technik/quarantaene?field=device")
        page = browser.get(f"/de/technik/quarantaene/{number}").text
        assert "000000  ff 00 3c 73 63 72 69 70 74 3e                    ··&lt;script&gt;" in page
        for nothing in ("4711", "x", "9" * 30):
            assert browser.get(f"/de/technik/quarantaene/{nothing}").status_code == 404
        wish = {"reason": "payload: expected a registered device"}
        asked = browser.post("/de/technik/quarantaene", data=wish, headers=OWN_PAGE)
        assert "wartet auf den Empfang" in asked.text
    rows = connection.execute("SELECT reason, device FROM sr.replay_request").fetchall()
    assert rows == [("payload: expected a registered device", None)]
