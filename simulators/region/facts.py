"""Facts the region is modelled on: municipalities, places and numbered roads of Oberspreewald-Lausitz.

Names and populations of the municipalities: GeoBasis-DE / BKG with figures of Destatis (12/2022 and near).
Positions of places are rounded to about 500 m; the split of a municipality's population over its places is our own
estimate, and the streets themselves are invented: this is a model region, not a map.
"""

import pathlib
from typing import NamedTuple

_PLACES = pathlib.Path(__file__).with_name("places.txt")


class Municipality(NamedTuple):
    """A municipality with its official key (AGS)."""

    id: str
    name: str
    population: int


class Place(NamedTuple):
    """A town, a village, or (population 0) a neighbouring town beyond the border that roads lead to."""

    name: str
    municipality: str
    lon: float
    lat: float
    population: int


NUMBERED_ROADS: tuple[tuple[str, str, str], ...] = (
    ("B 96", "primary", "Finsterwalde|Wormlage|Saalhausen|Freienhufen|Großräschen|Sedlitz|Senftenberg|Großkoschen|Hosena|Hoyerswerda"),
    ("B 169", "primary", "Elsterwerda|Lauchhammer-West|Lauchhammer|Lauchhammer-Ost|Schwarzheide|Brieske|Senftenberg"),
    ("B 169", "primary", "Sedlitz|Lieske|Bahnsdorf|Lindchen|Neupetershain|Drebkau"),
    ("B 156", "primary", "Großräschen|Dörrwalde|Lieske|Spremberg"),
    ("B 115", "primary", "Lübben|Ragow|Zerkwitz|Lübbenau|Boblitz|Groß Lübbenau|Raddusch|Göritz|Vetschau|Märkischheide|Cottbus"),
    ("L 52", "secondary", "Vetschau|Repten|Saßleben|Bolschwitz|Calau|Craupe|Gollmitz|Sonnewalde"),
    ("L 55", "secondary", "Lübbenau|Bischdorf|Groß Jehser|Calau|Werchow|Bronkow|Lug|Lipten|Wormlage|Annahütte"),
    ("L 53", "secondary", "Calau|Buckow|Buchwäldchen|Muckwar|Altdöbern|Chransdorf|Großräschen"),
    ("L 54", "secondary", "Vetschau|Missen|Ogrosen|Altdöbern|Allmosen|Dörrwalde"),
    ("L 60", "secondary", "Finsterwalde|Annahütte|Klettwitz|Schipkau|Hörlitz|Senftenberg"),
    ("L 63", "secondary", "Lauchhammer-Ost|Lauchhammer|Kleinleipisch|Grünewalde"),
    ("L 57", "secondary", "Ruhland|Schwarzbach|Guteborn|Hohenbocka|Hosena"),
    ("L 58", "secondary", "Elsterwerda|Lauchhammer-Süd|Tettau|Frauendorf|Arnsdorf|Ruhland|Schwarzheide|Schipkau"),
    ("L 59", "secondary", "Großenhain|Großkmehlen|Ortrand|Burkersdorf|Frauendorf"),
    ("L 581", "secondary", "Ortrand|Kroppen|Heinersdorf|Lipsa|Hermsdorf|Guteborn"),
    ("L 56", "secondary", "Luckau|Zinnitz|Groß Klessow|Groß Beuchow|Zerkwitz"),
    ("L 522", "secondary", "Drebkau|Laasow|Missen"),
    ("L 561", "secondary", "Zinnitz|Groß Mehßow|Gollmitz"),
    ("L 513", "secondary", "Burg (Spreewald)|Suschow|Stradow|Vetschau"),
    ("L 582", "secondary", "Königsbrück|Hermsdorf|Jannowitz|Ruhland"),
    ("L 571", "secondary", "Bernsdorf|Grünewald|Hohenbocka|Peickwitz|Niemtsch|Brieske"),
)  # fmt: skip
"""Number, class, places in order; where they really run, to about a village."""

MOTORWAYS: tuple[tuple[str, str, str, tuple[tuple[float, float], ...]], ...] = (
    ("A 13", "Dresden", "Berlin", (
        (13.788, 51.372), (13.800, 51.400), (13.820, 51.425), (13.837, 51.446), (13.850, 51.470), (13.868, 51.492),
        (13.912, 51.532), (13.948, 51.570), (13.945, 51.590), (13.905, 51.630), (13.893, 51.670), (13.875, 51.715),
        (13.850, 51.745), (13.852, 51.780), (13.874, 51.812), (13.900, 51.833), (13.893, 51.870), (13.872, 51.905),
    )),
    ("A 15", "Spreewald", "Cottbus", (
        (13.900, 51.834), (13.935, 51.828), (13.980, 51.815), (14.020, 51.800), (14.068, 51.771), (14.130, 51.770),
        (14.200, 51.752),
    )),
)  # fmt: skip
"""Number, where its start and its end lead to, course as (lon, lat)."""


def municipalities() -> list[Municipality]:
    """The 25 municipalities."""
    return [municipality for municipality, _ in _listed() if municipality.id]


def places() -> list[Place]:
    """Towns and villages, then the neighbouring towns with population 0; a main place takes what its villages leave."""
    found: list[Place] = []
    for municipality, inside in _listed():
        rest = municipality.population - sum(place.population for place in inside)
        found += [inside[0]._replace(population=rest), *inside[1:]]
    return found


def _listed() -> list[tuple[Municipality, list[Place]]]:
    listed: list[tuple[Municipality, list[Place]]] = []
    for line in _PLACES.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            name, lon, lat, population = line.strip().rsplit(" ", 3)
            municipality, inside = listed[-1]
            inside.append(Place(name, municipality.id, float(lon), float(lat), int(population)))
        elif not line.startswith("#"):
            key, name, population = line.split(";")
            listed.append((Municipality(key, name.strip(), int(population)), []))
    return listed
