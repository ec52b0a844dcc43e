"""Vendors' own test vectors of their devices beside what we make of them.

`python -m tests.support.vectors > docs/vendor-vectors.md` writes the page that shows what differs.
"""

import base64
import collections
import datetime as dt
import fnmatch
import json
import pathlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ingest.decode import decode, flat_readings
from ingest.profiles import Profile
from smartregion.readings import Reading
from tests.support.comparison import Difference, compare, is_state, profile_of, table

_RECEIVED = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
_HEAD = """# Vendors' test vectors, and what is wrong or odd in them

{vectors} vectors of {devices} devices: the bytes of an uplink and what the vendor's decoder makes of them.
{compared} values were compared, {of_bytes} of them read from the bytes by our layouts for {layouts} devices,
the others as a network server hands on the decoded fields. {same} come out with the same name, value and
unit, also where a vendor writes numbers as texts (`"2799 mm"`, `"24.59,"`). The other {different} are listed
here with the reason: the vendor is wrong, or why we give something else.

Not compared: {texts} texts (those that name one of two states are compared as numbers), {ignored} fields that
a profile ignores (number of the device, version of its protocol), {copies} copies of raw bytes and clocks;
and {undecoded} vectors in which the vendor decodes nothing: those wait in quarantine with their bytes.

`python -m tests.support.vectors` writes this page; `tests/ingest/test_profiles.py` holds every vector
against it.

"""
_NO_LAYOUT = "our layout of the bytes leaves it out; it comes out where the server decodes"
_NO_SENSOR = ("no sensor", "nosensor")
_REASONS = (
    ("dragino/ldds*", "distance", "vendor odd: a text where the sensor is missing; flagged"),
    ("netvox/r726xx", "*", "vendor odd: a text where the sensor is missing"),
    ("elsys/*", "pressure", "vendor wrong: 100729 hPa is a hundred times the air pressure; flagged"),
    ("ellenex/pls2-l", "level", "vendor odd: neither a share nor percent of anything; flagged"),
    ("tektelic/t0008375", "temperature", "vendor wrong: rounds to 25 °C although its bytes hold tenths"),
    ("dragino/ltc2", "Systimestamp", "clock of the device; the time of the message is the event time"),
    ("decentlab/dl-alb", "albedo", "quotient of two fields that come out"),
    ("dragino/ldds04", "EXTI_Trigger", _NO_LAYOUT),
    ("milesight-iot/vs121", "regions.*", _NO_LAYOUT),
    ("netvox/r718x", "*", "setting of the device on port 7, not a measurement"),
)


class Vector(NamedTuple):
    """One uplink of a device as its vendor documents it."""

    model: str
    port: int
    raw: bytes
    decoded: Any

    @property
    def profile(self) -> Profile | None:
        """The shipped profile of its device."""
        return profile_of(self.model)


def load(folder: pathlib.Path) -> list[Vector]:
    """All vectors of the folder `devices`."""
    vectors = []
    for file in sorted(folder.glob("*.json")):
        content = json.loads(file.read_text("utf-8"))
        for example in content["examples"]:
            raw = bytes.fromhex(example["bytes_hex"] or "")
            model = f"{content['vendor']}/{content['device']}"
            vectors.append(Vector(model, example.get("fport") or 1, raw, example["decoded"]))
    return vectors


def read(vector: Vector, decoded: Any) -> tuple[list[Reading], str]:
    """Readings of a vector whose server decoded it so (None: not at all), and why there are none."""
    message = {
        "deviceInfo": {"devEui": "0102030405060708", "applicationId": "a"},
        "time": "2026-10-31T05:00:00Z",
        "rxInfo": [],
        "fCnt": 7,
        "fPort": vector.port,
        "data": base64.b64encode(vector.raw).decode(),
        "object": decoded,
    }
    profile = vector.profile
    found = decode(None, json.dumps(message).encode(), _RECEIVED, lambda _device, _model: profile)
    why = "no reading" if found.rejected is None else f"rejected: {found.rejected.field}"
    return flat_readings(found.rows), why


def differences(vector: Vector) -> Iterator[tuple[str, Difference | None]]:
    """For each field of the vendor the side it was read from, and None when it comes out."""
    if vector.decoded is None:
        return
    sides = [("fields", vector.decoded)]
    if vector.profile is not None and vector.profile.layout is not None:
        sides.append(("bytes", None))
    for side, decoded in sides:
        readings, why = read(vector, decoded)
        for difference in compare(vector.model, vector.decoded, readings, vector.profile, why):
            yield side, difference


def left_out(vector: Vector, difference: Difference) -> str | None:
    """The group of fields that are not compared, to which a field belongs."""
    value = json.loads(difference.expected)
    ignored = vector.profile.ignore if vector.profile is not None else ()
    if any(fnmatch.fnmatchcase(difference.field, pattern) for pattern in ignored):
        return "ignored"
    if difference.field in ("raw", "time") or difference.field.startswith("bytes."):
        return "copies"
    if isinstance(value, str) and value.lower() in _NO_SENSOR:
        return None
    if value is None or (isinstance(value, str) and not is_state(value)):
        return "texts"
    return None


def reason(difference: Difference) -> str:
    """Why it is so; KeyError when nobody has thought about it."""
    for item, field, why in _REASONS:
        if fnmatch.fnmatchcase(difference.item, item) and fnmatch.fnmatchcase(difference.field, field):
            return why
    raise KeyError(f"{difference}: no reason is written down")


def page(vectors: Sequence[Vector]) -> str:
    """The whole page."""
    counts = collections.Counter[str]()
    rows = collections.Counter[tuple[str, ...]]()
    for vector in vectors:
        counts["undecoded"] += vector.decoded is None
        for side, difference in differences(vector):
            group = "same" if difference is None else left_out(vector, difference)
            counts[group or "different"] += 1
            counts["of_bytes"] += side == "bytes" and group in ("same", None)
            if difference is not None and group is None:
                rows[difference.item, side, *difference[1:], reason(difference)] += 1
    models = {vector.model: vector.profile for vector in vectors}
    head = _HEAD.format(
        vectors=len(vectors),
        devices=len(models),
        layouts=sum(profile is not None and profile.layout is not None for profile in models.values()),
        compared=counts["same"] + counts["different"],
        **{name: counts[name] for name in _COUNTS},
    )
    heads = ("device", "read from", "field", "vendor", "ours", "reason", "times")
    return head + table(heads, ([*row, str(times)] for row, times in sorted(rows.items())))


_COUNTS = ("same", "different", "of_bytes", "texts", "ignored", "copies", "undecoded")

if __name__ == "__main__":
    root = pathlib.Path(__file__).resolve().parent.parent.parent.parent
    sys.stdout.write(page(load(root / "shared" / "data" / "devices")))
