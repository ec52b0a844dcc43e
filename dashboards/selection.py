"""Which rows of a list a reader asked for: pure functions of the rows and the question."""

import dataclasses
import datetime as dt
from collections.abc import Sequence

from smartregion.waste.levels import ContainerState

STATES = ("", "fine", "silent", "all")
PAGE_ROWS = 100


@dataclasses.dataclass(frozen=True)
class Counts:
    """How many containers are due, fine and silent; a container that is due and silent counts as due."""

    due: int
    fine: int
    silent: int


@dataclasses.dataclass(frozen=True)
class Question:
    """What a reader looks for; empty fields mean everything, an empty state means due."""

    text: str = ""
    fraction: str = ""
    state: str = ""


def counts(containers: Sequence[ContainerState]) -> Counts:
    """Counts of the three states."""
    states = [state_of(container) for container in containers]
    return Counts(states.count(""), states.count("fine"), states.count("silent"))


def state_of(container: ContainerState) -> str:
    """The state as in STATES: "" due, "fine" or "silent"."""
    if container.due:
        return ""
    return "silent" if container.silent else "fine"


def select(containers: Sequence[ContainerState], question: Question) -> list[ContainerState]:
    """Containers that match, the fullest first; a search by text looks at every state."""
    words = question.text.casefold().split()
    found = [
        container
        for container in containers
        if (words or question.state == "all" or state_of(container) == question.state)
        and (not question.fraction or container.fraction == question.fraction)
        and matches(
            words, container.id, container.site, container.site_name, container.street, container.place
        )
    ]
    return sorted(found, key=lambda one: (not one.due, -(one.level if one.level is not None else -1), one.id))


def day(text: str) -> dt.date | None:
    """The date of a question, None for anything else."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def matches(words: Sequence[str], *fields: str | None) -> bool:
    """Whether every word (casefolded) stands somewhere in the fields."""
    text = " ".join(field or "" for field in fields).casefold()
    return all(word in text for word in words)
