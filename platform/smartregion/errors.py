"""Errors that reach a user: the message is one line that names field, value and what was expected."""


class SmartRegionError(Exception):
    """The thing asked failed; the message says why in one line."""

    exit_code = 1


class UsageError(SmartRegionError):
    """The call itself is wrong: a missing or impossible argument."""

    exit_code = 2


class SettingsError(UsageError):
    """A settings file or an environment variable cannot be used."""


class DatabaseUnavailable(SmartRegionError):
    """The database does not answer."""


class Contended(SmartRegionError):
    """Somebody else held or changed the same at that moment; nothing was changed, and asking again helps."""


class BrokerUnavailable(SmartRegionError):
    """The MQTT broker does not answer or refuses us."""


class NotFound(SmartRegionError):
    """A named thing does not exist."""


class InvalidInput(SmartRegionError):
    """A value given by a user or a file does not fit; carries the field, the value and what was expected."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        shown = str(value)
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        super().__init__(f"{field}: {shown!r} is not {expected}")
        self.field, self.value, self.expected = field, value, expected
