"""Quarantine: waiting messages with reason, raw bytes and replay."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from dashboards import raw, urls
from dashboards.frame import Frame, add_page, language_of
from smartregion.api.guard import require_writer
from smartregion.errors import NotFound
from smartregion.overview import (
    quarantine_list,
    quarantine_reasons,
    quarantined,
    replays,
    request_replay,
)

_PAGE_ROWS = 100
_MOST_ROWS = 2000
_REPLAYS = 5


def router(frame: Frame) -> APIRouter:
    """The list, and one message with its bytes."""
    made = APIRouter()

    def show(request: Request, field: str = "", device: str = "", n: int = 0) -> Response:
        limit = min(max(n, _PAGE_ROWS), _MOST_ROWS)
        with frame.connection() as connection:
            messages = quarantine_list(
                connection, limit + 1, field=field.strip() or None, device=device.strip() or None
            )
            reasons = quarantine_reasons(connection, frame.now())
            asked = replays(connection, _REPLAYS)
        more = {"field": field, "device": device, "n": limit + 4 * _PAGE_ROWS}
        return frame.render(
            request,
            "quarantine.html",
            "engineering",
            messages=[(one, raw.text(one.payload)) for one in messages[:limit]],
            more=urls.address("quarantine", language_of(request), more) if len(messages) > limit else None,
            reasons=reasons,
            waiting=sum(reason.messages for reason in reasons),
            field=field.strip(),
            device=device.strip(),
            replays=asked,
            unfinished=any(one.done_at is None for one in asked),
        )

    def message(request: Request, id: str) -> Response:
        if not id.isdigit() or len(id) > 18:
            raise NotFound(f"message {id[:40]}: is not in quarantine")
        with frame.connection() as connection:
            one, resolved_at = quarantined(connection, int(id))
        return frame.render(
            request,
            "message.html",
            "engineering",
            one=one,
            resolved_at=resolved_at,
            text=raw.text(one.payload, 20_000),
            dump="\n".join(raw.dump(one.payload)),
        )

    def act(
        request: Request, reason: Annotated[str, Form()] = "", device: Annotated[str, Form()] = ""
    ) -> Response:
        require_writer(request)
        with frame.connection() as connection:
            request_replay(connection, reason or None, device or None, frame.now())
        return RedirectResponse(f"{urls.address('quarantine', language_of(request))}#replays", 303)

    add_page(made, "quarantine", show)
    add_page(made, "quarantine", act, ["POST"])
    add_page(made, "message", message)
    return made
