"""Registered devices and the adoption of unknown ones that send."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from psycopg.rows import class_row

from smartregion.errors import InvalidInput, NotFound, SmartRegionError
from smartregion.registry.faults import Fault, Words
from smartregion.registry.hung import Measures, Wanted
from smartregion.registry.importer import known_mountings, take
from smartregion.registry.known import read_known
from smartregion.registry.mountings import settle
from smartregion.registry.rows import Content, content
from smartregion.registry.table import Line
from smartregion.store.database import Connection
from smartregion.store.queries import load

HANGS_AT = ("container", "station", "vehicle", "building")
"""Kinds of objects that carry devices."""


@dataclasses.dataclass(frozen=True, slots=True)
class Device:
    """A registered device, where it hangs now and when it last spoke (event time)."""

    name: str
    """Identifier in its messages."""
    profile: str
    """How its messages are read; empty where the network server decodes them."""
    object_kind: str
    """container, station, vehicle or building; empty for nothing."""
    object: str
    """Id of what it hangs at."""
    last_time: dt.datetime | None
    """Newest event time, UTC; null when it never spoke."""


@dataclasses.dataclass(frozen=True)
class UnknownDevice:
    """A device that sends without being registered, with its newest message and what ingest makes of it."""

    device: str
    """Identifier in its messages."""
    messages: int
    """Messages that wait in quarantine."""
    last_received: dt.datetime
    """When the newest of them came, UTC."""
    topic: str
    """Its MQTT topic."""
    payload: bytes
    """Its bytes."""
    source: str | None
    """Network server that sent it; null while ingest has not looked at it."""
    model: str | None
    """Brand and model as the network server tells them."""
    profile: str | None
    """Profile that fits best; null when none is needed or none fits."""
    problem: str | None
    """Why no reading would come out."""
    readings: list[dict[str, Any]]
    """Readings that would come out: quantity, value, unit."""


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where an adopted device hangs, with the geometry of a distance sensor."""

    kind: str
    object: str
    empty_distance_m: float | None = None
    full_distance_m: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class NewObject:
    """An object that is made for an adopted device: cells by column as in a file."""

    kind: str
    cells: Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Adopted:
    """What an adoption did: its number for an undo, and the request that replays the waiting messages."""

    number: int
    """Number of the import, for an undo."""
    waiting: int
    """Messages that waited in quarantine."""
    replay: int
    """Id of the request that replays them."""


class AdoptionRefusedError(SmartRegionError):
    """The object of an adopted device has faults; nothing was written."""

    def __init__(self, device: str, faults: list[Fault]) -> None:
        first = f"{faults[0].value or '-'}: {faults[0].what.en}, {faults[0].remedy.en}"
        super().__init__(f"device {device}: {faults[0].column}: {first}")
        self.faults = faults


def devices(connection: Connection, now: dt.datetime) -> list[Device]:
    """Registered devices by name."""
    with connection.cursor(row_factory=class_row(Device)) as cursor:
        return cursor.execute(load("registry")["devices"], {"now": now}).fetchall()


def unknown_devices(
    connection: Connection, device: str | None = None, limit: int = 1000
) -> list[UnknownDevice]:
    """Devices whose messages wait in quarantine because nobody registered them, the newest message first."""
    with connection.cursor(row_factory=class_row(UnknownDevice)) as cursor:
        parameters = {"device": device, "limit": limit}
        return cursor.execute(load("registry")["unknown_devices"], parameters).fetchall()


def count_unknown(connection: Connection) -> int:
    """How many devices send without being registered."""
    return int(_value(connection, "count_unknown"))


def known_profiles(connection: Connection) -> dict[str, str]:
    """Titles of the device profiles that ingest has read, by name; empty until it ran."""
    return dict(connection.execute(load("registry")["known_profiles"]).fetchall())


def objects(connection: Connection) -> list[tuple[str, str, str]]:
    """Where a device may hang: kind, id, words about it."""
    return connection.execute(load("registry")["objects"]).fetchall()


def adopt(
    connection: Connection,
    name: str,
    now: dt.datetime,
    profile: str | None = None,
    place: Place | NewObject | None = None,
    state: str = "BB",
) -> Adopted:
    """Register a device that sends and ask ingest to replay its messages; `undo` takes it back.

    Raises NotFound when nothing of it waits or its object does not exist, InvalidInput for a profile that
    ingest does not know, AdoptionRefusedError for faults of a new object, SmartRegionError when the device is
    registered.
    """
    with connection.transaction():
        connection.execute(load("registry")["lock_imports"])
        if _value(connection, "is_registered", device=name):
            raise SmartRegionError(f"device {name}: is registered already")
        waiting = int(_value(connection, "waiting", device=name))
        if not waiting:
            raise NotFound(f"device {name}: no message of it waits (`smartregion devices unknown` shows all)")
        profiles = known_profiles(connection)
        if profile and profiles and profile not in profiles:
            expected = "one of those that `smartregion profile list` shows, or of the data folder"
            raise InvalidInput("profile", profile, expected)
        found, faults = _wish(connection, name, profile, place, state)
        if faults:
            raise AdoptionRefusedError(name, faults)
        mountings, faults = settle(found.mountings, known_mountings(connection, found))
        if faults:
            raise AdoptionRefusedError(name, faults)
        number, _ = take(connection, f"adoption of {name}", found, mountings, now)
        replay = int(_value(connection, "request_replay", device=name))
    return Adopted(number, waiting, replay)


def _wish(
    connection: Connection, name: str, profile: str | None, place: Place | NewObject | None, state: str
) -> tuple[Content, list[Fault]]:
    """Rows of the device, and of its new object where it gets one."""
    if isinstance(place, NewObject):
        given = {column: text.strip() for column, text in place.cells.items() if text.strip()}
        cells = given | {"device": name} | ({"profile": profile} if profile else {})
        found, faults, _ = content([Line(1, place.kind, cells, {}, {})], read_known(connection, state))
        return found, faults + _taken(connection, place.kind, cells.get("id", ""))
    found, faults, _ = content([], read_known(connection, state))
    found.rows["device"].append((name, profile, None))
    if place is not None:
        if not _value(connection, "object_exists", kind=place.kind, object=place.object):
            raise NotFound(f"{place.kind} {place.object}: does not exist in the registry")
        geometry = Measures(place.empty_distance_m, place.full_distance_m)
        found.mountings.append(Wanted(1, name, place.kind, place.object, None, geometry))
    return found, faults


def _taken(connection: Connection, kind: str, identity: str) -> list[Fault]:
    """A new object must not change one that is there."""
    if not identity or not _value(connection, "object_exists", kind=kind, object=identity):
        return []
    what = Words("gibt es schon", "is there already")
    return [Fault(1, "id", identity, what, Words("es aus der Liste wählen", "choose it from the list"))]


def _value(connection: Connection, query: str, **parameters: Any) -> Any:
    row = connection.execute(load("registry")[query], parameters).fetchone()
    return row[0] if row else None
