"""A town drawn on a grid of streets, with depot, tip, vehicles and containers, for tests of plans."""

import dataclasses
import datetime as dt
import pathlib
from collections.abc import Mapping

import psycopg

from routing.roads import RoadNetwork, read_osm
from smartregion.registry.importer import import_file
from smartregion.registry.objects import Depot, DisposalSite, Fraction, Site, Vehicle
from smartregion.roads.store import save_network
from smartregion.waste.plan_lifts import Lift
from smartregion.waste.plan_problem import Region
from tests.routing.roads_drawing import draw, lonlat

BLOCK_M = 500.0
BLOCKS = 5
PAPER = Fraction("paper", "Papier", "Paper", "20 01 01", 0.08, 4.0, 60)
GLASS = Fraction("glass_white", "Weißglas", "White glass", "15 01 07", 0.3, 1.0, 240)
NOW = dt.datetime(2026, 6, 2, 4, tzinfo=dt.UTC)
"""Six in the morning in Berlin."""
TODAY = dt.date(2026, 6, 2)


def corner(east: int, north: int) -> tuple[float, float]:
    """(lon, lat) of a junction of the grid."""
    return lonlat(east * BLOCK_M, north * BLOCK_M)


def network(folder: pathlib.Path) -> RoadNetwork:
    """The grid: every street open both ways."""
    numbers = range(BLOCKS)
    nodes = {1 + x + BLOCKS * y: (x * BLOCK_M, y * BLOCK_M) for x in numbers for y in numbers}
    street = {"highway": "residential"}
    ways = {
        100 + y: ([1 + x + BLOCKS * y for x in numbers], street | {"name": f"{y}. Querstraße"})
        for y in numbers
    }
    ways |= {
        200 + x: ([1 + x + BLOCKS * y for y in numbers], street | {"name": f"{x}. Allee"}) for x in numbers
    }
    return read_osm(draw(folder / "town.osm", nodes, ways))


def vehicle(name: str = "V1", **changes: object) -> Vehicle:
    """A lorry for paper that works from 6 to 14."""
    plain = Vehicle(
        name, f"Wagen {name}", "waste", None, "D", ("paper",), 8000, 20000, dt.time(6), dt.time(14)
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def region(*vehicles: Vehicle, sites: Mapping[str, Site] | None = None) -> Region:
    """Depot in the south-west, tip in the north-east, one site on every junction of the middle street."""
    middle = {
        f"S{x}": Site(f"S{x}", f"Ecke {x}", "", "", None, *corner(x, 2), "", None, None)
        for x in range(BLOCKS)
    }
    far = BLOCKS - 1
    tip = DisposalSite(
        "T", "Deponie", *corner(far, far), ("paper", "glass_white"), dt.time(7), dt.time(16), 900
    )
    return Region(
        sites=middle if sites is None else sites,
        depots={"D": Depot("D", "Bauhof", *corner(0, 0))},
        disposal_sites={"T": tip},
        vehicles={one.id: one for one in vehicles or (vehicle(),)},
        fractions={one.key: one for one in (PAPER, GLASS)},
    )


def lift(
    container: str, site: str, fraction: Fraction = PAPER, volume_l: float = 1000.0, level: float = 1.0
) -> Lift:
    """A container to lift, its amounts by the fraction's figures."""
    litres = volume_l * level
    kg, pressed_l = litres * fraction.density_kg_per_l, litres / fraction.press_factor
    return Lift(container, site, fraction.key, volume_l, level, kg, pressed_l)


def fill_registry(
    connection: psycopg.Connection, folder: pathlib.Path, vehicles: str = "paper|glass_white"
) -> None:
    """Import the town: 5 sites with paper and glass, a device on each; two vehicles of these fractions."""
    lines = ["kind;id;name;lon;lat;municipality;fraction;volume_l;rhythm_days;site;device;purpose;depot"]
    lines[0] += ";capacity_kg;capacity_l;shift_from;shift_to;open_from;open_to;service_s"
    lines += ["municipality;M;Musterstadt", f"depot;D;Bauhof;{_place(0, 0)}"]
    lines += [f"disposal_site;T;Deponie;{_place(4, 4)};;paper|glass_white;;;;;;;;;;;07:00;16:00;900"]
    for x in range(BLOCKS):
        lines += [f"site;S{x};Ecke {x};{_place(x, 2)};M"]
        lines += [
            f"container;P{x};;;;;paper;1100;14;S{x};dp{x}",
            f"container;G{x};;;;;glass_white;3000;28;S{x};dg{x}",
        ]
    if vehicles:
        shift = "8000;20000;06:00;14:00"
        lines += [f"vehicle;V{number};Wagen {number};;;;{vehicles};;;;;waste;D;{shift}" for number in (1, 2)]
    path = folder / "town.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    import_file(connection, path, NOW)


def fill_roads(connection: psycopg.Connection, folder: pathlib.Path) -> None:
    """Store the grid as the road network."""
    save_network(connection, network(folder), "town", "town.osm", NOW)


def tell_levels(connection: psycopg.Connection, levels: Mapping[str, float], time: dt.datetime = NOW) -> None:
    """One reading for each device, as ingest stores it."""
    connection.execute("SELECT sr.ensure_partitions(%s, %s)", [time, time])
    for device, level in levels.items():
        values = {"device": device, "time": time, "level": level}
        connection.execute(
            """
            WITH known AS (
                SELECT device.id AS device, quantity.id AS quantity FROM sr.device, sr.quantity
                WHERE device.name = %(device)s AND quantity.key = 'level'
            ), made AS (
                INSERT INTO sr.series (device, quantity) SELECT device, quantity FROM known
                RETURNING id, device
            ), told AS (
                INSERT INTO sr.reading (time, message, value, series)
                SELECT %(time)s, 1, %(level)s, id FROM made
            )
            INSERT INTO sr.latest (device, item, time, value, message)
            SELECT device, 'level', %(time)s, %(level)s, 1 FROM made
            """,
            values,
        )


def _place(x: int, y: int) -> str:
    return "{:.7f};{:.7f}".format(*corner(x, y))
