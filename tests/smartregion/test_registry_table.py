"""Registry files as offices write them: encodings, separators, heads; every wrong row told in German."""

import pytest

from smartregion.registry.faults import Fault, Words
from smartregion.registry.heads import plain
from smartregion.registry.known import Known
from smartregion.registry.rows import Content, content
from smartregion.registry.table import read
from tests.smartregion.store_region import REGISTRY

_FRACTIONS = {"glass_white": "Weißglas", "paper": "Papier", "residual": "Restabfall"}
KNOWN = Known(
    frozenset({"S9"}),
    frozenset({"D9"}),
    {"calau": "M9", "m9": "M9"},
    {plain(word): key for key, name in _FRACTIONS.items() for word in (key, name)},
    Words(", ".join(_FRACTIONS.values()), ", ".join(_FRACTIONS)),
)
SITE = "kind,id,lon,lat,place\nsite,S1,{lon},{lat},Lübbenau\n"


def _content(text: str | bytes) -> tuple[Content, list[Fault]]:
    table = read(text.encode() if isinstance(text, str) else text, KNOWN.fractions)
    found, more, _ = content(table.lines, KNOWN)
    return found, table.faults + more


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_encodings_and_separators(encoding: str, separator: str) -> None:
    text = SITE.format(lon="13.95", lat="51.75").replace(",", separator)
    found, faults = _content(text.encode(encoding))
    assert faults == []
    assert found.rows["site"] == [("S1", "S1", "", "Lübbenau", None, 13.95, 51.75, "", None, None, None)]


def test_a_whole_file_in_german() -> None:
    found, faults = _content(REGISTRY)
    assert faults == []
    assert {kind: len(rows) for kind, rows in found.rows.items() if rows} == {
        "municipality": 1, "site": 1, "container": 2, "station": 1, "lane": 2, "vehicle": 1, "depot": 1,
        "disposal_site": 1, "device": 5,
    }  # fmt: skip
    assert found.rows["container"][0] == ("C1", "S1", "glass_white", 3000, 14, None)
    assert found.mountings[0].measures.empty_distance_m == 1.8


def test_excel_says_its_separator_in_the_first_line() -> None:
    table = read(b"sep=;\r\nkind;id\r\ndevice;D,1\r\n")
    assert table.faults == []
    assert (table.lines[0].number, table.lines[0].cells["id"]) == (3, "D,1")


@pytest.mark.parametrize(
    ("head", "column"),
    [("Länge/lon", "lon"), ("VOLUMEN (l)", "volume_l"), ("volume_l", "volume_l"), ("Abfallart", "fraction"),
     ("Schicht  von", "shift_from"), ("Straße", "street"), ("DevEUI", "device"),
     ("Nutzlast kg", "capacity_kg")],
)  # fmt: skip
def test_heads_that_people_write(head: str, column: str) -> None:
    table = read(f"Art;Kennung;{head}\nGerät;x;1\n".encode())
    assert table.faults == []
    assert table.lines[0].cells[column] == "1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1100", 1100),
        ("1.100", 1100),
        ("1 100", 1100),
        ("1100,0", 1100),
        ("1,1", None),
        ("-5", None),
        ("viel", None),
    ],
)
def test_whole_numbers(value: str, expected: int | None) -> None:
    found, faults = _content(f"kind;id;site;fraction;volume_l\ncontainer;C;S9;paper;{value}\n")
    assert found.rows["container"][0][3] == expected
    assert bool(faults) == (expected is None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("13.95", 13.95),
        ("13,95", 13.95),
        ("+13", 13.0),
        ("13°57'", 13.95),
        ("13° 57' 36\" O", 13.96),
        ("13°61'", None),
        ("1e1", None),
        ("nan", None),
        ("181", None),
    ],
)
def test_decimal_numbers(value: str, expected: float | None) -> None:
    found, faults = _content(f"kind;id;lon;lat\nsite;S;{value};51,75\n")
    assert bool(faults) == (expected is None)
    if expected is not None:
        assert found.rows["site"][0][5] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("6:30", "06:30:00"), ("06.30 Uhr", "06:30:00"), ("24:00", "23:59:59"), ("25:00", None), ("früh", None)],
)
def test_times_of_day(value: str, expected: str | None) -> None:
    text = "kind;id;lon;lat;fraction;open_from;open_to\n"
    found, faults = _content(text + f"disposal_site;E;13;51;paper;{value};16:00\n")
    shown = found.rows["disposal_site"][0][6]
    assert (shown.isoformat() if shown else None) == expected
    assert bool(faults) == (expected is None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # the file as a whole
        ("", "Zeile 1: Die Datei ist leer – eine Kopfzeile"),
        ("PK\x03\x04xlsx", "Zeile 1: Das ist eine Tabelle von Excel"),
        ("a\x00b", "Zeile 1: Das ist keine Textdatei"),
        ("id;name\nx;y\n", "Zeile 1, Spalte Art: Die Spalte Art (kind) fehlt"),
        ("kind;id;Ort;place\nsite;S;a;b\n", "Zeile 1, Spalte Ort: Diese Spalte gibt es zweimal"),
        ("kind;id;Ort;ort\nsite;S;a;a\n", "Zeile 1, Spalte ort: Diese Spalte gibt es zweimal"),
        ("Art;Kennung;Volumen (gal)\nBehälter;C;1\n", "Spalte Volumen (gal): Die Einheit gal ist unbekannt"),
        ('kind;id\nsite;"S\n', "Anführungszeichen oder Trennzeichen sind fehlerhaft"),
        # single rows
        ("kind;id\nAuto;V\n", "Zeile 2, Spalte kind: „Auto“ ist keine bekannte Art – eine von Gemeinde"),
        ("kind;id\n;V\n", "Zeile 2, Spalte kind: Die Art fehlt"),
        ("kind;id\ndevice;a;b\n", "Zeile 2: Die Zeile hat 3 Felder, die Kopfzeile 2"),
        ("kind;id;profile\ndevice;;x\n", "Zeile 2, Spalte id: fehlt"),
        ("kind;id;lon;lat\nsite;S;;51\n", "Zeile 2, Spalte lon: fehlt – einen Wert eintragen"),
        ("kind;id;lon;lat\nsite;S;51,7;13,9\n", "„51,7“ Länge und Breite sind vertauscht"),
        ("kind;id;lon;lat\nsite;S;0;0\n", "Die Position ist 0, 0"),
        ("kind;id;lon;lat\nsite;S;13;91\n", "„91“ liegt nicht zwischen -90 und 90"),
        ("kind;id;lon;lat;Gemeinde\nsite;S;13;51;Callau\n", "„Callau“ ist keine bekannte Gemeinde – meinten"),
        ("kind;id;lon;lat;window_from\nsite;S;13;51;7:00\n", "Das Zeitfenster hat nur ein Ende"),
        ("kind;id;site;fraction;volume_l\ncontainer;C;S1;paper;1\n", "„S1“ ist kein bekannter Standplatz"),
        ("kind;id;site;fraction;volume_l\ncontainer;C;S9;gold;1\n", "„gold“ ist unbekannt – eins von Weiß"),
        (
            "kind;id;site;fraction;volume_l;empty_distance_m;full_distance_m\ncontainer;C;S9;paper;1;0,2;1,8\n",
            "„0,2“ Der Abstand bei leerem Behälter ist nicht größer",
        ),
        ("kind;id;lon;lat;class_scheme\nstation;Z;13;51;9\n", "„9“ ist unbekannt – eins von 8+1, 5+1"),
        ("kind;id;lon;lat;class_scheme;lanes\nstation;Z;13;51;2;Nord\n", "„Nord“ ist keine Liste von"),
        ("kind;id;purpose;depot\nvehicle;V;waste;D1\n", "„D1“ ist kein bekannter Betriebshof"),
        ("kind;id\ndevice;a\ndevice;a\n", "Zeile 3, Spalte id: „a“ steht schon in Zeile 2"),
        (
            "kind;id;site;fraction;volume_l;device\ncontainer;C;S9;paper;1;x\ncontainer;D;S9;paper;1;x\n",
            "Zeile 3, Spalte device: „x“ steht schon in Zeile 2",
        ),
    ],
)  # fmt: skip
def test_every_fault_names_line_column_value_and_remedy(text: str, message: str) -> None:
    _, faults = _content(text)
    assert len(faults) == 1, faults
    assert message in str(faults[0])
    assert faults[0].remedy


def test_a_deveui_is_kept_as_network_servers_write_it() -> None:
    text = "kind;id;site;fraction;volume_l;device\ndevice;A84041FFFF123456\ndevice;Bin-A\n"
    found, faults = _content(text + "container;C;S9;paper;1;70B3D5ABCDEF0001\n")
    assert faults == []
    assert [name for name, *_ in found.rows["device"]] == ["a84041ffff123456", "Bin-A", "70b3d5abcdef0001"]


def test_all_faults_of_a_file_are_told_at_once() -> None:
    text = "kind;id;lon;lat\nsite;A;x;51\nAuto;B;1;1\nsite;C;13;y\n"
    assert [fault.line for fault in sorted(_content(text)[1])] == [2, 3, 4]
