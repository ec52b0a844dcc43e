"""Codecs in JavaScript: what they give, and that one that fails harms its message alone."""

import datetime as dt
import io
import json
import os
import pathlib
from collections.abc import Iterator

import pytest

from ingest.codec import SUSPENDED, Codec
from ingest.codec_process import CodecProcess, Limits, NoAnswer, NoProcess
from ingest.decode import decode
from ingest.decode_verb import translate
from ingest.outcome import Decoded, Rejected
from ingest.profile_check import ExamplesFail, run
from ingest.profiles import Profile, read_profile
from smartregion.errors import InvalidInput

TIME = dt.datetime(2026, 11, 21, 12, 30, 15, 250000, tzinfo=dt.UTC)
ROOMY = Limits(wall_s=20)
"""Processor time bounds a codec; a busy machine may take long over it."""

GOOD = """
// The first two bytes: distance in millimetres; the third: battery in tenths of a volt.
function decodeUplink(input) {
  if (input.bytes.length < 3) return {errors: ['short message']};
  return {
    data: {distance: input.bytes[0] * 256 + input.bytes[1], battery: input.bytes[2] / 10},
    warnings: input.bytes[2] < 30 ? ['battery low'] : [],
  };
}
"""

PROFILE = """
name = "own"
title = "Our own"
codec = "own.js"

[fields.distance]
quantity = "distance"
unit = "mm"

[fields.battery]
quantity = "battery"

[[examples]]
bytes = "07d024"
port = 1
readings = {distance = 2.0, battery = 3.6}

[[examples]]
bytes = "07d01d"
readings = {distance = 2.0, battery = 2.9}
flags = ["codec"]

[[examples]]
bytes = "07"
rejected = "codec"
"""


@pytest.fixture(scope="module")
def process() -> Iterator[CodecProcess]:
    process = CodecProcess(ROOMY)
    yield process
    process.close()


def write(folder: pathlib.Path, source: str) -> pathlib.Path:
    file = folder / "own.js"
    file.write_text(source, "utf-8")
    return file


def codec(folder: pathlib.Path, source: str, process: CodecProcess) -> Codec:
    return Codec(write(folder, source), lambda: process)


def rejection(codec: Codec, raw: bytes = b"\1") -> tuple[str, str, str]:
    with pytest.raises(Rejected) as caught:
        codec.decode(raw, 1, TIME)
    fault = caught.value.fault
    return fault.field, fault.value, fault.expected


def profile(folder: pathlib.Path, source: str = GOOD) -> Profile:
    write(folder, source)
    file = folder / "own.toml"
    file.write_text(PROFILE, "utf-8")
    return read_profile(file)


def uplink(raw_base64: str) -> bytes:
    return json.dumps(
        {
            "end_device_ids": {"device_id": "bin-1", "application_ids": {"application_id": "a"}},
            "received_at": "2026-11-21T12:30:15Z",
            "uplink_message": {"f_port": 1, "f_cnt": 7, "frm_payload": raw_base64},
        }
    ).encode()


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        ("function decodeUplink(i) { return {data: {a: i.bytes[0], p: i.fPort}} }", {"a": 1, "p": 9}),
        ("function Decoder(bytes, port) { return {a: bytes[0], p: port} }", {"a": 1, "p": 9}),
        ("function Decode(fPort, bytes) { return {a: bytes[0], p: fPort} }", {"a": 1, "p": 9}),
        ("var decodeUplink = (i) => ({data: {n: i.bytes.slice(1).length}})", {"n": 1}),
        ("const decodeUplink = (i) => ({data: {n: i.bytes.length}})", {"n": 2}),
        ("let Decoder = function (bytes) { return {a: bytes[1]} }", {"a": 2}),
        ("export function decodeUplink(i) { return {data: {a: i.bytes[0]}} }", {"a": 1}),
        ("const f = () => 3\nexport default function decodeUplink() { return {data: {a: f()}} }", {"a": 3}),
        ("module.exports = {decodeUplink: () => ({data: {a: 5}})}", {"a": 5}),
        ("exports.decodeUplink = () => ({data: {a: 5}})", {"a": 5}),
        ("function decodeUplink(i) { return {a: i.bytes[0]} }", {"a": 1}),
        ("function Decode(fPort, bytes, variables) { return {a: typeof variables} }", {"a": "object"}),
        (
            "function Decoder(bytes) { return [{field: 'T', value: 5}, {field: 'H', value: 6}] }",
            {"T": 5, "H": 6},
        ),
        (
            "function decodeUplink() { console.log('x'); return {data: {a: 1, b: NaN}} } // end",
            {"a": 1, "b": None},
        ),
    ],
)
def test_each_form_of_codec_gives_its_fields(
    tmp_path: pathlib.Path, process: CodecProcess, source: str, fields: dict[str, object]
) -> None:
    assert codec(tmp_path, source, process).decode(b"\1\2", 9, TIME) == (fields, [])


def test_the_clock_and_the_dice_stand_still(tmp_path: pathlib.Path, process: CodecProcess) -> None:
    source = """function decodeUplink(input) { return {data: {
      now: Date.now(), made: new Date().getTime(), told: input.recvTime.getTime(),
      other: new Date(5).getTime(),
      utc: Date.UTC(2026, 0, 1), hour: new Date().getHours(), is: new Date() instanceof Date,
      text: Date() === new Date().toString(), dice: Math.random() } } }"""
    watched = codec(tmp_path, source, process)
    first, _ = watched.decode(b"\1", 1, TIME)
    milliseconds = 1795264215250
    assert first | {"dice": 0} == {
        "now": milliseconds, "made": milliseconds, "told": milliseconds, "other": 5,
        "utc": 1767225600000, "hour": 12, "is": True, "text": True, "dice": 0,
    }  # fmt: skip
    assert 0 <= first["dice"] < 1
    assert watched.decode(b"\1", 1, TIME)[0] == first


def test_no_message_sees_what_another_left(tmp_path: pathlib.Path, process: CodecProcess) -> None:
    source = """var seen = (globalThis.seen || 0) + 1; Array.prototype.seen = 1; Object.prototype.left = seen;
    function decodeUplink() { return {data: {seen: seen, left: ({}).left}} }"""
    counting = codec(tmp_path, source, process)
    assert [counting.decode(b"\1", 1, TIME)[0]["seen"] for _ in range(3)] == [1, 1, 1]


def test_nothing_to_read_from_or_write_to(tmp_path: pathlib.Path, process: CodecProcess) -> None:
    names = [
        "require",
        "process",
        "std",
        "os",
        "fetch",
        "XMLHttpRequest",
        "setTimeout",
        "print",
        "load",
        "performance",
    ]
    source = f"function decodeUplink() {{ return {{data: {{found: {json.dumps(names)}"
    source += ".filter((n) => typeof globalThis[n] !== 'undefined')}} }"
    assert codec(tmp_path, source, process).decode(b"\1", 1, TIME)[0] == {"found": []}


@pytest.mark.skipif(not pathlib.Path("/proc/self/environ").exists(), reason="no /proc here")
def test_the_process_holds_no_credentials_and_no_files(
    tmp_path: pathlib.Path, process: CodecProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMARTREGION_DATABASE_URL", "postgresql://secret")
    process.close()
    codec(tmp_path, GOOD, process).decode(b"\7\7\7", 1, TIME)
    folder = pathlib.Path(f"/proc/{process.pid}")
    assert (folder / "environ").read_bytes().strip(b"\0") == b"TZ=UTC0"
    assert sorted(os.listdir(folder / "fd")) == ["0", "1", "2"]
    limit = next(line for line in (folder / "limits").read_text().splitlines() if "open files" in line)
    assert limit.split()[3] == "3"


RUNS = "a codec that runs without an error"
OBJECT = "an object with fields"


@pytest.mark.parametrize(
    ("body", "value", "expected"),
    [
        ("throw new Error('no such port')", "Error: no such port", RUNS),
        ("return missing.x", "missing", RUNS),
        ("} }", "SyntaxError", RUNS),
        ("throw null", "", RUNS),
        ("throw '\\ud800'", "", RUNS),
        ("function f() { return f() + 1 } return f()", "call stack", RUNS),
        ("let a = {}; a.x = a; return {data: a}", "circular", RUNS),
        ("return {errors: ['bad', 'worse']}", "bad; worse", "fields without errors"),
        ("return {errors: 'bad', data: {a: 1}}", "bad", "fields without errors"),
        ("return 7", "7", OBJECT),
        ("return {data: [1]}", "a list of 1", OBJECT),
        ("", "null", OBJECT),
        ("return Promise.resolve({data: {a: 1}})", "null", OBJECT),
        ("return {data: {toJSON: () => 7}}", "7", OBJECT),
        ("JSON.stringify = () => '{'; return 1", "1", OBJECT),
        ("return {data: {a: 'x'.repeat(300000)}}", "characters", RUNS),
        ("let a = ['x']; for (;;) a.push(a.join(''))", "out of memory", RUNS),
        ("return {data: new Uint8Array(17e6)}", "out of memory", RUNS),
    ],
)
def test_a_faulty_codec_says_what_is_wrong(
    tmp_path: pathlib.Path, process: CodecProcess, body: str, value: str, expected: str
) -> None:
    source = f"function decodeUplink(i) {{ {body} }}"
    field, found, wanted = rejection(codec(tmp_path, source, process))
    assert (field, wanted) == ("codec", expected)
    assert value in found
    assert codec(tmp_path, GOOD, process).decode(b"\7\xd0\x24", 1, TIME)[0] == {
        "distance": 2000,
        "battery": 3.6,
    }


def test_three_time_outs_suspend_until_the_file_changes(
    tmp_path: pathlib.Path, process: CodecProcess
) -> None:
    source = """function decodeUplink(i) {
      if (i.bytes[0]) for (;;) try { for (;;); } finally { continue }
      return {data: {a: 1}}
    }"""
    slow = codec(tmp_path, source, process)
    for _ in range(2):
        assert rejection(slow) == ("codec", "InternalError: interrupted", "an end within 50 ms")
    assert slow.decode(b"\0", 1, TIME)[0] == {"a": 1}
    assert rejection(slow)[2] == "an end within 50 ms"
    assert rejection(slow, b"\0")[:2] == (SUSPENDED, "own.js")
    write(tmp_path, GOOD)
    assert slow.decode(b"\7\xd0\x24", 1, TIME)[0]["distance"] == 2000


def test_a_process_that_does_not_answer_is_killed_and_replaced(tmp_path: pathlib.Path) -> None:
    stuck = CodecProcess(Limits(seconds=600, wall_s=0.2))
    try:
        slow = codec(tmp_path, "function decodeUplink() { for (;;); }", stuck)
        for _ in range(3):
            assert rejection(slow) == ("codec", "no answer within 0.2 s", "fields from the codec")
            assert stuck.pid is None
        assert rejection(slow)[0] == SUSPENDED
    finally:
        stuck.close()


def test_a_process_that_died_is_replaced(tmp_path: pathlib.Path, process: CodecProcess) -> None:
    good = codec(tmp_path, GOOD, process)
    good.decode(b"\7\7\7", 1, TIME)
    first = process.pid
    assert first is not None
    os.kill(first, 9)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert good.decode(b"\7\xd0\x24", 1, TIME)[0]["distance"] == 2000
    assert process.pid != first


def test_a_file_without_a_decoder_is_no_codec(tmp_path: pathlib.Path, process: CodecProcess) -> None:
    found = rejection(codec(tmp_path, "function encodeDownlink() {}", process))
    assert found == ("codec", "none of them", "a function decodeUplink, Decoder or Decode")


def test_without_a_process_the_message_waits_and_the_codec_is_not_blamed(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lonely = CodecProcess(ROOMY)
    good = codec(tmp_path, GOOD, lonely)
    with monkeypatch.context() as patched:
        patched.setattr("sys.executable", str(tmp_path / "absent"))
        with pytest.raises(NoProcess):
            lonely.call("a", "", 0, {})
        for _ in range(4):
            assert rejection(good)[::2] == ("codec", "a process that runs codecs")
    try:
        assert good.decode(b"\7\xd0\x24", 1, TIME)[0]["distance"] == 2000
    finally:
        lonely.close()


def test_a_profile_with_a_codec_decodes_checks_and_reports(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = profile(tmp_path)
    found = decode("v3/a@t/devices/bin-1/up", uplink("B9Ak"), TIME, lambda _device, _model: own)
    assert found.rejected is None
    assert {row.quantity: row.value for row in found.rows} == {"distance": 2.0, "battery": 3.6}  # type: ignore[union-attr]
    low = decode("v3/a@t/devices/bin-1/up", uplink("B9Ad"), TIME, lambda _device, _model: own)
    assert [(flag.field, flag.value) for flag in low.flags] == [("codec", "battery low")]
    out = io.StringIO()
    translate(io.BytesIO(uplink("Bw==") + b"\n"), out, None, lambda _device, _model: own, TIME)
    assert json.loads(out.getvalue())["rejected"] == {
        "field": "codec", "value": "short message", "expected": "fields without errors",
    }  # fmt: skip
    assert run(str(tmp_path / "own.toml")) == 0
    write(tmp_path, GOOD.replace("256", "255"))
    with pytest.raises(ExamplesFail, match="2 of 3 examples"):
        run(str(tmp_path / "own.toml"))
    assert "expected 2.0, got 1.993" in capsys.readouterr().out


def test_a_message_that_breaks_its_codec_harms_no_neighbour(tmp_path: pathlib.Path) -> None:
    own = profile(
        tmp_path,
        GOOD
        + "const first = decodeUplink; decodeUplink = (i) => { while (i.bytes[0] == 255); return first(i) };",
    )

    def one(raw_base64: str) -> Decoded:
        return decode("v3/a@t/devices/bin-1/up", uplink(raw_base64), TIME, lambda _device, _model: own)

    found = [one(raw) for raw in ("B9Ak", "/9Ak", "B9Ak")]
    assert [len(each.rows) for each in found] == [2, 0, 2]
    assert found[1].rejected is not None
    assert found[1].rejected.field == "codec"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('codec = "absent.js"', "codec absent.js: No such file"),
        ('codec = "../own.js"', "beside the profile"),
        ('codec = "own.txt"', "beside the profile"),
        ("codec = 7", "codec"),
        ('codec = "own.js"\nlayout = {kind = "ports"}', "layout and codec: expected one of them"),
    ],
)
def test_a_faulty_name_of_a_codec_is_one_clear_line(tmp_path: pathlib.Path, line: str, told: str) -> None:
    write(tmp_path, GOOD)
    file = tmp_path / "own.toml"
    file.write_text(PROFILE.replace('codec = "own.js"', line), "utf-8")
    with pytest.raises(InvalidInput, match=told):
        read_profile(file)


def test_a_codec_must_be_text_of_some_size(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "own.js"
    for content, told in ((b"\xff", "not UTF-8"), (b" " * (2**20 + 1), "at most")):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=told):
            Codec(file)


def test_nonsense_from_the_process_ends_it(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "liar.py"
    script.write_text(
        "print('{\"ready\": true}', flush=True)\ninput()\nprint('nonsense', flush=True)\ninput()\n"
    )
    monkeypatch.setattr("ingest.codec_process._SANDBOX", script)
    liar = CodecProcess(ROOMY)
    with pytest.raises(NoAnswer, match="nonsense"):
        liar.call("a", "", 0, {})
    assert liar.pid is None
