"""A pause after several wrong passwords."""

import datetime as dt

from smartregion.guesses import Guesses

NOW = dt.datetime(2026, 11, 2, 8, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def test_the_door_shuts_after_the_limit_and_opens_when_the_oldest_guess_is_old() -> None:
    guesses = Guesses(limit=3, window=15 * MINUTE)
    for minute in range(3):
        assert guesses.wait("anna", NOW + minute * MINUTE) == dt.timedelta(0)
        guesses.wrong("anna", NOW + minute * MINUTE)
    assert guesses.wait("anna", NOW + 4 * MINUTE) == 11 * MINUTE
    assert guesses.wait("bert", NOW + 4 * MINUTE) == dt.timedelta(0)
    assert guesses.wait("anna", NOW + 15 * MINUTE) == dt.timedelta(0)


def test_a_right_password_clears_what_was_wrong_before() -> None:
    guesses = Guesses(limit=2, window=15 * MINUTE)
    guesses.wrong("anna", NOW)
    guesses.right("anna")
    guesses.wrong("anna", NOW)
    assert guesses.wait("anna", NOW) == dt.timedelta(0)


def test_many_names_do_not_fill_the_memory() -> None:
    guesses = Guesses(limit=1, window=15 * MINUTE)
    for number in range(10_001):
        guesses.wrong(number, NOW)
    assert guesses.wait(0, NOW) == dt.timedelta(0)
    assert guesses.wait(10_000, NOW) == 15 * MINUTE
