"""`smartregion decode`: one message a line in, one JSON object a line out, in order."""

import datetime as dt
import pathlib
import sys
from typing import Any, BinaryIO, TextIO

import msgspec

from ingest.decode import decode, flat_readings
from ingest.outcome import Decoded, Fault
from ingest.profiles import Profile, ProfileLookup, by_model, read_profile, shipped_profiles
from ingest.times import rfc3339
from smartregion.errors import InvalidInput


def run(topic: str | None, profile: str | None) -> int:
    """Decode stdin to stdout; exit code 0 also when messages were rejected, as each line says so itself."""
    translate(sys.stdin.buffer, sys.stdout, topic, _lookup(profile), dt.datetime.now(dt.UTC))
    return 0


def translate(
    lines: BinaryIO, out: TextIO, topic: str | None, profiles: ProfileLookup, received: dt.datetime
) -> None:
    """Write one line of JSON for each line read."""
    for line in lines:
        result = decode(topic, line.rstrip(b"\r\n"), received, profiles)
        out.write(msgspec.json.encode(as_json(result)).decode() + "\n")
    out.flush()


def as_json(result: Decoded) -> dict[str, Any]:
    """The outcome as the decode verb prints it."""
    return {
        "device": result.device,
        "event": result.event,
        "readings": [
            {"quantity": r.quantity, "value": r.value, "unit": r.unit, "time": rfc3339(r.time)} | lane
            for row in result.rows
            for lane in [{"lane": row.lane} if hasattr(row, "lane") else {}]
            for r in flat_readings((row,))
        ],
        "flags": [_fault(flag) for flag in result.flags],
        "rejected": _fault(result.rejected) if result.rejected else None,
    }


def _fault(found: Fault) -> dict[str, str]:
    return {"field": found.field, "value": found.value, "expected": found.expected}


def _lookup(name: str | None) -> ProfileLookup:
    if name is None:
        return by_model(shipped_profiles())
    profile = find_profile(name)
    return lambda _device, _model: profile


def find_profile(name: str) -> Profile:
    """A shipped profile by name, or a profile file. Raises InvalidInput."""
    shipped = shipped_profiles()
    if name in shipped:
        return shipped[name]
    if pathlib.Path(name).suffix == ".toml":
        return read_profile(pathlib.Path(name))
    raise InvalidInput("profile", name, f"a .toml file or one of the {len(shipped)} shipped profiles")
