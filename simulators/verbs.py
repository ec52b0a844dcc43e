"""Verbs of the simulators: `simulate` and `whatif`."""

import argparse
import datetime as dt
import pathlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulators.whatif.scenario import Scenario

_SIMULATE = "Write a district of our own making and let its devices speak over MQTT, with known truth."
_WHATIF = "Empty the containers of simulated districts by different policies and compare what it costs."


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs of this room."""
    simulate = verbs.add_parser(
        "simulate", help="run a believable district that speaks MQTT", description=_SIMULATE
    )
    add = simulate.add_argument
    add(
        "--folder",
        type=pathlib.Path,
        required=True,
        help="where region.osm.pbf, registry.csv and truth.json are kept",
    )
    add("--seed", type=int, default=1, help="the same seed gives the same district (default 1)")
    add(
        "--scale",
        type=float,
        default=1.0,
        help="objects: 1 means 1,600 containers, 100 stations, 30 vehicles",
    )
    add("--write-only", action="store_true", help="write the three files and end")
    add(
        "--mqtt",
        metavar="URL",
        default="mqtt://127.0.0.1:1883",
        help="broker, mqtt://user:password@host:port",
    )
    add(
        "--mqtt-file",
        metavar="PATH",
        type=pathlib.Path,
        help="file that holds the broker's URL, for passwords",
    )
    past = simulate.add_mutually_exclusive_group()
    past.add_argument("--history-days", type=float, default=0.0, help="first publish so many days of history")
    past.add_argument("--since", metavar="TIME", help="first publish what was measured since TIME (RFC 3339)")
    add(
        "--speed",
        type=float,
        default=1.0,
        help="catch up with the real clock X times as fast, from (X - 1) hours ago",
    )
    add("--minutes", type=float, help="end after so many minutes of live messages")
    simulate.set_defaults(run=_simulate)
    whatif = verbs.add_parser("whatif", help="compare policies over simulated weeks", description=_WHATIF)
    whatif.add_argument("scenario", type=pathlib.Path, metavar="SCENARIO.toml", help="what to compare")
    whatif.add_argument("--json", action="store_true", help="print all outcomes as JSON")
    whatif.add_argument(
        "--svg", type=pathlib.Path, metavar="FILE", help="also draw lifts, kilometres and overflow"
    )
    whatif.add_argument(
        "--through-platform",
        action="store_true",
        help="repeat the first counted days of the forecast policy with a real database, broker and API, and "
        "compare each plan",
    )
    whatif.add_argument("--days", type=int, default=7, help="so many days of them (default 7)")
    whatif.set_defaults(run=_whatif)
    _register_bench(verbs)


def _register_bench(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from smartregion.program import shared_parser

    benches = shared_parser(verbs, "bench", "measure against a peer or a limit")
    levels = benches.add_parser(
        "levels", help="cleaning of levels and forecast against the truth of a simulated district"
    )
    levels.add_argument("--seed", type=int, default=1, help="district (default 1)")
    levels.add_argument("--quick", action="store_true", help="a quarter of the containers, one week")
    levels.add_argument("--json", action="store_true", help="figures as JSON on stdout")
    levels.set_defaults(run=_bench_levels)


def _simulate(args: argparse.Namespace) -> int:
    from simulators.errors import BadArgument
    from simulators.folder import prepare

    for name, low, high in (("scale", 0.001, 50.0), ("speed", 1.0, 3600.0), ("history_days", 0.0, 1000.0)):
        if not low <= getattr(args, name) <= high:
            raise BadArgument(
                f"--{name.replace('_', '-')}", getattr(args, name), f"between {low:g} and {high:g}"
            )
    if not 0 <= args.seed < 2**63:
        raise BadArgument("--seed", args.seed, "a whole number from 0")
    since_s = _time_s(args.since) if args.since else None
    if not args.write_only:
        from simulators.publishing import read_broker

        broker = read_broker(args.mqtt, args.mqtt_file)
    district, written = prepare(args.folder, args.seed, args.scale)
    print(
        f"district of seed {args.seed} {'written to' if written else 'stands in'} {args.folder}: "
        f"{len(district.sites)} sites, {len(district.containers)} containers, "
        f"{len(district.stations)} stations, {len(district.vehicles)} vehicles",
        file=sys.stderr,
        flush=True,
    )
    if args.write_only:
        return 0
    from simulators.running import Run, simulate

    return simulate(district, broker, Run(args.history_days, since_s, args.speed, args.minutes))


def _time_s(text: str) -> float:
    from simulators.errors import BadArgument

    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise BadArgument("--since", text, "a time like 2026-11-21T06:00:00Z") from error
    if time.tzinfo is None:
        raise BadArgument("--since", text, "a time with its zone, like 2026-11-21T06:00:00Z")
    now = dt.datetime.now(dt.UTC)
    if not now - dt.timedelta(days=1000) <= time <= now:
        raise BadArgument("--since", text, "within the last 1000 days")
    return time.timestamp()


def _bench_levels(args: argparse.Namespace) -> int:
    import json

    from simulators.levels_bench import measure

    found = measure(args.seed, 0.25, 1) if args.quick else measure(args.seed)
    if args.json:
        print(json.dumps(found))
        return 0
    for part, figures in found.items():
        for name, value in (figures if isinstance(figures, dict) else {"": figures}).items():
            print(f"{f'{part} {name}'.strip():<40}{value:>12.4g}")
    return 0


def _through(scenario: "Scenario", args: argparse.Namespace) -> int:
    import json

    from simulators.errors import BadArgument
    from simulators.whatif.through import plain, repeat, table
    from smartregion.settings import settings

    if not 1 <= args.days <= 7 * scenario.weeks:
        raise BadArgument("--days", args.days, f"from 1 to the {7 * scenario.weeks} days of the scenario")
    days = []
    for day in repeat(scenario, args.days, settings()):
        days.append(day)
        print(f"{day.date}: {'same' if day.same else 'DIFFERENT'}", file=sys.stderr, flush=True)
    print(json.dumps([plain(day) for day in days]) if args.json else table(days))
    return 0 if all(day.same for day in days) else 1


def _whatif(args: argparse.Namespace) -> int:
    import msgspec

    from simulators.errors import BadArgument
    from simulators.whatif.compare import Outcome, compare
    from simulators.whatif.report import chart, table, ways_mean
    from simulators.whatif.scenario import read_scenario

    scenario = read_scenario(args.scenario)
    if args.through_platform:
        return _through(scenario, args)

    def say(outcome: Outcome) -> None:
        print(
            f"district {outcome.seed}, {outcome.policy}: {outcome.lifts} lifts, {outcome.km:.0f} km, "
            f"{outcome.overflow_percent:.2f} % overflow, {outcome.seconds:.0f} s",
            file=sys.stderr,
            flush=True,
        )

    outcomes = list(compare(scenario, say))
    if args.svg:
        try:
            args.svg.write_text(chart(scenario, outcomes), encoding="utf-8")
        except OSError as error:
            raise BadArgument("--svg", args.svg, f"a file that can be written ({error.strerror})") from error
    if args.json:
        told = {"scenario": scenario, "km": ways_mean(scenario), "outcomes": outcomes}
        print(msgspec.json.format(msgspec.json.encode(told), indent=1).decode())
    else:
        print(table(scenario, outcomes))
    return 0
