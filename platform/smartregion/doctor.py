"""What an operator should know of database, clock, disk and versions, each with what to do."""

import dataclasses
import datetime as dt
import importlib.metadata
import pathlib
import platform
import shutil
from typing import Literal

from smartregion.errors import SmartRegionError
from smartregion.settings import Settings
from smartregion.store import database, health
from smartregion.store.queries import load

State = Literal["ok", "note", "bad"]
_OLDEST_POSTGRES = 15
_SECONDS_OFF = 2.0
_BACKUP_DAYS = 7
_PACKAGES = (
    "psycopg",
    "paho-mqtt",
    "fastapi",
    "numba",
    "numpy",
    "osmium",
    "procrastinate",
    "yoyo-migrations",
)


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, what was found, what to do (empty when all is well)."""

    state: State
    subject: str
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.state:5}{self.subject:12}{self.found}" + (f"; {self.remedy}" if self.remedy else "")


def check_database(settings: Settings, now: dt.datetime) -> list[Check]:
    """Reachability, version, schema, backup and clock of the database server."""
    try:
        url = database.require_url(settings)
        found = health.health(url, now)
        offset_s = clock_offset(url)
    except SmartRegionError as error:
        return [Check("bad", "database", str(error))]
    server, pending = found.server, found.migrations.pending
    engine = f"TimescaleDB {server.timescaledb}" if server.timescaledb else "without TimescaleDB"
    text = f"PostgreSQL {server.version}, {engine}, {server.bytes / 1e6:.0f} MB"
    checks = [Check("ok", "database", text)]
    if int(server.version.split(".")[0]) < _OLDEST_POSTGRES:
        checks = [Check("bad", "database", text, f"use PostgreSQL {_OLDEST_POSTGRES} or newer")]
    if pending:
        checks.append(
            Check("bad", "schema", f"to apply: {', '.join(pending)}", "run `smartregion db migrate`")
        )
    else:
        checks.append(Check("ok", "schema", f"{found.migrations.applied[-1][0]}, up to date"))
        checks.append(judge_backup(found.last_backup, now))
    checks.append(judge_clock(offset_s))
    return checks


def judge_backup(last: dt.datetime | None, now: dt.datetime) -> Check:
    """A backup older than a week is worth a note."""
    remedy = "run `smartregion db backup FILE` and keep the file elsewhere"
    if last is None:
        return Check("note", "backup", "never taken", remedy)
    days = (now - last).total_seconds() / 86400
    return Check(
        "note" if days > _BACKUP_DAYS else "ok", "backup", f"{days:.1f} days old", remedy * (days > 7)
    )


def judge_clock(offset_s: float) -> Check:
    """Receipts come from this machine's clock, days from the database's: they must agree."""
    text = f"{abs(offset_s):.2f} s {'ahead of' if offset_s > 0 else 'behind'} the database server"
    if abs(offset_s) > _SECONDS_OFF:
        return Check(
            "bad", "clock", text, "set up time synchronisation (chrony or systemd-timesyncd) on both"
        )
    return Check("ok", "clock", text)


def clock_offset(url: str) -> float:
    """Seconds that this machine is ahead of the database server, from the best of three round trips."""
    best: tuple[float, float] | None = None
    with database.connect(url, autocommit=True) as connection:
        for _ in range(3):
            sent = dt.datetime.now(dt.UTC)
            row = connection.execute(load("store")["clock"]).fetchone()
            back = dt.datetime.now(dt.UTC)
            assert row is not None  # noqa: S101 - a clock always answers
            trip_s = (back - sent).total_seconds()
            offset_s = (sent - row[0]).total_seconds() + trip_s / 2
            best = min(best, (trip_s, offset_s)) if best else (trip_s, offset_s)
    return best[1] if best else 0.0


def check_disk(settings: Settings) -> Check:
    """Free space where our own data lies; a database server elsewhere watches its own disk."""
    folder = settings.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return judge_disk(folder, usage.free, usage.total)


def judge_disk(folder: pathlib.Path, free: int, total: int) -> Check:
    """Less than 10 % or 2 GB is bad, less than 20 % a note."""
    text = f"{free / 1e9:.1f} GB of {total / 1e9:.1f} GB free at {folder}"
    remedy = "make space, or shorten retention and run `smartregion db run-policies`"
    if free < 0.1 * total or free < 2e9:
        return Check("bad", "disk", text, remedy)
    return Check("note", "disk", text, remedy) if free < 0.2 * total else Check("ok", "disk", text)


def check_versions() -> list[Check]:
    """Python and the packages that most faults hang on."""
    own = importlib.metadata.version("smartregion")
    python = Check("ok", "versions", f"smartregion {own}, Python {platform.python_version()}")
    missing, found = [], []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
    if missing:
        return [
            python,
            Check("bad", "packages", f"missing: {', '.join(missing)}", "install smartregion again"),
        ]
    return [python, Check("ok", "packages", ", ".join(found))]
