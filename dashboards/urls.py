"""Addresses of the pages: each language has words of its own in them."""

from urllib.parse import quote, urlencode

PATHS: dict[str, dict[str, str]] = {
    "waste": {"de": "/de/abfall", "en": "/en/waste"},
    "container": {"de": "/de/abfall/behaelter/{id}", "en": "/en/waste/container/{id}"},
    "plan": {"de": "/de/abfall/plan/{date}", "en": "/en/waste/plan/{date}"},
    "rules": {"de": "/de/abfall/regeln", "en": "/en/waste/rules"},
    "week": {"de": "/de/abfall/woche", "en": "/en/waste/week"},
    "kpi": {"de": "/de/abfall/kennzahlen", "en": "/en/waste/figures"},
    "tour": {"de": "/de/abfall/tour/{id}", "en": "/en/waste/tour/{id}"},
    "traffic": {"de": "/de/verkehr", "en": "/en/traffic"},
    "station": {"de": "/de/verkehr/zaehlstelle/{id}", "en": "/en/traffic/station/{id}"},
    "roads": {"de": "/de/strassen", "en": "/en/roads"},
    "engineering": {"de": "/de/technik", "en": "/en/engineering"},
    "books": {"de": "/de/technik/buecher", "en": "/en/engineering/books"},
    "quarantine": {"de": "/de/technik/quarantaene", "en": "/en/engineering/quarantine"},
    "message": {"de": "/de/technik/quarantaene/{id}", "en": "/en/engineering/quarantine/{id}"},
    "devices": {"de": "/de/technik/geraete", "en": "/en/engineering/devices"},
    "adopt": {"de": "/de/technik/geraete/{id}", "en": "/en/engineering/devices/{id}"},
    "open": {"de": "/de/offen", "en": "/en/open"},
    "sign_in": {"de": "/de/anmelden", "en": "/en/sign-in"},
}


def address(name: str, language: str, query: dict[str, object] | None = None, **ids: object) -> str:
    """The address of a page; `ids` fill its braces, empty values of `query` are left out."""
    path = PATHS[name][language].format(**{key: quote(str(value), safe="") for key, value in ids.items()})
    filled = {key: value for key, value in (query or {}).items() if value not in (None, "")}
    return f"{path}?{urlencode(filled)}" if filled else path


def in_language(path: str, language: str) -> str:
    """`path` with the words of another language replaced by those of `language`: /en/abfall -> /en/waste."""
    words = {
        part: right
        for paths in PATHS.values()
        for wrong in paths.values()
        for part, right in zip(wrong.split("/")[2:], paths[language].split("/")[2:], strict=True)
        if not part.startswith("{")
    }
    _, _, *parts = path.split("/")
    return "/".join(["", language, *(words.get(part, part) for part in parts)])
