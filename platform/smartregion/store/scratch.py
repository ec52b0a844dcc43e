"""Databases beside ours on the same server: to try a restore, or to take the place of the old one."""

import contextlib
import pathlib
import secrets
import shutil
from collections.abc import Iterator

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from smartregion.errors import SmartRegionError
from smartregion.store import database
from smartregion.store.queries import load

_LOCAL = ("", "127.0.0.1", "::1", "localhost")


@contextlib.contextmanager
def beside(url: str, purpose: str) -> Iterator[str]:
    """Address of a new, empty database on the same server, dropped at the end. Raises SmartRegionError."""
    name = f"{conninfo_to_dict(url)['dbname']}_{purpose}_{secrets.token_hex(3)}"
    with database.connect(url, autocommit=True) as connection:
        try:
            connection.execute(SQL(load("store")["create_scratch"]).format(name=Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise SmartRegionError(
                f"database {name}: this user may not make databases: give it the right CREATEDB"
            ) from error
    try:
        yield make_conninfo(url, dbname=name)
    finally:
        with database.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as connection:
            connection.execute(SQL(load("store")["drop_scratch"]).format(name=Identifier(name)))


def take_place(new_url: str, url: str) -> None:
    """Give the new database the name of the old one, and drop the old one; ends all sessions in both."""
    sql = load("store")
    new, name = conninfo_to_dict(new_url)["dbname"], conninfo_to_dict(url)["dbname"]
    old = f"{name}_before_{secrets.token_hex(3)}"
    with database.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as connection:
        for leaving in (new, name):
            connection.execute(sql["leave_database"], {"name": leaving})
        with connection.transaction():
            for before, after in ((name, old), (new, name)):
                rename = SQL(sql["rename_database"])
                connection.execute(rename.format(old=Identifier(str(before)), new=Identifier(str(after))))
        connection.execute(SQL(sql["drop_scratch"]).format(name=Identifier(old)))


def data_disk(connection: database.Connection) -> pathlib.Path | None:
    """The server's data folder, when it lies on this machine and we may see it."""
    if connection.info.host not in _LOCAL and not connection.info.host.startswith("/"):
        return None
    for query in ("data_directory", "data_directory_told"):
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
            row = connection.execute(load("store")[query]).fetchone()
            folder = pathlib.Path(row[0]) if row and row[0] else None
            return folder if folder is not None and folder.is_dir() else None
    return None


def refuse_full(connection: database.Connection, bytes_needed: int) -> None:
    """Raise SmartRegionError where the server's disk, as far as we see it, has no room for so much."""
    folder = data_disk(connection)
    if folder is not None and (free := shutil.disk_usage(folder).free) < bytes_needed:
        raise SmartRegionError(
            f"{folder}: {free / 1e9:.1f} GB free, the restored database takes {bytes_needed / 1e9:.1f} GB: "
            "make room"
        )
