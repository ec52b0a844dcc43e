"""Wet, frosty, freezing: the state of a road surface from what a mobile sensor measured."""

from dataclasses import dataclass

from smartregion.errors import InvalidInput

SLIPPERY = ("slippery", "freezing", "frosty")
"""States on which a vehicle may slide, the surest first."""


@dataclass(frozen=True)
class WinterRule:
    """Thresholds; those without a source are our own proposal."""

    wet_um: float = 100.0
    """From this film of water on a moist road is wet, µm."""
    dew_margin_k: float = 0.0
    """Hoar frost is expected when the road is colder than the dew point by more than this, K."""
    freezing_c: float = 0.0
    """Water on the road freezes at this temperature: unsalted is assumed, °C."""
    slippery_friction: float = 0.4
    """Below this friction the road is slippery, whatever covers it; ice 0.1 to 0.2, wet down to 0.55."""

    def __post_init__(self) -> None:
        if not self.wet_um > 0:
            raise InvalidInput("wet_um", self.wet_um, "a film above 0 µm")
        if not 0 < self.slippery_friction < 1:
            raise InvalidInput("slippery_friction", self.slippery_friction, "a friction between 0 and 1")


RULE = WinterRule()


def surface_state(
    surface_temp_c: float | None,
    dew_point_c: float | None,
    water_um: float | None,
    friction: float | None = None,
    rule: WinterRule = RULE,
) -> str | None:
    """One of slippery, freezing, frosty, wet, moist, dry; None when the water film is unknown.

    Frosty: dry, below 0 °C and below the dew point (sublimation). Freezing: a film of water at or below its
    freezing point. Slippery: friction says so. Air temperature is no substitute for the road's own.
    """
    if friction is not None and friction < rule.slippery_friction:
        return "slippery"
    if water_um is None:
        return None
    if water_um > 0:
        if surface_temp_c is not None and surface_temp_c <= rule.freezing_c:
            return "freezing"
        return "wet" if water_um >= rule.wet_um else "moist"
    below_dew = (
        surface_temp_c is not None
        and dew_point_c is not None
        and surface_temp_c < 0
        and surface_temp_c + rule.dew_margin_k < dew_point_c
    )
    return "frosty" if below_dew else "dry"
