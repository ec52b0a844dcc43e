"""Devices: registered and unknown ones, adoption, import of files and its undo."""

import dataclasses
import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic import BaseModel

from smartregion.api.context import Context
from smartregion.api.guard import require_writer
from smartregion.api.operations import readable
from smartregion.api.paging import Page, PartOf
from smartregion.registry import devices as registered
from smartregion.registry import importer
from smartregion.registry.devices import Adopted, NewObject, Place, UnknownDevice
from smartregion.registry.faults import Fault
from smartregion.registry.importer import Choices, Count, FileRefusedError, PastImport

_NAME = Path(description="Identifier of the device in its messages.")


@dataclasses.dataclass(frozen=True)
class Unknown:
    """A device that sends without being registered."""

    device: str
    """Identifier in its messages."""
    messages: int
    """Messages that wait in quarantine."""
    last_received: dt.datetime
    """When the newest of them came, UTC."""
    topic: str
    """Its MQTT topic."""
    payload: str
    """Its bytes: as text where they are UTF-8, else base64."""
    encoding: str
    """utf-8 or base64."""
    source: str | None
    """Network server that sent it; null while nobody has looked at it."""
    model: str | None
    """Brand and model as the network server tells them."""
    profile: str | None
    """Profile that fits best; null when none is needed or none fits."""
    problem: str | None
    """Why no reading would come out."""
    readings: list[dict[str, Any]]
    """Readings that would come out: quantity, value, unit."""


class Adoption(BaseModel, use_attribute_docstrings=True):
    """How a device is registered."""

    profile: str | None = None
    """How its messages are read; null where the network server decodes them."""
    kind: Literal["container", "station", "vehicle", "building"] | None = None
    """What it hangs at; null for nothing."""
    object: str | None = None
    """Id of that object, which must be there unless `new` is given."""
    empty_distance_m: float | None = None
    """Sensor to the floor of an empty container, m."""
    full_distance_m: float | None = None
    """Sensor to the surface of a full container, m."""
    new: dict[str, str] | None = None
    """Cells of an object that is made, by column as in a file: fraction, volume_l, street, place, lon ..."""


@dataclasses.dataclass(frozen=True)
class Told:
    """One line of a report."""

    line: int
    """Line of the file, 1 for its first."""
    column: str
    """Column as the file calls it; empty for the whole line."""
    value: str
    """What stands there."""
    what: str
    """What is wrong or worth knowing."""
    remedy: str
    """What helps."""


@dataclasses.dataclass(frozen=True)
class ImportReport:
    """What an import did, or would do."""

    number: int | None
    """Number for an undo; null when nothing was written."""
    counts: dict[str, Count]
    """Rows made, changed and unchanged by table."""
    faults: list[Told]
    """Rows that were refused or left out."""
    notes: list[Told]
    """What was not read or was made besides."""


def router(context: Context) -> APIRouter:
    """Resources of devices and imports."""
    made = APIRouter(tags=["devices"])

    @made.get("/devices", summary="Registered devices")
    def devices(part: PartOf) -> Page[registered.Device]:
        """All by name, with where they hang now and when they last spoke."""
        with context.connection() as connection:
            items, next = part.of(registered.devices(connection, context.now()), lambda one: one.name)
        return Page(items=items, next=next)

    @made.get("/devices/unknown", summary="Devices that send without being registered")
    def unknown(part: PartOf) -> Page[Unknown]:
        """The newest message first, with what it would give; without cursor."""
        with context.connection() as connection:
            found = registered.unknown_devices(connection, limit=part.limit)
        return Page(items=[_unknown(one) for one in found], next=None)

    @made.post("/devices/{name}/adopt", summary="Register a device that sends", status_code=202)
    def adopt(name: Annotated[str, _NAME], wish: Adoption, request: Request) -> Adopted:
        """Registers it, hangs it at its object, and has its waiting messages replayed; the replay is found
        under /quarantine/replays. Needs the right to write."""
        require_writer(request)
        with context.connection() as connection:
            return registered.adopt(
                connection, name, context.now(), wish.profile, _place(wish), context.settings.state
            )

    @made.get("/imports", summary="Imports and adoptions")
    def imports(part: PartOf) -> Page[PastImport]:
        """The newest first; without cursor."""
        with context.connection() as connection:
            return Page(items=importer.past_imports(connection, part.limit), next=None)

    @made.post("/imports", summary="Import a registry file", status_code=201)
    def take(
        request: Request,
        content: Annotated[bytes, Body(media_type="text/csv", description="The CSV file.")],
        name: Annotated[str, Query(description="Name under which it is listed.")] = "upload.csv",
        dry_run: Annotated[bool, Query(description="Check and count, write nothing.")] = False,
        skip_bad_rows: Annotated[bool, Query(description="Take the rows without fault.")] = False,
        anywhere: Annotated[bool, Query(description="Take positions far from all others.")] = False,
        language: Annotated[Literal["de", "en"], Query(description="Language of the report.")] = "en",
    ) -> ImportReport:
        """All or nothing unless asked otherwise; with faults and nothing written, `number` is null. Needs an
        administrator."""
        require_writer(request, "admin")
        choices = Choices(dry_run, skip_bad_rows, anywhere, context.settings.state)

        def told(faults: list[Fault]) -> list[Told]:
            return [
                Told(f.line, f.column, f.value, f.what.told(language), f.remedy.told(language))
                for f in faults
            ]

        try:
            with context.connection() as connection:
                done = importer.import_bytes(connection, name, content, context.now(), choices)
        except FileRefusedError as refused:
            return ImportReport(None, {}, told(refused.faults), told(refused.notes))
        return ImportReport(done.number or None, done.counts, told(done.left_out), told(done.notes))

    @made.post("/imports/{number}/undo", summary="Take an import or adoption back")
    def undo(
        number: Annotated[int, Path(description="Number of the import.")], request: Request
    ) -> dict[str, tuple[int, int]]:
        """Rows removed and restored by table; refused when something later builds on it. Needs an
        administrator."""
        require_writer(request, "admin")
        with context.connection() as connection:
            return importer.undo(connection, number, context.now())

    return made


def _unknown(one: UnknownDevice) -> Unknown:
    values = {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}
    payload, encoding = readable(one.payload)
    return Unknown(**(values | {"payload": payload, "encoding": encoding}))


def _place(wish: Adoption) -> Place | NewObject | None:
    if wish.kind is None:
        return None
    if wish.new is None:
        return Place(wish.kind, wish.object or "", wish.empty_distance_m, wish.full_distance_m)
    distances = {"empty_distance_m": wish.empty_distance_m, "full_distance_m": wish.full_distance_m}
    told = {name: str(value) for name, value in distances.items() if value is not None}
    return NewObject(wish.kind, {"id": wish.object or "", **wish.new, **told})
