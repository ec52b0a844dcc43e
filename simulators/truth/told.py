"""The truth as a document, for tests and for judging estimates."""

from typing import Any

from simulators.region.district import District


def truth(district: District) -> dict[str, Any]:
    """What the sensors only hint at, by object."""
    return {
        "containers": {
            bin_.id: {"days_to_full": bin_.days_to_full, "rhythm_days": bin_.rhythm_days}
            for bin_ in district.containers
        },
        "stations": {
            station.id: {
                "vehicles_per_day": list(station.daily),
                "heavy_share": station.heavy_share,
                "speed_kmh": station.speed_kmh,
            }
            for station in district.stations
        },
        "vehicles": {vehicle.id: {"stiffness": vehicle.stiffness} for vehicle in district.vehicles},
    }
