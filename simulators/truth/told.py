"""The truth as a document, for tests and for judging estimates."""

from typing import Any

from simulators.region.district import District
from simulators.truth.bin_sensors import BinSensors
from simulators.truth.streets import REFERENCE_MPS, SPEED_EXPONENT, Streets


def truth(district: District) -> dict[str, Any]:
    """What the sensors only hint at, by object; ways by their id in the extract."""
    prone = BinSensors(district.seed, district.containers).echo_prone()
    streets = Streets(district.region)
    return {
        "containers": {
            bin_.id: {
                "days_to_full": bin_.days_to_full,
                "rhythm_days": bin_.rhythm_days,
                "echo_prone": bool(echo),
            }
            for bin_, echo in zip(district.containers, prone, strict=True)
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
        "roughness": {
            "unit": "RMS of vertical acceleration of a vehicle with stiffness 1, m/s2, at reference_mps",
            "reference_mps": round(REFERENCE_MPS, 4),
            "speed_exponent": SPEED_EXPONENT,
            "ways": {str(number + 1): value for number, value in enumerate(streets.roughness.tolist())},
        },
    }
