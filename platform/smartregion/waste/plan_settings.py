"""How plans are made here, by the settings of the installation."""

from smartregion.settings import Settings
from smartregion.waste.plan_problem import Costs
from smartregion.waste.plan_run import Options
from smartregion.waste.rules_store import school_free


def options_of(settings: Settings) -> Options:
    """State, school holidays and the factors of diesel and CO2; all else as the program has it."""
    return Options(
        costs=Costs(
            diesel_l_per_km=settings.diesel_l_per_km,
            diesel_l_per_stop_h=settings.diesel_l_per_stop_h,
            co2_kg_per_l=settings.co2_kg_per_l,
        ),
        state=settings.state,
        school_free=school_free(settings.state, settings.school_holidays),
    )
