"""The quantities we know: unit, plausible range, the units they come in, and the names vendors give them."""

import dataclasses
import functools
import math
import re

from ingest.outcome import Rejected


@dataclasses.dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity as stored: its unit and the range in which a value is believed."""

    unit: str
    low: float = -math.inf
    high: float = math.inf
    accepts: dict[str, tuple[float, float]] = dataclasses.field(default_factory=dict)
    """Other units by (factor, offset): stored = value * factor + offset."""


_SHARE = {"%": (0.01, 0.0)}
_CELSIUS = {"°F": (5 / 9, -160 / 9), "K": (1.0, -273.15)}

QUANTITIES: dict[str, Quantity] = {
    "level": Quantity("1", 0, 1.5, _SHARE),
    "distance": Quantity("m", 0, 100, {"mm": (1e-3, 0), "cm": (1e-2, 0), "dm": (0.1, 0), "km": (1e3, 0)}),
    "temperature": Quantity("°C", -80, 150, _CELSIUS),
    "surface_temperature": Quantity("°C", -80, 150, _CELSIUS),
    "dew_point": Quantity("°C", -80, 100, _CELSIUS),
    "humidity": Quantity("%", 0, 110),
    "battery": Quantity("V", 0, 100, {"mV": (1e-3, 0)}),
    "battery_level": Quantity("1", 0, 1, _SHARE),
    "meter": Quantity("kWh", -1e12, 1e12, {"Wh": (1e-3, 0), "MWh": (1e3, 0), "J": (1 / 3.6e6, 0)}),
    "volume": Quantity("m³", -1e12, 1e12, {"l": (1e-3, 0)}),
    "power": Quantity("W", -1e9, 1e9, {"kW": (1e3, 0), "MW": (1e6, 0)}),
    "pressure": Quantity(
        "Pa", -1e7, 1e9, {"hPa": (1e2, 0), "kPa": (1e3, 0), "mbar": (1e2, 0), "bar": (1e5, 0)}
    ),
    "count": Quantity("1", 0, 2**53),
    "co2": Quantity("ppm", 0, 1e6),
    "illuminance": Quantity("lx", 0, 1e6),
    "friction": Quantity("1", 0, 1),
    "water": Quantity("m", 0, 1, {"µm": (1e-6, 0), "mm": (1e-3, 0)}),
    "speed": Quantity("m/s", 0, 100, {"km/h": (1 / 3.6, 0)}),
}
"""By quantity key; any other key is a vendor's own field, stored as sent with unit ""."""

UNITS: dict[str, str] = {
    "mm": "mm", "cm": "cm", "dm": "dm", "m": "m", "km": "km", "µm": "µm", "um": "µm",
    "c": "°C", "°c": "°C", "cel": "°C", "degc": "°C", "celsius": "°C",
    "f": "°F", "°f": "°F", "degf": "°F", "fahrenheit": "°F", "kelvin": "K",
    "%": "%", "pct": "%", "perc": "%", "percent": "%", "percentage": "%", "%rh": "%", "%el": "%",
    "v": "V", "volt": "V", "volts": "V", "mv": "mV",
    "wh": "Wh", "kwh": "kWh", "mwh": "MWh", "j": "J", "w": "W", "watt": "W", "kw": "kW",
    "pa": "Pa", "hpa": "hPa", "kpa": "kPa", "mbar": "mbar", "bar": "bar",
    "l": "l", "liter": "l", "litre": "l", "liters": "l", "litres": "l", "m3": "m³", "m³": "m³", "m^3": "m³",
    "ppm": "ppm", "/": "1", "lx": "lx", "lux": "lx",
    "kmh": "km/h", "km/h": "km/h", "mps": "m/s", "m/s": "m/s",
}  # fmt: skip
"""Unit words as vendors write them, in lower case."""

_NAMES = {
    "temperature": "temperature, temp, tempera, tem, temperature sensor, air temperature, "
    "ambient temperature, room temperature, internal temperature, temp sht, temp c sht",
    "surface_temperature": "surface temperature, road temperature, road surface temperature, "
    "pavement temperature",
    "dew_point": "dew point, dewpoint, dew point temperature",
    "humidity": "humidity, hum, humidity sensor, rh, relative humidity, air humidity, hum sht",
    "distance": "distance, dist, distance average, ultrasonic distance",
    "level": "level, fill, fill level, filling level, fill lvl, filling, fill percent, fullness, fuellstand, "
    "füllstand",
    "battery": "battery, bat, batt, battery voltage, battery volt, battery v, bat v, batt v, bat voltage, "
    "batt voltage, vbat, v bat, vdd, volt, supply voltage, battery level, sbx batt",
    "battery_level": "battery perc, battery percent, battery percentage, rem batt capacity, "
    "rem batt capacity sensor",
    "meter": "meter, energy, active energy, total energy, energy import, energy consumption, consumption, "
    "power consumption",
    "volume": "volume",
    "power": "power, active power",
    "pressure": "pressure, air pressure, atmospheric pressure, barometric pressure",
    "count": "count, counter, counter reading, pulse, pulses, pulse count, people count, people counter, "
    "people counter all, vehicle count, motion event count, pax",
    "co2": "co2, co2 concentration",
    "illuminance": "light, illuminance, lux",
}
ALIASES: dict[str, str] = {name: key for key, names in _NAMES.items() for name in names.split(", ")}
"""Whole field names, as lower-case words, to quantity keys."""

_NEUTRAL = frozenset(
    ["value", "values", "reading", "measured", "measurement", "data", "bytes", "payload", "decoded", "object"]
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-zäöüß]+\d*|\d+|[%°]\w*")


def convert(key: str, value: float, unit: str, field: str) -> float:
    """A value of a known quantity in its stored unit; raises Rejected for a foreign unit or outside the
    range."""
    quantity = QUANTITIES[key]
    if unit != quantity.unit:
        if unit not in quantity.accepts:
            raise Rejected(
                field, f"{value:g} {unit}", f"{key} in {', '.join([quantity.unit, *quantity.accepts])}"
            )
        factor, offset = quantity.accepts[unit]
        # Dividing by an exact power of ten rounds once; 2116 mm is 2.116 m, not 2.1160000000000001.
        inverse = round(1 / factor)
        value = (value / inverse if factor < 1 and 1 / inverse == factor else value * factor) + offset
    if not quantity.low <= value <= quantity.high:
        raise Rejected(
            field, f"{value:g} {quantity.unit}", f"{quantity.low:g} to {quantity.high:g} {quantity.unit}"
        )
    return value


@functools.lru_cache(10_000)
def recognise(field: str) -> tuple[str | None, str]:
    """Quantity key and unit word of a field name: `BatV` is battery in V, `distance1_cm` no quantity of
    ours."""
    words = [word.lower() for word in _WORDS.findall(field)]
    words = [word for word in words if word not in _NEUTRAL] or words
    name = " ".join(words)
    if len(words) > 1 and words[-1] in UNITS:
        stem = " ".join(words[:-1])
        if stem in ALIASES:
            return ALIASES[stem], UNITS[words[-1]]
    return ALIASES.get(name), ""


def bare(key: str, value: float, field: str) -> tuple[str, float] | None:
    """Quantity and stored value of a recognised field without a unit; None when it keeps its own name.

    Units differ only where their plausible ranges cannot meet; where a value could be either, it is rejected
    with what would settle it, because a guess that flips within one series is worse than none.
    """
    if key in ("battery", "battery_level"):
        return _bare_battery(key, value, field)
    if key == "distance":
        if value != int(value):
            raise Rejected(
                field, value, "whole millimetres, or a field name with its unit, or a device profile"
            )
        return key, convert(key, value, "mm", field)
    if key == "level":
        if 0 < value <= 1:
            raise Rejected(field, value, "percent above 1, or a device profile that says percent or share")
        return key, convert(key, value, "%", field)
    if key == "pressure":
        unit = "hPa" if 300 <= value <= 1200 else "Pa" if 30_000 <= value <= 120_000 else ""
        return key, convert(key, value, unit, field)
    if key in ("meter", "volume") and field not in QUANTITIES:
        return None
    if key in ("meter", "volume"):
        raise Rejected(field, value, f"a field name with its unit, or a device profile ({key})")
    return key, convert(key, value, QUANTITIES[key].unit, field)


def _bare_battery(key: str, value: float, field: str) -> tuple[str, float]:
    words = {word.lower() for word in _WORDS.findall(field)}
    volts = bool(words & {"v", "voltage", "volt", "vbat", "vdd"})
    if key == "battery_level" or (not volts and 5 < value <= 100 and value == int(value)):
        return "battery_level", convert("battery_level", value, "%", field)
    if 1000 <= value <= 100_000:
        return "battery", convert("battery", value, "mV", field)
    if volts or value != int(value) or value == 0:
        return "battery", convert("battery", value, "V", field)
    raise Rejected(field, value, "volts or percent: a field name with its unit, or a device profile")
