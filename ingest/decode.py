"""One message to rows: a pure function of topic, payload and received time; no input makes it raise."""

import datetime as dt
import functools
import re
from typing import Any

from ingest import native, senml
from ingest.fields import Mapped, as_fields, device_time, flatten, map_generic, split_history
from ingest.gaps import told_counters
from ingest.jsontext import parse
from ingest.lanes import count_lanes
from ingest.outcome import UNREADABLE, Decoded, Fault, Rejected, fault
from ingest.profiles import Profile, ProfileLookup, by_model, shipped_profiles
from ingest.quantities import QUANTITIES, convert
from ingest.sources import Envelope, Source, device_of, find_source, read_envelope, shipped_sources
from ingest.times import check_not_ahead
from ingest.topics import MOST_CHARACTERS, is_name
from smartregion.readings import LaneInterval, Reading, Row, TrackPoint

_NATIVE = re.compile(r"sr/1/([^/+#]+)/([^/+#]+)")
_TOPIC = (
    "sr/1/DEVICE/KIND or the topic of a known network server, "
    f"the device of at most {MOST_CHARACTERS} printable characters"
)


def decode(
    topic: str | None,
    payload: bytes,
    received: dt.datetime,
    profiles: ProfileLookup | None = None,
    sources: tuple[Source, ...] | None = None,
) -> Decoded:
    """Read one PUBLISH packet.

    `topic` None: the source is found from the content. `received` is aware; it anchors relative SenML
    times and the rule that refuses times more than 24 h ahead. `profiles` finds the profile of a device;
    by default by the model that the network server reports, among the shipped ones.
    """
    match = _native_topic(topic) if topic is not None else None
    try:
        return _decode(topic, match, payload, received, profiles, sources)
    except Exception as error:  # a fault of ours must not stop the messages behind this one
        reason = fault("decoder", f"{type(error).__name__}: {error}", "a program that can read this message")
        return Decoded(match[0] if match is not None else UNREADABLE, rejected=reason)


def _decode(
    topic: str | None,
    match: tuple[str, str] | None,
    payload: bytes,
    received: dt.datetime,
    profiles: ProfileLookup | None,
    sources: tuple[Source, ...] | None,
) -> Decoded:
    device = match[0] if match is not None else UNREADABLE
    known = sources if sources is not None else shipped_sources()
    source: Source | None = None
    envelope: Envelope | None = None
    message: Any = None
    try:
        if match is None and topic is not None and not any(s.topic.fullmatch(topic) for s in known):
            raise Rejected("topic", topic, _TOPIC)
        message = parse(payload)
        if match is not None:
            return _native(device, match[1], message, received)
        source = find_source(known, topic, message)
        if source is not None:
            device = device_of(source, topic, message)
            envelope = read_envelope(source, topic, message)
            return _foreign(envelope, received, profiles or _shipped_by_model())
        device = _told_device(message)
        kind = native.kind_of(message)
        if senml.is_pack(message) or kind is not None:
            return _native(device, kind or "status", message, received)
        raise Rejected("payload", payload, "a native, SenML, The Things Stack or ChirpStack message")
    except Rejected as problem:
        if source is None and topic is not None and match is None:
            device = next(
                (device_of(s, topic, message) for s in known if s.topic.fullmatch(topic)), UNREADABLE
            )
        if envelope is not None:
            return Decoded(
                device, rejected=problem.fault, counter=envelope.counter, time=envelope.time or received
            )
        told = told_counters(message)
        if not told:
            return Decoded(device, rejected=problem.fault)
        *earlier, (counter, time) = told
        return Decoded(device, rejected=problem.fault, counter=counter, time=time, earlier=tuple(earlier))


def flat_readings(rows: tuple[Row, ...]) -> list[Reading]:
    """All rows as narrow readings, for people and for the decode verb.

    A lane interval gives `count_CLASS` of `lane N` and its speed in km/h; a track point gives lon, lat and
    what the vehicle measured there.
    """
    flat: list[Reading] = []
    for row in rows:
        if isinstance(row, Reading):
            flat.append(row)
        elif isinstance(row, LaneInterval):
            flat += [
                Reading(row.device, f"count_{key}", row.time, value, "1") for key, value in row.counts.items()
            ]
            if row.speed_kmh is not None:
                flat.append(Reading(row.device, "speed", row.time, row.speed_kmh, "km/h"))
        else:
            for name, unit in _TRACK_UNITS.items():
                value = getattr(row, name)
                if value is not None:
                    flat.append(Reading(row.device, _TRACK_NAMES.get(name, name), row.time, value, unit))
    return flat


_TRACK_UNITS = {
    "lon": "°", "lat": "°", "speed_mps": "m/s", "az_rms_mps2": "m/s²", "surface_temp_c": "°C",
    "air_temp_c": "°C", "dew_point_c": "°C", "friction": "1", "water_um": "µm",
}  # fmt: skip
_TRACK_NAMES = {
    "speed_mps": "speed", "az_rms_mps2": "az_rms", "surface_temp_c": "surface_temperature",
    "air_temp_c": "temperature", "dew_point_c": "dew_point", "water_um": "water",
}  # fmt: skip


@functools.lru_cache(maxsize=20_000)
def _native_topic(topic: str) -> tuple[str, str] | None:
    """Device and kind; devices send to the same few topics again and again."""
    match = _NATIVE.fullmatch(topic)
    return (match[1], match[2]) if match is not None and is_name(match[1]) else None


@functools.cache
def _shipped_by_model() -> ProfileLookup:
    return by_model(shipped_profiles())


def _told_device(message: Any) -> str:
    """Device named by a native object that came without a topic."""
    first = message[0] if isinstance(message, list) and message else message
    told = first.get("device") if isinstance(first, dict) else None
    return told if isinstance(told, str) and is_name(told) else UNREADABLE


def _native(device: str, kind: str, message: Any, received: dt.datetime) -> Decoded:
    if senml.is_pack(message) and kind in native.KINDS:
        told, readings, flags = senml.readings(message, None if device == UNREADABLE else device, received)
        return Decoded(told, "up", tuple(readings), tuple(flags))
    rows, flags, counter = native.decode_native(device, kind, message, received)
    earlier: tuple[tuple[int, dt.datetime], ...] = ()
    time = None
    if counter is not None and type(message) is list:
        *others, (counter, time) = told_counters(message)
        earlier = tuple(others)
    return Decoded(device, "up", tuple(rows), tuple(flags), counter=counter, time=time, earlier=earlier)


def _foreign(envelope: Envelope, received: dt.datetime, profiles: ProfileLookup) -> Decoded:
    if not envelope.event.uplink:
        return _event(envelope, received)
    return decode_uplink(envelope, received, profiles(envelope.device, envelope.model))


def decode_uplink(envelope: Envelope, received: dt.datetime, profile: Profile | None) -> Decoded:
    """Rows of an uplink by the profile of its device, or by the generic mapping. Raises Rejected."""
    event, device = envelope.event, envelope.device
    counter, time_sent = envelope.counter, envelope.time or received
    if profile is not None and envelope.port in profile.ignore_ports:
        return Decoded(device, "ignored", counter=counter, time=time_sent)
    decoded, warnings = _fields(envelope, time_sent, profile)
    if decoded is None:
        return Decoded(device, "empty", counter=counter, time=time_sent)
    check_not_ahead(time_sent, received, "time")
    doubts = [*envelope.doubts, *warnings]
    if {"lane", "interval_s", "counts"} <= decoded.keys():
        interval = {"t": time_sent.isoformat()} | decoded
        rows, flags, _ = native.decode_native(device, "traffic", interval, received)
        return Decoded(device, event.name, tuple(rows), (*doubts, *flags), counter=counter, time=time_sent)
    rows, flags = [], []
    measured = _measured(decoded, profile, time_sent, doubts)
    for time, fields in split_history(decoded, measured):
        check_not_ahead(time, received, "time of a record")
        leaves = flatten(fields)
        if profile is not None and profile.lanes:
            counted = count_lanes(profile.lanes, device, leaves, time)
            leaves = counted.rest
            rows += counted.rows
            flags += counted.flags
        mapped = profile.apply(leaves, time) if profile is not None else map_generic(leaves, time)
        rows += _rows(device, mapped, profile)
        flags += mapped.flags
    if rows:
        return Decoded(device, event.name, tuple(rows), (*doubts, *flags), counter=counter, time=time_sent)
    if flags:
        return Decoded(device, event.name, rejected=flags[0], counter=counter, time=time_sent)
    if profile is not None and (profile.ignore or profile.has_decoder):
        return Decoded(device, "ignored", counter=counter, time=time_sent)
    raise Rejected("decoded fields", ", ".join(map(str, decoded)), "at least one number")


def _fields(
    envelope: Envelope, time: dt.datetime, profile: Profile | None
) -> tuple[dict[str, Any] | None, list[Fault]]:
    """Fields of the server, else of the profile's decoder, with its warnings; None for an empty frame.

    A server that decodes with the codec of another device gives fields of which the profile knows none;
    where the profile can read the bytes itself, they are what counts. Raises Rejected.
    """
    decoded = None if envelope.decoded is None else as_fields(envelope.decoded)
    if profile is not None and envelope.raw and (decoded is None or profile.is_foreign(decoded)):
        try:
            found, warnings = profile.decode_bytes(envelope.raw, envelope.port, time)
        except Rejected:
            if decoded is None:
                raise
        else:
            if found is not None:
                return found, warnings
    if decoded is not None or not envelope.raw:
        return decoded, []
    shown = f"{envelope.raw[:40].hex()} on port {envelope.port}"
    raise Rejected(
        "decoded fields", shown, "fields decoded by the server, or a device profile with a decoder"
    )


def _measured(
    decoded: dict[str, Any], profile: Profile | None, time: dt.datetime, doubts: list[Fault]
) -> dt.datetime:
    """Event time: the one that the device tells in the profile's field for it, else that of the message."""
    stamp = decoded.get(profile.time) if profile is not None else None
    if profile is None or stamp is None:
        return time
    try:
        return device_time(stamp, profile.time)
    except Rejected as problem:
        doubts.append(problem.fault)
        return time


def _rows(device: str, mapped: Mapped, profile: Profile | None) -> list[Row]:
    units = {rule.quantity: rule.unit for rule in profile.fields.values()} if profile else {}
    rows: list[Row] = []
    if mapped.position is not None:
        lon, lat = mapped.position
        rows.append(TrackPoint(device, mapped.time, lon, lat, mapped.values.pop("speed", None)))
    for key, value in mapped.values.items():
        unit = QUANTITIES[key].unit if key in QUANTITIES else units.get(key, "")
        rows.append(Reading(device, key, mapped.time, value, unit))
    return rows


def _event(envelope: Envelope, received: dt.datetime) -> Decoded:
    """Join, acknowledgement, error, location: no rows, but for a battery level told by the network server."""
    rows: list[Row] = []
    flags: list[Fault] = []
    if envelope.time is not None:
        check_not_ahead(envelope.time, received, "time")
        for field, (key, unit) in envelope.event.readings.items():
            value = envelope.told.get(field)
            if isinstance(value, int | float) and type(value) is not bool:
                try:
                    rows.append(
                        Reading(envelope.device, key, envelope.time, convert(key, value, unit, field), "1")
                    )
                except Rejected as problem:
                    flags.append(problem.fault)
    return Decoded(envelope.device, envelope.event.name, tuple(rows), tuple(flags))
