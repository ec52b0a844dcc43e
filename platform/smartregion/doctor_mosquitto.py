"""What cannot be seen of a broker from outside: its configuration file."""

import pathlib
from collections.abc import Mapping

from smartregion.doctor import Check
from smartregion.errors import InvalidInput

_LEAST_QUEUED = 100_000
_LEAST_INFLIGHT = 1000
_LONGEST_AUTOSAVE_S = 60
_DEFAULTS = {
    "persistence": "false",
    "autosave_interval": "1800",
    "autosave_on_changes": "false",
    "max_queued_messages": "1000",
    "max_inflight_messages": "20",
    "allow_anonymous": "false",
    "acl_file": "",
    "password_file": "",
}
"""Of mosquitto 2."""


def check_configuration(path: pathlib.Path) -> list[Check]:
    """Judge a mosquitto.conf with the files it includes; raises InvalidInput when it cannot be read."""
    return judge(_DEFAULTS | _read(path))


def judge(values: Mapping[str, str]) -> list[Check]:
    """What matters so that no message is lost and no stranger writes."""
    autosave_s = _number(values, "autosave_interval")
    return [
        _check(
            values["persistence"] == "true",
            "persistence",
            f"persistence {values['persistence']}",
            "set persistence true, else a restart of the broker forgets sessions and queued messages",
        ),
        _check(
            0 < autosave_s <= _LONGEST_AUTOSAVE_S and values["autosave_on_changes"] == "false",
            "autosave",
            f"autosave_interval {values['autosave_interval']}, on_changes {values['autosave_on_changes']}",
            "set autosave_interval 30 and autosave_on_changes false: a kill loses what came since the last "
            "save, and saving by changes rewrites everything each time",
        ),
        _check(
            _unlimited_or(values, "max_queued_messages", _LEAST_QUEUED),
            "queue",
            f"max_queued_messages {values['max_queued_messages']}",
            f"set max_queued_messages {_LEAST_QUEUED} or more: the rest is dropped while ingest is away",
        ),
        _check(
            _unlimited_or(values, "max_inflight_messages", _LEAST_INFLIGHT),
            "inflight",
            f"max_inflight_messages {values['max_inflight_messages']}",
            f"set max_inflight_messages {_LEAST_INFLIGHT} or more: a batch is acknowledged as a whole",
        ),
        _check(
            values["allow_anonymous"] == "false" and bool(values["password_file"]),
            "sign-in",
            f"allow_anonymous {values['allow_anonymous']}, password_file {values['password_file'] or 'none'}",
            "set allow_anonymous false and a password_file",
        ),
        _check(
            bool(values["acl_file"]),
            "rights",
            f"acl_file {values['acl_file'] or 'none'}",
            "set an acl_file with `pattern write sr/1/%u/#`",
        ),
    ]


def _check(good: bool, subject: str, found: str, remedy: str) -> Check:
    return Check("ok", subject, found) if good else Check("bad", subject, found, remedy)


def _unlimited_or(values: Mapping[str, str], key: str, least: int) -> bool:
    number = _number(values, key)
    return number == 0 or number >= least


def _number(values: Mapping[str, str], key: str) -> int:
    try:
        return int(values[key])
    except ValueError:
        return -1


def _read(path: pathlib.Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        values: dict[str, str] = {}
        for line in text.splitlines():
            key, _, value = line.strip().partition(" ")
            if key == "include_dir":
                for part in sorted(pathlib.Path(value.strip()).glob("*.conf")):
                    values |= _read(part)
            elif key and not key.startswith("#"):
                values[key] = value.strip()
    except OSError as error:
        raise InvalidInput(
            "--mosquitto-conf", error.filename, f"a readable file ({error.strerror})"
        ) from error
    return values
