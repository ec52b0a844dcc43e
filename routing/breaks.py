"""Rules for breaks as objects: an operator chooses one for each vehicle.

Driving, service, weighing, tipping and waiting are work, never a break. A break lies between two visits,
where the vehicle stands; never at the start or the end of a tour.
"""

from dataclasses import dataclass, field

from routing.errors import RoutingError
from routing.refusals import refuse_negative, refuse_window

WEEK_RULES_NOT_CHECKED = (
    "week rules not checked: averages, weekly driving and rest need the driver's history; "
    "state what is left as the vehicle's shift, max_driving_s and breaks.day_s"
)


@dataclass(frozen=True)
class WorkBreaks:
    """Breaks by working time; the defaults are section 4 ArbZG and its ten-hour day.

    stretch_s: longest work without a break (s).
    first_over_s, first_break_s: more work than the one needs the other as break in total (s).
    second_over_s, second_break_s: the same, second step (s).
    part_s: shortest break that counts (s).
    day_s: longest work in one shift (s).
    """

    stretch_s: float = 6 * 3600.0
    first_over_s: float = 6 * 3600.0
    first_break_s: float = 30 * 60.0
    second_over_s: float = 9 * 3600.0
    second_break_s: float = 45 * 60.0
    part_s: float = 15 * 60.0
    day_s: float = 10 * 3600.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            refuse_negative(f"breaks.{name}", value, zero=False)
        if not self.part_s <= self.first_break_s <= self.second_break_s:
            raise RoutingError(
                f"breaks.first_break_s: {self.first_break_s:g}: expected at least part_s ({self.part_s:g}) "
                f"and at most second_break_s ({self.second_break_s:g})"
            )


@dataclass(frozen=True)
class DrivingBreaks:
    """Breaks by driving time beside those by working time; the defaults are Regulation (EC) 561/2006.

    driving_s: longest driving without the break below (s). break_s: what interrupts it (s), or first_part_s
    and later second_part_s, in this order (s). day_driving_s: longest driving in one shift (s); the tenth
    hour, twice a week, is the operator's to grant. work: where this regulation applies, section 4 ArbZG does
    as well. A single drive is never interrupted, so it may not last longer than driving_s.
    """

    driving_s: float = 4.5 * 3600.0
    break_s: float = 45 * 60.0
    first_part_s: float = 15 * 60.0
    second_part_s: float = 30 * 60.0
    day_driving_s: float = 9 * 3600.0
    work: WorkBreaks = field(default_factory=WorkBreaks)

    def __post_init__(self) -> None:
        for name in ("driving_s", "break_s", "first_part_s", "second_part_s", "day_driving_s"):
            refuse_negative(f"breaks.{name}", getattr(self, name), zero=False)
        if max(self.first_part_s, self.second_part_s) > self.break_s:
            raise RoutingError(
                f"breaks.break_s: {self.break_s:g}: expected at least first_part_s ({self.first_part_s:g}) "
                f"and second_part_s ({self.second_part_s:g})"
            )


@dataclass(frozen=True)
class LunchBreak:
    """One break of `length_s` that starts between `opens_s` and `closes_s`, unless home by then."""

    opens_s: float
    closes_s: float
    length_s: float

    def __post_init__(self) -> None:
        refuse_window("lunch", (self.opens_s, self.closes_s))
        refuse_negative("lunch.length_s", self.length_s, zero=False)


Breaks = WorkBreaks | DrivingBreaks | LunchBreak
