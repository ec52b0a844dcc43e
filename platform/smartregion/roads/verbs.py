"""Verbs of the roads: import an extract, what was cut off, distances, routes in words, isochrones."""

import argparse
import csv
import dataclasses
import datetime as dt
import io
import json
import pathlib
import sys
import tempfile
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from smartregion.errors import InvalidInput
from smartregion.program import shared_parser
from smartregion.settings import settings

if TYPE_CHECKING:
    from routing.roads import RoadNetwork

_SHOWN = 10


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `roads` and `bench roads`."""
    _register_bench(verbs)
    roads = verbs.add_parser("roads", help="import a road network; distances, routes and isochrones on it")
    subs = roads.add_subparsers(metavar="WHAT", required=True)
    load = subs.add_parser("import", help="read an OpenStreetMap extract into the database")
    load.add_argument("file", type=pathlib.Path, help=".osm, .osm.gz, .osm.bz2 or .osm.pbf")
    load.add_argument(
        "--name", help="name of the network; one of the same name is replaced (default: file name)"
    )
    load.add_argument("--truck", type=pathlib.Path, help="TOML file with what differs from a truck of 26 t")
    load.add_argument(
        "--for-truck",
        type=pathlib.Path,
        action="append",
        default=[],
        help="TOML file of a further truck, for vehicles whose field `truck` has its name; may be repeated",
    )
    load.set_defaults(run=_import)
    matrix = subs.add_parser("matrix", help="distances and durations between the points of a CSV file")
    matrix.add_argument("points", type=pathlib.Path, help="CSV with columns lon,lat or id,lon,lat")
    matrix.add_argument("--out", type=pathlib.Path, help="file to write (default: standard output)")
    matrix.set_defaults(run=_matrix)
    left_out = subs.add_parser("cut-off", help="roads that the import left out: no truck gets there and back")
    left_out.add_argument("--out", type=pathlib.Path, help="CSV file to write (default: standard output)")
    left_out.set_defaults(run=_cut_off)
    places = subs.add_parser("places", help="how far depots, disposal sites and sites lie from the roads")
    places.add_argument("--out", type=pathlib.Path, help="CSV file to write (default: standard output)")
    places.set_defaults(run=_places)
    _register_ways(subs)


def _register_ways(subs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    route = subs.add_parser("route", help="the fastest way between two positions, turn by turn")
    for name in ("from_lon", "from_lat", "to_lon", "to_lat"):
        route.add_argument(name, type=float, help="degrees")
    route.add_argument("--language", choices=("de", "en"), default="de", help="of the text (default de)")
    route.add_argument("--geojson", type=pathlib.Path, help="write line and steps")
    route.set_defaults(run=_route)
    around = subs.add_parser("isochrone", help="how far a truck gets from a position within some times")
    around.add_argument("lon", type=float, help="degrees")
    around.add_argument("lat", type=float, help="degrees")
    around.add_argument(
        "--minutes", type=float, nargs="+", default=[10.0, 20.0, 30.0], help="times (default 10 20 30)"
    )
    around.add_argument("--geojson", type=pathlib.Path, help="write the areas")
    around.add_argument("--svg", type=pathlib.Path, help="draw the areas with their table")
    around.set_defaults(run=_isochrone)


def _register_bench(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    bench = shared_parser(verbs, "bench", "measure").add_parser(
        "roads", help="import, contraction, matrices and paths on large networks"
    )
    bench.add_argument("--points", type=int, nargs="+", help="made-up networks of so many points of roads")
    bench.add_argument("--file", type=pathlib.Path, action="append", default=[], help="an extract")
    bench.add_argument("--quick", action="store_true", help="50,000 points instead of 200,000 and 2,000,000")
    bench.add_argument("--json", action="store_true", help="print one JSON object")
    bench.set_defaults(run=_bench)


def _bench(args: argparse.Namespace) -> int:
    from routing.roads.bench import run, run_sample

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    sizes = args.points or ([] if args.file else [50_000] if args.quick else [200_000, 2_000_000])
    for points in sizes:
        if points < 100:
            raise InvalidInput("--points", points, "100 or more")
    with tempfile.TemporaryDirectory(prefix="bench-roads-") as folder:
        results = [run(file, say) for file in args.file]
        results += [run_sample(points, pathlib.Path(folder), say) for points in sizes]
    if args.json:
        print(json.dumps({"networks": [dataclasses.asdict(one) for one in results]}))
    return 0


def _import(args: argparse.Namespace) -> int:
    from routing.roads import TRUCK_26T, read_osm, read_profile
    from smartregion.registry.outlines import place
    from smartregion.roads.store import save_network, save_truck
    from smartregion.store import database

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    url = database.require_url(settings())
    truck = read_profile(args.truck) if args.truck else TRUCK_26T
    others = [read_profile(file) for file in args.for_truck]
    name, source, now = args.name or args.file.name.split(".")[0], args.file.name, dt.datetime.now(dt.UTC)
    with database.connect(url) as connection:
        network = read_osm(args.file, truck, say)
        say("storing network and segments")
        base = save_network(connection, network, name, source, now)
        for other in others:
            say(f"roads of {other.name}")
            save_truck(connection, read_osm(args.file, other, say), base, name, source, now)
        place(connection)
    _tell(network, name)
    for other in others:
        print(f"roads for another truck: {other.name}")
    return 0


def _tell(network: "RoadNetwork", name: str) -> None:
    """What the import took and what it left out."""
    report = network.report
    print(
        f"{name}: {len(network.node_lonlat)} nodes, {len(network.edge_piece)} edges, "
        f"{network.length_m / 1000:.1f} km from {report.ways_used} of {report.ways_seen} ways"
    )
    print(
        f"turn rules: {report.rules_applied} applied, {report.rules_left_out} left out; "
        f"barriers: {report.barriers}"
    )
    print(
        f"cut off: {report.cut_off_pieces} pieces in {report.cut_off_islands} islands, "
        f"{report.cut_off_m / 1000:.1f} km"
    )
    for one in report.cut_off_examples[:_SHOWN]:
        where = f"{one.lon:.5f} {one.lat:.5f}"
        print(f"  way {one.way} {one.name or '(no name)'} at {where}: {one.length_m / 1000:.2f} km")
    if len(report.cut_off_examples) > _SHOWN:
        print("  all of them: smartregion roads cut-off")


def _cut_off(args: argparse.Namespace) -> int:
    from smartregion.roads.store import cut_off
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        islands = cut_off(connection)
    rows = [(one.way, one.name, f"{one.lon:.6f}", f"{one.lat:.6f}", f"{one.length_m:.1f}") for one in islands]
    _put(args.out, _csv([("osm_way", "name", "lon", "lat", "length_m"), *rows]))
    return 0


def _places(args: argparse.Namespace) -> int:
    from smartregion.roads.ways import places_on_roads
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        found = places_on_roads(connection)
    for one in found:
        if one.far:
            where = f"{one.distance_m:.0f} m from the nearest road"
            print(f"warning: {one.kind} {one.id} {one.name} lies {where}", file=sys.stderr)
    rows = [(one.kind, one.id, one.name, f"{one.distance_m:.1f}", one.street, one.place) for one in found]
    _put(args.out, _csv([("kind", "id", "name", "distance_m", "street", "place"), *rows]))
    return 0


def _route(args: argparse.Namespace) -> int:
    from smartregion.roads.drawn import route_geojson
    from smartregion.roads.store import load_network
    from smartregion.roads.ways import route
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        network = load_network(connection)
    found = route(network, (args.from_lon, args.from_lat), (args.to_lon, args.to_lat), args.language)
    for warning in found.warnings():
        print(f"warning: {warning}", file=sys.stderr)
    print(f"{found.distance_m / 1000:.2f} km, {found.duration_s / 60:.1f} min")
    for number, text in enumerate(found.texts, 1):
        print(f"{number:3}. {text}")
    if args.geojson:
        _put(args.geojson, json.dumps(route_geojson(found), ensure_ascii=False))
    return 0


def _isochrone(args: argparse.Namespace) -> int:
    from routing.roads import FAR_M
    from smartregion.roads.drawn import reach_geojson, reach_row, reach_svg
    from smartregion.roads.ways import reach_of
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        found, away_m = reach_of(connection, (args.lon, args.lat), args.minutes)
    if away_m > FAR_M:
        print(f"warning: start lies {away_m:.0f} m from the nearest road", file=sys.stderr)
    print(f"{'minutes':>8}{'road km':>10}{'area km²':>10}{'sites':>7}{'containers':>12}")
    for one in found:
        row = reach_row(one)
        print(
            f"{row['minutes']:>8g}{row['road_km']:>10,.1f}{row['area_km2']:>10,.1f}"
            f"{row['sites']:>7}{row['containers']:>12}"
        )
    if args.geojson:
        _put(args.geojson, json.dumps(reach_geojson(found)))
    if args.svg:
        _put(args.svg, reach_svg(found, (args.lon, args.lat)))
    return 0


def _matrix(args: argparse.Namespace) -> int:
    from routing.roads import FAR_M, matrices
    from smartregion.roads.points import read_points
    from smartregion.roads.store import load_network
    from smartregion.store import database

    points = read_points(args.points)
    with database.connect(database.require_url(settings())) as connection:
        network = load_network(connection)
    snapped = network.snap(points.lonlat)
    for name, away_m in zip(points.names, snapped.distance_m.tolist(), strict=True):
        if away_m > FAR_M:
            print(f"warning: point {name} lies {away_m:.0f} m from the nearest road", file=sys.stderr)
    distance_m, duration_s = matrices(network, snapped)
    table = [("from", "to", "distance_m", "duration_s")]
    for start, lengths, times in zip(points.names, distance_m.tolist(), duration_s.tolist(), strict=True):
        for end, length, time in zip(points.names, lengths, times, strict=True):
            table.append((start, end, f"{length:.1f}", f"{time:.1f}"))
    _put(args.out, _csv(table))
    return 0


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _put(path: pathlib.Path | None, text: str) -> None:
    """Write a file, or to standard output without one."""
    from smartregion.errors import SmartRegionError

    if path is None:
        print(text, end="")
        return
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise SmartRegionError(f"{path}: {error.strerror}, expected a file that can be written") from error
