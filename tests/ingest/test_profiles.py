"""Device profiles: shipped ones against their examples and the vendors' vectors, faulty ones with a clear
line."""

import datetime as dt
import pathlib

import pytest

from ingest.profile_check import ExamplesFail, check_example, read_example, run
from ingest.profiles import Example, by_model, load_profiles, read_profile, shipped_profiles
from smartregion.errors import InvalidInput
from tests.conftest import ROOT
from tests.support.vectors import load, page

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
PROFILES = shipped_profiles()

VECTORS = ROOT / "docs" / "vendor-vectors.md"


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_shipped_profile_gives_what_its_examples_expect(name: str) -> None:
    profile = PROFILES[name]
    assert len(profile.examples) >= 2
    for example in profile.examples:
        assert list(check_example(profile, example)) == []


def test_vectors_of_vendors_give_what_the_page_says(shared_data: pathlib.Path) -> None:
    """All 281, as fields of a network server and, where we have a layout, from their bytes: what differs is
    listed, neither more nor less."""
    vectors = load(shared_data / "devices")
    assert page(vectors) == VECTORS.read_text("utf-8"), (
        "python -m tests.support.vectors > docs/vendor-vectors.md"
    )


def test_model_reported_by_the_server_finds_the_profile() -> None:
    find = by_model(PROFILES)
    found = find("any", "Milesight-IoT/EM310-UDL")
    assert found is not None
    assert found.name == "milesight-em310-udl"
    assert find("any", None) is None


def write(folder: pathlib.Path, text: str) -> pathlib.Path:
    file = folder / "mine.toml"
    file.write_text(text)
    return file


MINE = """
name = "mine"
title = "My sensor"
models = ["me/mine"]
[fields."level.mm"]
quantity = "distance"
unit = "mm"
max = 3
"""


def test_a_file_of_the_user_wins(tmp_path: pathlib.Path) -> None:
    write(tmp_path, MINE.replace('name = "mine"', 'name = "dragino-ldds75"'))
    assert load_profiles([tmp_path])["dragino-ldds75"].title == "My sensor"


def test_check_says_what_differs(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = (
        '[[examples]]\ntitle = "t"\ndecoded = { level = { mm = 1200 } }\nreadings = { distance = 1.3 }\n'
    )
    with pytest.raises(ExamplesFail, match="1 of 1 examples"):
        run(str(write(tmp_path, MINE + example)))
    assert "distance: expected 1.3, got 1.2" in capsys.readouterr().out
    assert run(str(write(tmp_path, MINE + example.replace("1.3", "1.2")))) == 0
    with pytest.raises(ExamplesFail, match="no examples"):
        run(str(write(tmp_path, MINE)))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('title = "My sensor"\n', "", "title"),  # missing
        ("max = 3", "maximum = 3", "maximum"),  # misspelt
        ('unit = "mm"', 'unit = "V"', "unit V"),  # no unit of a distance
        ("models =", "modles =", "modles"),
        ('name = "mine"', 'name = "mine', "readable TOML"),
        ("[fields", '[layout]\nkind = "magic"\n[fields', "magic"),
        ("[fields", '[layout]\nfamily = "nobody"\n[fields', "nobody"),
    ],
)
def test_a_faulty_profile_is_one_clear_line(tmp_path: pathlib.Path, old: str, new: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        read_profile(write(tmp_path, MINE.replace(old, new, 1)))


@pytest.mark.parametrize("raw", ["", "0175", "01", "ffff", "0175640382", "99" * 40])
def test_no_bytes_break_a_layout(raw: str) -> None:
    for profile in PROFILES.values():
        if profile.layout is not None:
            found = read_example(profile, Example(bytes=raw, port=85))
            assert not (found.rows and found.rejected)
