"""What an unknown device may be: its network server, the profile that fits best, the readings it gives."""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from psycopg.types.json import Jsonb

from ingest.decode import decode, flat_readings
from ingest.fields import flatten
from ingest.jsontext import parse
from ingest.outcome import Rejected
from ingest.profiles import Profile, by_model
from ingest.receipt import received_at
from ingest.sources import Envelope, Source, find_source, read_envelope, shipped_sources
from ingest.writer import Writer
from smartregion.store.queries import load

_CHUNK = 500
_LATE = 5_000_000 << 10
"""Batches commit in any order: receipts of the last five seconds are looked at again."""
_FEWEST_FIELDS = 2
_NATIVE = "MQTT (sr/1)"


@dataclasses.dataclass(frozen=True, slots=True)
class Guess:
    """What one message tells about its device."""

    source: str
    model: str | None
    profile: str | None
    readings: list[dict[str, Any]]
    """Quantity, value and unit."""
    problem: str | None
    """Why no reading would come out."""


def guess(
    topic: str,
    payload: bytes,
    received: dt.datetime,
    profiles: Mapping[str, Profile],
    sources: tuple[Source, ...] | None = None,
) -> Guess:
    """Look at one message of a device that nobody registered."""
    known = sources if sources is not None else shipped_sources()
    envelope = _envelope(topic, payload, known)
    profile = _fitting(envelope, profiles) if envelope is not None else None
    found = decode(topic, payload, received, lambda _device, _model: profile, known)
    readings = [{"quantity": r.quantity, "value": r.value, "unit": r.unit} for r in flat_readings(found.rows)]
    problem = None
    if found.rejected is not None:
        problem = f"{found.rejected.field}: {found.rejected.value!r}, expected {found.rejected.expected}"
    return Guess(
        envelope.source if envelope is not None else _NATIVE,
        envelope.model if envelope is not None else None,
        profile.name if profile is not None else None,
        readings,
        problem,
    )


class Guesses:
    """Keeps `sr.known_profile` and `sr.guess` up to date, a chunk of the quarantine at a time."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._sql = writer, load("guesses")
        self._after = -1
        self._told_profiles = False

    def step(self) -> None:
        """Look at the newest messages of unknown devices; in a transaction of its own."""
        connection, profiles = self._writer.connection, self._writer.registry.profiles
        if not self._told_profiles:
            names = sorted(profiles)
            titles = [profiles[name].title for name in names]
            with connection.transaction():
                connection.execute(self._sql["forget_profiles"], {"names": names})
                connection.execute(self._sql["tell_profiles"], {"names": names, "titles": titles})
            self._told_profiles = True
        parameters = {"after": self._after, "limit": _CHUNK}
        rows = connection.execute(self._sql["unknown_messages"], parameters).fetchall()
        newest = {device: (message, topic, bytes(payload)) for message, device, topic, payload in rows}
        told = [
            {
                "device": device,
                "message": message,
                **dataclasses.asdict(found),
                "readings": Jsonb(found.readings),
            }
            for device, (message, topic, payload) in newest.items()
            for found in [guess(topic, payload, received_at(message), profiles, self._writer.sources)]
        ]
        if told:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(self._sql["tell_guess"], told)
            self._after = max(self._after, rows[-1][0] - (_LATE if len(rows) < _CHUNK else 0))


def _envelope(topic: str, payload: bytes, sources: tuple[Source, ...]) -> Envelope | None:
    """The message as its network server packed it; None for a native or unreadable one."""
    try:
        message = parse(payload)
        source = find_source(sources, topic, message)
        return read_envelope(source, topic, message) if source is not None else None
    except Rejected:
        return None


def _fitting(envelope: Envelope, profiles: Mapping[str, Profile]) -> Profile | None:
    """By the model that the server tells, else by field names, else by the only layout that reads it."""
    told = by_model(dict(profiles))(envelope.device, envelope.model)
    if told is not None or not envelope.event.uplink:
        return told
    if envelope.decoded is not None:
        return _by_names(envelope.decoded, profiles)
    readers = list(_readers(envelope, profiles)) if envelope.raw else []
    return readers[0] if len(readers) == 1 else None


def _by_names(decoded: Any, profiles: Mapping[str, Profile]) -> Profile | None:
    """The profile that shares most field names and has fewest others, if one alone does so."""
    try:
        paths = {leaf.path for leaf in flatten(decoded)}
    except Rejected:
        return None
    shared = {name: paths & profile.fields.keys() for name, profile in profiles.items()}
    ranks = {
        name: (len(shared[name]), -len(paths ^ profile.fields.keys())) for name, profile in profiles.items()
    }
    best = max(ranks.values(), default=(0, 0))
    names = [name for name, rank in ranks.items() if rank == best]
    # Profiles that fit alike say that the names are common, and the generic mapping knows those.
    return profiles[names[0]] if best[0] >= _FEWEST_FIELDS and len(names) == 1 else None


def _readers(envelope: Envelope, profiles: Mapping[str, Profile]) -> Iterator[Profile]:
    """Profiles whose layout reads the bytes to the end without a fault; codecs are not tried."""
    for profile in profiles.values():
        if profile.layout is None or envelope.raw is None or envelope.time is None:
            continue
        try:
            fields = profile.layout.read(envelope.raw, envelope.port)
        except Rejected:
            continue
        mapped = profile.apply(flatten(fields), envelope.time)
        if mapped.values and not mapped.flags:
            yield profile
