"""What each dashboard shows, as data: a panel is a query with a title, a unit and a size."""

import dataclasses
from typing import Literal

Kind = Literal["stat", "lines", "bars", "table", "map"]


@dataclasses.dataclass(frozen=True)
class Panel:
    """One panel; `width` in twenty-fourths of the page, `height` in grid rows."""

    query: str
    kind: Kind
    title: str
    unit: str = "short"
    """A unit id of Grafana: percentunit, velocitykmh, lengthkm, masskg, short."""
    width: int = 6
    height: int = 4
    alarm_at: float | None = None
    """A stat turns to the alarm hue from this value on."""


@dataclasses.dataclass(frozen=True)
class Page:
    """One dashboard; its queries lie in sql/NAME.sql."""

    name: str
    title: str
    description: str
    period: str
    panels: tuple[Panel, ...]


PAGES = (
    Page(
        "waste",
        "Abfall",
        "Füllstände, fällige Behälter und Touren",
        "now-7d",
        (
            Panel("due", "stat", "Behälter zu leeren", alarm_at=1),
            Panel("silent", "stat", "Behälter ohne Meldung (24 h)", alarm_at=1),
            Panel("mean_level", "stat", "Mittlerer Füllstand", "percentunit"),
            Panel("tours_today", "stat", "Touren heute"),
            Panel("places", "map", "Behälter", "percentunit", 12, 12),
            Panel("level_by_fraction", "lines", "Mittlerer Füllstand je Fraktion", "percentunit", 12, 12),
            Panel("fullest", "table", "Vollste Behälter", "short", 12, 10),
            Panel("distribution", "table", "Behälter je Füllstandsklasse", "short", 12, 10),
            Panel("tours", "table", "Touren der letzten Tage", "short", 24, 9),
        ),
    ),
    Page(
        "traffic",
        "Verkehr",
        "Zählstellen: Mengen, Geschwindigkeit, Vollständigkeit",
        "now-24h",
        (
            Panel("total", "stat", "Kfz im Zeitraum"),
            Panel("stations", "stat", "Meldende Zählstellen"),
            Panel("speed", "stat", "Mittlere Geschwindigkeit", "velocitykmh"),
            Panel("completeness", "stat", "Vollständigkeit", "percentunit"),
            Panel("per_hour", "lines", "Kfz je Stunde, zehn stärkste Zählstellen", "short", 24, 10),
            Panel("by_scheme", "bars", "Kfz je Stunde nach Klassenschema", "short", 12, 9),
            Panel("station_totals", "table", "Zählstellen und Richtungen", "short", 12, 9),
        ),
    ),
    Page(
        "operations",
        "Technik",
        "Meldungen, Bücher, Quarantäne, stumme Geräte",
        "now-24h",
        (
            Panel("rate", "stat", "Meldungen je Sekunde (1 h)"),
            Panel("balance", "stat", "Abweichung der Bücher", alarm_at=1),
            Panel("quarantined", "stat", "In Quarantäne", alarm_at=1),
            Panel("silent", "stat", "Stumme Geräte (24 h)", alarm_at=1),
            Panel("books", "bars", "Bücher je Viertelstunde", "short", 24, 9),
            Panel("reasons", "table", "Quarantäne nach Grund", "short", 12, 9),
            Panel("silent_devices", "table", "Stumme Geräte", "short", 12, 9),
        ),
    ),
)
