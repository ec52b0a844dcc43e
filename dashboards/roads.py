"""Roads: ice first, then the roughest segments, each with how sure we are."""

import dataclasses
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from dashboards.frame import Frame, add_page, gettext_of
from dashboards.selection import matches
from smartregion.roads.condition import SegmentState, segment_states
from smartregion.roads.winter import SLIPPERY

SURE_PASSES = 3
_ROWS = 100
_SHOW = ("", "slippery", "rough", "unsure")
_LIMIT = 20_000  # as the API asks, so that both share one answer


@dataclasses.dataclass(frozen=True)
class Grades:
    """Where the ride index (m/s²) of the region's segments counts as fair and as rough.

    The index is relative, so the limits are shares of the region: the roughest tenth, and the third above it.
    """

    fair: float
    rough: float

    def of(self, segment: SegmentState) -> str:
        """even, fair, rough, or unknown without an index."""
        if segment.ride_index is None:
            return "unknown"
        return (
            "rough"
            if segment.ride_index >= self.rough
            else "fair"
            if segment.ride_index >= self.fair
            else "even"
        )


def router(frame: Frame) -> APIRouter:
    """The page of the road domain."""
    made = APIRouter()

    def overview(request: Request, q: str = "", show: str = "") -> Response:
        show = show if show in _SHOW else ""
        with frame.connection() as connection:
            segments = segment_states(connection, frame.now(), _LIMIT)
        grades = grades_of(segments)
        found = select(segments, grades, q, show)
        temperatures = [one.surface_temp_c for one in segments if one.surface_temp_c is not None]
        return frame.render(
            request,
            "roads.html",
            "roads",
            stand=max((one.last_time for one in segments), default=None),
            segments=segments,
            slippery=sum(is_slippery(one) for one in segments),
            rough=sum(grades.of(one) == "rough" for one in segments),
            unsure=sum(one.passes < SURE_PASSES for one in segments),
            driven_km=sum(one.length_m for one in segments) / 1000,
            grades=grades,
            sure_passes=SURE_PASSES,
            rows=found[:_ROWS],
            found=len(found),
            coldest=min(temperatures, default=None),
            warmest=max(temperatures, default=None),
            states=_counted_states(segments),
            state_words=_state_words(request),
            surface_words=_surface_words(request),
            is_slippery=is_slippery,
            query=q.strip(),
            show=show,
        )

    add_page(made, "roads", overview)
    return made


def is_slippery(segment: SegmentState) -> bool:
    """Whether a vehicle may slide there now."""
    return segment.state in SLIPPERY


def grades_of(segments: Sequence[SegmentState]) -> Grades:
    """Limits from the segments that several passes make sure; infinite ones where nothing is known."""
    known = sorted(
        one.ride_index for one in segments if one.ride_index is not None and one.passes >= SURE_PASSES
    )
    if not known:
        return Grades(float("inf"), float("inf"))
    return Grades(known[int(len(known) * 0.57)], known[int(len(known) * 0.9)])


def select(segments: Sequence[SegmentState], grades: Grades, text: str, show: str) -> list[SegmentState]:
    """Segments that match: slippery ones first, then the roughest; unsure ones after the sure."""
    words = text.casefold().split()
    found = [
        one
        for one in segments
        if matches(words, one.name, one.id)
        and (show != "slippery" or is_slippery(one))
        and (show != "rough" or grades.of(one) == "rough")
        and (show != "unsure" or one.passes < SURE_PASSES)
    ]
    return sorted(
        found,
        key=lambda one: (not is_slippery(one), one.passes < SURE_PASSES, -(one.ride_index or 0), one.id),
    )


def _counted_states(segments: Sequence[SegmentState]) -> list[tuple[str, int, float]]:
    """Surface states measured in the last hours: state, segments, km; the slippery ones first."""
    order = (*SLIPPERY, "wet", "moist", "dry")
    rows = []
    for state in order:
        lengths = [one.length_m for one in segments if one.state == state]
        if lengths:
            rows.append((state, len(lengths), sum(lengths) / 1000))
    return rows


def _state_words(request: Request) -> dict[str | None, str]:
    _ = gettext_of(request)
    return {
        "slippery": _("glatt"),
        "freezing": _("gefrierend"),
        "frosty": _("Reif"),
        "wet": _("nass"),
        "moist": _("feucht"),
        "dry": _("trocken"),
        None: "–",
    }


def _surface_words(request: Request) -> dict[str, str]:
    """The usual values of OpenStreetMap's surface; a rarer one names itself."""
    _ = gettext_of(request)
    return {
        "asphalt": _("Asphalt"),
        "concrete": _("Beton"),
        "paving_stones": _("Pflaster"),
        "sett": _("Kleinpflaster"),
        "cobblestone": _("Kopfsteinpflaster"),
        "compacted": _("wassergebunden"),
        "gravel": _("Schotter"),
        "fine_gravel": _("Splitt"),
        "ground": _("Erde"),
        "unpaved": _("unbefestigt"),
    }
