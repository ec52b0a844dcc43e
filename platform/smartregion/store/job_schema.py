"""The job queue's own schema: made whole at first, then brought up to date by the library's migrations."""

import pathlib
import re

from procrastinate.schema import SchemaManager
from psycopg.sql import SQL, Literal

from smartregion.store import database, queries

FOLDER = pathlib.Path(SchemaManager.get_migrations_path())
"""Migrations of the library, numbered by its versions; it promises to keep them."""
_BASELINE = "03.04.00_50_post_add_retry_failed_job_procedure"
"""What databases had that were made before the version was noted."""
_NUMBERED = re.compile(r"\d\d\.\d\d\.\d\d_\d\d_\w+")


def bring_up_to_date(connection: database.Connection, folder: pathlib.Path = FOLDER) -> list[str]:
    """Make or mend the tables of the queue, whole or not at all; returns what was applied."""
    sql = queries.load("migrate")
    names = sorted(path.stem for path in folder.glob("*.sql") if _NUMBERED.fullmatch(path.stem))
    there = connection.execute(sql["has_jobs"]).fetchone() == (True,)
    known = connection.execute(sql["job_schema"]).fetchone()
    applied = []
    with connection.transaction():
        if not there:
            connection.execute(SchemaManager.get_schema())
            applied = ["procrastinate"]
        else:
            last = known[0] if known and known[0] else _BASELINE
            for name in (name for name in names if name > last):
                connection.execute(SQL((folder / f"{name}.sql").read_text("utf-8")))
                applied.append(f"procrastinate {name}")
        if names:
            connection.execute(SQL(sql["note_job_schema"]).format(version=Literal(names[-1])))
        connection.execute(sql["grant_jobs"])
    return applied
