"""Exports of waste operators as they really look: heads, addresses, coordinates, units, encodings."""

import codecs
import csv
import io
import random
from typing import Literal

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartregion.errors import SmartRegionError
from smartregion.registry.importer import Choices, FileRefusedError, Imported, import_bytes, undo
from smartregion.registry.utm import to_lonlat
from smartregion.store import backup
from tests.smartregion.store_region import NOW

_OPERATOR = """\
Behälterliste Stand 01.11.2026;;;;;;;;;;;
Behälternummer;Straße;Hausnr.;PLZ;Ort;Ortsteil;Abfallart;Volumen (l);Breitengrad;Längengrad;Sensor;
B-1;Hauptstraße;5a;03205;Calau;Bolschwitz;Altpapier;1.100;51,7450;13,9510;A8-40-41-FF-FF-12-34-56;
B-2;Hauptstraße;5a;03205;Calau;Bolschwitz;Glas (weiß);3,0 m³;51,7450;13,9510;;
B-3;Am Markt;1;03205;Calau;;Restmüll;MGB 240;51,7440;13,9500;k.A.;
;;;;;;;;;;;
"""
_REGISTRY_TABLES = (
    "municipality",
    "site",
    "container",
    "station",
    "lane",
    "vehicle",
    "depot",
    "device",
    "mounting",
)


@pytest.fixture
def connection(rolled_back: psycopg.Connection) -> psycopg.Connection:
    """Nothing here is committed, so one database serves all tests."""
    return rolled_back


def _tables(connection: psycopg.Connection) -> dict[str, object]:
    """All rows, without the numbers that a sequence gives."""
    return {
        "sites": connection.execute(
            "SELECT id, name, street, place, lon, lat FROM sr.site ORDER BY id"
        ).fetchall(),
        "containers": connection.execute(
            "SELECT id, site, fraction, volume_l, rhythm_days FROM sr.container ORDER BY id"
        ).fetchall(),
        "devices": connection.execute(
            "SELECT d.name, d.profile, h.object, h.empty_distance_m, h.full_distance_m FROM sr.device d"
            " LEFT JOIN sr.mounting h ON h.device = d.id ORDER BY 1"
        ).fetchall(),
    }


def _take(connection: psycopg.Connection, text: str) -> Imported:
    return import_bytes(connection, "export.csv", text.encode(), NOW)


def _faults(connection: psycopg.Connection, text: str) -> list[str]:
    with pytest.raises(FileRefusedError) as caught:
        _take(connection, text)
    return [str(fault) for fault in caught.value.faults]


def test_an_operators_export_is_understood(connection: psycopg.Connection) -> None:
    done = _take(connection, _OPERATOR)
    assert [str(note) for note in done.notes] == [
        "Zeile 1, Spalte PLZ: Diese Spalte wird nicht gespeichert – nichts zu tun"
    ]
    assert _tables(connection) == {
        "sites": [
            ("Am Markt 1, Calau", "Am Markt 1", "Am Markt 1", "Calau", 13.95, 51.744),
            ("Hauptstraße 5a, Calau, OT Bolschwitz", "Hauptstraße 5a", "Hauptstraße 5a",
             "Calau, OT Bolschwitz", 13.951, 51.745),
        ],
        "containers": [
            ("B-1", "Hauptstraße 5a, Calau, OT Bolschwitz", "paper", 1100, None),
            ("B-2", "Hauptstraße 5a, Calau, OT Bolschwitz", "glass_white", 3000, None),
            ("B-3", "Am Markt 1, Calau", "residual", 240, None),
        ],
        "devices": [("a84041ffff123456", None, "B-1", None, None)],
    }  # fmt: skip
    again = _take(connection, _OPERATOR)
    assert not any(count.made or count.changed for count in again.counts.values())


@pytest.mark.parametrize(
    ("zone", "east", "north", "lon", "lat"),
    [
        (33, 428_000, 5_733_000, 13.957151496, 51.743277670),
        (32, 428_000, 5_733_000, 7.957151496, 51.743277670),
        (33, 500_000, 5_700_000, 15.0, 51.451182207),
        (33, 392_067, 5_820_083, 13.409235538, 52.520154487),
    ],
)
def test_utm_agrees_with_the_published_transformation(
    zone: int, east: float, north: float, lon: float, lat: float
) -> None:
    assert to_lonlat(zone, east, north) == pytest.approx((lon, lat), abs=1e-8)


@pytest.mark.parametrize(
    ("heads", "cells"),
    [
        ("Längengrad;Breitengrad", "13,95715;51,74328"),
        ("Breite;Länge", "51.74328;13.95715"),
        ("lat;lng", "51,74328° N;13,95715° O"),
        ("X;Y", "428000;5733000"),
        ("Rechtswert (UTM 33N);Hochwert (UTM 33N)", "428.000,0;5.733.000,0"),
        ("Ostwert;Nordwert", "33428000;5733000"),
        ("East (EPSG:25833);North (EPSG:25833)", "428 000;5 733 000"),
        ("Breitengrad;Längengrad;Rechtswert (UTM 33N);Hochwert", "51,74328;13,95715;428000;5733000"),
        ("Längengrad;Breitengrad;Rechtswert/Hochwert (UTM 33N)", ";;428000 5733000"),
        ("Koordinaten", '"51.74328, 13.95715"'),
        ("GPS", "13.95715 51.74328"),
        ("Rechtswert/Hochwert (UTM 33N)", "428000 / 5733000"),
        ("Länge;Breite", "13°57'25,7'' E;51°44'35,8'' N"),
    ],
)
def test_positions_in_every_dress(connection: psycopg.Connection, heads: str, cells: str) -> None:
    _take(connection, f"Nr;Standplatz;Abfallart;Volumen;{heads}\nB;S1;Papier;1100;{cells}\n")
    (row,) = connection.execute("SELECT lon, lat FROM sr.site").fetchall()
    assert row == (pytest.approx(13.95715, abs=2e-5), pytest.approx(51.74328, abs=2e-5))


@pytest.mark.parametrize(
    ("heads", "cells", "message"),
    [
        (
            "Länge;Breite",
            "51,7;13,9",
            "„51,7“ Länge und Breite sind vertauscht – die beiden Spalten tauschen",
        ),
        ("Rechtswert;Hochwert", "5733000;428000", "„5733000“ Rechtswert und Hochwert sind vertauscht"),
        (
            "Rechtswert;Hochwert",
            "5415000;5733000",
            "„5415000“ ist eine Gauß-Krüger-Koordinate – in Länge und",
        ),
        ("X;Y", "1553000;6751000", "ist eine Web-Mercator-Koordinate (EPSG 3857)"),
        ("X;Y", "12;5733000", "ist weder Grad noch UTM"),
        ("Länge;Breite", "13.951.000;51.745.000", "hat Tausenderpunkte statt eines Kommas"),
        (
            "Länge;Breite;Rechtswert;Hochwert",
            "13,95715;51,74328;428000;5734000",
            "Spalte Rechtswert: „428000“ widerspricht „Länge“ um 999 m",
        ),
        ("Koordinaten", "am Markt", "„am Markt“ ist keine Position aus zwei Zahlen"),
        ("Länge;Breite", "0;0", "Die Position ist 0, 0"),
    ],
)
def test_mistaken_positions_are_named(
    connection: psycopg.Connection, heads: str, cells: str, message: str
) -> None:
    faults = _faults(connection, f"Nr;Standplatz;Abfallart;Volumen;{heads}\nB;S1;Papier;1100;{cells}\n")
    assert message in faults[0]


def test_a_place_far_from_all_others_is_named(connection: psycopg.Connection) -> None:
    rows = "".join(f"Standplatz;S{n};13,9{n};51,7\n" for n in range(5))
    faults = _faults(connection, f"Art;Kennung;Länge;Breite\n{rows}Standplatz;S9;11,9;51,7\n")
    assert len(faults) == 1
    assert (
        "Zeile 7, Spalte Länge: „51.70000 N, 11.90000 E“ Die Position liegt 139 km von der Mitte" in faults[0]
    )


def test_one_site_cannot_be_at_two_places(connection: psycopg.Connection) -> None:
    text = "Nr;Standplatz;Abfallart;Volumen;lon;lat\nA;S1;Papier;1;13,9;51,7\nB;S1;Papier;1;13,91;51,7\n"
    assert "Der Standplatz S1 hat zwei Positionen, 689 m auseinander" in _faults(connection, text)[0]


@pytest.mark.parametrize(
    ("heads", "cells", "message"),
    [
        ("Sensor", "7,07E+15", "„7,07E+15“ ist von Excel in eine gerundete Zahl verwandelt"),
        ("Straße", "HauptstraÃŸe", "enthält zerstörte Umlaute"),
        ("Straße;Hausnummer", "Markt;01. Mrz", "Spalte Hausnummer: „01. Mrz“ ist von Excel in ein Datum"),
        ("Rhythmus", "monatlich", "ist kein Rhythmus in ganzen Tagen"),
        ("Volumen (m³)", "viel", "„viel“ ist keine Zahl"),
        ("Abstand leer (cm);Abstand voll (cm)", "20;180", "Der Abstand bei leerem Behälter ist nicht größer"),
    ],
)
def test_cells_that_offices_spoil(
    connection: psycopg.Connection, heads: str, cells: str, message: str
) -> None:
    volume = "" if "Volumen" in heads else ";Volumen"
    text = f"Nr;lon;lat;Abfallart{volume};{heads}\nB;13,9;51,7;Papier{';1100' if volume else ''};{cells}\n"
    assert message in _faults(connection, text)[0]


@pytest.mark.parametrize(
    ("head", "cell", "column", "expected"),
    [
        ("Volumen (m³)", "3,2", "volume_l", 3200),
        ("Behältergröße", "1,1 cbm", "volume_l", 1100),
        ("Volumen", "1.100 Liter", "volume_l", 1100),
        ("Volumen in Liter", "1,100", "volume_l", 1100),
        ("Volumen", "1 100", "volume_l", 1100),
        ("Volumen (in l)", "1100 ltr.", "volume_l", 1100),
        ("Volumen (brutto)", "MGB1100", "volume_l", 1100),
    ],
)
def test_units_of_volume(
    connection: psycopg.Connection, head: str, cell: str, column: str, expected: int
) -> None:
    _take(connection, f"Nr;lon;lat;Abfallart;{head}\nB;13,9;51,7;Papier;{cell}\n")
    assert connection.execute("SELECT volume_l FROM sr.container").fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ("14-täglich", 14),
        ("alle 14 Tage", 14),
        ("wöchentlich", 7),
        ("4-wöchentlich", 28),
        ("2 Wochen", 14),
        ("7", 7),
    ],
)
def test_rhythms(connection: psycopg.Connection, cell: str, days: int) -> None:
    _take(connection, f"Nr;lon;lat;Abfallart;Volumen;Turnus\nB;13,9;51,7;Papier;1100;{cell}\n")
    assert connection.execute("SELECT rhythm_days FROM sr.container").fetchall() == [(days,)]


def test_centimetres_become_metres(connection: psycopg.Connection) -> None:
    text = "Nr;lon;lat;Abfallart;Volumen;Gerät;Abstand leer (cm);Abstand voll\n"
    _take(connection, text + "B;13,9;51,7;Papier;1;x;180;20 cm\n")
    assert connection.execute("SELECT empty_distance_m, full_distance_m FROM sr.mounting").fetchall() == [
        (pytest.approx(1.8), pytest.approx(0.2))
    ]


def test_columns_that_say_little_or_the_same_are_told(connection: psycopg.Connection) -> None:
    text = "Behälternummer;Inventarnummer;lon;lat;Abfallart;Volumne;Volumen;Farbe\n"
    done = _take(connection, text + "B;I-7;13,9;51,7;Papier;;1100;rot\n")
    notes = [str(note) for note in done.notes]
    assert len(notes) == 3
    assert (
        "Spalte Inventarnummer: Diese Spalte wird nicht gelesen, weil „Behälternummer“ dasselbe"
        in "".join(notes)
    )
    assert (
        "Spalte Volumne: Diese Spalte ist unbekannt und wird nicht gelesen – meinten Sie „volume“"
        in "".join(notes)
    )
    assert "Spalte Farbe: Diese Spalte ist unbekannt" in "".join(notes)


def test_the_column_art_may_mean_the_waste(connection: psycopg.Connection) -> None:
    _take(connection, "Nr;lon;lat;Art;Volumen\nB;13,9;51,7;Altpapier;1100\nC;13,9;51,7;Bio;240\n")
    assert [row[2] for row in _tables(connection)["containers"]] == ["paper", "bio"]  # type: ignore[attr-defined]


def test_a_new_municipality_is_made_and_told(connection: psycopg.Connection) -> None:
    text = "Art;Kennung;lon;lat;Gemeinde;AGS\nStandplatz;S;13,9;51,7;Calau;12066052\n"
    text += "Standplatz;T;13,9;51,7;Vetschau;\n"
    notes = [str(note) for note in _take(connection, text).notes]
    assert len(notes) == 2
    rows = connection.execute("SELECT id, name FROM sr.municipality ORDER BY id").fetchall()
    assert rows == [("12066052", "Calau"), ("Vetschau", "Vetschau")]


def test_reports_speak_english(connection: psycopg.Connection) -> None:
    with pytest.raises(FileRefusedError) as caught:
        _take(connection, "kind;id;lon;lat\nsite;S;51,7;13,9\n")
    assert caught.value.faults[0].told("en") == (
        "line 2, column lon: “51,7” Longitude and latitude are swapped – swap the two columns"
    )


_ROWS = [
    {"Art": "Standplatz", "Kennung": "S1", "Name": 'Markt; "alt", Süd', "Ort": "Lübbenau", "lon": "13,951",
     "lat": "51,74"},
    {"Art": "Behälter", "Kennung": "C1", "Fraktion": "Weißglas", "Volumen": "3.000", "Standplatz": "S1",
     "Gerät": "b-1", "Abstand leer": "1,80", "Abstand voll": "0,20"},
    {"Art": "Behälter", "Kennung": "C2", "Fraktion": "Papier", "Volumen": "1100", "Ort": "Calau",
     "Straße": "Am Markt 2", "lon": "13,96", "lat": "51,75"},
    {"Art": "Gerät", "Kennung": "b-2", "Profil": "vendor-x"},
]  # fmt: skip
_ENGLISH = {
    "Art": "kind", "Kennung": "id", "Name": "name", "Ort": "place", "Straße": "street",
    "Fraktion": "fraction", "Volumen": "volume_l", "Standplatz": "site", "Gerät": "device",
    "Profil": "profile",
    "Abstand leer": "empty_distance_m", "Abstand voll": "full_distance_m",
}  # fmt: skip
_ENCODINGS = {
    "utf-8": b"", "utf-8-sig": b"", "windows-1252": b"", "utf-16": b"", "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}  # fmt: skip


@st.composite
def _files(draw: st.DrawFn) -> bytes:
    """The same four rows in any dress."""
    columns = draw(st.permutations(list(dict.fromkeys(name for row in _ROWS for name in row))))
    rows = draw(st.permutations(_ROWS))
    english = draw(st.booleans())
    point = draw(st.booleans())
    upper = draw(st.booleans())
    heads = [_ENGLISH.get(name, name) if english else name for name in columns]
    text = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if draw(st.booleans()) else csv.QUOTE_MINIMAL
    ends = draw(st.sampled_from(["\n", "\r\n"]))
    writer = csv.writer(text, delimiter=draw(st.sampled_from(";,\t|")), quoting=quoting, lineterminator=ends)
    spare = [""] * draw(st.integers(0, 3))
    writer.writerow([head.upper() if upper else head for head in heads] + spare)
    for row in rows:
        cells = [row.get(name, "") for name in columns]
        writer.writerow([c.replace(",", ".") if point and c[:1].isdigit() else c for c in cells] + spare)
    for _ in range(draw(st.integers(0, 2))):
        writer.writerow([""] * len(columns) + spare)
    encoding = draw(st.sampled_from(sorted(_ENCODINGS)))
    return _ENCODINGS[encoding] + text.getvalue().encode(encoding)


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(file=_files())
def test_every_dress_gives_the_same_registry_and_an_undo_nothing(
    connection: psycopg.Connection, file: bytes
) -> None:
    with connection.transaction(force_rollback=True):
        empty = _sums(connection)
        dry = import_bytes(connection, "a.csv", file, NOW, Choices(dry_run=True))
        assert _sums(connection) == empty
        real = import_bytes(connection, "a.csv", file, NOW)
        assert real.counts == dry.counts
        assert _tables(connection) == {
            "sites": [
                ("Am Markt 2, Calau", "Am Markt 2", "Am Markt 2", "Calau", 13.96, 51.75),
                ("S1", 'Markt; "alt", Süd', "", "Lübbenau", 13.951, 51.74),
            ],
            "containers": [
                ("C1", "S1", "glass_white", 3000, None),
                ("C2", "Am Markt 2, Calau", "paper", 1100, None),
            ],
            "devices": [
                ("b-1", None, "C1", pytest.approx(1.8), pytest.approx(0.2)),
                ("b-2", "vendor-x", None, None, None),
            ],
        }
        undo(connection, real.number, NOW)
        assert _sums(connection) == empty


def _sums(connection: psycopg.Connection) -> dict[str, tuple[int, str]]:
    names = {f"sr.{name}" for name in _REGISTRY_TABLES}
    return {name: sums for name, sums in backup.checksums(connection).items() if name in names}


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000))
def test_undo_restores_any_state_in_between(connection: psycopg.Connection, seed: int) -> None:
    """Imports of random rows one upon another, then undone from the last to the first, or refused without a
    change."""
    chance = random.Random(seed)
    with connection.transaction(force_rollback=True):
        states, numbers = [], []
        for _ in range(4):
            states.append(_sums(connection))
            numbers.append(_take(connection, _random_file(chance)).number)
        before = _sums(connection)
        try:
            undo(connection, chance.choice(numbers[:-1]), NOW)
        except SmartRegionError:
            assert _sums(connection) == before
            for number, state in zip(reversed(numbers), reversed(states), strict=True):
                undo(connection, number, NOW)
                assert _sums(connection) == state


def _random_file(chance: random.Random) -> str:
    lines = ["kind;id;lon;lat;site;fraction;volume_l;device;municipality"]
    for n in range(3):
        lines.append(f"site;S{n};13,9{chance.randrange(3)};51,7;;;;;{chance.choice(['', 'Calau'])}")
    for n in chance.sample(range(6), 3):
        device = chance.choice(["", f"d{n}"])
        lines.append(f"container;C{n};;;S{chance.randrange(3)};paper;{chance.choice([240, 1100])};{device};")
    return "\n".join(lines)
