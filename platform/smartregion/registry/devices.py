"""Registered devices, unknown ones that send, and the adoption of those."""

import dataclasses
import datetime as dt
from typing import Any

from psycopg.rows import class_row

from smartregion.errors import NotFound, SmartRegionError
from smartregion.store.database import Connection
from smartregion.store.queries import load


@dataclasses.dataclass(frozen=True, slots=True)
class Device:
    """A registered device, where it hangs now and when it last spoke (event time)."""

    name: str
    profile: str
    object_kind: str
    object: str
    last_time: dt.datetime | None


@dataclasses.dataclass(frozen=True, slots=True)
class UnknownDevice:
    """A device that sends without being registered, with its newest message."""

    device: str
    messages: int
    last_received: dt.datetime
    topic: str
    payload: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Container, station or vehicle where an adopted device hangs, with the geometry of a distance sensor."""

    kind: str
    object: str
    empty_distance_m: float | None = None
    full_distance_m: float | None = None


def devices(connection: Connection, now: dt.datetime) -> list[Device]:
    """Registered devices by name."""
    with connection.cursor(row_factory=class_row(Device)) as cursor:
        return cursor.execute(load("registry")["devices"], {"now": now}).fetchall()


def unknown_devices(connection: Connection) -> list[UnknownDevice]:
    """Devices whose messages wait in quarantine because nobody registered them, by name."""
    with connection.cursor(row_factory=class_row(UnknownDevice)) as cursor:
        return cursor.execute(load("registry")["unknown_devices"]).fetchall()


def adopt(connection: Connection, name: str, profile: str | None = None, place: Place | None = None) -> int:
    """Register a device that sends and ask ingest to replay its messages; how many wait.

    Raises NotFound when nothing of it waits or its object does not exist, SmartRegionError when it is
    registered.
    """
    sql = load("registry")
    with connection.transaction():
        if _value(connection, "is_registered", device=name):
            raise SmartRegionError(f"device {name}: is registered already")
        waiting = int(_value(connection, "waiting", device=name))
        if not waiting:
            raise NotFound(
                f"device {name}: no message of it waits (`smartregion devices list --unknown` shows all)"
            )
        number = _value(connection, "adopt", device=name, profile=profile)
        if place is not None:
            if not _value(connection, "object_exists", kind=place.kind, object=place.object):
                raise NotFound(f"{place.kind} {place.object}: does not exist in the registry")
            connection.execute(
                sql["mount"],
                {
                    "number": number,
                    "kind": place.kind,
                    "object": place.object,
                    "empty": place.empty_distance_m,
                    "full": place.full_distance_m,
                },
            )
        connection.execute(sql["request_replay"], {"device": name})
    return waiting


def _value(connection: Connection, query: str, **parameters: Any) -> Any:
    row = connection.execute(load("registry")[query], parameters).fetchone()
    return row[0] if row else None
