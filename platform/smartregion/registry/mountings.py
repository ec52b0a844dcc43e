"""Which device hung where from when to when: what a file wants against what is known. Pure functions."""

import dataclasses
import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence

from smartregion.registry.faults import Fault, Words
from smartregion.registry.hung import UNTOLD, Measures, Wanted

_ALWAYS = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclasses.dataclass(frozen=True, slots=True)
class Mounting:
    """A device at an object; None is the open end of time."""

    device: str
    object_kind: str
    object: str
    valid_from: dt.datetime | None = None
    valid_to: dt.datetime | None = None
    measures: Measures = UNTOLD


def settle(wanted: Iterable[Wanted], known: Iterable[Mounting]) -> tuple[list[Mounting], list[Fault]]:
    """Mountings to write, keyed by device and valid_from.

    A device already at the object keeps its dates, and its measures where the file tells none; one that
    hung elsewhere moves: since a moment, which closes the old mounting, or without one as a correction of
    the newest mounting. A container holds one device at a time: who hung there before a dated mounting ends
    at that moment; elsewhere the device ends that the file names. Rows of single mountings are written as
    they stand.
    """
    by_device: dict[str, list[Mounting]] = defaultdict(list)
    by_object: dict[tuple[str, str], list[Mounting]] = defaultdict(list)
    for mounting in known:
        by_device[mounting.device].append(mounting)
        by_object[mounting.object_kind, mounting.object].append(mounting)
    written: dict[tuple[str, dt.datetime | None], Mounting] = {}
    faults: list[Fault] = []
    for want in sorted(wanted, key=lambda want: want.exact):
        of_object = by_object[want.object_kind, want.object]
        for mounting in _one(want, by_device[want.device], of_object, faults):
            written[mounting.device, mounting.valid_from] = mounting
        if want.exact:
            _refuse_overlap(want, by_device[want.device], written.values(), faults)
    return list(written.values()), faults


def _one(
    want: Wanted, of_device: list[Mounting], at_object: list[Mounting], faults: list[Fault]
) -> list[Mounting]:
    measures = dataclasses.replace(want.measures, last_value=None) if want.replaces else want.measures
    new = Mounting(want.device, want.object_kind, want.object, want.since, want.until, measures)
    if want.exact:
        return [new]
    ended = _ended(want, at_object, faults)
    if not of_device:
        return [*ended, new]
    last = of_device[-1]
    here = [m for m in of_device if (m.object_kind, m.object) == (want.object_kind, want.object)]
    if here:
        replaced = [mounting for mounting in ended if mounting.device == want.replaces]
        return [*replaced, dataclasses.replace(here[-1], measures=measures.over(here[-1].measures))]
    if want.since is None:
        return [dataclasses.replace(new, valid_from=last.valid_from, valid_to=last.valid_to)]
    if last.valid_from is not None and want.since <= last.valid_from:
        since = f"{last.valid_from:%d.%m.%Y %H:%M} UTC"
        what = Words(
            f"Das Gerät hing seit {since} schon an {last.object}",
            f"The device has hung at {last.object} since {since}",
        )
        remedy = Words("einen späteren Zeitpunkt eintragen", "write a later time")
        faults.append(Fault(want.line, "mounted_from", str(want.since), what, remedy))
        return []
    if last.valid_to is None or last.valid_to > want.since:
        ended.append(dataclasses.replace(last, valid_to=want.since))
    return [*ended, new]


def _ended(want: Wanted, at_object: list[Mounting], faults: list[Fault]) -> list[Mounting]:
    """Who hung there before and ends, with the last register that the file tells."""
    since = want.since
    if since is None:
        return []
    gone = [
        mounting
        for mounting in at_object
        if mounting.device != want.device
        and (want.object_kind == "container" or mounting.device == want.replaces)
        and (mounting.valid_from is None or mounting.valid_from < since)
        and (mounting.valid_to is None or mounting.valid_to >= since)
    ]
    if want.replaces and want.replaces not in {mounting.device for mounting in gone}:
        what = Words(f"hing da nicht an {want.object}", f"did not hang at {want.object} then")
        remedy = Words("das Gerät prüfen, das ersetzt wurde", "check the device that was replaced")
        faults.append(Fault(want.line, "replaces", want.replaces, what, remedy))
    last = Measures(last_value=want.measures.last_value)
    return [
        dataclasses.replace(
            mounting,
            valid_to=since,
            measures=last.over(mounting.measures) if mounting.device == want.replaces else mounting.measures,
        )
        for mounting in gone
    ]


def _refuse_overlap(
    want: Wanted, of_device: Sequence[Mounting], written: Iterable[Mounting], faults: list[Fault]
) -> None:
    """A device hangs at one place at a time."""
    after = {mounting.valid_from: mounting for mounting in of_device}
    after |= {mounting.valid_from: mounting for mounting in written if mounting.device == want.device}
    ordered = sorted(after.values(), key=lambda mounting: mounting.valid_from or _ALWAYS)
    for before, behind in itertools.pairwise(ordered):
        if before.valid_to is None or before.valid_to > (behind.valid_from or _ALWAYS):
            what = Words(
                f"Das Gerät hinge zugleich an {before.object} und {behind.object}",
                f"The device would hang at {before.object} and {behind.object} at once",
            )
            remedy = Words("Beginn und Ende prüfen", "check begin and end")
            faults.append(Fault(want.line, "mounted_from", str(want.since), what, remedy))
            return
