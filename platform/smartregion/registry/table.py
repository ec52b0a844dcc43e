"""CSV as offices write it: encodings, separators and heads of German Excel; each wrong row gets a fault."""

import csv
import dataclasses
import io
import re
from collections.abc import Iterable, Iterator, Mapping

from smartregion.registry.faults import Fault, Words
from smartregion.registry.heads import (
    HEADS,
    KINDS,
    UNITS,
    Head,
    closest,
    kind_of_columns,
    kind_of_word,
    not_kept,
    plain,
    rank,
    read_head,
    unit_of,
)

_SEPARATORS = ";\t,|"
_HEAD_WITHIN = 10
"""Titles above the head are common; so many lines are looked at."""
_MAY_DIFFER = ("id", "name", "site", "volume_l", "profile", "access_note")
"""Columns of which two in one file may say different things."""
_NOTHING = ("-", "–", "—", "k.A.", "k. A.", "n/a", "N/A", "#NV", "#N/A", "NULL", "null")
_EUI = re.compile(r"(?:0x)?([0-9A-Fa-f]{2}(?:[ :.-]?[0-9A-Fa-f]{2}){7})")


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One row: its line in the file, its kind and its cells by column; empty cells are absent."""

    number: int
    kind: str
    cells: Mapping[str, str]
    head: Mapping[str, str]
    """How the file itself calls each column."""
    remarks: Mapping[str, str]
    """What the heads say in brackets, plain: units, grids."""


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: its rows, the faults that keep rows or all of it from being read, and notes."""

    lines: list[Line]
    faults: list[Fault]
    notes: list[Fault]
    readable: bool
    """Whether rows could be told apart at all."""


def read(content: bytes, fraction_words: Iterable[str] = ()) -> Table:
    """Rows of a file; `fraction_words` (plain) tell a column "Art" of waste from one of kinds of rows."""
    text, fault = _decode(content)
    if fault is None and not text.strip():
        fault = _whole(
            Words("Die Datei ist leer", "The file is empty"),
            Words("eine Kopfzeile und mindestens eine Zeile eintragen", "write a head and at least one row"),
        )
    if fault is not None:
        return Table([], [fault], [], readable=False)
    heads, rows, broken = _rows(text)
    faults: list[Fault] = []
    notes: list[Fault] = []
    heads = _settled(heads, rows, frozenset(fraction_words))
    heads = _without_twins(heads, rows, faults, notes)
    _judge_heads(heads, rows, faults, notes)
    if broken is not None:
        faults.append(broken)
    if faults:
        return Table([], sorted(faults), sorted(notes), readable=False)
    lines = list(_lines(heads, rows, faults))
    return Table(lines, sorted(faults), sorted(notes), readable=True)


def _whole(what: Words, remedy: Words) -> Fault:
    return Fault(1, "", "", what, remedy)


def _decode(content: bytes) -> tuple[str, Fault | None]:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        what = Words(
            "Das ist eine Tabelle von Excel oder LibreOffice, keine CSV-Datei",
            "This is a sheet of Excel or LibreOffice, not a CSV file",
        )
        return "", _whole(
            what, Words("„Speichern unter“ und dort CSV wählen", "choose “Save as” and there CSV")
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), None
    if content[1:40:2].count(0) > 10:
        return content.decode("utf-16-le", errors="replace"), None
    if b"\x00" in content:
        what = Words("Das ist keine Textdatei", "This is not a text file")
        return "", _whole(what, Words("eine CSV-Datei angeben", "name a CSV file"))
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        return content.decode("windows-1252", errors="replace"), None


_TWIN = "twin"
"""Remark of a column beside which another one is read."""
_Row = tuple[int, list[str]]
"""Number of the first line of a row in the file, and its cells."""


def _rows(text: str) -> tuple[list[Head], list[_Row], Fault | None]:
    """Heads and rows below them; the fault where quotes end the reading."""
    stripped = re.sub(r"\Asep=.\r?\n", "\n", text)
    first = stripped.split("\n", 1)[0] if stripped.strip() else ""
    candidates = [s for s in _SEPARATORS if s in text] or [";"]
    parsed = {separator: _parse(stripped, separator) for separator in candidates}
    separator = max(candidates, key=lambda s: (_best_head(parsed[s][0])[1], first.count(s)))
    rows, broken = parsed[separator]
    at, _ = _best_head(rows)
    heads = [read_head(name) for name in rows[at][1]] if rows else []
    return heads, rows[at + 1 :], broken


def _parse(text: str, separator: str) -> tuple[list[_Row], Fault | None]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[_Row] = []
    begin = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((begin, cells))
            begin = reader.line_num + 1
    except csv.Error as error:
        what = Words("Anführungszeichen oder Trennzeichen sind fehlerhaft", "Quotes or separators are broken")
        remedy = Words("die Zeile im Texteditor prüfen", "look at the line in a text editor")
        return rows, Fault(begin, "", str(error), what, remedy)
    return rows, None


def _best_head(rows: list[_Row]) -> tuple[int, int]:
    """Place of the row that looks most like a head, the first of equals, and how many columns it names."""
    known = [
        len({head.column for head in map(read_head, cells) if head.column})
        for _, cells in rows[:_HEAD_WITHIN]
    ]
    best = max(known, default=0)
    return (known.index(best) if best > 1 else 0), best


def _settled(heads: list[Head], rows: list[_Row], fraction_words: frozenset[str]) -> list[Head]:
    """Heads whose meaning depends on their neighbours or cells.

    "Nr." right of a street is the house number; "Art" is that of the waste where its cells say so.
    """
    columns = [head.column for head in heads]
    found = list(heads)
    for at, head in enumerate(heads):
        if plain(head.name) in ("nr", "nummer") and at and columns[at - 1] == "street":
            found[at] = dataclasses.replace(head, column="house_number")
        cells = {plain(row[at]) for _, row in rows if at < len(row) and row[at].strip()}
        if (
            head.column == "kind"
            and cells
            and cells <= fraction_words
            and "fraction" not in columns
            and not any(kind_of_word(cell) for cell in cells)
        ):
            found[at] = dataclasses.replace(head, column="fraction")
    return found


def _without_twins(
    heads: list[Head], rows: list[_Row], faults: list[Fault], notes: list[Fault]
) -> list[Head]:
    """Of two columns with one meaning the surer head is read; the same head twice, or a contradiction, is a
    fault."""
    found = list(heads)
    for column in {head.column for head in heads if head.column}:
        places = sorted(
            (at for at, h in enumerate(heads) if h.column == column), key=lambda at: rank(heads[at])
        )
        for at in places[1:]:
            head, first = heads[at], heads[places[0]]
            differ = column not in _MAY_DIFFER and any(
                len({row[place].strip() for place in (at, places[0]) if place < len(row)} - {""}) > 1
                for _, row in rows
            )
            if plain(head.name) == plain(first.name) or differ:
                what = Words("Diese Spalte gibt es zweimal", "This column is there twice")
                remedy = Words("eine der beiden löschen", "delete one of them")
                faults.append(Fault(1, head.name, "", what, remedy))
            else:
                what = Words(
                    f"Diese Spalte wird nicht gelesen, weil „{first.name}“ dasselbe meint",
                    f"This column is not read, because “{first.name}” means the same",
                )
                notes.append(Fault(1, head.name, "", what, Words("nichts zu tun", "nothing to do")))
            found[at] = Head(head.name, None, _TWIN)
    return found


def _judge_heads(heads: list[Head], rows: list[_Row], faults: list[Fault], notes: list[Fault]) -> None:
    """Columns that are unknown or missing, and units that are unknown."""
    filled = {at for _, cells in rows for at, cell in enumerate(cells) if cell.strip()}
    for at, head in enumerate(heads):
        if head.column is None and head.remark != _TWIN and (head.name or at in filled):
            notes.append(_unread(head))
        try:
            unit_of(head.column or "", plain(head.remark))
        except ValueError:
            known = ", ".join(UNITS[head.column or ""])
            what = Words(f"Die Einheit {head.remark} ist unbekannt", f"The unit {head.remark} is unknown")
            faults.append(
                Fault(1, head.name, "", what, Words(f"eine von {known} nennen", f"name one of {known}"))
            )
    present = {head.column for head in heads if head.column}
    if "kind" not in present and kind_of_columns(present) is None:
        faults.append(_missing("kind", "Art", "kind"))
    if not present & {"id", "device"}:
        faults.append(_missing("id", "Kennung", "id"))


def _unread(head: Head) -> Fault:
    if not_kept(head):
        what = Words("Diese Spalte wird nicht gespeichert", "This column is not stored")
        return Fault(1, head.name, "", what, Words("nichts zu tun", "nothing to do"))
    what = Words("Diese Spalte ist unbekannt und wird nicht gelesen", "This column is unknown and not read")
    near = closest(head.name)
    if near is not None:
        return Fault(
            1, head.name, "", what, Words(f"meinten Sie „{near}“? Dann umbenennen", f"rename it to {near}?")
        )
    known = ", ".join(HEADS)
    return Fault(
        1,
        head.name,
        "",
        what,
        Words(f"umbenennen oder so lassen; bekannt sind {known}", f"rename or leave it; known are {known}"),
    )


def _missing(column: str, german: str, english: str) -> Fault:
    what = Words(f"Die Spalte {german} ({column}) fehlt", f"The column {english} is missing")
    return Fault(1, german, "", what, Words("in der Kopfzeile ergänzen", "add it to the head"))


def _lines(heads: list[Head], rows: list[_Row], faults: list[Fault]) -> Iterator[Line]:
    named = {head.column: head.name for head in heads if head.column}
    remarks = {head.column: plain(head.remark) for head in heads if head.column and head.remark}
    common = None if "kind" in named else kind_of_columns(named)
    for number, cells in rows:
        if any(cell.strip() for cell in cells[len(heads) :]):
            what = Words(
                f"Die Zeile hat {len(cells)} Felder, die Kopfzeile {len(heads)}",
                f"The row has {len(cells)} fields, the head {len(heads)}",
            )
            remedy = Words(
                "Texte mit Trennzeichen in Anführungszeichen setzen, überzählige Felder löschen",
                "put text with separators into quotes, delete fields that are too many",
            )
            faults.append(Fault(number, "", "", what, remedy))
            continue
        values = {
            head.column: value
            for head, cell in zip(heads, cells, strict=False)
            if head.column and (value := " ".join(cell.split(" ")).strip()) and value not in _NOTHING
        }
        word = values.pop("kind", "")
        kind = common or kind_of_word(word)
        if kind is None:
            faults.append(_unknown_kind(number, named["kind"], word))
            continue
        _spell_device(kind, values)
        yield Line(number, kind, values, named, remarks)


def _unknown_kind(number: int, column: str, word: str) -> Fault:
    what = (
        Words("ist keine bekannte Art", "is no known kind")
        if word
        else Words("Die Art fehlt", "The kind is missing")
    )
    remedy = Words(
        "eine von " + ", ".join(f"{words[0].capitalize()} ({k})" for k, words in KINDS.items()),
        "one of " + ", ".join(KINDS),
    )
    return Fault(number, column, word, what, remedy)


def _spell_device(kind: str, values: dict[str, str]) -> None:
    """A DevEUI as network servers write it: 16 small hexadecimal digits without separators."""
    column = "id" if kind == "device" and "id" in values else "device"
    match = _EUI.fullmatch(values.get(column, ""))
    if match:
        values[column] = re.sub(r"[^0-9a-f]", "", match[1].lower())
    if kind == "device" and column == "device" and "device" in values:
        values["id"] = values.pop("device")
