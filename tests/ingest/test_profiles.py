"""Device profiles: shipped ones against their examples and the vendors' vectors, faulty ones with a clear
line."""

import datetime as dt
import json
import math
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from ingest.decode import flat_readings
from ingest.outcome import Rejected
from ingest.profile_check import ExamplesFail, check_example, read_example, run
from ingest.profiles import Profile, by_model, load_profiles, read_profile, shipped_profiles
from ingest.sources import find_source, read_envelope, shipped_sources
from smartregion.errors import InvalidInput

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
PROFILES = shipped_profiles()
MODELS = {model: profile for profile in PROFILES.values() for model in profile.models}

VENDOR_IS_ODD = {
    # T0008375 rounds 24.7 °C to 25 although its bytes hold tenths.
    ("tektelic/t0008375", "036700f704681d"): {"temperature"},
}
"""Vectors of vendors that we do not follow, with the quantities that differ."""

UNLISTED = {
    "dielectric_permittivity",  # an exponential of the raw value
    "albedo",  # the quotient of two fields that are there
    "ALARM_status",
    "Pitch",
    "Roll",
}
"""Fields of vendors' decoders that our layouts leave out."""


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_shipped_profile_gives_what_its_examples_expect(name: str) -> None:
    profile = PROFILES[name]
    assert len(profile.examples) >= 2
    for example in profile.examples:
        assert list(check_example(profile, example)) == []


def vectors(folder: pathlib.Path) -> Iterator[tuple[str, Profile, dict[str, Any]]]:
    for file in sorted(folder.glob("*.json")):
        content = json.loads(file.read_text())
        model = f"{content['vendor']}/{content['device']}".replace("__chirpstack", "")
        if model in MODELS:
            for example in content["examples"]:
                yield model, MODELS[model], example


def quantities(profile: Profile, **example: Any) -> dict[str, float]:
    return {r.quantity: r.value for r in flat_readings(read_example(profile, example).rows)}


def test_bytes_give_what_the_vendor_decodes(shared_data: pathlib.Path) -> None:
    """Our layout of the bytes and the mapping of the vendor's own decoded fields meet in the same
    readings."""
    compared = 0
    for model, profile, example in vectors(shared_data / "devices"):
        if profile.layout is None or not example["decoded"]:
            continue
        theirs = quantities(profile, port=example["fport"], decoded=example["decoded"])
        ours = quantities(profile, port=example["fport"], bytes=example["bytes_hex"])
        odd = VENDOR_IS_ODD.get((model, example["bytes_hex"]), set()) | UNLISTED
        for key, value in theirs.items():
            if key in odd or key.startswith("regions."):
                continue
            assert math.isclose(ours[key], value, rel_tol=1e-6, abs_tol=1e-9), (model, key)
            compared += 1
    assert compared > 180


def flat(fields: dict[str, Any]) -> Iterator[float]:
    for value in fields.values():
        if isinstance(value, list):
            for item in value:
                yield from flat(item)
        elif isinstance(value, int | float):
            yield float(value)


@pytest.mark.parametrize("name", ["thingsboard__ThingsStackCommunity.json", "thingsboard__ChirpStack.json"])
def test_recorded_bytes_hold_the_telemetry_that_their_authors_expected(
    shared_data: pathlib.Path, name: str
) -> None:
    """Of the models that we have a layout for; radio figures and derived fields apart."""
    derived = {"input2_voltage_to_temp", "energy_consumption_meter_status", *UNLISTED}
    found = expected = 0
    for item in json.loads((shared_data / "envelopes" / name).read_text())["items"]:
        profile = MODELS.get(f"{item['vendor']}/{item['device']}".lower())
        if profile is None or profile.layout is None:
            continue
        source = find_source(shipped_sources(), None, item["envelope"])
        assert source is not None
        envelope = read_envelope(source, None, item["envelope"])
        assert envelope.raw is not None
        try:
            got = list(flat(profile.decode_bytes(envelope.raw, envelope.port, NOW)[0] or {}))
        except Rejected:
            continue
        for part in item["expected_thingsboard_result"]["telemetry"]:
            for key, value in part["values"].items():
                if isinstance(value, int | float) and not key.startswith("lora_") and key not in derived:
                    expected += 1
                    found += any(math.isclose(value, have, rel_tol=1e-6, abs_tol=1e-9) for have in got)
    assert found >= expected - 1  # EM300-DI: their converter cuts 50.5 % to 50 %
    assert expected > 100


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
            found = read_example(profile, {"bytes": raw, "port": 85})
            assert not (found.rows and found.rejected)
