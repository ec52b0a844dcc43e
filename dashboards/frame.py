"""What every page shares: templates in the reader's language, its twin's address, connections, the moment."""

import datetime as dt
import functools
import importlib.metadata
import pathlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboards import urls, words
from dashboards.assets import static_address
from dashboards.formats import Formats
from smartregion.api.context import Context
from smartregion.settings import Settings
from smartregion.store.health import disk_is_full
from smartregion.waste.levels import fractions

_KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)*\b")
_DISK_EVERY = dt.timedelta(seconds=5)
_TEMPLATES = pathlib.Path(__file__).parent / "templates"


class Outage:
    """Since when the database has not answered: the first failure after the last success."""

    def __init__(self) -> None:
        self._since: dt.datetime | None = None

    def failed(self, now: dt.datetime) -> dt.datetime:
        """Note a failure; the beginning of the outage."""
        self._since = self._since or now
        return self._since

    def succeeded(self) -> None:
        """Note that the database answered."""
        self._since = None


class Frame:
    """Renders pages for one context (pool, settings, clock)."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._version = importlib.metadata.version("smartregion")
        self.outage = Outage()
        self._fractions: dict[str, dict[str, str]] = {}
        self._disk_full = False
        self._disk_seen: dt.datetime | None = None

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return self._context.settings

    @property
    def zone(self) -> ZoneInfo:
        """The region's zone."""
        return self._context.settings.zone

    @property
    def state(self) -> str:
        """Federal state of public holidays."""
        return self._context.settings.state

    def now(self) -> dt.datetime:
        """The present moment, aware."""
        return self._context.now()

    def today(self) -> dt.date:
        """The present day in the region."""
        return self.now().astimezone(self.zone).date()

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A database connection of the pool; commits at the end unless an error came.

        Raises DatabaseUnavailable with one line.
        """
        with self._context.connection() as connection:
            # Only migrations add fractions: their names are read once.
            if not self._fractions:
                self._fractions = {key: {"de": de, "en": en} for key, de, en, _ in fractions(connection)}
            self.outage.succeeded()
            self._look_at_disk(connection)
            yield connection

    def _look_at_disk(self, connection: Any) -> None:
        """Now and then: a full disk takes no data, while pages go on."""
        now = self.now()
        if self._disk_seen is None or abs(now - self._disk_seen) >= _DISK_EVERY:
            self._disk_seen, self._disk_full = now, disk_is_full(connection)

    def fraction_name(self, language: str, key: str) -> str:
        """A waste fraction as citizens of that language know it; several are joined by +."""
        return " + ".join(self._fractions.get(one, {}).get(language, one) for one in key.split("+"))

    def in_words(self, language: str, text: str) -> str:
        """A message with the names of fractions in place of their keys."""
        return _KEY.sub(lambda key: self.fraction_name(language, key[0]), text)

    def render(
        self, request: Request, template: str, section: str, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """The page of `template` in the language of the request's address."""
        language = language_of(request)
        formats = Formats(language, self.zone, self.now())
        known: dict[str, Any] = {
            "language": language,
            "language_names": words.NAMES,
            "other_languages": _other_languages(request, language),
            "section": section,
            "formats": formats,
            "url": functools.partial(_url, language),
            "fraction_name": functools.partial(self.fraction_name, language),
            "region": self._context.settings.region_name,
            "version": self._version,
            "live": True,
            "unfinished": False,
            "stand": None,
            "person": getattr(request.state, "person", None),
            "disk_full": self._disk_full,
            "sign_in_offered": getattr(request.state, "sign_in_offered", False),
        }
        html = environment(language).get_template(template).render(**(known | values))
        return HTMLResponse(html, status, {"Cache-Control": "no-cache", "Content-Language": language})


def language_of(request: Request) -> str:
    """The language that the address begins with; German elsewhere."""
    first = request.url.path.split("/")[1]
    return first if first in words.LANGUAGES else words.LANGUAGES[0]


def gettext_of(request: Request) -> Callable[[str], str]:
    """Translation from German into the language of the request's address."""
    return words.translations(language_of(request)).gettext


def add_page(
    router: APIRouter, name: str, endpoint: Callable[..., Any], methods: Iterable[str] = ("GET",)
) -> None:
    """Serve `endpoint` at the addresses of page `name` in each language."""
    for language, path in urls.PATHS[name].items():
        router.add_api_route(
            path.replace("{id}", "{id:path}"),  # ids come from registries and may hold a slash
            endpoint,
            methods=list(methods),
            name=f"{name}.{language}",
            response_model=None,
            include_in_schema=False,
        )


@functools.cache
def environment(language: str) -> Environment:
    """Templates with the words of one language; a missing value is an error, not a gap on the page."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,  # a template belongs to the code that this process runs
    )
    made.globals["static"] = static_address
    made.install_gettext_translations(words.translations(language), newstyle=True)  # type: ignore[attr-defined]
    return made


def _url(language: str, name: str, query: dict[str, object] | None = None, **ids: object) -> str:
    return urls.address(name, language, query, **ids)


def _other_languages(request: Request, language: str) -> dict[str, str]:
    """The same page, with the same question, in the other languages; of an unknown page the first one."""
    query = f"?{request.url.query}" if request.url.query else ""
    name = getattr(request.scope.get("route"), "name", "").partition(".")[0]
    ids = request.path_params
    if name not in urls.PATHS:
        name, ids, query = "waste", {}, ""
    others = (other for other in words.LANGUAGES if other != language)
    return {other: urls.address(name, other, **ids) + query for other in others}
