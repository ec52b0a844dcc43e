"""Nightly backups and the weekly drill of the worker, with the owner's rights."""

import datetime as dt
import logging
import pathlib
from collections.abc import Callable
from dataclasses import dataclass

import procrastinate

from smartregion.errors import SmartRegionError

KEPT = 7
"""Nightly backups that stay."""
_EVERY_NIGHT = "23 1 * * *"
_EVERY_SUNDAY = "23 3 * * 0"

_log = logging.getLogger("smartregion.jobs")


@dataclass(frozen=True)
class Keeping:
    """Where backups go, and the address of somebody who may read everything and make databases."""

    owner_url: str
    folder: pathlib.Path
    clock: Callable[[], dt.datetime]


def add_tasks(app: procrastinate.App, keeping: Keeping, queue: str) -> None:
    """Let the worker save the database each night and try a restore each week."""

    @app.periodic(cron=_EVERY_NIGHT)
    @app.task(name="backup", queue=queue, queueing_lock="backup")
    def backup(timestamp: int) -> None:
        file = save(keeping)
        _log.info("backup: %s", file)

    @app.periodic(cron=_EVERY_SUNDAY)
    @app.task(name="drill", queue=queue, queueing_lock="drill")
    def drill(timestamp: int) -> None:
        from smartregion.store.drill import drill as hold
        from smartregion.store.drill import newest_backup

        found = hold(keeping.owner_url, newest_backup(keeping.folder), keeping.clock())
        if not found.passed:
            raise SmartRegionError(f"drill: {found.error or f'{len(found.different)} differ'}")


def save(keeping: Keeping) -> pathlib.Path:
    """Take the backup of the day and drop those beyond the newest KEPT; raises SmartRegionError."""
    from smartregion.store import backup, manifest

    now = keeping.clock()
    keeping.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = keeping.folder / f"nightly-{now:%Y-%m-%d}.dump"
    backup.backup(keeping.owner_url, file, now, overwrite=True)
    for old in sorted(keeping.folder.glob("nightly-*.dump"))[:-KEPT]:
        old.unlink()
        manifest.path_of(old).unlink(missing_ok=True)
    return file
