"""The road network in the database: saved in parts, loaded once a process, its segments as rows."""

import dataclasses
import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

from psycopg.types.json import Jsonb

from routing.roads import Example, RoadNetwork, Segments, segments
from smartregion.errors import InvalidInput, NotFound
from smartregion.store import queries
from smartregion.store.database import Connection

_PART_BYTES = 4_000_000
_DIGITS = 6
_NONE = "road network: none in the database, expected one: smartregion roads import FILE"
_NO_TRUCK = "expected a truck of the road import: smartregion roads import FILE --for-truck TRUCK.toml"


@dataclasses.dataclass(frozen=True)
class Roads:
    """The network in use with its segments."""

    id: int
    name: str
    network: RoadNetwork
    segments: Segments
    segment_ids: list[str]


_lock = threading.Lock()
_loaded: dict[tuple[str, int, str, int, int], Roads] = {}


def save_network(
    connection: Connection, network: RoadNetwork, name: str, source: str, when: dt.datetime
) -> int:
    """Store a network and its segments in the transaction of `connection`; returns its id.

    A network of the same name is replaced; passes over roads that are still there stay. Positions that are
    still kept will be assigned to the new segments.
    """
    sql = queries.load("roads")
    number = _add(connection, network, name, source, when, None)
    connection.execute(sql["stage_segments"])
    with connection.cursor() as cursor, cursor.copy(sql["copy_segments"]) as copy:
        for segment in _segment_rows(network, number):
            copy.write_row(segment)
    connection.execute(sql["merge_segments"])
    connection.execute(sql["drop_older"], {"name": name, "network": number})
    connection.execute(sql["mark_all_tracks"])
    return number


def save_truck(
    connection: Connection, network: RoadNetwork, base: int, name: str, source: str, when: dt.datetime
) -> None:
    """Store what another truck may use beside the network `base`; raises InvalidInput for a name twice."""
    if network.profile in trucks(connection):
        raise InvalidInput("truck", network.profile, "a name that no other truck of the import has")
    _add(connection, network, name, source, when, base)


def trucks(connection: Connection) -> list[str]:
    """Names of the trucks of the network in use, that of the network itself first."""
    return [truck for (truck,) in connection.execute(queries.load("roads")["trucks"])]


def _add(
    connection: Connection, network: RoadNetwork, name: str, source: str, when: dt.datetime, base: int | None
) -> int:
    sql = queries.load("roads")
    row = {
        "name": name,
        "source": source,
        "imported_at": when,
        "nodes": len(network.node_lonlat),
        "edges": len(network.edge_piece),
        "length_km": network.length_m / 1000,
        "cut_off": Jsonb(dataclasses.asdict(network.report)),
        "base": base,
        "truck": network.profile,
    }
    number = int(connection.execute(sql["add_network"], row).fetchall()[0][0])
    data = network.to_bytes()
    for part, begin in enumerate(range(0, len(data), _PART_BYTES)):
        values = {"network": number, "part": part, "bytes": data[begin : begin + _PART_BYTES]}
        connection.execute(sql["add_part"], values)
    return number


def cut_off(connection: Connection) -> list[Example]:
    """Roads that the import of the network in use left out, the longest first; NotFound without one."""
    row = connection.execute(queries.load("roads")["newest_report"]).fetchone()
    if row is None:
        raise NotFound(_NONE)
    return [Example(**one) for one in row[1]["cut_off_examples"]]


def load_network(connection: Connection) -> RoadNetwork:
    """The network imported last, kept by the process; raises NotFound when there is none."""
    return load_roads(connection).network


def load_roads(connection: Connection, truck: str | None = None) -> Roads:
    """The network imported last with segments, kept by the process; raises NotFound when there is none.

    truck: name of the truck whose roads are wanted, None the network's own.
    """
    sql = queries.load("roads")
    row = connection.execute(sql["newest_network"]).fetchone()
    if row is None:
        raise NotFound(_NONE)
    base = int(row[0])
    if truck is not None and truck != trucks(connection)[0]:
        row = connection.execute(sql["network_of_truck"], {"truck": truck}).fetchone()
        if row is None:
            raise NotFound(f"truck: {truck} has no roads, {_NO_TRUCK}")
    number, name = int(row[0]), str(row[1])
    info = connection.info
    key = (info.host, info.port, info.dbname, base, number)
    with _lock:
        if key not in _loaded:
            parts = connection.execute(sql["parts"], {"network": number}).fetchall()
            network = RoadNetwork.from_bytes(b"".join(part for (part,) in parts))
            cut = segments(network)
            # One import a database is in use: the one before it goes.
            for old in [other for other in _loaded if other[:3] == key[:3] and other[3] != base]:
                del _loaded[old]
            _loaded[key] = Roads(number, name, network, cut, cut.ids())
        return _loaded[key]


def _segment_rows(network: RoadNetwork, number: int) -> Iterator[tuple[Any, ...]]:
    cut = segments(network)
    for segment, (name, line) in enumerate(zip(cut.ids(), cut.lines(), strict=True)):
        way = int(cut.way[segment])
        lon, lat = (_array(values) for values in line.round(_DIGITS).T.tolist())
        surface = network.tag_of(way, "surface")
        length_m = float(cut.length_m[segment])
        yield name, number, network.name_of(way), network.class_of(way), surface, length_m, lon, lat


def _array(values: list[float]) -> str:
    """An array as PostgreSQL writes it: a list, dumped value by value, takes twice the time of an import."""
    return "{" + str(values)[1:-1] + "}"
