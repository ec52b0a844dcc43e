"""Verbs `export` and `import`."""

import argparse
import contextlib
import datetime as dt
import pathlib
import sys
from collections.abc import Iterator
from typing import IO

from smartregion.errors import InvalidInput
from smartregion.settings import settings

_KINDS = ("readings", "lane-intervals", "tracks", "registry")


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `export` and `import`."""
    export = verbs.add_parser("export", help="any selection as CSV, GeoJSON or Parquet")
    export.add_argument("what", choices=_KINDS)
    export.add_argument(
        "--from", dest="since", type=_moment, metavar="T", help="event time, RFC 3339 or a date (UTC)"
    )
    export.add_argument("--to", dest="until", type=_moment, metavar="T", help="event time, not included")
    export.add_argument("--device", action="append", metavar="NAME", help="only this device; can be repeated")
    export.add_argument(
        "--object", action="append", metavar="ID", help="only this container, station, ...; can be repeated"
    )
    export.add_argument(
        "--quantity", action="append", metavar="KEY", help="only this quantity; can be repeated"
    )
    export.add_argument("--format", choices=("csv", "geojson", "parquet"), default="csv")
    export.add_argument("--out", type=pathlib.Path, metavar="FILE", help="instead of stdout")
    export.set_defaults(run=_export)
    take = verbs.add_parser(
        "import", help="take an exported file of any format: new rows only, all or nothing"
    )
    take.add_argument("what", choices=_KINDS)
    take.add_argument("file", type=pathlib.Path, metavar="FILE")
    take.set_defaults(run=_import, dry_run=False, skip_bad_rows=False, anywhere=True, language="en")


def _export(args: argparse.Namespace) -> int:
    from smartregion.store import database, export

    selection = export.Selection(
        args.since,
        args.until,
        tuple(args.device) if args.device else None,
        tuple(args.object) if args.object else None,
        tuple(args.quantity) if args.quantity else None,
    )
    kind = args.what.replace("-", "_")
    with database.connect(database.require_url(settings())) as connection, _output(args.out) as out:
        for block in export.export(connection, kind, selection, args.format):
            out.write(block)
    return 0


@contextlib.contextmanager
def _output(path: pathlib.Path | None) -> Iterator[IO[bytes]]:
    """Standard output, or a file that appears whole or not at all."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise InvalidInput("--out", path, f"a writable path ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)


def _import(args: argparse.Namespace) -> int:
    from smartregion.registry import verbs as registry_verbs
    from smartregion.store import database, intake

    if args.what == "registry":
        return registry_verbs.take(args)
    with database.connect(database.require_url(settings()), autocommit=True) as connection:
        taken = intake.take_file(connection, args.what.replace("-", "_"), args.file, dt.datetime.now(dt.UTC))
    print(f"{args.file.name}: {taken.new} new rows, {taken.known} were there already")
    return 0


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time like 2026-03-01 or 2026-03-01T08:00Z"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
