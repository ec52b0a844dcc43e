"""What the database already holds and a row may refer to."""

import dataclasses
from collections.abc import Mapping, Sequence

from smartregion.registry.faults import Words
from smartregion.registry.heads import plain
from smartregion.registry.objects import fractions, municipalities
from smartregion.registry.places import Extent, LonLat
from smartregion.store.database import Connection
from smartregion.store.queries import load

_OTHER_WORDS = {
    "residual": "Restmüll, Hausmüll, Rest, RM, Graue Tonne, Schwarze Tonne",
    "paper": (
        "Altpapier, PPK, Papier/Pappe, Papier Pappe Kartonagen, Papier Pappe Kartonage, Pappe, Blaue Tonne, "
        "Papier/Pappe/Karton"
    ),
    "glass_white": "Glas weiß, Altglas weiß, Klarglas, Glas klar, Weißes Glas, Glas-weiß",
    "glass_coloured": "Glas bunt, Altglas bunt, Grünglas, Braunglas, Glas grün, Glas braun, Glas-bunt",
    "bio": "Bio, Biomüll, Biogut, Biotonne, Braune Tonne, Bioabfälle",
    "light_packaging": "LVP, Leichtverpackung, Gelbe Tonne, Gelber Sack, Verpackungen, Wertstofftonne",
    "textiles": "Altkleider, Textilien, Kleider, Altkleider und Schuhe",
    "bulky": "Sperrgut",
    "litter": "Papierkorb, Straßenpapierkorb, Straßenpapierkörbe",
}
"""Further words for fractions, parted by commas; not "Glas" alone, because white and coloured stay apart."""


_NONE = Words("", "")


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """Ids, words and places; keys of mappings are plain words (`heads.plain`)."""

    sites: frozenset[str] = frozenset()
    depots: frozenset[str] = frozenset()
    municipalities: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Id by id or name."""
    fractions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Key by key, name or a further word."""
    fraction_names: Words = _NONE
    """All names, for reports."""
    places: Sequence[LonLat] = ()
    """Positions of what is registered."""
    extent: Extent | None = None
    """Box around the road network, where one was imported."""
    state: str = "BB"
    """Federal state, for the zone of UTM coordinates that name none."""


def read_known(connection: Connection, state: str) -> Known:
    """Everything at once."""
    sql = load("registry")
    ids = connection.execute(sql["known_ids"]).fetchall()
    box = connection.execute(sql["extent"]).fetchone()
    kinds = fractions(connection)
    words = {
        plain(word): fraction.key
        for fraction in kinds
        for word in (
            fraction.key,
            fraction.name_de,
            fraction.name_en,
            *_OTHER_WORDS.get(fraction.key, "").split(", "),
        )
    }
    return Known(
        frozenset(key for kind, key, *_ in ids if kind == "site"),
        frozenset(key for kind, key, *_ in ids if kind == "depot"),
        {plain(word): m.id for m in municipalities(connection) for word in (m.name, m.id)},
        words,
        Words(", ".join(kind.name_de for kind in kinds), ", ".join(kind.name_en for kind in kinds)),
        [(lon, lat) for _, _, lon, lat in ids],
        None if box is None or box[0] is None else Extent(*box),
        state,
    )
