"""No input makes a decoder raise, and what it gives can always be stored: messages, topics, layouts,
codecs."""

import base64
import datetime as dt
import json
import math
import pathlib
import struct
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.decode import decode, flat_readings
from ingest.outcome import UNREADABLE, Decoded
from ingest.profiles import Profile, read_profile, shipped_profiles
from ingest.times import AHEAD, EARLIEST
from ingest.topics import is_name
from smartregion.readings import LaneInterval, Reading, TrackPoint
from tests.support.odd import ODD, TEMPLATES, T, as_json, odd_bytes, odd_contents, odd_messages

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
WITH_LAYOUT = [profile for profile in shipped_profiles().values() if profile.layout is not None]
MOST = settings(max_examples=120, deadline=None)


def assert_storable(found: Decoded) -> None:
    """What every decoder promises to the tables."""
    assert not (found.rows and found.rejected)
    assert found.rejected is None or found.rejected.field != "decoder"  # a fault of ours
    assert found.event != "up" or found.rows or found.rejected
    assert found.device == UNREADABLE or is_name(found.device)
    assert found.counter is None or -(2**63) <= found.counter < 2**63
    for row in found.rows:
        assert EARLIEST <= row.time <= NOW + AHEAD
        assert row.device == found.device
        if isinstance(row, Reading):
            assert is_name(row.quantity)
            assert math.isfinite(row.value)
            assert math.copysign(1, row.value) > 0 or row.value != 0
        elif isinstance(row, LaneInterval):
            assert 0 <= row.lane < 2**15
            assert all(0 <= count < 2**31 for count in row.counts.values())
        else:
            assert -180 <= row.lon <= 180
            assert -90 <= row.lat <= 90
            for name in TrackPoint.__struct_fields__[4:]:
                value = getattr(row, name)
                assert value is None or math.isfinite(struct.unpack("f", struct.pack("f", value))[0])
    for told in (*found.flags, *([found.rejected] if found.rejected else [])):
        for text in (told.field, told.value, told.expected):
            assert len(text) <= 160
            assert "\0" not in text
            text.encode()


@pytest.mark.parametrize(("topic", "content"), TEMPLATES)
def test_templates_are_read(topic: str, content: Any) -> None:
    """Else the tests below would test refusals only."""
    found = decode(topic, as_json(content), NOW)
    assert found.rejected is None
    assert_storable(found)


@MOST
@given(odd_messages())
def test_messages(message: tuple[str, bytes]) -> None:
    assert_storable(decode(*message, NOW))
    assert_storable(decode(None, message[1], NOW))


@pytest.mark.parametrize(("topic", "content"), TEMPLATES)
def test_an_odd_value_in_every_field(topic: str, content: Any) -> None:
    for value in ODD:
        fields = content if isinstance(content, dict) else content[0]
        for name in fields:
            odd = fields | {name: value}
            assert_storable(decode(topic, as_json(odd if fields is content else [odd, *content[1:]]), NOW))


@MOST
@given(
    st.text(max_size=40) | st.sampled_from(["sr/1/" + "d" * 70_000 + "/fill", "sr/1/\0/fill", "sr/1//fill"])
)
@example("v3/a@t/devices/" + "d" * 500 + "/up")
def test_topics(topic: str) -> None:
    for payload in (b"", b"{}", as_json(TEMPLATES[0][1]), as_json(TEMPLATES[8][1]), b"\xff"):
        assert_storable(decode(topic, payload, NOW))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[" * 1_000_000,
        b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
        b'"' + b"x" * 10_000_000 + b'"',
        as_json([{"t": T, "level": 0.5, "x": 1}] * 10_000),
        b'{"t":"%s","level":%s}' % (T.encode(), b"9" * 900_000),
        b'{"t":"%s","level":0.%s}' % (T.encode(), b"1" * 900_000),
        as_json({"t": T} | {f"k{number}": number for number in range(60_000)}),
        as_json([{"n": "a", "v": 1}] * 50_000),
        b" " * 1_000_000 + b"{}",
        b'{"t":"' + T.encode() + b'","level":0.1,"level":0.2}',
    ],
    ids=lambda payload: f"{payload[:12]!r} {len(payload)}",
)
def test_large_and_deep(payload: bytes) -> None:
    for topic in ("sr/1/d/fill", "v3/a@t/devices/d/up", None):
        assert_storable(decode(topic, payload, NOW))


@MOST
@given(st.sampled_from(WITH_LAYOUT), st.data())
def test_bytes_of_every_layout(profile: Profile, data: st.DataObject) -> None:
    known = [bytes.fromhex(one.bytes) for one in profile.examples if one.bytes is not None]
    raw = data.draw(st.binary(max_size=60) | st.sampled_from(known).flatmap(odd_bytes))
    port = data.draw(st.sampled_from([None, 0, 1, 2, 6, 10, 85, 2**63]))
    content = TEMPLATES[12][1] | {"data": base64.b64encode(raw).decode(), "fPort": port, "object": None}
    assert_storable(decode(TEMPLATES[12][0], as_json(content), NOW, lambda _device, _model: profile))


@MOST
@given(st.sampled_from(list(shipped_profiles().values())), st.data())
def test_fields_of_every_profile(profile: Profile, data: st.DataObject) -> None:
    named = {name.replace("*", "x"): 1 for name in profile.fields} | {profile.time or "time": T}
    content = TEMPLATES[12][1] | {"object": data.draw(odd_contents(named))}
    assert_storable(decode(TEMPLATES[12][0], as_json(content), NOW, lambda _device, _model: profile))


RETURNS = (
    "undefined",
    "null",
    "1",
    "'text'",
    "[]",
    "{}",
    "{data: null}",
    "{data: 5}",
    "{data: []}",
    "{data: [1, 2]}",
    "{data: {a: NaN, b: Infinity, c: -0}}",
    "{data: {a: 10n}}",
    "{data: {a: undefined}}",
    "{data: new Map()}",
    "{data: {['k'.repeat(1e4)]: 1}}",
    "{data: {'\\u0000': 1, '\\ud800': 2}}",
    "{data: {a: '\\ud800\\u0000'}}",
    "{data: {toJSON() { throw 1 }}}",
    "{data: {get a() { throw new Error('\\u0000') }}}",
    "{errors: ['\\ud800']}",
    "{errors: 7, data: {a: 1}}",
    "{warnings: [null, {}, '\\u0000'], data: {a: 1}}",
    "{data: {a: 1e308, b: 1e-320}}",
    "(() => { const a = {}; a.a = a; return {data: a} })()",
    "{data: {a: [[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]}}",
    "(() => { let a = 1; for (let i = 0; i < 5000; i++) a = [a]; return {data: {a}} })()",
    "(() => { const d = {}; for (let i = 0; i < 5000; i++) d['k' + i] = i; return {data: d} })()",
    "[{field: 'a', value: 1}]",
    "{temperature: 21}",
    "{data: {temperature: '1' + '0'.repeat(400)}}",
    "(() => { throw 'text' })()",
    "(() => { throw null })()",
    "(() => { while (true); })()",
    "new Proxy({}, {})",
    "(function f() { return f() })()",
    "{data: 'x'.repeat(1e6)}",
    "Symbol('a')",
    "{data: {t: new Date(NaN)}}",
)


@pytest.mark.parametrize("returned", RETURNS)
def test_whatever_a_codec_returns(tmp_path: pathlib.Path, returned: str) -> None:
    (tmp_path / "odd.js").write_text(f"function decodeUplink(input) {{ return ({returned}); }}", "utf-8")
    (tmp_path / "odd.toml").write_text('name = "odd"\ntitle = "Odd"\ncodec = "odd.js"\n', "utf-8")
    profile = read_profile(tmp_path / "odd.toml")
    content = TEMPLATES[12][1] | {"object": None}
    found = decode(TEMPLATES[12][0], json.dumps(content).encode(), NOW, lambda _device, _model: profile)
    assert_storable(found)
    assert flat_readings(found.rows) or found.rejected or found.event in ("empty", "ignored")
