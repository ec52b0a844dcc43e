"""The one program: assembled from the verbs that each room registers, nobody imports upwards."""

import argparse
import importlib
import importlib.metadata
import sys
import tempfile
import traceback
from collections.abc import Sequence

_DESCRIPTION = "Smart Region: bins, roads and traffic of a rural district, from sensor to tour."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code (0 good, 1 the thing asked failed, 2 wrong usage)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    args = _parser(words[0] if words else "").parse_args(words)
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        print("smartregion: interrupted", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return _silence_stdout()
    except Exception as error:
        return _report(error)


def shared_parser(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help: str
) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    """Subverbs of a verb to which several rooms add, as `bench`; made by the first who asks."""
    parser = verbs.choices.get(name)
    if parser is None:
        parser = verbs.add_parser(name, help=help)
        subs = parser.add_subparsers(metavar="WHAT", required=True)
        parser.set_defaults(subs=None)
        parser.subs = subs  # type: ignore[attr-defined]
    found: argparse._SubParsersAction[argparse.ArgumentParser] = parser.subs  # type: ignore[attr-defined]
    return found


def _parser(asked: str) -> argparse.ArgumentParser:
    """All verbs, or only those of the room that the asked one belongs to: others need not be imported."""
    parser = argparse.ArgumentParser(prog="smartregion", description=_DESCRIPTION)
    parser.add_argument("--version", action="version", version=importlib.metadata.version("smartregion"))
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    entries = importlib.metadata.entry_points(group="smartregion.verbs")
    for register in dict.fromkeys(entry.value for entry in entries.select(name=asked) or entries):
        module, _, function = register.partition(":")
        getattr(importlib.import_module(module), function)(verbs)
    return parser


def _report(error: Exception) -> int:
    """One line on stderr; what nobody foresaw leaves its details in a file."""
    exit_code = getattr(error, "exit_code", None)
    if isinstance(exit_code, int):
        print(f"smartregion: {error}", file=sys.stderr)
        return exit_code
    if type(error).__module__.split(".")[0] == "psycopg":
        print(f"smartregion: {_explain_database(error)}", file=sys.stderr)
        return 1
    with tempfile.NamedTemporaryFile(
        "w", prefix="smartregion-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as details:
        traceback.print_exception(error, file=details)
    line = " ".join(str(error).split())
    print(
        f"smartregion: unexpected {type(error).__name__}: {line} (details: {details.name})", file=sys.stderr
    )
    return 1


def _explain_database(error: Exception) -> str:
    """What the server refused, and what usually helps."""
    remedies = {
        "UndefinedTable": "run `smartregion db migrate`",
        "UndefinedFunction": "run `smartregion db migrate`",
        "InvalidSchemaName": "run `smartregion db migrate`",
        "InsufficientPrivilege": "use the owner's address in database_url",
        "DiskFull": "make space on the database server",
        "DeadlockDetected": "try again",
        "LockNotAvailable": "try again",
        "QueryCanceled": "try again, or raise statement_timeout",
        "AdminShutdown": "start PostgreSQL and try again",
        "OperationalError": "start PostgreSQL and try again",
    }
    said = (str(error).strip().splitlines() or ["no reason given"])[0]
    remedy = remedies.get(type(error).__name__)
    return f"database: {said}" + (f"; {remedy}" if remedy else f" ({type(error).__name__})")


def _silence_stdout() -> int:
    """The reader of our output left; closing quietly is what it expects."""
    sys.stderr.close()
    return 0
