"""Sites and their containers, placed on the streets in proportion to the people who live there."""

import math

import numpy as np

from simulators import draws
from simulators.region.build import Region
from simulators.region.kinds import CHIRPSTACK, FRACTIONS, NATIVE, THINGS_STACK, Container, Site
from simulators.region.plane import to_lonlat

MEDIAN_DAYS, LOW_DAYS, HIGH_DAYS = 14.0, 6.0, 35.0
"""Days to full over all containers: median, and the range of the middle 80 percent."""

_Z90 = 1.2815515655446004
_RHYTHMS = (2, 3, 4, 7, 14, 21, 28)
_STREETS = ("residential", "living_street", "tertiary")
_CODES = dict(zip(FRACTIONS, ("WG", "BG", "PA", "LV", "BI", "RE", "TX"), strict=True))
# Chance of the first, second and third container of a fraction at a drop-in site and at a block of flats.
_DROP_IN = {"glass_white": (1.0, 0.4), "glass_coloured": (1.0, 0.3), "paper": (0.8, 0.3), "textiles": (0.5,)}
_FLATS = {"residual": (1.0, 0.6, 0.2), "paper": (1.0, 0.3), "light_packaging": (1.0, 0.6), "bio": (0.75,)}
_VOLUMES_L = {
    "glass_white": (1600, 2500, 3200), "glass_coloured": (1600, 2500, 3200), "textiles": (1500, 2000),
    "paper": (1100, 3200), "light_packaging": (1100,), "bio": (240, 660), "residual": (1100,),
}  # fmt: skip
_HEIGHTS_M = {240: 0.93, 660: 1.05, 1100: 1.15, 1500: 1.62, 1600: 1.48, 2000: 1.85, 2500: 1.62, 3200: 1.78}
_NOTES = (
    "Zufahrt über den Parkplatz", "Freileitung beachten", "Äste ragen in den Schwenkbereich",
    "Schulweg, Einweiser nötig", "Tor mit Schlüssel 12", "Markttag am Donnerstag",
    "enge Kurve, rückwärts anfahren",
)  # fmt: skip
# Depot glass may be thrown in from 7 to 20 h; crews keep to that too near homes.
_QUIET_WINDOW = ("07:00", "20:00")


def make_sites(region: Region, count: int) -> tuple[list[Site], list[Container]]:
    """`count` sites with four containers each on the average, and exactly so in total."""
    rng = np.random.default_rng([region.seed, 2])
    sites = _place_sites(region, count, rng)
    fractions = _equip(count, rng)
    days = _days_to_full(region, sites, fractions, rng)
    containers: list[Container] = []
    order = rng.permutation(len(days))
    for site, listed in enumerate(fractions):
        for k, fraction in enumerate(listed):
            i = len(containers)
            number = listed[:k].count(fraction) + 1
            name = f"{sites[site].id}-{_CODES[fraction]}{number if number > 1 else ''}"
            containers.append(
                _container(region.seed, i, name, site, fraction, float(days[i]), int(order[i]), rng)
            )
    return sites, containers


def _place_sites(region: Region, count: int, rng: np.random.Generator) -> list[Site]:
    population = np.array([place.population for place in region.places], dtype=np.float64)
    share = count * population**0.9 / (population**0.9).sum()
    numbers = np.floor(share).astype(int)
    numbers[np.argsort(numbers - share)[: count - numbers.sum()]] += 1
    streets: dict[int, list[int]] = {}
    for w, way in enumerate(region.roads.ways):
        if way.place >= 0 and way.tags["highway"] in _STREETS and "maxweight" not in way.tags:
            streets.setdefault(way.place, []).append(w)
    sites: list[Site] = []
    for place, number in enumerate(numbers.tolist()):
        taken: list[np.ndarray] = []
        used: dict[str, int] = {}
        for _ in range(number):
            w, xy = _spot(region, streets[place], taken, rng)
            taken.append(xy)
            street = region.roads.ways[w].tags.get("name", "")
            used[street] = used.get(street, 0) + 1
            name = f"{region.places[place].name}, {street}" + (f" {used[street]}" if used[street] > 1 else "")
            lon, lat = to_lonlat(xy[None])[0].tolist()
            note = str(rng.choice(_NOTES)) if rng.random() < 0.12 else ""
            window = _QUIET_WINDOW if rng.random() < 0.1 else None
            sites.append(Site(f"S{len(sites) + 1:03d}", name, street, place, lon, lat, note, window))
    return sites


def _spot(
    region: Region, ways: list[int], taken: list[np.ndarray], rng: np.random.Generator
) -> tuple[int, np.ndarray]:
    """Of a few random spots beside a street the one farthest from the sites that are there."""
    best = -1.0, ways[0], np.zeros(2)
    for w in rng.choice(ways, 6).tolist():
        nodes = region.roads.ways[w].nodes
        k = int(rng.integers(0, len(nodes) - 1))
        a, b = region.roads.xy(nodes[k : k + 2])
        beside = np.array([b[1] - a[1], a[0] - b[0]]) / max(1.0, float(np.hypot(*(b - a))))
        xy = a + rng.uniform(0.3, 0.7) * (b - a) + 5.0 * beside
        far = min((float(np.hypot(*(xy - other))) for other in taken), default=math.inf)
        if far > best[0]:
            best = far, w, xy
    return best[1], best[2]


def _equip(count: int, rng: np.random.Generator) -> list[list[str]]:
    """Fractions of the containers of each site, four a site in total."""
    sites = []
    for _ in range(count):
        kinds = _DROP_IN if rng.random() < 0.58 else _FLATS
        sites.append([name for name, chances in kinds.items() for chance in chances if rng.random() < chance])
    total = sum(map(len, sites))
    while total != 4 * count:
        i = int(rng.integers(count))
        if total < 4 * count and len(sites[i]) < 7:
            sites[i].append(sites[i][int(rng.integers(len(sites[i])))])
            sites[i].sort(key=FRACTIONS.index)
            total += 1
        elif total > 4 * count and len(sites[i]) > 2:
            del sites[i][int(rng.integers(len(sites[i])))]
            total -= 1
    return sites


def _days_to_full(
    region: Region, sites: list[Site], fractions: list[list[str]], rng: np.random.Generator
) -> draws.Float:
    """Days to full.

    Containers of one site and of one size of town are alike; ranks put on the exact distribution.
    """
    of_site = np.repeat(np.arange(len(sites)), [len(listed) for listed in fractions])
    town = np.log([region.places[site.place].population for site in sites])
    score = -0.5 * (town - town.mean()) / max(float(town.std()), 1e-9) + 0.6 * rng.normal(size=len(sites))
    ranks = np.argsort(np.argsort(score[of_site] + 0.8 * rng.normal(size=len(of_site))))
    z = np.array([_normal_quantile((rank + 0.5) / len(ranks)) for rank in ranks])
    spread = np.where(z < 0, math.log(MEDIAN_DAYS / LOW_DAYS), math.log(HIGH_DAYS / MEDIAN_DAYS)) / _Z90
    days: draws.Float = np.round(MEDIAN_DAYS * np.exp(spread * z), 3)
    return days


def _normal_quantile(p: float) -> float:
    low, high = -8.0, 8.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if 0.5 * math.erfc(-middle / math.sqrt(2)) < p else (low, middle)
    return low


def _container(
    seed: int, i: int, name: str, site: int, fraction: str, days: float, rank: int, rng: np.random.Generator
) -> Container:
    volume_l = int(rng.choice(_VOLUMES_L[fraction]))
    # The operator's rhythm follows the need, as well as an operator knows it.
    wanted = days * 0.85 * math.exp(rng.normal(0, 0.2))
    rhythm = max([r for r in _RHYTHMS if r <= wanted], default=_RHYTHMS[0])
    speech = (NATIVE, NATIVE, THINGS_STACK, CHIRPSTACK)[rank % 4]
    empty_m = round(_HEIGHTS_M[volume_l] + float(rng.uniform(-0.03, 0.03)) + 0.28, 3)
    device = f"bin-{i + 1:04d}" if speech == NATIVE else device_eui(seed, i, speech)
    return Container(
        name, site, fraction, volume_l, days, rhythm, device, speech,
        speech == NATIVE and bool(rng.random() < 0.3), empty_m, round(float(rng.uniform(0.26, 0.32)), 3),
    )  # fmt: skip


def device_eui(seed: int, number: int, speech: str) -> str:
    """Identifier of a LoRaWAN device.

    DevEUI at ChirpStack, device_id at The Things Stack; unique by `number`.
    """
    noise = int(draws.bits(seed, "eui", number)) & 0xFF
    if speech == CHIRPSTACK:
        return f"a84041{noise:02x}{0x5A000000 + number:08x}"
    return f"eui-70b3d57ed{noise:02x}{0x60000 + number:05x}"
