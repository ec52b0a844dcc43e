"""Devices: unknown ones that send and their adoption in one step, import of files, and its undo."""

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from dashboards import raw, urls
from dashboards.frame import Frame, add_page, language_of
from smartregion.api.guard import require_writer
from smartregion.errors import InvalidInput, NotFound, SmartRegionError
from smartregion.overview import replays
from smartregion.registry.devices import (
    HANGS_AT,
    NewObject,
    Place,
    UnknownDevice,
    adopt,
    known_profiles,
    objects,
    unknown_devices,
)
from smartregion.registry.faults import Fault
from smartregion.registry.importer import (
    Choices,
    FileRefusedError,
    Imported,
    import_bytes,
    past_imports,
    undo,
)
from smartregion.registry.objects import CLASS_SCHEMES, fractions

_ROWS = 200
_IMPORTS = 20
_REPLAYS = 5
_MOST_BYTES = 20_000_000
_MOST_FAULTS = 500
_NEW = ("container", "station")


@dataclasses.dataclass(frozen=True)
class Report:
    """What came of a file, for the page."""

    name: str
    done: Imported | None
    faults: list[Fault]
    notes: list[Fault]


def router(frame: Frame) -> APIRouter:
    """The list with the import, and one unknown device."""
    made = APIRouter()

    def show(request: Request) -> Response:
        return _list(frame, request)

    def act(
        request: Request,
        file: Annotated[UploadFile | None, File()] = None,
        dry_run: Annotated[bool, Form()] = False,
        skip_bad_rows: Annotated[bool, Form()] = False,
        anywhere: Annotated[bool, Form()] = False,
        back: Annotated[int | None, Form()] = None,
    ) -> Response:
        require_writer(request, "admin")
        here = urls.address("devices", language_of(request))
        try:
            if back is not None:
                with frame.connection() as connection:
                    undo(connection, back, frame.now())
                return RedirectResponse(f"{here}#imports", 303)
            choices = Choices(dry_run, skip_bad_rows, anywhere, frame.state)
            return _list(frame, request, report=_take(frame, file, choices))
        except SmartRegionError as error:
            return _list(frame, request, error=str(error), status=422)

    def ask(request: Request, id: str) -> Response:
        return _form(frame, request, id)

    def take(
        request: Request,
        id: str,
        profile: Annotated[str, Form()] = "",
        kind: Annotated[str, Form()] = "",
        object: Annotated[str, Form()] = "",
        empty_distance_m: Annotated[str, Form()] = "",
        full_distance_m: Annotated[str, Form()] = "",
        new: Annotated[str, Form()] = "",
        new_id: Annotated[str, Form()] = "",
        name: Annotated[str, Form()] = "",
        street: Annotated[str, Form()] = "",
        place: Annotated[str, Form()] = "",
        lon: Annotated[str, Form()] = "",
        lat: Annotated[str, Form()] = "",
        fraction: Annotated[str, Form()] = "",
        volume_l: Annotated[str, Form()] = "",
        class_scheme: Annotated[str, Form()] = "",
    ) -> Response:
        require_writer(request)
        cells = {
            "id": new_id, "name": name, "street": street, "place": place, "lon": lon, "lat": lat,
            "fraction": fraction, "volume_l": volume_l, "class_scheme": class_scheme,
            "empty_distance_m": empty_distance_m, "full_distance_m": full_distance_m,
        }  # fmt: skip
        try:
            where = _where(kind, object, new, cells)
            with frame.connection() as connection:
                adopt(connection, id, frame.now(), profile or None, where, frame.state)
        except SmartRegionError as error:
            return _form(frame, request, id, str(error), cells | {"kind": kind, "object": object, "new": new})
        return RedirectResponse(f"{urls.address('devices', language_of(request))}#replays", 303)

    add_page(made, "devices", show)
    add_page(made, "devices", act, ["POST"])
    add_page(made, "adopt", ask)
    add_page(made, "adopt", take, ["POST"])
    return made


def _list(
    frame: Frame, request: Request, report: Report | None = None, error: str = "", status: int = 200
) -> Response:
    with frame.connection() as connection:
        unknown = unknown_devices(connection, limit=_ROWS)
        imports = past_imports(connection, _IMPORTS)
        asked = [one for one in replays(connection, 10 * _REPLAYS) if one.device][:_REPLAYS]
    return frame.render(
        request,
        "devices.html",
        "engineering",
        status,
        live=report is None,
        unknown=[(one, raw.text(one.payload, 160)) for one in unknown],
        most=_ROWS,
        imports=imports,
        replays=asked,
        unfinished=any(one.done_at is None for one in asked),
        report=report,
        most_faults=_MOST_FAULTS,
        error=error,
    )


def _form(
    frame: Frame, request: Request, id: str, error: str = "", given: dict[str, str] | None = None
) -> Response:
    with frame.connection() as connection:
        found = unknown_devices(connection, id)
        if not found and not error:
            raise NotFound(f"device {id}: no message of it waits")
        profiles = known_profiles(connection)
        places = objects(connection)
        kinds = fractions(connection)
    one: UnknownDevice | None = found[0] if found else None
    return frame.render(
        request,
        "adopt.html",
        "engineering",
        422 if error else 200,
        live=False,
        id=id,
        one=one,
        text=raw.text(one.payload, 4000) if one else "",
        profiles=profiles,
        objects=places,
        kinds=HANGS_AT,
        fractions=[kind.key for kind in kinds],
        schemes=CLASS_SCHEMES,
        given=given or {},
        error=error,
    )


def _take(frame: Frame, file: UploadFile | None, choices: Choices) -> Report:
    name = (file.filename or "") if file is not None else ""
    data = file.file.read(_MOST_BYTES + 1) if file is not None else b""
    if not name or len(data) > _MOST_BYTES:
        raise InvalidInput("file", name, f"a CSV file of at most {_MOST_BYTES // 1_000_000} MB")
    try:
        with frame.connection() as connection:
            done = import_bytes(connection, name, data, frame.now(), choices)
    except FileRefusedError as refused:
        return Report(name, None, refused.faults, refused.notes)
    return Report(name, done, done.left_out, done.notes)


def _where(kind: str, object: str, new: str, cells: dict[str, Any]) -> Place | NewObject | None:
    if new in _NEW:
        return NewObject(new, cells)
    if kind not in HANGS_AT:
        return None
    return Place(kind, object.strip(), _metres(cells, "empty_distance_m"), _metres(cells, "full_distance_m"))


def _metres(cells: dict[str, Any], name: str) -> float | None:
    text = cells[name].strip().replace(",", ".")
    try:
        return float(text) if text else None
    except ValueError as error:
        raise InvalidInput(name, text, "metres like 1,80") from error
