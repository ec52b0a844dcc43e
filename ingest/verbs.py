"""Verbs of this room: ingest, decode, books, quarantine, replay, profile, and bench ingest."""

import argparse
import datetime as dt
import pathlib

from smartregion.errors import InvalidInput, UsageError


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add our verbs to the program."""
    ingest = verbs.add_parser("ingest", help="take messages from the broker into the database until stopped")
    ingest.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes that share the messages"
    )
    ingest.add_argument("--worker", type=int, default=None, help=argparse.SUPPRESS)
    ingest.set_defaults(run=_ingest)

    decode = verbs.add_parser("decode", help="decode messages from stdin, one a line")
    decode.add_argument(
        "--topic", metavar="T", help="MQTT topic of the messages; without it the content tells"
    )
    decode.add_argument("--profile", metavar="P", help="device profile: a shipped name or a file")
    decode.set_defaults(run=_decode)

    books = verbs.add_parser("books", help="counters of packets beside a recount from the tables")
    books.add_argument("--since", metavar="T", type=_time, help="RFC 3339 time or date (UTC); default: all")
    books.add_argument("--json", action="store_true", help="all lines as JSON")
    books.set_defaults(run=_books)

    _register_quarantine(verbs)
    _register_replay(verbs)

    profile = verbs.add_parser("profile", help="device profiles")
    subs = profile.add_subparsers(metavar="WHAT", required=True)
    check = subs.add_parser("check", help="run a profile against the examples in its file")
    check.add_argument("file", metavar="FILE", help="a profile in TOML")
    check.set_defaults(run=_profile_check)
    listed = subs.add_parser("list", help="shipped profiles and those of the data folder")
    listed.set_defaults(run=_profile_list)

    _register_bench(verbs)


def _register_quarantine(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    quarantine = verbs.add_parser("quarantine", help="messages that gave no rows")
    subs = quarantine.add_subparsers(metavar="WHAT", required=True)
    listed = subs.add_parser("list", help="open messages by reason and device")
    listed.add_argument("--limit", type=int, default=50, metavar="N", help="most lines (50)")
    listed.add_argument("--json", action="store_true", help="as JSON")
    listed.set_defaults(run=_quarantine_list)
    show = subs.add_parser("show", help="one message with its bytes")
    show.add_argument("id", type=int, metavar="ID", help="receipt as `quarantine list` shows it")
    show.set_defaults(run=_quarantine_show)
    replay = subs.add_parser("replay", help="decode open messages again, after a device or profile was added")
    replay.add_argument("--reason", metavar="R", help="only those with this field, expectation or reason")
    replay.add_argument("--device", metavar="D", help="only those of this device")
    replay.set_defaults(run=_quarantine_replay)


def _register_replay(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    replay = verbs.add_parser("replay", help="publish recorded messages or a series as the devices would")
    replay.add_argument(
        "file", metavar="FILE", help="recording, messages of a network server, or a known series"
    )
    replay.add_argument(
        "--speed", type=float, default=0, metavar="X", help="X times event time; 0: at once (0)"
    )
    replay.add_argument("--topic", metavar="T", help="topic of messages that do not tell theirs")
    replay.add_argument(
        "--series", metavar="S", help="description of a series: a shipped name or a TOML file"
    )
    replay.add_argument("--limit", type=int, metavar="N", help="publish at most N messages")
    replay.add_argument(
        "--register", action="store_true", help="print a registry of the devices instead of publishing"
    )
    replay.set_defaults(run=_replay)


def _register_bench(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from smartregion.program import shared_parser

    bench = shared_parser(verbs, "bench", "measure against a peer or a limit")
    ingest = bench.add_parser("ingest", help="publisher, broker, ingest and database on this machine")
    ingest.add_argument("--quick", action="store_true", help="fewer messages, one round")
    ingest.add_argument("--json", action="store_true", help="as JSON")
    ingest.add_argument(
        "--part",
        action="append",
        choices=("pairs", "latency", "memory", "drain"),
        help="only this part; may be given again",
    )
    ingest.add_argument("--rounds", type=int, metavar="N", help="rounds of the contenders (5)")
    ingest.add_argument("--count", type=int, metavar="N", help="messages of a contender in a round (200000)")
    ingest.add_argument("--minutes", type=float, metavar="M", help="minutes of the part memory (10)")
    ingest.add_argument("--messages", type=int, metavar="N", help="backlog of the part drain (2000000)")
    ingest.add_argument(
        "--results",
        type=pathlib.Path,
        metavar="FILE",
        default=pathlib.Path("artifacts/bench-ingest.json"),
        help="results so far; a run of the same extent goes on from there",
    )
    ingest.add_argument("--fresh", action="store_true", help="measure everything anew")
    ingest.set_defaults(run=_bench)


def _time(text: str) -> dt.datetime:
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: expected RFC 3339 or a date") from error
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)


def _ingest(args: argparse.Namespace) -> int:
    if not 1 <= args.workers <= 64:
        raise UsageError(f"--workers: {args.workers} is not 1 to 64")
    from ingest.process import run

    return run(args.workers, args.worker)


def _decode(args: argparse.Namespace) -> int:
    from ingest.decode_verb import run

    return run(args.topic, args.profile)


def _books(args: argparse.Namespace) -> int:
    from ingest.reports import books

    return books(args.since, args.json)


def _quarantine_list(args: argparse.Namespace) -> int:
    from ingest.reports import quarantine_list

    return quarantine_list(args.limit, args.json)


def _quarantine_show(args: argparse.Namespace) -> int:
    if not 0 <= args.id < 2**63:
        raise InvalidInput("ID", args.id, "a receipt as `quarantine list` shows it")
    from ingest.reports import quarantine_show

    return quarantine_show(args.id)


def _quarantine_replay(args: argparse.Namespace) -> int:
    from ingest.reports import quarantine_replay

    return quarantine_replay(args.reason, args.device)


def _replay(args: argparse.Namespace) -> int:
    from ingest.replay_verb import run

    return run(args)


def _profile_check(args: argparse.Namespace) -> int:
    from ingest.profile_check import run

    return run(args.file)


def _profile_list(args: argparse.Namespace) -> int:
    from ingest.profiles import load_profiles
    from smartregion.settings import settings

    known = load_profiles([settings().data_dir / "profiles"])
    for profile in sorted(known.values(), key=lambda p: p.name):
        print(f"{profile.name:32} {profile.title}")
    return 0


def _bench(args: argparse.Namespace) -> int:
    from ingest.bench import PARTS, QUICK, Extent, run

    given = {
        "rounds": args.rounds,
        "messages": args.count,
        "memory_s": None if args.minutes is None else args.minutes * 60,
        "drain": args.messages,
    }
    for name, number in given.items():
        if number is not None and number <= 0:
            raise UsageError(f"--{name}: {number} is not above 0")
    base = QUICK if args.quick else Extent()
    extent = base._replace(**{name: number for name, number in given.items() if number is not None})
    return run(args.part or PARTS, extent, args.results, args.json, args.fresh)
