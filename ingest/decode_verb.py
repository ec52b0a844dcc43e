"""`smartregion decode`: one message a line in, one JSON object a line out, in order."""

import datetime as dt
import pathlib
import sys
from typing import Any, BinaryIO, TextIO

import msgspec

from ingest.decode import decode, flat_readings
from ingest.outcome import Decoded, Fault
from ingest.profiles import Profile, ProfileLookup, by_model, load_profiles, read_profile
from ingest.sources import Source, load_sources
from ingest.times import rfc3339
from smartregion.errors import InvalidInput
from smartregion.settings import settings


def run(topic: str | None, profile: str | None) -> int:
    """Decode stdin to stdout; exit code 0 also when messages were rejected, as each line says so itself.

    Profiles and sources are those of ingest: the shipped ones and those of the data folder.
    """
    folder = settings().data_dir
    lookup = _lookup(profile, load_profiles([folder / "profiles"]))
    sources = load_sources([folder / "sources"])
    translate(sys.stdin.buffer, sys.stdout, topic, lookup, dt.datetime.now(dt.UTC), sources)
    return 0


def translate(
    lines: BinaryIO,
    out: TextIO,
    topic: str | None,
    profiles: ProfileLookup,
    received: dt.datetime,
    sources: tuple[Source, ...] | None = None,
) -> None:
    """Write one line of JSON for each line read; `sources` None means the shipped ones."""
    for line in lines:
        result = decode(topic, line.rstrip(b"\r\n"), received, profiles, sources)
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


def _lookup(name: str | None, known: dict[str, Profile]) -> ProfileLookup:
    if name is None:
        return by_model(known)
    profile = find_profile(name, known)
    return lambda _device, _model: profile


def find_profile(name: str, known: dict[str, Profile]) -> Profile:
    """A known profile by name, or a profile file. Raises InvalidInput."""
    if name in known:
        return known[name]
    if pathlib.Path(name).suffix == ".toml":
        return read_profile(pathlib.Path(name))
    raise InvalidInput("profile", name, f"a .toml file or one of the {len(known)} known profiles")
