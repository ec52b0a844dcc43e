"""Reading the free text of OpenStreetMap tags: lengths, masses, speeds. What cannot be read is None."""

import re

_NUMBER = re.compile(r"^\s*(\d+(?:[.,]\d+)?)\s*([a-z\"'/]*)\s*$", re.IGNORECASE)
_FEET = re.compile(r"^\s*(\d+)\s*(?:'|ft)\s*(?:(\d+)\s*(?:\"|in))?\s*$", re.IGNORECASE)
_METRES = {"": 1.0, "m": 1.0, "cm": 0.01, "km": 1000.0}
_TONNES = {"": 1.0, "t": 1.0, "kg": 0.001, "st": 0.90718474, "lbs": 0.00045359237, "lb": 0.00045359237}
_KMH = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
# Limits that German mappers write as a word; "none" means no limit at all.
_ZONES_KMH = {
    "none": 999.0,
    "walk": 7.0,
    "de:walk": 7.0,
    "de:living_street": 7.0,
    "de:urban": 50.0,
    "de:rural": 100.0,
}
_ZONES_KMH |= {
    "de:motorway": 999.0,
    "de:bicycle_road": 30.0,
    "de:zone30": 30.0,
    "de:zone:30": 30.0,
    "de:zone20": 20.0,
}
_ZONES_KMH |= {
    "de:zone:20": 20.0,
    "at:urban": 50.0,
    "at:rural": 100.0,
    "at:motorway": 130.0,
    "at:zone:30": 30.0,
}


def _with_unit(text: str | None, units: dict[str, float]) -> float | None:
    found = _NUMBER.match(text.split(";")[0]) if text else None
    factor = units.get(found[2].lower()) if found else None
    return float(found[1].replace(",", ".")) * factor if found and factor is not None else None


def metres(text: str | None) -> float | None:
    """A length in m: `4`, `3.8 m`, `380 cm`, `12'6"`."""
    feet = _FEET.match(text) if text else None
    if feet:
        return int(feet[1]) * 0.3048 + int(feet[2] or 0) * 0.0254
    return _with_unit(text, _METRES)


def tonnes(text: str | None) -> float | None:
    """A mass in t: `7.5`, `7,5 t`, `5500 kg`, `16 st`."""
    return _with_unit(text, _TONNES)


def kmh(text: str | None) -> float | None:
    """A speed limit in km/h: `50`, `30 mph`, `walk`, `DE:urban`; `none` is 999."""
    if text and text.strip().lower() in _ZONES_KMH:
        return _ZONES_KMH[text.strip().lower()]
    return _with_unit(text, _KMH)
