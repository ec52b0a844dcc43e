"""Errors of the simulators that reach a user: one line, with the exit code the program ends with."""


class SimulatorError(Exception):
    """The thing asked failed; the message says why in one line."""

    exit_code = 1


class BadArgument(SimulatorError):
    """An argument or a scenario file cannot be used: names the field, its value and what was expected."""

    exit_code = 2

    def __init__(self, field: str, value: object, expected: str) -> None:
        shown = str(value)
        super().__init__(f"{field}: {shown if len(shown) <= 80 else shown[:77] + '...'} is not {expected}")
