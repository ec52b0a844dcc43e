"""CSV as offices write it: encodings, separators and heads of German Excel; each wrong row gets a fault."""

import csv
import dataclasses
import io
import re
from collections.abc import Iterator, Mapping

KINDS = {
    "municipality": ("gemeinde", "kommune"),
    "site": ("standplatz", "stellplatz", "standort"),
    "container": ("behälter", "behaelter", "gefäß", "tonne"),
    "station": ("zählstelle", "zaehlstelle", "messstelle"),
    "vehicle": ("fahrzeug",),
    "depot": ("betriebshof",),
    "disposal_site": ("entsorgungsanlage", "deponie", "umladestation"),
    "device": ("gerät", "geraet", "sensor"),
}
"""Kinds of rows with the German words that are understood."""

HEADS = {
    "kind": ("art", "typ", "objektart"),
    "id": ("kennung", "nummer", "nr"),
    "name": ("bezeichnung",),
    "street": ("straße", "strasse"),
    "place": ("ort", "ortsteil"),
    "municipality": ("gemeinde", "kommune"),
    "lon": ("länge", "laenge", "längengrad", "longitude", "x"),
    "lat": ("breite", "breitengrad", "latitude", "y"),
    "fraction": ("fractions", "fraktion", "fraktionen", "abfallfraktion", "abfallart"),
    "volume_l": ("volumen", "volume", "inhalt"),
    "rhythm_days": ("rhythmus", "rhythm", "leerung alle tage"),
    "site": ("standplatz", "stellplatz"),
    "device": ("gerät", "geraet", "sensor", "deveui"),
    "empty_distance_m": ("abstand leer", "leerabstand"),
    "full_distance_m": ("abstand voll", "vollabstand"),
    "mounted_from": ("montiert ab", "angebracht ab"),
    "class_scheme": ("klassenschema", "fahrzeugklassen"),
    "lanes": ("fahrstreifen", "spuren"),
    "road": ("straßennummer", "strassennummer"),
    "purpose": ("zweck", "einsatz"),
    "depot": ("betriebshof",),
    "capacity_kg": ("nutzlast", "zuladung"),
    "capacity_l": ("aufbauvolumen", "fassungsvermögen"),
    "shift_from": ("schicht von", "schichtbeginn"),
    "shift_to": ("schicht bis", "schichtende"),
    "open_from": ("offen von", "geöffnet von"),
    "open_to": ("offen bis", "geöffnet bis"),
    "service_s": ("aufenthalt", "abfertigung"),
    "access_note": ("zufahrt", "hinweis", "zufahrtshinweis"),
    "window_from": ("zeitfenster von", "leerung von"),
    "window_to": ("zeitfenster bis", "leerung bis"),
    "profile": ("profil", "geräteprofil"),
    "population": ("einwohner", "einwohnerzahl"),
}
"""Columns with further heads that are understood; case, units and underscores do not matter."""

_BY_HEAD = {head: column for column, heads in HEADS.items() for head in (column.replace("_", " "), *heads)}
_BY_WORD = {word: kind for kind, words in KINDS.items() for word in (kind.replace("_", " "), *words)}


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong in one line (1 = the head), in German, and how to mend it."""

    line: int
    column: str
    value: str
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"Zeile {self.line}" + (f", Spalte {self.column}" if self.column else "")
        shown = f" „{self.value[:60]}“" if self.value else ""
        return f"{place}:{shown} {self.what} – {self.remedy}"


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One row: its line in the file, its kind and its cells by column; empty cells are absent."""

    number: int
    kind: str
    cells: Mapping[str, str]
    head: Mapping[str, str]
    """How the file itself calls each column."""


def read(content: bytes) -> tuple[list[Line], list[Fault]]:
    """Rows of a file and the faults that keep it from being read."""
    text, fault = _decode(content)
    if fault is not None:
        return [], [fault]
    text = re.sub(r"\Asep=.\r?\n", "\n", text)
    if not text.strip():
        return [], [
            Fault(1, "", "", "Die Datei ist leer", "eine Kopfzeile und mindestens eine Zeile eintragen")
        ]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    faults: list[Fault] = []
    lines: list[Line] = []
    try:
        columns = _columns(reader, faults)
        if not faults:
            lines = list(_lines(reader, columns, faults))
    except csv.Error as error:
        message = "Anführungszeichen oder Trennzeichen sind fehlerhaft"
        faults.append(Fault(reader.line_num, "", str(error), message, "die Zeile im Texteditor prüfen"))
    return lines, faults


def _decode(content: bytes) -> tuple[str, Fault | None]:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        what = "Das ist eine Tabelle von Excel oder LibreOffice, keine CSV-Datei"
        return "", Fault(1, "", "", what, "„Speichern unter“ und dort CSV wählen")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), None
    if b"\x00" in content:
        return "", Fault(1, "", "", "Das ist keine Textdatei", "eine CSV-Datei angeben")
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        return content.decode("windows-1252", errors="replace"), None


def _separator(text: str) -> str:
    head = next(line for line in text.splitlines() if line.strip())
    return max(";\t,", key=head.count)


def _columns(reader: Iterator[list[str]], faults: list[Fault]) -> list[tuple[str | None, str]]:
    head = next((cells for cells in reader if any(cell.strip() for cell in cells)), [])
    columns = [(_column(name), name.strip()) for name in head]
    for position, (column, name) in enumerate(columns):
        if column is None and name:
            known = "bekannt sind " + ", ".join(HEADS)
            faults.append(
                Fault(1, name, "", "Diese Spalte ist unbekannt", f"umbenennen oder löschen; {known}")
            )
        elif column is not None and any(column == other for other, _ in columns[:position]):
            faults.append(Fault(1, name, "", "Diese Spalte gibt es zweimal", "eine der beiden löschen"))
    present = {column for column, _ in columns}
    for needed in ("kind", "id"):
        if needed not in present:
            word = {"kind": "Art", "id": "Kennung"}[needed]
            faults.append(
                Fault(1, word, "", f"Die Spalte {word} ({needed}) fehlt", "in der Kopfzeile ergänzen")
            )
    return columns


def _column(head: str) -> str | None:
    """The column that a head means; of two names as in Länge/lon one is enough."""
    return next((_BY_HEAD[plain] for part in head.split("/") if (plain := _plain(part)) in _BY_HEAD), None)


def _plain(name: str) -> str:
    """A head without case, units, underscores and doubled spaces."""
    name = re.sub(r"[\(\[].*?[\)\]]", "", name.strip().lower()).replace("_", " ").replace("-", " ")
    name = " ".join(name.split())
    unit = re.sub(r" (l|m|kg|s|tage|days)$", "", name)
    return name if name in _BY_HEAD or unit not in _BY_HEAD else unit


def _lines(
    reader: Iterator[list[str]], columns: list[tuple[str | None, str]], faults: list[Fault]
) -> Iterator[Line]:
    head = {column: name for column, name in columns if column}
    for cells in reader:
        number: int = reader.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(columns) :]):
            what = f"Die Zeile hat {len(cells)} Felder, die Kopfzeile {len(columns)}"
            remedy = "Texte mit Trennzeichen in Anführungszeichen setzen, überzählige Felder löschen"
            faults.append(Fault(number, "", "", what, remedy))
            continue
        named = zip(columns, cells, strict=False)
        values = {column: cell.strip() for (column, _), cell in named if column and cell.strip()}
        word = values.pop("kind", "")
        kind = _BY_WORD.get(_plain_word(word))
        if kind is None:
            what = "ist keine bekannte Art" if word else "Die Art fehlt"
            remedy = "eine von " + ", ".join(f"{words[0].capitalize()} ({k})" for k, words in KINDS.items())
            faults.append(Fault(number, head["kind"], word, what, remedy))
            continue
        device = "id" if kind == "device" else "device"
        if re.fullmatch(r"[0-9A-Fa-f]{16}", values.get(device, "")):
            values[device] = values[device].lower()  # a DevEUI, which network servers write in small letters
        yield Line(number, kind, values, head)


def _plain_word(word: str) -> str:
    return " ".join(word.lower().replace("_", " ").split())
