"""Verbs of this room: ingest, decode, books, quarantine, replay, profile, and bench ingest."""

import argparse


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add our verbs to the program."""
    decode = verbs.add_parser("decode", help="decode messages from stdin, one a line")
    decode.add_argument(
        "--topic", metavar="T", help="MQTT topic of the messages; without it the content tells"
    )
    decode.add_argument("--profile", metavar="P", help="device profile: a shipped name or a file")
    decode.set_defaults(run=_decode)


def _decode(args: argparse.Namespace) -> int:
    from ingest.decode_verb import run

    return run(args.topic, args.profile)
