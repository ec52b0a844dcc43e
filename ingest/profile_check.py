"""`smartregion profile check`: a profile against the examples in its file."""

import datetime as dt
import math
import pathlib
from collections.abc import Iterator

from ingest.decode import decode_uplink, flat_readings
from ingest.outcome import Decoded, Rejected
from ingest.profiles import Example, Profile, read_profile
from ingest.sources import Envelope, Event
from smartregion.errors import SmartRegionError
from smartregion.readings import LaneInterval, Row

_TIME = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
_UPLINK = Event("up", ("up",), uplink=True)


class ExamplesFail(SmartRegionError):
    """A profile does not give what its examples expect."""


def run(file: str) -> int:
    """Check one file. Raises InvalidInput for a faulty file, ExamplesFail when an example gives something
    else."""
    path = pathlib.Path(file)
    profile = read_profile(path)
    wrong = 0
    for number, example in enumerate(profile.examples, 1):
        problems = list(check_example(profile, example))
        title = example.title or f"example {number}"
        print(f"{'ok   ' if not problems else 'WRONG'} {title}")
        for problem in problems:
            print(f"      {problem}")
        wrong += bool(problems)
    if not profile.examples:
        raise ExamplesFail(f"profile {path.name}: no examples: expected at least one [[examples]]")
    if wrong:
        raise ExamplesFail(
            f"profile {path.name}: {wrong} of {len(profile.examples)} examples give something else"
        )
    print(f"{path.name}: all {len(profile.examples)} examples are right")
    return 0


def read_example(profile: Profile, example: Example) -> Decoded:
    """What the profile makes of an example. Raises ValueError when its bytes are not hexadecimal."""
    raw = bytes.fromhex(example.bytes) if example.bytes is not None else b"\0"
    envelope = Envelope("example", "example", _UPLINK, _TIME, 0, example.port, raw, example.decoded, None, {})
    try:
        return decode_uplink(envelope, _TIME, profile)
    except Rejected as problem:
        return Decoded("example", rejected=problem.fault)


def _shown(row: Row, quantity: str) -> str:
    """Name of a value in an example; several lanes have values of the same name."""
    return f"lane {row.lane} {quantity}" if isinstance(row, LaneInterval) else quantity


def check_example(profile: Profile, example: Example) -> Iterator[str]:
    """A line for each difference between what is expected and what comes out."""
    try:
        found = read_example(profile, example)
    except ValueError as error:
        yield f"bytes: {error}"
        return
    got = {
        _shown(row, reading.quantity): reading.value
        for row in found.rows
        for reading in flat_readings((row,))
    }
    for key, value in example.readings.items():
        if key not in got:
            yield f"{key}: expected {value}, got nothing"
        elif not math.isclose(got[key], value, rel_tol=1e-9, abs_tol=1e-9):
            yield f"{key}: expected {value}, got {got[key]}"
    for key in got.keys() - example.readings.keys():
        yield f"{key}: got {got[key]}, which the example does not expect"
    flagged = sorted(flag.field for flag in found.flags)
    if flagged != sorted(example.flags):
        yield f"flags: expected {sorted(example.flags)}, got {flagged}"
    rejected = found.rejected.field if found.rejected else None
    if rejected != example.rejected:
        yield f"rejected: expected {example.rejected}, got {found.rejected}"
