"""The operator's tables as CSV: heads and words in German or English, every line checked."""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smartregion.errors import InvalidInput
from smartregion.waste.rules import Chamber, Closure, Contract, Event, Shift

_NAMES = {"mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6}
_NAMES |= {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_WORDS = {"ja": True, "nein": False, "yes": True, "no": False, "true": True, "false": False}
_MODES = {"dynamic": "dynamic", "dynamisch": "dynamic", "fixed": "fixed", "fest": "fixed"}
_TOURS = {"depot": "depot", "depotcontainer": "depot", "door": "door", "haus": "door", "haustür": "door"}
_REGIMES = {"arbzg": "arbzg", "eu561+arbzg": "eu561+arbzg", "eu561": "eu561+arbzg"}
_DAYS = ["mo", "di", "mi", "do", "fr", "sa", "so"]

Known = Mapping[str, Mapping[str, str]]
"""By kind of object: ids by the words, in small letters, that stand for them."""
_Parser = Callable[[str, Known], Any]


@dataclass(frozen=True)
class _Column:
    german: str
    parse: _Parser
    required: bool = False


@dataclass(frozen=True)
class Kind:
    """One table: the record of a row and its columns by the names of the record's fields."""

    record: type[Any]
    columns: Mapping[str, _Column]


def read_rules(kind: str, name: str, content: bytes, known: Known) -> list[Any]:
    """Records of one table; raises InvalidInput for the first faulty line, with how many more there are."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("windows-1252", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    chosen = KINDS[kind]
    if not lines:
        raise InvalidInput(name, "", f"a table with the head {';'.join(chosen.columns)}")
    separator = ";" if ";" in lines[0] else ","
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator))
    heads = _heads(chosen, name, rows[0])
    records, faults = [], []
    for number, row in enumerate(rows[1:], start=2):
        try:
            records.append(_record(chosen, f"{name} line {number}", heads, row, known))
        except InvalidInput as fault:
            faults.append(fault)
    if len(faults) > 1:
        first = faults[0]
        raise InvalidInput(
            first.field, first.value, f"{first.expected} ({len(faults) - 1} more faulty lines)"
        )
    if faults:
        raise faults[0]
    return records


def write_rules(kind: str, records: Iterable[Any]) -> str:
    """The table as a CSV text that `read_rules` takes again."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(KINDS[kind].columns)
    for record in records:
        writer.writerow([_text(name, getattr(record, name)) for name in KINDS[kind].columns])
    return out.getvalue()


def shown(name: str, value: Any) -> str:
    """A cell for people: weekdays by name, lists with commas, nothing for nothing."""
    return _text(name, value).replace("|", ", ")


def _heads(kind: Kind, name: str, row: Sequence[str]) -> list[str]:
    aliases = {column.german: key for key, column in kind.columns.items()} | {
        key: key for key in kind.columns
    }
    found = []
    for cell in row:
        key = aliases.get(cell.strip().lower())
        if key is None:
            raise InvalidInput(f"{name} line 1", cell, f"one of {', '.join(kind.columns)}")
        found.append(key)
    for key, column in kind.columns.items():
        if column.required and key not in found:
            raise InvalidInput(f"{name} line 1", ";".join(row), f"a head with the column {key}")
    return found


def _record(kind: Kind, where: str, heads: Sequence[str], row: Sequence[str], known: Known) -> Any:
    cells = {key: cell.strip() for key, cell in zip(heads, row, strict=False)}
    values: dict[str, Any] = {}
    for key, column in kind.columns.items():
        text = cells.get(key, "")
        if not text and column.required:
            raise InvalidInput(f"{where}, {key}", text, "a value")
        if text:
            try:
                values[key] = column.parse(text, known)
            except ValueError as error:
                raise InvalidInput(f"{where}, {key}", text, str(error)) from error
    record = kind.record(**values)
    if fault := _unfit(record):
        raise InvalidInput(where, ";".join(row), fault)
    return record


def _unfit(record: Any) -> str:
    """What does not go together in a row; empty when all does."""
    match record:
        case Shift() if record.planned == record.collected:
            return "two different days"
        case Closure() if (record.closed_from is None) != (record.closed_to is None):
            return "both hours or none"
        case Closure() if record.closed_from and record.closed_to and record.closed_from >= record.closed_to:
            return "hours that end after they begin"
        case Closure() | Event() if record.first and record.last and record.first > record.last:
            return "a last day not before the first"
        case Event() if record.site is None and record.municipality is None and not record.radius_m:
            return "a site, a municipality, or lon, lat and radius_m"
    return ""


def _date(text: str, known: Known) -> dt.date:
    german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    try:
        if german:
            return dt.date(int(german[3]), int(german[2]), int(german[1]))
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("a date like 2026-04-04 or 04.04.2026") from error


def _clock(text: str, known: Known) -> dt.time:
    try:
        return dt.time.fromisoformat(text.zfill(5))
    except ValueError as error:
        raise ValueError("a local time like 07:30") from error


def _weekdays(text: str, known: Known) -> tuple[int, ...]:
    found: set[int] = set()
    for part in re.split(r"[|, ]+", text.lower()):
        first, _, last = part.replace("–", "-").partition("-")
        if first not in _NAMES or (last or first) not in _NAMES:
            raise ValueError("weekdays like Mo-Fr or Do")
        found |= set(range(_NAMES[first], _NAMES[last or first] + 1))
    return tuple(sorted(found))


def _truth(text: str, known: Known) -> bool:
    if text.lower() not in _WORDS:
        raise ValueError("ja or nein")
    return _WORDS[text.lower()]


def _plain(text: str, known: Known) -> str:
    return text


def _number(text: str, known: Known) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise ValueError("a number") from error


def _count(text: str, known: Known) -> int:
    if not text.isdigit() or not int(text):
        raise ValueError("a whole number above 0")
    return int(text)


def _one_of(words: Mapping[str, str]) -> _Parser:
    def parse(text: str, known: Known) -> str:
        if text.lower() not in words:
            raise ValueError(f"one of {', '.join(dict.fromkeys(words.values()))}")
        return words[text.lower()]

    return parse


def _object(kind: str, words: str) -> _Parser:
    def parse(text: str, known: Known) -> str:
        found = known[kind].get(text.lower())
        if found is None:
            raise ValueError(f"{words} of the registry")
        return found

    return parse


def _objects(kind: str, words: str) -> _Parser:
    one = _object(kind, words)

    def parse(text: str, known: Known) -> tuple[str, ...]:
        return tuple(one(part.strip(), known) for part in text.split("|") if part.strip())

    return parse


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if name == "weekdays":
        return "|".join(_DAYS[day].capitalize() for day in value)
    if isinstance(value, tuple | list):
        return "|".join(value)
    return f"{value:%H:%M}" if isinstance(value, dt.time) else str(value)


_SITE, _MUNICIPALITY = _object("site", "a site"), _object("municipality", "a municipality")
_FRACTION, _FRACTIONS = _object("fraction", "a fraction"), _objects("fraction", "fractions")

KINDS: Mapping[str, Kind] = {
    "shifts": Kind(
        Shift, {"planned": _Column("geplant", _date, True), "collected": _Column("abgeholt", _date, True)}
    ),
    "contracts": Kind(
        Contract,
        {
            "fraction": _Column("fraktion", _FRACTION, True),
            "municipality": _Column("gemeinde", _MUNICIPALITY),
            "body": _Column("träger", _plain, True),
            "mode": _Column("art", _one_of(_MODES)),
            "tour_kind": _Column("tourart", _one_of(_TOURS)),
            "regime": _Column("pausen", _one_of(_REGIMES)),
            "plans": _Column("planung", _truth),
            "vehicles": _Column("fahrzeuge", _objects("vehicle", "vehicles")),
            "disposal_sites": _Column("entladestellen", _objects("disposal_site", "disposal sites")),
        },
    ),
    "chambers": Kind(
        Chamber,
        {
            "vehicle": _Column("fahrzeug", _object("vehicle", "a vehicle"), True),
            "number": _Column("nummer", _count, True),
            "fractions": _Column("fraktionen", _FRACTIONS, True),
            "capacity_kg": _Column("zuladung_kg", _count, True),
            "capacity_l": _Column("volumen_l", _count, True),
        },
    ),
    "closures": Kind(
        Closure,
        {
            "site": _Column("standplatz", _SITE),
            "municipality": _Column("gemeinde", _MUNICIPALITY),
            "weekdays": _Column("wochentage", _weekdays),
            "closed_from": _Column("zu_von", _clock),
            "closed_to": _Column("zu_bis", _clock),
            "first": _Column("erster_tag", _date),
            "last": _Column("letzter_tag", _date),
            "school_days": _Column("schultage", _truth),
            "reason": _Column("grund", _plain, True),
        },
    ),
    "events": Kind(
        Event,
        {
            "name": _Column("name", _plain, True),
            "first": _Column("erster_tag", _date, True),
            "last": _Column("letzter_tag", _date, True),
            "site": _Column("standplatz", _SITE),
            "municipality": _Column("gemeinde", _MUNICIPALITY),
            "lon": _Column("länge", _number),
            "lat": _Column("breite", _number),
            "radius_m": _Column("umkreis_m", _number),
        },
    ),
}
"""The tables by name."""
