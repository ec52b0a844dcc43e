"""What a dispatcher wishes of a plan: leave out, add, move, lock, a vehicle out, one for another."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from smartregion.errors import InvalidInput
from smartregion.waste.plans import TourSheet


@dataclass(frozen=True, slots=True)
class Halt:
    """All containers of one fraction at one site."""

    site: str
    """Id of the site."""
    fraction: str
    """Key of the waste fraction."""


@dataclass(frozen=True)
class Edits:
    """Changes of a plan; vehicles and containers by their ids."""

    exclude: tuple[Halt, ...] = ()
    """Stops to leave out."""
    add: tuple[str, ...] = ()
    """Containers to lift as well."""
    move: Mapping[Halt, str] = field(default_factory=dict)
    """Stops for another vehicle."""
    lock: tuple[str, ...] = ()
    """Vehicles whose tours stay as they are."""
    out: tuple[str, ...] = ()
    """Vehicles that fall out: what they have not done yet is open."""
    swap: Mapping[str, str] = field(default_factory=dict)
    """Vehicles in whose place another one drives."""

    @property
    def gone(self) -> frozenset[str]:
        """Vehicles that go on with nothing."""
        return frozenset((*self.out, *self.swap))

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "exclude": [asdict(one) for one in self.exclude],
            "add": list(self.add),
            "move": [asdict(halt) | {"vehicle": vehicle} for halt, vehicle in self.move.items()],
            "lock": list(self.lock),
            "out": list(self.out),
            "swap": dict(self.swap),
        }


def edits_of(plain: Mapping[str, Any]) -> Edits:
    """Edits from what JSON kept."""
    return Edits(
        tuple(Halt(one["site"], one["fraction"]) for one in plain.get("exclude", ())),
        tuple(plain.get("add", ())),
        {Halt(one["site"], one["fraction"]): one["vehicle"] for one in plain.get("move", ())},
        tuple(plain.get("lock", ())),
        tuple(plain.get("out", ())),
        dict(plain.get("swap", {})),
    )


def halts(sheet: TourSheet) -> Iterator[tuple[int, Halt]]:
    """Place in the sheet and halt of each stop at a site."""
    for stop in sheet.stops:
        if stop.kind == "site" and stop.containers:
            yield stop.seq, Halt(stop.place, stop.containers[0].get("fraction", sheet.tour.fraction))


def refuse_unfit(
    edits: Edits, sheets: Sequence[TourSheet], vehicles: Collection[str], containers: Collection[str]
) -> None:
    """Raise InvalidInput for the first wish that names what is not there, or contradicts another."""
    planned = {halt for sheet in sheets for _, halt in halts(sheet)}
    driving = {sheet.tour.vehicle for sheet in sheets}
    for name, wanted in (("exclude", edits.exclude), ("move", tuple(edits.move))):
        for halt in wanted:
            if halt not in planned:
                raise InvalidInput(name, f"{halt.site} {halt.fraction}", "a stop of this plan")
    for name, ids, known, what in (
        ("lock", edits.lock, driving, "a vehicle of this plan"),
        ("out", edits.out, driving, "a vehicle of this plan"),
        ("swap", tuple(edits.swap), driving, "a vehicle of this plan"),
        ("swap", tuple(edits.swap.values()), set(vehicles) - driving, "a vehicle that has no tour yet"),
        ("move", tuple(edits.move.values()), vehicles, "a vehicle that can be planned"),
        ("add", edits.add, containers, "a container of the registry"),
    ):
        for id in ids:
            if id not in known:
                raise InvalidInput(name, id, what)
    for id in (*edits.gone, *edits.move.values()):
        if id in edits.lock:
            raise InvalidInput("lock", id, "a vehicle that no other wish changes")
    for id in edits.move.values():
        if id in edits.gone:
            raise InvalidInput("move", id, "a vehicle that goes on")
    if edits == Edits():
        raise InvalidInput("edits", "", "at least one change")
