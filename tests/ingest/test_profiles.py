"""Device profiles: shipped ones against their examples and the vendors' vectors, faulty ones with a clear
line."""

import datetime as dt
import pathlib

import pytest

from ingest.profile_check import ExamplesFail, check_example, read_example, run
from ingest.profiles import Example, by_model, load_profiles, read_profile, shipped_profiles
from smartregion.errors import InvalidInput
from smartregion.readings import LaneInterval
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


RADAR = """
name = "radar"
title = "A radar at the roadside that sends every ten minutes"
models = ["parametric/pcr2"]
ignore = ["DIFF"]

[layout]
kind = "ports"

[layout.ports]
14 = [
    { name = "LTR", at = 3, format = "u16" },
    { name = "RTL", at = 5, format = "u16" },
    { name = "SPEED", at = 7, format = "u8" },
]

[[lanes]]
lane = 1
interval_s = 600
counts = { Kfz = "LTR" }

[[lanes]]
lane = 2
interval_s = 600
counts = { Kfz = "RTL" }
speed_kmh = "SPEED"

[[examples]]
port = 14
bytes = "be0104000c00073c"
readings = { "lane 1 count_Kfz" = 12, "lane 2 count_Kfz" = 7, "lane 2 speed" = 60 }

[[examples]]
title = "numbers as texts, more than one second brings"
decoded = { LTR = "12,", RTL = 3e9 }
readings = { "lane 1 count_Kfz" = 12 }
flags = ["RTL"]
"""


def test_a_counting_device_fills_lanes(tmp_path: pathlib.Path, shared_data: pathlib.Path) -> None:
    file = write(tmp_path, RADAR)
    profile = read_profile(file)
    assert [list(check_example(profile, one)) for one in profile.examples] == [[], []]
    end = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    rows = read_example(profile, profile.examples[0]).rows
    start = end - dt.timedelta(minutes=10)
    assert rows[0] == LaneInterval("example", 1, start, 600, {"Kfz": 12})
    vector = next(one for one in load(shared_data / "devices") if "LTR" in (one.decoded or {}))
    found = read_example(profile, Example(port=14, decoded=vector.decoded))
    assert [row.counts for row in found.rows if isinstance(row, LaneInterval)] == [{"Kfz": 1}, {"Kfz": 2}]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Kfz =", "Lorry =", "Lorry"),
        ("lane = 1", "lane = 100", "lanes"),
        ("interval_s = 600", "", "interval_s"),
        ('format = "u8"', 'format = "u7"', "format"),
        ("at = 3", "at = -1", "first byte"),
        ('"SPEED", at = 7', '"SPEED", divide = 0', "divide"),
    ],
)
def test_a_faulty_lane_or_layout_is_one_clear_line(
    tmp_path: pathlib.Path, old: str, new: str, told: str
) -> None:
    with pytest.raises(InvalidInput, match=told):
        read_profile(write(tmp_path, RADAR.replace(old, new, 1)))


CASES = """
name = "cases"
title = "The second byte of a record tells what follows"

[layout]
kind = "tagged"

[layout.tags]
"01" = [
    { name = "list[].timestamp", format = "u32" },
    { name = "", format = "u8", cases = { 0 = [{ name = "list[].in", format = "u8" }], 1 = [
        { name = "list[].in", format = "u8" },
        { name = "list[].out", format = "u8" },
    ] } },
]
"""


def test_a_field_tells_which_fields_follow(tmp_path: pathlib.Path) -> None:
    profile = read_profile(write(tmp_path, CASES))
    raw = bytes.fromhex("016945c000" + "0005" + "016945c100" + "010607")
    assert profile.decode_bytes(raw, 1, NOW)[0] == {
        "list": [{"timestamp": 0x6945C000, "in": 5}, {"timestamp": 0x6945C100, "in": 6, "out": 7}]
    }
