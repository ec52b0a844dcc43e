"""Recorded messages of network servers beside the telemetry that their authors expected of them.

`python -m tests.support.envelopes > docs/comparison-envelopes.md` writes the page that shows it.
"""

import collections
import datetime as dt
import fnmatch
import json
import pathlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ingest.decode import decode, flat_readings
from ingest.fields import flatten
from ingest.outcome import Decoded
from ingest.profiles import Profile
from ingest.times import parse_time
from smartregion.readings import Reading
from tests.support.comparison import Difference, compare, profile_of, table

NETWORKS = {"The Things Stack": "ThingsStackCommunity", "ChirpStack": "ChirpStack"}
_RECEIVED = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
_SAME_TIME = dt.timedelta(seconds=1)
"""Of the times that The Things Stack tells some converters take another than we, 0.2 s later."""
_HEAD = """# Recorded messages of network servers, and what comes out of them

{items} recorded messages ({networks}) with the telemetry that the authors of their
converters expected. Of {numbers} numbers {same_numbers} come out, of {values} values of all kinds {same}:
same field, same value (in our unit), same time. The rest is listed here with the reason. Radio figures,
frame counter and port ({radio} values: `lora_*`, `fPort`, `fCnt`, `dr`, `confirmed`) are facts of the
envelope, not measurements of the device, and left out of the count; the counter is kept to find gaps.

`python -m tests.support.envelopes` writes this page; `tests/ingest/test_envelopes.py` sends all messages
through broker, ingest and database and holds what it finds against this page.

"""
_REASONS = (
    ("Nwave/*", "*", "the layout of its bytes is not published; needs the vendor's codec as a profile"),
    ("Bosch/*", "type", "text that only names the port"),
    ("*", "debugInfo", "text about the device's software"),
    ("*", "*[vV]ersion", "text about the device's software"),
    ("*", "sn", "text about the device"),
    ("*", "resetCause", "text about the device's software"),
    ("Milesight/EM300-DI", "humidity", "its converter cuts 50.5 % to 50 %"),
    ("Milesight/CT101*", "power", "tells only that the device has just started"),
    ("Milesight/CT101*", "alarm", "no current comes out; the message is kept with the reason"),
    ("Milesight/CT101*", "alarm.*", "text of a threshold set in the device; the currents come out"),
    ("*", "*_alarm", "text of a threshold set in the device; the value itself comes out"),
    ("*", "gpio_type", "text that only says how the input is used"),
    ("*", "calibration", "text about a command"),
    ("Milesight/AT101", "wifi*", "addresses of strangers' networks: not a measurement, and personal data"),
    ("Milesight/AT101", "*_status", "text without a measurement (unknown, unset)"),
    ("Tektelic/*", "input1_frequency_to_moisture", "derived text; the frequency comes out"),
    ("Tektelic/*", "input2_voltage_to_temp", "derived by a table of the vendor; the voltage comes out"),
    ("Tektelic/Flux", "*_status", "not in the bytes' description that we know"),
    ("Yobiiq/*", "timestamp", "clock of the device; the time of its registers is the event time"),
    ("Yobiiq/*", "*Reason", "text about an event of the relay"),
    ("Yobiiq/*", "resetAmountStatus", "text about an event of the relay"),
    ("Yobiiq/*", "totalSystem*", "its converter rounds to two decimals"),
    ("Yobiiq/*", "manufacturedYear", "a fact about the device"),
)  # fmt: skip
_ENVELOPE = ("lora_*", "fPort", "fCnt", "dr", "confirmed")


class Item(NamedTuple):
    """One recorded message: who it is from, the message, and the expected values by time (None: not told)."""

    network: str
    model: str
    envelope: dict[str, Any]
    expected: list[tuple[dt.datetime | None, dict[str, Any]]]
    radio: int
    """How many expected values were facts of the envelope."""

    @property
    def profile(self) -> Profile | None:
        """The shipped profile of its device."""
        return profile_of(self.model)

    def decoded(self) -> Decoded:
        """What it gives with the profile of its device."""
        profile = self.profile
        return decode(None, json.dumps(self.envelope).encode(), _RECEIVED, lambda _device, _model: profile)

    def numbers(self) -> int:
        """How many expected values are numbers."""
        leaves = [leaf for _, values in self.expected for leaf in flatten(values)]
        return sum(type(leaf.value) in (int, float) for leaf in leaves)

    def compare(self, readings: Sequence[Reading], none: str) -> Iterator[Difference | None]:
        """For each expected value None when it comes out at its time, else the difference."""
        for time, values in self.expected:
            there = [r for r in readings if time is None or abs(r.time - time) <= _SAME_TIME]
            yield from compare(self.model, values, there, self.profile, none)


def _is_number(expected: str) -> bool:
    return type(json.loads(expected)) in (int, float)


def load(folder: pathlib.Path) -> list[Item]:
    """All items of the folder `envelopes`."""
    items = []
    for network, name in NETWORKS.items():
        content = json.loads((folder / f"thingsboard__{name}.json").read_text("utf-8"))
        for item in content["items"]:
            expected, radio = [], 0
            for part in item["expected_thingsboard_result"]["telemetry"]:
                values = {
                    name: value
                    for name, value in part["values"].items()
                    if not any(fnmatch.fnmatchcase(name, pattern) for pattern in _ENVELOPE)
                }
                radio += len(part["values"]) - len(values)
                time = parse_time(part["ts"]) if "ts" in part else None
                expected.append((time, values))
            model = f"{item['vendor']}/{item['device']}"
            items.append(Item(network, model, item["envelope"], expected, radio))
    return items


def none_of(rejected: str | None) -> str:
    """Why a message gave no reading of some name; `rejected` is the field for which it was refused."""
    return f"rejected: {rejected}" if rejected is not None else "no reading"


def reason(difference: Difference) -> str:
    """Why it is so; KeyError when nobody has thought about it."""
    for item, field, why in _REASONS:
        if fnmatch.fnmatchcase(difference.item, item) and fnmatch.fnmatchcase(difference.field, field):
            return why
    raise KeyError(f"{difference}: no reason is written down")


def given(item: Item) -> tuple[list[Reading], str]:
    """What an item gives without any database: readings, and why there are none of some name."""
    found = item.decoded()
    return flat_readings(found.rows), none_of(found.rejected.field if found.rejected else None)


def page(items: Sequence[Item], look: Callable[[Item], tuple[list[Reading], str]] = given) -> str:
    """The whole page; `look` tells what an item gives."""
    values = collections.Counter[bool]()
    rows = collections.Counter[tuple[str, ...]]()
    for item in items:
        for difference in item.compare(*look(item)):
            values[difference is None] += 1
            if difference is not None:
                rows[*difference, reason(difference)] += 1
    numbers = sum(item.numbers() for item in items)
    networks = ", ".join(f"{sum(i.network == name for i in items)} {name}" for name in NETWORKS)
    head = _HEAD.format(
        items=len(items),
        networks=networks,
        values=values.total(),
        same=values[True],
        numbers=numbers,
        same_numbers=numbers - sum(n for row, n in rows.items() if _is_number(row[2])),
        radio=sum(item.radio for item in items),
    )
    heads = ("item", "field", "expected", "ours", "reason", "times")
    return head + table(heads, ([*row, str(times)] for row, times in sorted(rows.items())))


if __name__ == "__main__":
    root = pathlib.Path(__file__).resolve().parent.parent.parent.parent
    sys.stdout.write(page(load(root / "shared" / "data" / "envelopes")))
