"""May this truck drive along this way, in which direction, how fast? Judged from the tags alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from routing.roads import tags as read
from routing.roads.conditions import Holds, values
from routing.roads.profile import TruckProfile

Tags = Mapping[str, str]

# From the most particular to the most general: the first that is tagged decides.
_ACCESS_KEYS = ("hgv", "motor_vehicle", "vehicle", "access")
_OPEN = frozenset(("yes", "permissive", "designated", "official", "unknown", "discouraged", "permit"))
_RESIDENTS = frozenset(("destination", "delivery", "customers", "residents"))
_YES = frozenset(("yes", "true", "1"))
_REVERSE = frozenset(("-1", "reverse"))
_CLOSED_SERVICES = frozenset(("emergency_access", "bus", "busway"))
_RURAL_EXEMPT = frozenset(("motorway", "motorway_link", "trunk", "trunk_link"))
_PAVED = frozenset(("asphalt", "paved", "concrete", "concrete:plates", "paving_stones"))
_LIMITS = (
    ("maxheight", "height_m"),
    ("maxheight:physical", "height_m"),
    ("maxwidth", "width_m"),
    ("maxwidth:physical", "width_m"),
    ("maxlength", "length_m"),
)
_WEIGHTS = ("maxweight", "maxweight:hgv", "maxweightrating", "maxweightrating:hgv")
_BLOCKING = frozenset(
    [
        "bollard",
        "block",
        "jersey_barrier",
        "cycle_barrier",
        "motorcycle_barrier",
        "log",
        "debris",
        "chain",
        "planter",
        "stile",
        "turnstile",
        "kissing_gate",
        "full-height_turnstile",
        "bus_trap",
    ]
)
_ONEWAY_KEYS = ("oneway:hgv", "oneway:motor_vehicle", "oneway")
_ZONE_KEYS = ("zone:traffic", "source:maxspeed", "maxspeed:type", "zone:maxspeed")


@dataclass(frozen=True)
class Judged:
    """A way the truck may use: speed in km/h along it and against it, 0 where that direction is closed."""

    forward_kmh: float
    backward_kmh: float
    limit_kmh: float | None
    """Posted limit of the forward direction, None when unknown or unlimited."""
    urban: bool
    """Inside a town, as far as the tags tell."""


def _allowed(tags: Tags, profile: TruckProfile, suffix: str = "") -> str | None:
    for key in _ACCESS_KEYS:
        value = _conditional(tags, key + suffix, profile) or tags.get(key + suffix)
        if value:
            value = value.split(";")[0].strip()
            # Closed but open to cars is written for through traffic: a truck with work there still drives it.
            if key != "hgv" and value == "no" and tags.get("motorcar" + suffix) in _OPEN:
                return "destination"
            return value
    return None


def _conditional(tags: Tags, key: str, profile: TruckProfile) -> str | None:
    """What a conditional tag says of the truck: what closes counts sooner than what opens."""
    said = list(values(tags.get(f"{key}:conditional"), profile))
    closing = [value for value, holds in said if holds and value not in _OPEN | _RESIDENTS]
    opening = [value for value, holds in said if holds is Holds.ALWAYS and value in _OPEN | _RESIDENTS]
    return next(iter(closing + opening), None)


def _fits(tags: Tags, profile: TruckProfile) -> bool:
    for key, own in _LIMITS:
        limit = read.metres(tags.get(key))
        if limit is not None and limit < getattr(profile, own):
            return False
    return all(_carries(tags, key, profile) for key in _WEIGHTS)


def _carries(tags: Tags, key: str, profile: TruckProfile) -> bool:
    said = list(values(tags.get(f"{key}:conditional"), profile))
    if any(value == "none" and holds is Holds.ALWAYS for value, holds in said):
        return True
    texts = [tags.get(key), *(value for value, holds in said if holds)]
    return all((read.tonnes(text) or profile.weight_t) >= profile.weight_t for text in texts)


def _directions(tags: Tags) -> tuple[bool, bool]:
    oneway = next((tags[key] for key in _ONEWAY_KEYS if key in tags), None)
    if oneway in _REVERSE:
        return False, True
    if oneway in ("reversible", "alternating"):
        return False, False
    implied = tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"
    return True, not (oneway in _YES or (implied and oneway != "no"))


def _class_kmh(tags: Tags, profile: TruckProfile) -> float:
    highway, surface = tags["highway"], tags.get("surface", "")
    kmh = profile.class_kmh.get(highway, 0.0)
    if highway == "track":
        # A paved track without a grade is a farm road; an unpaved one carries no 26 t in winter.
        grade = tags.get("tracktype", "grade1" if surface in _PAVED else "")
        kmh = min(kmh, profile.track_kmh.get(grade, 0.0))
    if highway == "service":
        service = tags.get("service", "")
        kmh = 0.0 if service in _CLOSED_SERVICES else min(kmh, profile.service_kmh.get(service, kmh))
    kmh = min(kmh, profile.surface_kmh.get(surface, kmh))
    return min(kmh, profile.smoothness_kmh.get(tags.get("smoothness", ""), kmh))


def _urban(tags: Tags, limit_kmh: float | None) -> bool:
    zones = " ".join(
        tags.get(key, "") for key in ("zone:traffic", "source:maxspeed", "maxspeed:type", "zone:maxspeed")
    )
    if "rural" in zones:
        return False
    by_sign = "urban" in zones or "zone" in zones.lower() or (limit_kmh is not None and limit_kmh <= 50)
    return by_sign or tags.get("highway") in ("residential", "living_street", "pedestrian")


def judge(tags: Tags, profile: TruckProfile) -> Judged | None:
    """Judge a way by its tags; None when the truck has no business there."""
    highway = tags.get("highway", "")
    base_kmh = _class_kmh(tags, profile) if highway in profile.class_kmh else 0.0
    allowed = _allowed(tags, profile)
    if base_kmh <= 0 or not _fits(tags, profile):
        return None
    if allowed is not None and allowed not in _OPEN and allowed not in _RESIDENTS:
        return None
    if highway == "pedestrian" and allowed is None:
        return None
    kmh = [0.0, 0.0]
    limits: list[float | None] = [None, None]
    for way, (suffix, open_) in enumerate(zip((":forward", ":backward"), _directions(tags), strict=True)):
        own = _allowed(tags, profile, suffix)
        if not open_ or (own is not None and own not in _OPEN and own not in _RESIDENTS):
            continue
        posted = [read.kmh(tags.get(key)) for key in ("maxspeed:hgv", "maxspeed" + suffix, "maxspeed")]
        limits[way] = limit = next((value for value in posted if value), None)
        cap = profile.motorway_limit_kmh
        if highway not in _RURAL_EXEMPT and tags.get("motorroad") != "yes":
            cap = min(cap, profile.rural_limit_kmh)
        share = profile.destination_share if (own or allowed) in _RESIDENTS else 1.0
        kmh[way] = max(3.0, share * min(base_kmh, cap, profile.limit_share * limit if limit else base_kmh))
    if not any(kmh):
        return None
    limit = limits[0] if kmh[0] else limits[1]
    return Judged(kmh[0], kmh[1], limit if limit and limit < 900 else None, _urban(tags, limit))


def blocks(tags: Tags, profile: TruckProfile) -> bool:
    """Does a node with these tags (a bollard, a low gate) stop the truck?"""
    allowed = _allowed(tags, profile)
    if allowed is not None:
        return allowed not in _OPEN and allowed not in _RESIDENTS
    return tags.get("barrier") in _BLOCKING or not _fits(tags, profile)
