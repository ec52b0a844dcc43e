"""Objects of the registry as frozen records; positions (lon, lat) WGS 84, times of day local."""

import dataclasses
import datetime as dt
from typing import Any, TypeVar

from psycopg.rows import class_row, dict_row

from smartregion.store.database import Connection
from smartregion.store.queries import load

CLASS_SCHEMES = ("8+1", "5+1", "2", "length", "telraam", "1")
"""What a counting station can tell apart."""

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality."""

    id: str
    name: str
    population: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Fraction:
    """A kind of waste; density loose in kg/l, `lift_s` seconds for one lift."""

    key: str
    name_de: str
    name_en: str
    avv: str
    density_kg_per_l: float
    press_factor: float
    lift_s: int


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """A place with one or more containers; `window_*` is when collection is allowed, null = always."""

    id: str
    name: str
    street: str
    place: str
    municipality: str | None
    lon: float
    lat: float
    access_note: str
    window_from: dt.time | None
    window_to: dt.time | None


@dataclasses.dataclass(frozen=True, slots=True)
class Container:
    """A bin; `rhythm_days` of the fixed schedule."""

    id: str
    site: str
    fraction: str
    volume_l: int
    rhythm_days: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Lane:
    """A lane of a counting station and where it leads."""

    lane: int
    direction: str


@dataclasses.dataclass(frozen=True, slots=True)
class Station:
    """A counting station."""

    id: str
    name: str
    road: str
    place: str
    municipality: str | None
    lon: float
    lat: float
    class_scheme: str
    lanes: tuple[Lane, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Depot:
    """Where vehicles start and end."""

    id: str
    name: str
    lon: float
    lat: float


@dataclasses.dataclass(frozen=True, slots=True)
class DisposalSite:
    """Where loads are tipped; `service_s` from gate to gate."""

    id: str
    name: str
    lon: float
    lat: float
    fractions: tuple[str, ...]
    open_from: dt.time
    open_to: dt.time
    service_s: int


@dataclasses.dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle; `purpose` waste or road, `capacity_l` litres of pressed waste.

    `truck` names the truck of the road import as which it drives, null the network's own; `side` is `right`
    for a side loader, which stops only where the container lies to its right, else `both`.
    """

    id: str
    name: str
    purpose: str
    municipality: str | None
    depot: str | None
    fractions: tuple[str, ...]
    capacity_kg: int | None
    capacity_l: int | None
    shift_from: dt.time | None
    shift_to: dt.time | None
    truck: str | None = None
    side: str = "both"


def municipalities(connection: Connection) -> list[Municipality]:
    """All municipalities, by id."""
    return _all(connection, "municipalities", Municipality)


def fractions(connection: Connection) -> list[Fraction]:
    """All fractions, by key."""
    return _all(connection, "fractions", Fraction)


def sites(connection: Connection) -> list[Site]:
    """Sites in use, by id."""
    return _all(connection, "sites", Site)


def containers(connection: Connection) -> list[Container]:
    """Containers in use, by id."""
    return _all(connection, "containers", Container)


def depots(connection: Connection) -> list[Depot]:
    """Depots in use, by id."""
    return _all(connection, "depots", Depot)


def stations(connection: Connection) -> list[Station]:
    """Counting stations in use, by id."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(load("registry")["stations"]).fetchall()
    return [
        Station(lanes=tuple(map(Lane, row.pop("lane_numbers"), row.pop("directions"))), **row) for row in rows
    ]


def disposal_sites(connection: Connection) -> list[DisposalSite]:
    """Disposal sites in use, by id."""
    return [_with_tuple(item) for item in _all(connection, "disposal_sites", DisposalSite)]


def vehicles(connection: Connection) -> list[Vehicle]:
    """Vehicles in use, by id."""
    return [_with_tuple(item) for item in _all(connection, "vehicles", Vehicle)]


def _all(connection: Connection, query: str, kind: type[T]) -> list[T]:
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(load("registry")[query]).fetchall()


def _with_tuple(item: Any) -> Any:
    return dataclasses.replace(item, fractions=tuple(item.fractions))
