"""Random passwords of one demo, made once and kept in a file that only its owner reads."""

import dataclasses
import json
import os
import pathlib
import secrets

from smartregion.errors import InvalidInput


@dataclasses.dataclass(frozen=True)
class Secrets:
    """Passwords of database users and broker users, and the API key."""

    database_owner: str
    database_ingest: str
    database_web: str
    broker_ingest: str
    broker_simulator: str
    broker_web: str
    broker_demo: str
    api_key: str


def load_or_make(path: pathlib.Path) -> Secrets:
    """Read the file, or make it with mode 0600. Raises InvalidInput when it cannot be read as ours."""
    if path.exists():
        try:
            return Secrets(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise InvalidInput(
                str(path), "its content", "the secrets of a demo; move it away to start anew"
            ) from error
    made = {field.name: secrets.token_urlsafe(18).replace("-", "x") for field in dataclasses.fields(Secrets)}
    made["api_key"] = "sr_" + secrets.token_urlsafe(24)
    write_private(path, json.dumps(made, indent=2))
    return Secrets(**made)


def write_private(path: pathlib.Path, text: str) -> None:
    """Write a file that only its owner may read; readers see the old file or the whole new one."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)
