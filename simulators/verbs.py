"""Verbs of the simulators: `simulate` and `whatif`."""

import argparse
import pathlib
import sys


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs of this room."""
    simulate = verbs.add_parser(
        "simulate", help="run a believable district that speaks MQTT", description=_SIMULATE
    )
    simulate.add_argument(
        "--folder",
        type=pathlib.Path,
        required=True,
        help="where region.osm.pbf, registry.csv, truth.json are kept",
    )
    simulate.add_argument("--seed", type=int, default=1, help="the same seed gives the same district")
    simulate.add_argument(
        "--scale", type=float, default=1.0, help="objects: 1 is 1,600 containers, 100 stations, 30 vehicles"
    )
    simulate.add_argument("--write-only", action="store_true", help="write the three files and end")
    simulate.set_defaults(run=_simulate)


_SIMULATE = "Write a district of our own making and let its devices speak over MQTT, with known truth."


def _simulate(args: argparse.Namespace) -> int:
    from simulators.folder import prepare

    district, written = prepare(args.folder, args.seed, args.scale)
    print(
        f"district of seed {args.seed} {'written to' if written else 'stands in'} {args.folder}: "
        f"{len(district.sites)} sites, {len(district.containers)} containers, {len(district.stations)} stations, "
        f"{len(district.vehicles)} vehicles",
        file=sys.stderr,
    )
    return 0
