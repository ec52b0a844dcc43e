"""The operator's tables: what counts for plans beside the registry, downloaded, changed and sent back."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from dashboards import urls
from dashboards.frame import Frame, add_page, gettext_of, language_of
from smartregion.api.guard import require_writer
from smartregion.errors import InvalidInput, SmartRegionError
from smartregion.waste.rules_file import KINDS, shown
from smartregion.waste.rules_store import import_rules, table

_MOST_BYTES = 5_000_000


def router(frame: Frame) -> APIRouter:
    """The page with all tables."""
    made = APIRouter()

    def show(request: Request) -> Response:
        return _page(frame, request)

    def take(request: Request, kind: Annotated[str, Form()], file: Annotated[UploadFile, File()]) -> Response:
        require_writer(request)
        try:
            content = file.file.read(_MOST_BYTES + 1)
            if len(content) > _MOST_BYTES:
                raise InvalidInput("file", file.filename, f"a file of at most {_MOST_BYTES} bytes")
            with frame.connection() as connection:
                import_rules(connection, kind, file.filename or kind, content)
        except SmartRegionError as error:
            return _page(frame, request, str(error), 422)
        return RedirectResponse(f"{urls.address('rules', language_of(request))}#{kind}", 303)

    add_page(made, "rules", show)
    add_page(made, "rules", take, ["POST"])
    return made


def _page(frame: Frame, request: Request, error: str = "", status: int = 200) -> Response:
    titles, heads = _titles(request), _heads(request)
    with frame.connection() as connection:
        tables = [
            {
                "kind": kind,
                "title": titles[kind][0],
                "purpose": titles[kind][1],
                "heads": [heads[name] for name in told.columns],
                "rows": [
                    [_cell(frame, request, name, getattr(row, name)) for name in told.columns]
                    for row in table(connection, kind)
                ],
            }
            for kind, told in KINDS.items()
        ]
    return frame.render(request, "rules.html", "waste", status, live=False, tables=tables, error=error)


def _cell(frame: Frame, request: Request, name: str, value: Any) -> str:
    _, language = gettext_of(request), language_of(request)
    if name in ("fraction", "fractions"):
        keys = (value,) if isinstance(value, str) else value
        return ", ".join(frame.fraction_name(language, key) for key in keys)
    if isinstance(value, bool):
        return _("ja") if value else _("nein")
    words = {
        "dynamic": _("nach Bedarf"),
        "fixed": _("nach Kalender"),
        "depot": _("Depotcontainer"),
        "door": _("von Haus zu Haus"),
    }
    return words.get(value, shown(name, value)) if isinstance(value, str) else shown(name, value)


def _titles(request: Request) -> dict[str, tuple[str, str]]:
    """Heading and purpose of each table."""
    _ = gettext_of(request)
    return {
        "shifts": (
            _("Feiertagsverschiebung"),
            _("Was der Kalender für einen Tag vorsieht, wird an einem anderen abgeholt, früher oder später."),
        ),
        "contracts": (
            _("Zuständigkeit"),
            _("Wer eine Fraktion verantwortet, ob nach Kalender oder Bedarf, und welche Pausenregel gilt."),
        ),
        "chambers": (_("Kammern"), _("Teile eines Aufbaus mit eigener Fassung, etwa für Glasfarben.")),
        "closures": (
            _("Sperrzeiten"),
            _("Wann an einem Standplatz niemand leeren darf: Schule, Markttag, Lärmschutz, Baustelle."),
        ),
        "events": (_("Veranstaltungen"), _("Feste und Märkte, die Behälter schneller füllen.")),
    }


def _heads(request: Request) -> dict[str, str]:
    _ = gettext_of(request)
    return {
        "planned": _("geplant"),
        "collected": _("abgeholt"),
        "fraction": _("Abfallfraktion"),
        "municipality": _("Gemeinde"),
        "body": _("Träger"),
        "mode": _("Leerung"),
        "tour_kind": _("Art der Tour"),
        "regime": _("Pausenregel"),
        "plans": _("wird hier geplant"),
        "vehicles": _("nur diese Fahrzeuge"),
        "disposal_sites": _("nur diese Entladestellen"),
        "vehicle": _("Fahrzeug"),
        "number": _("Nr."),
        "fractions": _("Fraktionen"),
        "capacity_kg": _("Zuladung in kg"),
        "capacity_l": _("Volumen in l"),
        "site": _("Standplatz"),
        "weekdays": _("Wochentage"),
        "closed_from": _("gesperrt von"),
        "closed_to": _("bis"),
        "first": _("erster Tag"),
        "last": _("letzter Tag"),
        "school_days": _("nur an Schultagen"),
        "reason": _("Grund"),
        "name": _("Name"),
        "lon": _("Länge"),
        "lat": _("Breite"),
        "radius_m": _("Umkreis in m"),
    }
