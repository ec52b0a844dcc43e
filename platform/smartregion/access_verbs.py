"""Verbs `users` and `keys`."""

import argparse
import datetime as dt
import getpass
import sys

from smartregion.errors import UsageError
from smartregion.settings import settings

_ROLES = ("viewer", "dispatcher", "admin")


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `users` and `keys`."""
    users = verbs.add_parser("users", help="people who may sign in").add_subparsers(
        metavar="WHAT", required=True
    )
    add = users.add_parser("add", help="register a person; the password is asked for or read from stdin")
    add.add_argument("name", metavar="NAME")
    add.add_argument(
        "--role", choices=_ROLES, default="viewer", help="what the person may do (default: viewer)"
    )
    add.set_defaults(run=_add_person)
    users.add_parser("list", help="registered people").set_defaults(run=_list_people)
    remove = users.add_parser("remove", help="remove a person and end all sessions")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(run=_remove_person)
    password = users.add_parser("password", help="change a password; it is asked for or read from stdin")
    password.add_argument("name", metavar="NAME")
    password.set_defaults(run=_set_password)

    keys = verbs.add_parser("keys", help="API keys of other systems").add_subparsers(
        metavar="WHAT", required=True
    )
    make = keys.add_parser("add", help="make a key; it is printed once")
    make.add_argument("name", metavar="NAME", help="what it is for")
    make.add_argument("--role", choices=_ROLES, default="viewer", help="what it may do (default: viewer)")
    make.set_defaults(run=_add_key)
    keys.add_parser("list", help="all keys, without their secrets").set_defaults(run=_list_keys)
    revoke = keys.add_parser("revoke", help="make a key useless")
    revoke.add_argument("id", type=int, metavar="NUMBER")
    revoke.set_defaults(run=_revoke_key)


def _add_person(args: argparse.Namespace) -> int:
    from smartregion import access
    from smartregion.store import database

    url = database.require_url(settings())
    with database.connect(url) as connection:
        access.add_person(connection, args.name, _password(), args.role)
    print(f"{args.name}: registered as {args.role}")
    return 0


def _list_people(args: argparse.Namespace) -> int:
    from smartregion import access
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        for person in access.people(connection):
            print(f"{person.name}\t{person.role}\t{person.created_at:%Y-%m-%d}")
    return 0


def _remove_person(args: argparse.Namespace) -> int:
    from smartregion import access
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        access.remove_person(connection, args.name)
    print(f"{args.name}: removed")
    return 0


def _set_password(args: argparse.Namespace) -> int:
    from smartregion import access
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        access.set_password(connection, args.name, _password())
    print(f"{args.name}: password changed, all sessions ended")
    return 0


def _add_key(args: argparse.Namespace) -> int:
    from smartregion import access
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        number, key = access.add_key(connection, args.name, args.role)
    print(key)
    print(f"key {number} of {args.name} ({args.role}): keep it now, it is not shown again", file=sys.stderr)
    return 0


def _list_keys(args: argparse.Namespace) -> int:
    from smartregion import access
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        for key in access.keys(connection):
            state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "valid"
            print(f"{key.id}\t{key.name}\t{key.role}\t{key.created_at:%Y-%m-%d}\t{state}")
    return 0


def _revoke_key(args: argparse.Namespace) -> int:
    from smartregion import access
    from smartregion.store import database

    with database.connect(database.require_url(settings())) as connection:
        access.revoke_key(connection, args.id, dt.datetime.now(dt.UTC))
    print(f"key {args.id}: revoked")
    return 0


def _password() -> str:
    """Typed twice at a terminal, else one line of stdin; never an argument, which others could see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("password: ")
    if getpass.getpass("again: ") != password:
        raise UsageError("password: the two entries differ")
    return password
