"""Words of the pages: German stands in the templates, other languages come from gettext catalogues."""

import functools
import gettext
import io
import pathlib

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("de", "en")
NAMES = {"de": "Deutsch", "en": "English"}
LOCALE_DIR = pathlib.Path(__file__).parent / "locale"


def catalogue_path(language: str) -> pathlib.Path:
    """The .po file of a language other than German."""
    return LOCALE_DIR / language / "LC_MESSAGES" / "dashboards.po"


@functools.cache
def translations(language: str) -> gettext.NullTranslations:
    """Translations from German; compiled in memory, so that no build step can be forgotten."""
    if language == LANGUAGES[0]:
        return gettext.NullTranslations()
    with catalogue_path(language).open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
