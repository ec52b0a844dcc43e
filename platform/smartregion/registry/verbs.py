"""Verb `devices`: import, list, unknown, adopt, undo."""

import argparse
import datetime as dt
import pathlib
import sys
from typing import TYPE_CHECKING

from smartregion.errors import SmartRegionError
from smartregion.settings import settings

if TYPE_CHECKING:
    from smartregion.registry.importer import Imported

_TABLES = {
    "municipality": ("Gemeinden", "municipalities"),
    "site": ("Standplätze", "sites"),
    "depot": ("Betriebshöfe", "depots"),
    "disposal_site": ("Entsorgungsanlagen", "disposal sites"),
    "container": ("Behälter", "containers"),
    "station": ("Zählstellen", "stations"),
    "lane": ("Fahrstreifen", "lanes"),
    "vehicle": ("Fahrzeuge", "vehicles"),
    "building": ("Gebäude", "buildings"),
    "device": ("Geräte", "devices"),
    "mounting": ("Anbringungen", "mountings"),
}
_MOST_SHOWN = 160


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `devices`."""
    parser = verbs.add_parser(
        "devices", help="registry: import from CSV, list, adopt unknown devices, undo an import"
    )
    subs = parser.add_subparsers(metavar="WHAT", required=True)
    _register_import(subs)
    show = subs.add_parser("list", help="registered devices, where they hang and when they last spoke")
    which = show.add_mutually_exclusive_group()
    which.add_argument(
        "--unknown", dest="run", action="store_const", const=_unknown, help="as `devices unknown`"
    )
    which.add_argument(
        "--imports",
        dest="run",
        action="store_const",
        const=_imports,
        help="imports and adoptions, newest first",
    )
    show.set_defaults(run=_list)
    unknown = subs.add_parser("unknown", help="devices that send but are not registered, with a guess")
    unknown.set_defaults(run=_unknown)
    adopt = subs.add_parser("adopt", help="register a device that sends, and replay its messages")
    adopt.add_argument("id", metavar="ID")
    adopt.add_argument("--profile", help="how its messages are read; default: the guess of `devices unknown`")
    place = adopt.add_mutually_exclusive_group()
    for kind in ("container", "station", "vehicle", "building"):
        place.add_argument(f"--{kind}", metavar="ID", help=f"the {kind} at which it hangs")
    adopt.add_argument(
        "--empty-distance-m", type=float, metavar="M", help="sensor to floor of an empty container"
    )
    adopt.add_argument(
        "--full-distance-m", type=float, metavar="M", help="sensor to surface of a full container"
    )
    adopt.set_defaults(run=_adopt)
    outlines = subs.add_parser(
        "outlines", help="take outlines of municipalities (GeoJSON): every object in them belongs to them"
    )
    outlines.add_argument("file", type=pathlib.Path, metavar="FILE.geojson")
    outlines.set_defaults(run=_outlines)
    undo = subs.add_parser("undo", help="take an import or an adoption back")
    undo.add_argument("number", type=int, metavar="IMPORT")
    undo.set_defaults(run=_undo)


def _register_import(subs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    take_in = subs.add_parser(
        "import", help="take sites, containers, stations, vehicles, buildings and devices from a CSV file"
    )
    take_in.add_argument("file", type=pathlib.Path, metavar="FILE.csv")
    take_in.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
    take_in.add_argument(
        "--skip-bad-rows", action="store_true", help="take the rows without fault and report the others"
    )
    take_in.add_argument("--anywhere", action="store_true", help="take positions far from all others, too")
    take_in.add_argument("--language", choices=("de", "en"), default="de", help="of the report (de)")
    take_in.set_defaults(run=take)


def take(args: argparse.Namespace) -> int:
    """Run `devices import`: the file, or its faults line by line."""
    from smartregion.registry.importer import Choices, FileRefusedError, import_file
    from smartregion.store import database

    choices = Choices(args.dry_run, args.skip_bad_rows, args.anywhere, settings().state)
    with database.connect(database.require_url(settings()), autocommit=True) as connection:
        try:
            done = import_file(connection, args.file, _now(), choices)
        except FileRefusedError as error:
            for fault in (*error.notes, *error.faults):
                print(fault.told(args.language))
            if args.language == "en":
                count = len(error.faults)
                raise SmartRegionError(f"{args.file.name}: {count} faults, nothing written") from error
            raise
    for fault in (*done.notes, *done.left_out):
        print(fault.told(args.language))
    _tell_counts(done, args.language == "de")
    return 0


def _tell_counts(done: "Imported", german: bool) -> None:
    for kind, count in done.counts.items():
        if count.made or count.changed or count.same:
            if german:
                told = f"{count.made} neu, {count.changed} geändert, {count.same} unverändert"
            else:
                told = f"{count.made} new, {count.changed} changed, {count.same} unchanged"
            print(f"{_TABLES[kind][0 if german else 1]}: {told}")
    if done.left_out:
        lines = len({fault.line for fault in done.left_out})
        print(f"{lines} Zeilen mit Fehlern ausgelassen" if german else f"{lines} rows with faults left out")
    if not done.number:
        print("Probelauf: nichts geschrieben" if german else "dry run: nothing written")
    elif german:
        print(f"Import {done.number} (zurücknehmen: smartregion devices undo {done.number})")
    else:
        print(f"import {done.number} (take it back: smartregion devices undo {done.number})")


def _list(args: argparse.Namespace) -> int:
    from smartregion.registry.devices import devices
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        found = devices(connection, _now())
    for device in found:
        place = f"{device.object_kind} {device.object}".strip()
        print(f"{device.name}\t{place}\t{device.profile}\t{_shown(device.last_time)}")
    print(f"{len(found)} devices", file=sys.stderr)
    return 0


def _imports(args: argparse.Namespace) -> int:
    from smartregion.registry.importer import past_imports
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        for one in past_imports(connection):
            state = f"undone {_shown(one.undone_at)}" if one.undone_at else ""
            told = f"{one.rows} rows, {one.made} new, {one.changed} changed"
            print(f"{one.number}\t{one.file}\t{_shown(one.imported_at)}\t{told}\t{state}")
    return 0


def _unknown(args: argparse.Namespace) -> int:
    from smartregion.registry.devices import unknown_devices
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        found = unknown_devices(connection)
    for one in found:
        text = "".join(c if c.isprintable() else " " for c in one.payload.decode("utf-8", "replace"))
        shown = text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 3] + "..."
        fits = ", ".join(f"{r['quantity']} {r['value']:g} {r['unit']}".strip() for r in one.readings)
        guess = (
            f"{one.source or 'not looked at yet'}; profile {one.profile or '-'}; {one.problem or fits or '-'}"
        )
        print(
            one.device,
            f"{one.messages} messages",
            _shown(one.last_received),
            one.topic,
            guess,
            shown,
            sep="\t",
        )
    print(f"{len(found)} unknown devices", file=sys.stderr)
    return 0


def _adopt(args: argparse.Namespace) -> int:
    from smartregion.registry.devices import HANGS_AT, Place, adopt, unknown_devices
    from smartregion.store import database

    place = None
    for kind in HANGS_AT:
        if (name := getattr(args, kind)) is not None:
            place = Place(kind, name, args.empty_distance_m, args.full_distance_m)
    with database.connect(database.require_url(settings()), autocommit=True) as connection:
        guessed = [one.profile for one in unknown_devices(connection, args.id)]
        profile = args.profile or next(iter(guessed), None)
        done = adopt(connection, args.id, _now(), profile, place, settings().state)
    read_by = f" with profile {profile}" if profile else ""
    print(
        f"{args.id}: registered{read_by}, {done.waiting} waiting messages will be replayed "
        f"(take it back: smartregion devices undo {done.number})"
    )
    return 0


def _outlines(args: argparse.Namespace) -> int:
    from smartregion.registry.outlines import take_outlines
    from smartregion.store import database

    with database.connect(database.require_url(settings()), autocommit=True) as connection:
        done = take_outlines(connection, args.file)
    placed = ", ".join(f"{count} {kind}" for kind, count in done.placed.items()) or "none"
    print(
        f"{done.outlines} outlines taken, {done.others} of unknown municipalities left out; placed: {placed}"
    )
    return 0


def _undo(args: argparse.Namespace) -> int:
    from smartregion.registry.importer import undo
    from smartregion.store import database

    with database.connect(database.require_url(settings()), autocommit=True) as connection:
        done = undo(connection, args.number, _now())
    for kind, (removed, restored) in done.items():
        print(f"{_TABLES[kind][0]}: {removed} entfernt, {restored} wiederhergestellt")
    print(f"Import {args.number} zurückgenommen")
    return 0


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _shown(time: dt.datetime | None) -> str:
    return f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}Z" if time else "-"
