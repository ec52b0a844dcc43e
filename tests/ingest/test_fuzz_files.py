"""Files of a user that are broken in any way end in one clear line, and never in a decoder that raises."""

import contextlib
import csv
import datetime as dt
import io
import json
import math
import pathlib
import tarfile
import tomllib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import profiles, series, sources
from ingest.decode import decode
from ingest.outcome import Decoded
from ingest.profiles import read_profile
from ingest.recordings import read_recording
from ingest.series import Series
from ingest.series_parts import Notes
from ingest.sources import load_sources
from smartregion.errors import InvalidInput
from tests.support.odd import ODD, TEMPLATES, as_json, odd_bytes, odd_contents

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
MOST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SOURCES, PROFILES, SERIES = (sorted(module.SHIPPED.glob("*.toml")) for module in (sources, profiles, series))


def assert_no_fault_of_ours(found: Decoded) -> None:
    assert found.rejected is None or found.rejected.field != "decoder"


def toml(value: Any) -> str:
    """A value in TOML, as far as it has one."""
    if isinstance(value, dict):
        fields = (f"{json.dumps(key)} = {toml(below)}" for key, below in value.items() if below is not None)
        return "{" + ", ".join(fields) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(below) for below in value if below is not None) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return "nan"
    return json.dumps(value).replace("\x7f", "\\u007F")


def write(file: pathlib.Path, content: Any) -> None:
    """A TOML file; what is no table is written as it is."""
    tables = content.items() if isinstance(content, dict) else [("odd", content)]
    lines = [f"{json.dumps(key)} = {toml(value)}\n" for key, value in tables if value is not None]
    file.write_text("".join(lines), "utf-8", "replace")


@MOST
@given(st.sampled_from(SOURCES), st.data())
def test_descriptions_of_network_servers(
    tmp_path: pathlib.Path, shipped: pathlib.Path, data: st.DataObject
) -> None:
    content = tomllib.loads(shipped.read_text("utf-8"))
    write(tmp_path / "odd.toml", data.draw(odd_contents(content)))
    with contextlib.suppress(InvalidInput):
        found = load_sources([tmp_path])
        for topic, message in TEMPLATES[8:]:
            assert_no_fault_of_ours(decode(topic, as_json(message), NOW, sources=found))
            assert_no_fault_of_ours(decode(None, as_json(message), NOW, sources=found))


@MOST
@given(st.sampled_from(PROFILES), st.data())
def test_device_profiles(tmp_path: pathlib.Path, shipped: pathlib.Path, data: st.DataObject) -> None:
    content = tomllib.loads(shipped.read_text("utf-8"))
    write(tmp_path / "odd.toml", data.draw(odd_contents(content)))
    with contextlib.suppress(InvalidInput):
        profile = read_profile(tmp_path / "odd.toml")
        messages = [
            TEMPLATES[12],
            (TEMPLATES[12][0], TEMPLATES[12][1] | {"object": None, "data": "AXVkA2cQAQ=="}),
        ]
        for topic, message in messages:
            found = decode(topic, as_json(message), NOW, lambda _device, _model: profile)
            assert_no_fault_of_ours(found)


ROWS = {
    "melbourne-bins": [{"serial": "1", "time": "2021-05-01T00:00:00+00:00", "fill_level_percent": "50"}],
    "moers-radar": [["01.10.16 00:00:01", "00", "50", "4.2", "0"]],
    "muenster-bicycles": [["Datetime", "101020300 (x)"], ["2023-01-01 00:00", "3"]],
    "muenster-loops": [["2015_01_01", "00:00", "01:00"], ["MQ_1", "5", "6"]],
    "berlin-cross-sections": [
        ["mq_name", "tag", "stunde", "qualitaet", "q_kfz_mq_hr", "v_kfz_mq_hr", "q_pkw_mq_hr", "q_lkw_mq_hr"],
        ["TE001", "01.03.2023", "0", "1.0", "169", "71", "144", "25"],
    ],
    "berlin-telraam": [
        ["date_local", "segment_id", "uptime", "ped_total", "bike_total", "car_total", "heavy_total"],
        ["2024-10-01 07:00:00", "9000001786", "0.49", "36.0", "128.0", "786.0", "144.0"],
    ],
    "wyndham-bins": [{"properties": {"serial_num": "1", "timestamp": "2021-05-01T00:00", "fill_lvl": 5,
                                     "bin_detail": "x"}, "geometry": {"coordinates": [1.0, 2.0]}}],
}  # fmt: skip
"""Rows of a recording of every shipped description."""


def recorded(folder: pathlib.Path, description: Series, rows: Any) -> pathlib.Path:
    """A file of such rows, in the form that the description expects."""
    if description.name == "wyndham-bins":
        file = folder / "odd.json"
        file.write_bytes(as_json(rows))
        return file
    listed = rows if isinstance(rows, list) else [rows]
    lines = [
        list(row.values()) if isinstance(row, dict) else row if isinstance(row, list) else [row]
        for row in listed
    ]
    if description.name == "melbourne-bins":
        lines.insert(0, ["serial", "time", "fill_level_percent"])
    out = io.StringIO()
    csv.writer(out, delimiter=description.description.get("delimiter", ",")).writerows(lines)
    raw = out.getvalue().encode("utf-8", "replace")
    if "members" not in description.description:
        file = folder / "odd.csv"
        file.write_bytes(raw)
        return file
    file = folder / "odd.tar.xz"
    with tarfile.open(file, "w:xz") as archive:
        member = tarfile.TarInfo(
            "123456789/2023-01.csv" if "bicycles" in description.name else "data/raw/a.csv"
        )
        member.size = len(raw)
        archive.addfile(member, io.BytesIO(raw))
    return file


def described(path: pathlib.Path) -> Series:
    content = tomllib.loads(path.read_text("utf-8"))
    return Series(content["name"], content)


WITH_ROWS = [one for one in map(described, SERIES) if one.name in ROWS]


@pytest.mark.parametrize("description", WITH_ROWS, ids=lambda one: one.name)
def test_rows_of_series_are_read(tmp_path: pathlib.Path, description: Series) -> None:
    """Else the test below would test refusals only."""
    file = recorded(tmp_path, description, ROWS[description.name])
    for packed in (False, True):
        for message in description.messages(file, Notes(), packed):
            assert decode(message.topic, as_json(message.content), NOW).rows


@MOST
@given(st.sampled_from(WITH_ROWS), st.booleans(), st.data())
def test_rows_of_series(
    tmp_path: pathlib.Path, description: Series, packed: bool, data: st.DataObject
) -> None:
    file = recorded(tmp_path, description, data.draw(odd_contents(ROWS[description.name])))
    if data.draw(st.booleans()):
        file.write_bytes(data.draw(odd_bytes(file.read_bytes())))
    with contextlib.suppress(InvalidInput):
        for message in description.messages(file, Notes(), packed):
            assert_no_fault_of_ours(decode(message.topic, as_json(message.content), NOW))


@MOST
@given(st.sampled_from(WITH_ROWS), st.data())
def test_descriptions_of_series(tmp_path: pathlib.Path, description: Series, data: st.DataObject) -> None:
    file = recorded(tmp_path, description, ROWS[description.name])
    content = data.draw(odd_contents(description.description))
    odd = Series(description.name, content if isinstance(content, dict) else {})
    with contextlib.suppress(InvalidInput):
        for message in odd.messages(file, Notes(), packed=True):
            assert_no_fault_of_ours(decode(message.topic, as_json(message.content), NOW))


@MOST
@given(st.data())
def test_recordings(tmp_path: pathlib.Path, data: st.DataObject) -> None:
    """Lines with a topic, messages of network servers, collections of envelopes."""
    items = [
        {"topic": TEMPLATES[0][0], "payload": TEMPLATES[0][1]},
        *(content for _, content in TEMPLATES[8:]),
    ]
    whole = {"items": [{"vendor": "a", "device": "b", "envelope": item} for item in items[1:]]}
    raw = as_json(data.draw(odd_contents(data.draw(st.sampled_from([items, whole, items[0], items[3]])))))
    if data.draw(st.booleans()):
        raw = data.draw(odd_bytes(raw))
    (tmp_path / "odd.json").write_bytes(raw)
    with contextlib.suppress(InvalidInput):
        for message in read_recording(tmp_path / "odd.json", None):
            assert isinstance(message.topic, str)


@pytest.mark.parametrize("raw", [b"[" * 100_000, b"9" * 10_000, b"\xff", b"", as_json(list(ODD))])
def test_recordings_of_anything(tmp_path: pathlib.Path, raw: bytes) -> None:
    (tmp_path / "odd.json").write_bytes(raw)
    with contextlib.suppress(InvalidInput):
        read_recording(tmp_path / "odd.json", "sr/1/d/fill")
