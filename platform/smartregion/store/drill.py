"""A backup that was never restored is a hope: restore it beside the database, compare with what was saved."""

import dataclasses
import datetime as dt
import pathlib
import tempfile
import time

from psycopg.rows import class_row

from smartregion.errors import SmartRegionError
from smartregion.store import backup, database, manifest, scratch
from smartregion.store.progress import Report
from smartregion.store.queries import load

_SHOWN = 50


@dataclasses.dataclass(frozen=True, slots=True)
class Drill:
    """What a drill found; `different` names tables with the day, `error` why it could not be held."""

    drilled_at: dt.datetime
    file: str
    taken_at: dt.datetime | None
    tables: int
    days: int
    rows: int
    different: list[str]
    error: str | None
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether everything that was saved came back."""
        return self.error is None and not self.different


def drill(url: str, path: pathlib.Path | None, now: dt.datetime, report: Report | None = None) -> Drill:
    """Restore a backup, or one taken now, into a database beside the old one; note what came of it."""
    started = time.monotonic()
    held: manifest.Manifest | None = None
    different: list[str] = []
    error = None
    with tempfile.TemporaryDirectory(prefix="smartregion-drill-") as folder:
        file = path or pathlib.Path(folder) / "drill.dump"
        try:
            if path is None:
                backup.backup(url, file, now, report=report)
            held = manifest.read(file)
            if held is None:
                raise SmartRegionError(f"{manifest.path_of(file)}: is missing: nothing to compare with")
            different = _compare(url, file, held, report)
        except SmartRegionError as failed:
            error = str(failed)
    found = Drill(
        now,
        file.name,
        held.taken_at if held else None,
        len(held.tables) if held else 0,
        held.days if held else 0,
        held.rows if held else 0,
        different[:_SHOWN],
        error,
        time.monotonic() - started,
    )
    with database.connect(url, autocommit=True) as connection:
        connection.execute(load("store")["add_drill"], dataclasses.asdict(found))
    return found


def last_drill(connection: database.Connection) -> Drill | None:
    """The newest drill; None before the first."""
    with connection.cursor(row_factory=class_row(Drill)) as cursor:
        return cursor.execute(load("store")["last_drill"]).fetchone()


def newest_backup(folder: pathlib.Path) -> pathlib.Path | None:
    """The backup in a folder that was taken last: the one with the newest manifest."""
    found = [
        (held.taken_at, path)
        for path in folder.iterdir()
        if manifest.path_of(path).is_file() and (held := manifest.read(path)) is not None
    ]
    return max(found)[1] if found else None


def _compare(url: str, file: pathlib.Path, held: manifest.Manifest, report: Report | None) -> list[str]:
    with scratch.beside(url, "drill") as other:
        backup.fill_scratch(other, file, report)
        with database.connect(other) as connection:
            return manifest.differences(held.tables, manifest.contents(connection))
