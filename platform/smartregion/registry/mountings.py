"""Which device hung where from when to when: what a file wants against what is known. Pure functions."""

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from smartregion.registry.faults import Fault, Words
from smartregion.registry.rows import Wanted


@dataclasses.dataclass(frozen=True, slots=True)
class Mounting:
    """A device at an object; None is the open end of time."""

    device: str
    object_kind: str
    object: str
    valid_from: dt.datetime | None = None
    valid_to: dt.datetime | None = None
    empty_distance_m: float | None = None
    full_distance_m: float | None = None


def settle(wanted: Iterable[Wanted], known: Iterable[Mounting]) -> tuple[list[Mounting], list[Fault]]:
    """Mountings to write, keyed by device and valid_from.

    A device already at the object keeps its dates, and its geometry where the file tells none; one that
    hung elsewhere moves: since a moment, which closes the old mounting, or without one as a correction of
    the newest mounting. A container holds one device at a time: who hung there before a dated mounting ends
    at that moment.
    """
    by_device: dict[str, list[Mounting]] = defaultdict(list)
    by_container: dict[str, list[Mounting]] = defaultdict(list)
    for mounting in known:
        by_device[mounting.device].append(mounting)
        if mounting.object_kind == "container":
            by_container[mounting.object].append(mounting)
    written: dict[tuple[str, dt.datetime | None], Mounting] = {}
    faults: list[Fault] = []
    for want in wanted:
        for mounting in _one(want, by_device[want.device], by_container[want.object], faults):
            written[mounting.device, mounting.valid_from] = mounting
    return list(written.values()), faults


def _one(
    want: Wanted, of_device: list[Mounting], at_object: list[Mounting], faults: list[Fault]
) -> list[Mounting]:
    new = Mounting(
        want.device,
        want.object_kind,
        want.object,
        want.since,
        None,
        want.empty_distance_m,
        want.full_distance_m,
    )
    ended = _ended(want, at_object)
    if not of_device:
        return [*ended, new]
    last = of_device[-1]
    here = [m for m in of_device if (m.object_kind, m.object) == (want.object_kind, want.object)]
    if here:
        return [_kept(new, here[-1])]
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


def _kept(new: Mounting, known: Mounting) -> Mounting:
    """The known dates; the new geometry where the file tells one."""
    return dataclasses.replace(
        known,
        empty_distance_m=known.empty_distance_m if new.empty_distance_m is None else new.empty_distance_m,
        full_distance_m=known.full_distance_m if new.full_distance_m is None else new.full_distance_m,
    )


def _ended(want: Wanted, at_object: list[Mounting]) -> list[Mounting]:
    since = want.since
    if since is None or want.object_kind != "container":
        return []
    return [
        dataclasses.replace(mounting, valid_to=since)
        for mounting in at_object
        if mounting.device != want.device
        and (mounting.valid_from is None or mounting.valid_from < since)
        and (mounting.valid_to is None or mounting.valid_to > since)
    ]
