"""Verb `devices`: import, list, adopt, undo."""

import argparse
import datetime as dt
import pathlib
import sys

from smartregion.settings import settings

_TABLES = {
    "municipality": "Gemeinden",
    "site": "Standplätze",
    "depot": "Betriebshöfe",
    "disposal_site": "Entsorgungsanlagen",
    "container": "Behälter",
    "station": "Zählstellen",
    "lane": "Fahrstreifen",
    "vehicle": "Fahrzeuge",
    "device": "Geräte",
    "mounting": "Anbringungen",
}


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `devices`."""
    parser = verbs.add_parser(
        "devices", help="registry: import from CSV, list, adopt unknown devices, undo an import"
    )
    subs = parser.add_subparsers(metavar="WHAT", required=True)
    take_in = subs.add_parser(
        "import", help="take sites, containers, stations, vehicles and devices from a CSV file"
    )
    take_in.add_argument("file", type=pathlib.Path, metavar="FILE.csv")
    take_in.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
    take_in.set_defaults(run=take)
    show = subs.add_parser("list", help="registered devices, where they hang and when they last spoke")
    which = show.add_mutually_exclusive_group()
    which.add_argument("--unknown", action="store_true", help="devices that send but are not registered")
    which.add_argument("--imports", action="store_true", help="imports, newest first")
    show.set_defaults(run=_list)
    adopt = subs.add_parser("adopt", help="register a device that sends, and replay its messages")
    adopt.add_argument("id", metavar="ID")
    adopt.add_argument("--profile", help="how its messages are read")
    place = adopt.add_mutually_exclusive_group()
    for kind in ("container", "station", "vehicle"):
        place.add_argument(f"--{kind}", metavar="ID", help=f"the {kind} at which it hangs")
    adopt.add_argument(
        "--empty-distance-m", type=float, metavar="M", help="sensor to floor of an empty container"
    )
    adopt.add_argument(
        "--full-distance-m", type=float, metavar="M", help="sensor to surface of a full container"
    )
    adopt.set_defaults(run=_adopt)
    undo = subs.add_parser("undo", help="take an import back")
    undo.add_argument("number", type=int, metavar="IMPORT")
    undo.set_defaults(run=_undo)


def take(args: argparse.Namespace) -> int:
    """Run `devices import`: the file, or its faults line by line."""
    from smartregion.registry.importer import FileRefusedError, import_file
    from smartregion.store import database

    with database.connect(database.require_url(settings()), autocommit=True) as connection:
        try:
            done = import_file(connection, args.file, _now(), args.dry_run)
        except FileRefusedError as error:
            for fault in error.faults:
                print(fault)
            raise
    for kind, count in done.counts.items():
        if count.made or count.changed or count.same:
            print(f"{_TABLES[kind]}: {count.made} neu, {count.changed} geändert, {count.same} unverändert")
    if args.dry_run:
        print("Probelauf: nichts geschrieben")
    else:
        print(f"Import {done.number} (zurücknehmen: smartregion devices undo {done.number})")
    return 0


def _list(args: argparse.Namespace) -> int:
    from smartregion.registry.devices import devices, unknown_devices
    from smartregion.store import database
    from smartregion.store.queries import load

    with database.connect(database.require_url(settings())) as connection:
        if args.unknown:
            for unknown in unknown_devices(connection):
                message = unknown.payload.decode("utf-8", "replace").replace("\n", " ")
                message = message if len(message) <= 160 else message[:157] + "..."
                print(
                    f"{unknown.device}\t{unknown.messages}\t{_shown(unknown.last_received)}\t{unknown.topic}\t{message}"
                )
        elif args.imports:
            for number, file, at, rows, undone in connection.execute(
                load("registry")["imports"], {"limit": 100}
            ):
                print(
                    f"{number}\t{file}\t{_shown(at)}\t{rows}\t{'undone ' + _shown(undone) if undone else ''}"
                )
        else:
            found = devices(connection, _now())
            for device in found:
                place = f"{device.object_kind} {device.object}".strip()
                print(f"{device.name}\t{place}\t{device.profile}\t{_shown(device.last_time)}")
            print(f"{len(found)} devices", file=sys.stderr)
    return 0


def _adopt(args: argparse.Namespace) -> int:
    from smartregion.registry.devices import Place, adopt
    from smartregion.store import database

    place = None
    for kind in ("container", "station", "vehicle"):
        if (name := getattr(args, kind)) is not None:
            place = Place(kind, name, args.empty_distance_m, args.full_distance_m)
    with database.connect(database.require_url(settings()), autocommit=True) as connection:
        waiting = adopt(connection, args.id, args.profile, place)
    print(f"{args.id}: registered, {waiting} waiting messages will be replayed")
    return 0


def _undo(args: argparse.Namespace) -> int:
    from smartregion.registry.importer import undo
    from smartregion.store import database

    with database.connect(database.require_url(settings()), autocommit=True) as connection:
        done = undo(connection, args.number, _now())
    for kind, (removed, restored) in done.items():
        print(f"{_TABLES[kind]}: {removed} entfernt, {restored} wiederhergestellt")
    print(f"Import {args.number} zurückgenommen")
    return 0


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _shown(time: dt.datetime | None) -> str:
    return f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}Z" if time else "-"
