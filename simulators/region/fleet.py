"""Vehicles and where they tip."""

import numpy as np

from simulators.region.kinds import DisposalSite, Vehicle

# Name, fractions, payload kg, body l of pressed waste, how many at scale 1, shift.
_WASTE = (
    ("Kran-Lkw Glas", ("glass_white", "glass_coloured"), 10_500, 34_000, 3, ("07:00", "16:00")),
    ("Pressmüllfahrzeug Papier", ("paper",), 9_500, 22_000, 3, ("06:00", "15:00")),
    ("Hecklader Leichtverpackungen", ("light_packaging",), 9_000, 22_000, 2, ("06:00", "15:00")),
    ("Hecklader Bio", ("bio",), 10_500, 20_000, 2, ("06:00", "15:00")),
    ("Hecklader Restabfall und Textil", ("residual", "textiles"), 10_000, 21_000, 2, ("06:00", "15:00")),
)
_DAY, _LATE, _NIGHT = ("06:00", "15:00"), ("13:00", "22:00"), ("21:30", "05:30")
_ROAD = (
    ("Winterdienst", _NIGHT), ("Winterdienst", ("03:30", "12:00")), ("Streckenkontrolle", _DAY),
    ("Streckenkontrolle", _LATE),
    ("Bauhof", _DAY), ("Grünpflege", _DAY), ("Kanalspülwagen", _DAY), ("Bauhof", _NIGHT), ("Ordnungsamt",
    _LATE),
)  # fmt: skip


def make_vehicles(seed: int, scale: float) -> list[Vehicle]:
    """The waste fleet covers every fraction also at a small scale.

    The first two road vehicles measure weather.
    """
    rng = np.random.default_rng([seed, 4])
    vehicles: list[Vehicle] = []

    def add(
        name: str,
        purpose: str,
        depot: int,
        fractions: tuple[str, ...],
        kg: int,
        litres: int,
        shift: tuple[str, str],
    ) -> None:
        i = len(vehicles) + 1
        weather = (purpose == "road" and name.startswith("Winterdienst 1")) or name.startswith(
            "Winterdienst 2"
        )
        stiffness = round(float(rng.lognormal(0, 0.18)), 3)
        vehicles.append(
            Vehicle(
                f"F{i:02d}",
                name,
                purpose,
                depot,
                fractions,
                kg,
                litres,
                shift,
                f"obu-{i:02d}",
                stiffness,
                weather,
            )
        )

    for name, fractions, kg, litres, count, shift in _WASTE:
        for k in range(max(1, round(count * scale))):
            add(f"{name} {k + 1}", "waste", k % 2, fractions, kg, litres, shift)
    numbers: dict[str, int] = {}
    for k in range(max(4, round(18 * scale))):
        name, shift = _ROAD[k % len(_ROAD)]
        numbers[name] = numbers.get(name, 0) + 1
        add(f"{name} {numbers[name]}", "road", k % 2, (), 0, 0, shift)
    return vehicles


def make_disposal_sites() -> list[DisposalSite]:
    """Three sites.

    Every fraction has two places to go, textiles one.
    """
    return [
        DisposalSite("E1", 2, ("residual", "bio", "light_packaging", "textiles"), ("06:00", "18:00"), 1200),
        DisposalSite(
            "E2", 3, ("residual", "bio", "paper", "glass_white", "glass_coloured"), ("06:00", "17:00"), 1200
        ),
        DisposalSite(
            "E3", 4, ("glass_white", "glass_coloured", "paper", "light_packaging"), ("06:00", "18:00"), 1000
        ),
    ]
