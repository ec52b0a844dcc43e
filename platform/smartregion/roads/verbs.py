"""Verbs of the roads: import an extract, distances between points."""

import argparse
import csv
import datetime as dt
import pathlib
import sys
from typing import TextIO

from smartregion.settings import settings


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `roads import` and `roads matrix`."""
    roads = verbs.add_parser("roads", help="import a road network; distances between points on it")
    subs = roads.add_subparsers(metavar="WHAT", required=True)
    load = subs.add_parser("import", help="read an OpenStreetMap extract into the database")
    load.add_argument("file", type=pathlib.Path, help=".osm, .osm.gz, .osm.bz2 or .osm.pbf")
    load.add_argument(
        "--name", help="name of the network; one of the same name is replaced (default: file name)"
    )
    load.set_defaults(run=_import)
    matrix = subs.add_parser("matrix", help="distances and durations between the points of a CSV file")
    matrix.add_argument("points", type=pathlib.Path, help="CSV with columns lon,lat or id,lon,lat")
    matrix.add_argument("--out", type=pathlib.Path, help="file to write (default: standard output)")
    matrix.set_defaults(run=_matrix)


def _import(args: argparse.Namespace) -> int:
    from routing.roads import read_osm
    from smartregion.roads.store import save_network
    from smartregion.store import database

    url = database.require_url(settings())
    with database.connect(url) as connection:
        network = read_osm(args.file, progress=lambda text: print(text, file=sys.stderr, flush=True))
        name = args.name or args.file.name.split(".")[0]
        print("storing network and segments", file=sys.stderr, flush=True)
        save_network(connection, network, name, args.file.name, dt.datetime.now(dt.UTC))
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
    for one in report.cut_off_examples:
        where = f"{one.lon:.5f} {one.lat:.5f}"
        print(f"  way {one.way} {one.name or '(no name)'} at {where}: {one.length_m / 1000:.2f} km")
    return 0


def _matrix(args: argparse.Namespace) -> int:
    from routing.roads import FAR_M, matrices
    from smartregion.errors import SmartRegionError
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
    if args.out is None:
        _write(sys.stdout, points.names, distance_m.tolist(), duration_s.tolist())
        return 0
    try:
        with args.out.open("w", encoding="utf-8", newline="") as file:
            _write(file, points.names, distance_m.tolist(), duration_s.tolist())
    except OSError as error:
        raise SmartRegionError(
            f"{args.out}: {error.strerror}, expected a file that can be written"
        ) from error
    return 0


def _write(
    file: TextIO, names: list[str], distance_m: list[list[float]], duration_s: list[list[float]]
) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("from", "to", "distance_m", "duration_s"))
    for start, lengths, times in zip(names, distance_m, duration_s, strict=True):
        for end, length, time in zip(names, lengths, times, strict=True):
            writer.writerow((start, end, f"{length:.1f}", f"{time:.1f}"))
