"""Under which user the embedded servers run, and where that user can read and write.

PostgreSQL refuses to run as root, and a broker need not be root. When root starts the demo, both run as an
unprivileged user; that user often may not look into root's home, so binaries and data then live where it can.
"""

import dataclasses
import hashlib
import os
import pathlib
import pwd
import shutil
import stat

_CANDIDATES = ("postgres", "nobody")
_STATE_HOME = pathlib.Path("/var/lib/smartregion")
_BINARIES_HOME = pathlib.Path("/var/lib/smartregion-bin")


@dataclasses.dataclass(frozen=True)
class Servant:
    """The user that embedded servers run as; `uid` and `gid` are None when it is simply the caller."""

    uid: int | None = None
    gid: int | None = None


def choose_servant() -> Servant:
    """The caller itself, or an unprivileged user when the caller is root."""
    if os.geteuid() != 0:
        return Servant()
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Servant(entry.pw_uid, entry.pw_gid)
    return Servant(65534, 65534)


def may_enter(folder: pathlib.Path, servant: Servant) -> bool:
    """Whether the servant can reach `folder` through all its parents."""
    if servant.uid is None:
        return True
    resolved = folder.resolve()
    return all(_may_pass(path, servant) for path in (resolved, *resolved.parents) if path.exists())


def _may_pass(path: pathlib.Path, servant: Servant) -> bool:
    status = path.stat()
    if status.st_uid == servant.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == servant.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def state_folder(data: pathlib.Path, servant: Servant) -> pathlib.Path:
    """The folder for server state: DATA/servers, or a place that the servant can enter, linked from there.

    A data folder that was deleted and made anew has no link: what its forerunner left is deleted then.
    """
    wanted = data.resolve() / "servers"
    if wanted.is_dir() or may_enter(data, servant):
        wanted.mkdir(parents=True, exist_ok=True)
        return wanted.resolve()
    digest = hashlib.sha256(str(wanted).encode()).hexdigest()[:12]
    folder = _STATE_HOME / digest
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    data.mkdir(parents=True, exist_ok=True)
    wanted.unlink(missing_ok=True)
    wanted.symlink_to(folder)
    return folder


def owned_folder(folder: pathlib.Path, servant: Servant) -> pathlib.Path:
    """Make `folder` for the servant alone (mode 0700)."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if servant.uid is not None:
        os.chown(folder, servant.uid, servant.gid or servant.uid)
    return folder


def give(path: pathlib.Path, servant: Servant) -> None:
    """Make the servant the owner of a file and nobody else a reader."""
    path.chmod(0o600)
    if servant.uid is not None:
        os.chown(path, servant.uid, servant.gid or servant.uid)


def reachable_binaries(folder: pathlib.Path, version: str, servant: Servant) -> pathlib.Path:
    """`folder` itself, or a root-owned copy of it where the servant may not look into the original."""
    if may_enter(folder / "bin", servant):
        return folder
    copy = _BINARIES_HOME / f"postgresql-{version}"
    if not (copy / "bin" / "postgres").exists():
        _BINARIES_HOME.mkdir(parents=True, exist_ok=True)
        partial = copy.with_suffix(f".{os.getpid()}")
        shutil.copytree(folder, partial, symlinks=True)
        try:
            partial.rename(copy)
        except OSError:
            shutil.rmtree(partial)  # another demo was quicker
    return copy
