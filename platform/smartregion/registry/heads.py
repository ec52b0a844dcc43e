"""Heads of columns as offices write them: which column of the registry each one means, and in what unit."""

import dataclasses
import difflib
import functools
import re
from collections.abc import Iterable, Mapping

KINDS = {
    "municipality": ("gemeinde", "kommune", "town"),
    "site": ("standplatz", "stellplatz", "standort", "sammelplatz"),
    "container": ("behälter", "gefäß", "tonne", "sammelbehälter", "depotcontainer", "bin"),
    "station": ("zählstelle", "messstelle", "counting station"),
    "vehicle": ("fahrzeug",),
    "depot": ("betriebshof", "bauhof"),
    "disposal_site": ("entsorgungsanlage", "deponie", "umladestation"),
    "building": ("gebäude", "liegenschaft", "verbrauchsstelle"),
    "device": ("gerät", "sensor"),
    "mounting": ("anbringung", "einbau"),
}
"""Kinds of rows with further words that are understood."""

HEADS = {
    "kind": "art, typ, objektart, objekttyp, type",
    "id": (
        "kennung, nummer, nr, behälternummer, behälter nr, behälternr, behälter id, behälterkennung, "
        "behälter, containernummer, container nr, containernr, container id, containerid, container, "
        "gefäßnummer, gefäß nr, gefäßnr, gefäß id, tonnennummer, tonnen nr, inventarnummer, inventar nr, "
        "objektnummer, objekt nr, objekt id, zählstellennummer, zählstelle nr, zählstelle, fahrzeugnummer, "
        "fahrzeug nr, fahrzeug, kennzeichen, identifier"
    ),
    "name": "bezeichnung, titel, description",
    "street": (
        "straße, str, straßenname, adresse, anschrift, straße hausnummer, straße hausnr, straße nr, straße "
        "und hausnummer, address"
    ),
    "house_number": "hausnummer, hausnr, haus nr, hnr, hsnr, house number",
    "house_suffix": "hausnummerzusatz, hausnummernzusatz, hausnr zusatz, hnr zusatz, adresszusatz",
    "place": "ort, ortsname, stadt, town, village, city",
    "quarter": "ortsteil, ot, stadtteil, ortslage",
    "municipality": "gemeinde, kommune, gemeindename, stadt gemeinde",
    "municipality_key": "ags, gemeindeschlüssel, amtlicher gemeindeschlüssel, gemeindekennziffer",
    "lon": (
        "länge, längengrad, geographische länge, geografische länge, longitude, long, lng, x, x koordinate"
    ),
    "lat": "breite, breitengrad, geographische breite, geografische breite, latitude, y, y koordinate",
    "east": ("rechtswert, ostwert, rw, easting, utm rechtswert, utm ost, utm east, utm x, ost, utm ostwert"),
    "north": (
        "hochwert, nordwert, hw, northing, utm hochwert, utm nord, utm north, utm y, nord, utm nordwert"
    ),
    "position": (
        "koordinaten, koordinate, geokoordinaten, geokoordinate, gps, gps koordinaten, gps position, lat "
        "lon, lat long, lat lng, lon lat, breite länge, länge breite, rechtswert hochwert, rw hw, x y, "
        "breitengrad längengrad, coordinates"
    ),
    "fraction": (
        "fractions, fraktion, fraktionen, abfallfraktion, abfallart, abfallarten, stoff, wertstoff, "
        "wertstoffart, müllart, abfallsorte, sammelfraktion, waste type"
    ),
    "volume_l": (
        "volumen, volume, inhalt, behältervolumen, behältergröße, gefäßgröße, gefäßvolumen, größe, "
        "nennvolumen, liter, volumen in liter, volumen in l, volumen liter, size, behältertyp, gefäßtyp"
    ),
    "rhythm_days": (
        "rhythmus, rhythm, leerung alle tage, leerungsrhythmus, leerungsintervall, abfuhrrhythmus, "
        "abfuhrintervall, turnus, leerungsturnus, intervall"
    ),
    "site": (
        "standplatz, stellplatz, standort, standplatznummer, standplatz nr, standplatznr, standplatz id, "
        "stellplatznummer, stellplatz nr, standortnummer, standort nr, standort id, sammelplatz"
    ),
    "site_name": "standplatzname, standortname, standplatzbezeichnung, standortbezeichnung, stellplatzname",
    "device": (
        "gerät, sensor, deveui, dev eui, eui, gerätenummer, geräte nr, geräte id, gerät id, sensornummer, "
        "sensor nr, sensornr, sensor id, sensorkennung, device id"
    ),
    "empty_distance_m": "abstand leer, leerabstand, distanz leer, sensorabstand leer, abstand bei leer",
    "full_distance_m": "abstand voll, vollabstand, distanz voll, sensorabstand voll, abstand bei voll",
    "mounted_from": (
        "montiert ab, angebracht ab, montiert am, angebracht am, montagedatum, einbaudatum, installiert am, "
        "mounted since"
    ),
    "mounted_to": ("montiert bis, angebracht bis, abgenommen am, demontiert am, demontagedatum, ausbaudatum"),
    "object_kind": "hängt an art",
    "object": "hängt an",
    "replaces": "ersetzt, ersetzt gerät, alter zähler, altes gerät",
    "factor": "faktor, wandlerfaktor, zählerfaktor, impulswertigkeit",
    "first_value": "anfangsstand, einbaustand, zählerstand bei einbau",
    "last_value": "endstand, ausbaustand, zählerstand bei ausbau",
    "digits": "stellen, vorkommastellen, zählerstellen",
    "class_scheme": "klassenschema, fahrzeugklassen",
    "lanes": "fahrstreifen, spuren",
    "road": "straßennummer",
    "purpose": "zweck, einsatz",
    "depot": "betriebshof",
    "capacity_kg": "nutzlast, zuladung",
    "capacity_l": "aufbauvolumen, fassungsvermögen",
    "shift_from": "schicht von, schichtbeginn",
    "shift_to": "schicht bis, schichtende",
    "truck": "fahrzeugprofil, fahrprofil, straßenprofil",
    "side": "sammelseite, ladeseite, beladeseite, seite",
    "open_from": "offen von, geöffnet von",
    "open_to": "offen bis, geöffnet bis",
    "service_s": "aufenthalt, abfertigung",
    "access_note": "zufahrt, hinweis, zufahrtshinweis, hinweise, bemerkung, bemerkungen, anmerkung",
    "window_from": "zeitfenster von, leerung von",
    "window_to": "zeitfenster bis, leerung bis",
    "profile": "profil, geräteprofil, sensortyp, gerätetyp",
    "population": "einwohner, einwohnerzahl",
    "removed_at": "entfernt am, abgezogen am, stillgelegt am, außer betrieb seit, removed on",
}
"""Columns with further heads that are understood, parted by commas, the surest first; case, umlauts, units
and punctuation do not matter."""

NOT_KEPT = ("plz", "postleitzahl", "zip", "lfd nr", "lfdnr", "laufende nummer", "pos", "landkreis", "land")
"""Heads that are understood and have no place in the registry."""

UNITS: dict[str, dict[str, float]] = {
    "volume_l": {"l": 1, "ltr": 1, "liter": 1, "litre": 1, "litres": 1, "m3": 1000, "cbm": 1000},
    "capacity_l": {"l": 1, "liter": 1, "litres": 1, "m3": 1000, "cbm": 1000},
    "capacity_kg": {"kg": 1, "t": 1000, "to": 1000, "tonnen": 1000},
    "empty_distance_m": {"m": 1, "meter": 1, "cm": 0.01, "mm": 0.001},
    "full_distance_m": {"m": 1, "meter": 1, "cm": 0.01, "mm": 0.001},
    "rhythm_days": {"d": 1, "tag": 1, "tage": 1, "tagen": 1, "days": 1, "woche": 7, "wochen": 7, "weeks": 7},
    "service_s": {"s": 1, "sek": 1, "min": 60, "minuten": 60, "minutes": 60},
}  # fmt: skip
"""Units that a head or a cell may name, with what one of them is in the unit of the column."""

_LONGEST_UNIT = 3
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "³": "3", "²": "2"})
_BRACKETS = re.compile(r"[\(\[](.*?)[\)\]]")


@dataclasses.dataclass(frozen=True, slots=True)
class Head:
    """One column of a file."""

    name: str
    """As the file writes it."""
    column: str | None
    """Column of the registry; None for one that is not read."""
    remark: str = ""
    """What stands in brackets, or a unit at the end."""


def plain(text: str) -> str:
    """Small letters without umlauts and punctuation."""
    return " ".join(re.sub(r"[^a-z0-9+]+", " ", text.lower().translate(_UMLAUTS)).split())


def read_head(name: str) -> Head:
    """What a head means; of two names as in Länge/lon one is enough."""
    remark = " ".join(plain(found) for found in _BRACKETS.findall(name))
    bare = _BRACKETS.sub(" ", name).replace("_", " ")
    for words in (bare, *bare.split("/")):
        found = _column(plain(words))
        if found is not None:
            column, unit = found
            return Head(name.strip(), column, remark or unit or _grid(plain(words)))
    return Head(name.strip(), None, remark)


def not_kept(head: Head) -> bool:
    """Whether a head is understood and has no place in the registry."""
    return plain(head.name) in NOT_KEPT


def unit_of(column: str, remark: str) -> str:
    """The unit that a head's remark names for its column; empty without one.

    Raises ValueError for a word as short as a unit that is none.
    """
    known = UNITS.get(column)
    words = remark.split(" ")
    found = next((word for word in words if known and word in known), "")
    if known and not found and len(words) == 1 and 0 < len(remark) <= _LONGEST_UNIT:
        raise ValueError(remark)
    return found


def rank(head: Head) -> int:
    """How surely a head means its column; 0 is the column's own name."""
    names = [plain(name) for name in (head.column or "", *HEADS[head.column or "id"].split(", "))]
    told = plain(_BRACKETS.sub(" ", head.name))
    return names.index(told) if told in names else len(names)


def closest(name: str) -> str | None:
    """The known head that looks most like an unknown one."""
    found = difflib.get_close_matches(plain(name), _by_head(), n=1, cutoff=0.8)
    return found[0] if found else None


def kind_of_word(word: str) -> str | None:
    """The kind of row that a word means."""
    return _by_word().get(plain(word))


def kind_of_columns(columns: Iterable[str]) -> str | None:
    """The kind of all rows of a file without a column for it; None when the columns do not tell."""
    here = set(columns)
    for kind, telling in _TELLING.items():
        if here & telling:
            return kind
    return None


_TELLING: Mapping[str, frozenset[str]] = {
    "disposal_site": frozenset({"open_from", "open_to"}),
    "vehicle": frozenset({"capacity_kg", "shift_from", "purpose", "side"}),
    "station": frozenset({"class_scheme", "lanes"}),
    "container": frozenset({"volume_l", "fraction", "rhythm_days", "site"}),
    "mounting": frozenset({"object_kind"}),
    "municipality": frozenset({"population"}),
    "site": frozenset({"lon", "east", "position"}),
    "device": frozenset({"profile"}),
}


def _column(words: str) -> tuple[str, str] | None:
    """Column and the unit that ends the words, if any."""
    known = _by_head()
    if words in known:
        return known[words], ""
    head, _, unit = words.rpartition(" ")
    head = head.removesuffix(" in")
    if head in known and unit in UNITS.get(known[head], ()):
        return known[head], unit
    stem = re.sub(r" (utm|etrs89|wgs84|wgs 84|epsg|dezimal|decimal|grad|zone)\b.*$", "", words)
    return (known[stem], words[len(stem) + 1 :]) if stem != words and stem in known else None


def _grid(words: str) -> str:
    return "utm" if words.startswith("utm") else ""


@functools.cache
def _by_head() -> dict[str, str]:
    return {plain(name): column for column, names in HEADS.items() for name in (column, *names.split(", "))}


@functools.cache
def _by_word() -> dict[str, str]:
    return {plain(word): kind for kind, words in KINDS.items() for word in (kind, *words)}
