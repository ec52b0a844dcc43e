"""No word is missing in any language, none is left over, and none loses its values."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from dashboards import words

_METHODS = [("**/templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
_OTHERS = words.LANGUAGES[1:]
_VALUE = re.compile(r"%\(\w+\)s|%%")


def _used() -> set[str]:
    """All German words of pages; of a plural the singular."""
    folder = words.LOCALE_DIR.parent
    found = extract_from_dir(
        folder, _METHODS, {"**/templates/**.html": {"encoding": "utf-8", "silent": "false"}}
    )
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def _translated(language: str) -> Iterator[Message]:
    with words.catalogue_path(language).open("rb") as source:
        yield from (message for message in read_po(source, locale=language) if message.id)


def _texts(message: Message) -> list[tuple[str, str]]:
    german = [message.id] if isinstance(message.id, str) else list(message.id)
    other = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return list(zip(german, other, strict=True))


@pytest.mark.parametrize("language", _OTHERS)
def test_every_word_is_translated_and_none_is_left_over(language: str) -> None:
    used = _used()
    assert len(used) > 200, "the words of the pages are found"
    known = {_texts(message)[0][0] for message in _translated(language)}
    assert used - known == set(), "missing"
    assert known - used == set(), "left over"


@pytest.mark.parametrize("language", _OTHERS)
def test_translations_keep_the_values(language: str) -> None:
    for message in _translated(language):
        assert not message.fuzzy
        for german, other in _texts(message):
            assert other.strip(), german
            assert sorted(_VALUE.findall(german)) == sorted(_VALUE.findall(other)), german


def test_plural_and_value() -> None:
    english = words.translations("en")
    singular, plural = "%(num)s Gerät", "%(num)s Geräte"
    assert english.ngettext(singular, plural, 1) % {"num": 1} == "1 device"
    assert english.ngettext(singular, plural, 3) % {"num": 3} == "3 devices"
    german = words.translations("de")
    assert german.ngettext(singular, plural, 2) == plural
