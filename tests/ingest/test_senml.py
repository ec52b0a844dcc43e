"""SenML: the examples of RFC 8428 with their resolved forms, and what the RFC forbids."""

import datetime as dt
import json
import pathlib
from typing import Any

import pytest

from ingest.decode import decode, flat_readings
from ingest.outcome import Rejected
from ingest.senml import MAX_RECORDS, resolve
from smartregion.readings import Reading

RESOLVED_AT_S = 1498780179.0
NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize("name", ["ex1", "ex2", "ex3", "ex4", "ex6"])
@pytest.mark.parametrize("form", ["{}.json", "{}.gen.json"])
def test_examples_resolve_as_published(shared_data: pathlib.Path, name: str, form: str) -> None:
    folder = shared_data / "envelopes" / "senml_rfc8428"
    expected = json.loads((folder / f"{name}.gen.resolved.json").read_text())
    found = resolve(json.loads((folder / form.format(name)).read_text()), RESOLVED_AT_S)
    assert [(r.name, r.unit, round(r.time_s, 6), r.value) for r in found] == [
        (one["n"], one["u"], round(one["t"], 6), one["v"]) for one in expected
    ]


def readings(pack: list[Any], topic: str | None = "sr/1/meter-7/status") -> list[tuple[str, float, str]]:
    found = decode(topic, json.dumps(pack).encode(), NOW)
    assert found.rejected is None, found.rejected
    return [(row.quantity, row.value, row.unit) for row in found.rows if isinstance(row, Reading)]


def test_names_and_units_become_quantities() -> None:
    base = {"bn": "urn:dev:ow:10e2073a01080063:", "bt": 1.7e9}
    assert readings([base | {"n": "voltage", "u": "V", "v": 120.1}]) == [("voltage", 120.1, "")]
    assert readings([base | {"n": "temperature", "u": "Cel", "v": 2.5}]) == [("temperature", 2.5, "°C")]
    assert readings([base | {"n": "level", "u": "/", "v": 0.4}]) == [("level", 0.4, "1")]
    assert readings([base | {"n": "distance", "u": "cm", "v": 40}]) == [("distance", 0.4, "m")]
    assert readings([{"n": "urn:dev:ow:10e2073a01080063", "u": "Cel", "v": 23.1}]) == [
        ("temperature", 23.1, "°C")
    ]
    assert readings([base | {"n": "door", "vb": True}]) == [("door", 1.0, "")]
    assert readings([base | {"n": "energy", "u": "J", "s": 5}]) == [("energy.sum", 5.0, "")]


def test_several_devices_in_a_pack_keep_their_names() -> None:
    pack = [{"bn": "urn:dev:ow:1:", "n": "a", "v": 1}, {"bn": "urn:dev:ow:2:", "n": "a", "v": 2}]
    assert [name for name, _, _ in readings(pack)] == ["urn:dev:ow:1:a", "urn:dev:ow:2:a"]


def test_without_topic_the_base_name_is_the_device() -> None:
    found = decode(None, b'[{"bn": "urn:dev:ow:10e2073a01080063:", "n": "a", "v": 1}]', NOW)
    assert found.device == "urn:dev:ow:10e2073a01080063"


def test_base_values_and_sums_add_up() -> None:
    pack = [{"bn": "a/", "bv": 10, "bs": 100, "bt": 1.7e9, "n": "x", "v": 1, "s": 5}, {"n": "y"}]
    found = resolve(pack, RESOLVED_AT_S)
    assert [(r.name, r.value, r.sum) for r in found] == [("a/x", 11, 105), ("a/y", 10, 100)]


def test_relative_time_counts_from_receipt() -> None:
    found = decode("sr/1/m/status", b'[{"n": "a", "v": 1, "t": -60}]', NOW)
    assert found.rows[0].time == NOW - dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("pack", "field"),
    [
        ([{"n": "a", "v": "1"}], "[0].v"),  # a number as text
        ([{"n": "a", "v": True}], "[0].v"),
        ([{"n": "a", "v": 1, "vs": "x"}], "[0].vs"),  # two values
        ([{"n": "a", "v": 1, "must_": 1}], "[0].must_"),  # must be understood
        ([{"bver": 11, "n": "a", "v": 1}], "[0].bver"),
        ([{"n": "ä", "v": 1}], "[0].n"),
        ([{"n": "a", "v": 1}, 5], "[1]"),
        ([{"n": "a", "v": 1}, {"n": "b"}], "[1]"),  # no value
        ([{"n": "a", "v": 1e301}], "[0].v"),
    ],
)
def test_refused_whole(pack: list[Any], field: str) -> None:
    with pytest.raises(Rejected) as caught:
        resolve(pack, RESOLVED_AT_S)
    assert caught.value.fault.field == field


def test_texts_alone_are_no_reading() -> None:
    found = decode("sr/1/m/status", b'[{"n": "a", "vs": "open"}]', NOW)
    assert found.rejected is not None


@pytest.mark.parametrize("form", ["ex1", "ex2", "ex3", "ex4", "ex6"])
def test_a_resolved_pack_resolves_to_itself(shared_data: pathlib.Path, form: str) -> None:
    resolved = json.loads(
        (shared_data / "envelopes" / "senml_rfc8428" / f"{form}.gen.resolved.json").read_text()
    )
    found = resolve(resolved, 0.0)
    assert [(r.name, r.unit, r.time_s, r.value) for r in found] == [
        (one["n"], one["u"], one["t"], one["v"]) for one in resolved
    ]


@pytest.mark.parametrize(
    ("record", "time_s"),
    [
        ({"n": "a", "v": 1}, RESOLVED_AT_S),  # no time is now
        ({"n": "a", "v": 1, "t": -5}, RESOLVED_AT_S - 5),
        ({"n": "a", "v": 1, "t": 2**28 - 1}, RESOLVED_AT_S + 2**28 - 1),  # relative, however far
        ({"n": "a", "v": 1, "t": 2**28}, 2**28),  # absolute
        ({"bt": 2**28, "n": "a", "v": 1, "t": -1}, RESOLVED_AT_S + 2**28 - 1),  # the sum decides
        ({"bt": 1.5e9, "n": "a", "v": 1, "t": -3600}, 1.5e9 - 3600),
    ],
)
def test_times_below_two_to_the_28_are_relative(record: dict[str, Any], time_s: float) -> None:
    assert resolve([record], RESOLVED_AT_S)[0].time_s == time_s


def test_base_fields_hold_until_another_comes() -> None:
    pack = [
        {"bn": "a:", "bu": "Cel", "bver": 5, "n": "x", "v": 1},
        {"n": "y", "vb": False},
        {"bn": "b:", "n": "x", "u": "V", "vs": "ok"},
        {"bu": "%RH", "n": "z", "vd": "YQ"},
    ]
    assert [(r.name, r.unit, r.value) for r in resolve(pack, RESOLVED_AT_S)] == [
        ("a:x", "Cel", 1), ("a:y", "Cel", False), ("b:x", "V", "ok"), ("b:z", "%RH", "YQ"),
    ]  # fmt: skip


def test_bounds_of_a_pack() -> None:
    record = {"n": "a", "v": 1}
    assert len(resolve([record] * MAX_RECORDS, RESOLVED_AT_S)) == MAX_RECORDS
    with pytest.raises(Rejected, match="at most 10000 records"):
        resolve([record] * (MAX_RECORDS + 1), RESOLVED_AT_S)
    found = decode("sr/1/m/status", json.dumps([record, {"n": "b" * 300, "v": 1}]).encode(), NOW)
    assert [reading.quantity for reading in flat_readings(found.rows)] == ["a"]
    assert [flag.field for flag in found.flags] == ["n"]


def test_unknown_fields_are_skipped_unless_they_must_be_understood() -> None:
    assert resolve([{"n": "a", "v": 1, "vendor": [1]}], RESOLVED_AT_S)[0].value == 1
    with pytest.raises(Rejected, match="must understand"):
        resolve([{"n": "a", "v": 1, "vendor_": 1}], RESOLVED_AT_S)
