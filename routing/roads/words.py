"""Steps of a drive in German and English."""

_TURNS = {
    "de": {
        "straight": "Geradeaus weiter",
        "slight_left": "Halb links halten",
        "slight_right": "Halb rechts halten",
        "turn_left": "Links abbiegen",
        "turn_right": "Rechts abbiegen",
        "sharp_left": "Scharf links abbiegen",
        "sharp_right": "Scharf rechts abbiegen",
        "u_turn": "Wenden",
        "depart": "Nach {detail} losfahren",
        "roundabout": "Im Kreisverkehr die {detail}. Ausfahrt nehmen",
    },
    "en": {
        "straight": "Continue",
        "slight_left": "Keep left",
        "slight_right": "Keep right",
        "turn_left": "Turn left",
        "turn_right": "Turn right",
        "sharp_left": "Turn sharp left",
        "sharp_right": "Turn sharp right",
        "u_turn": "Turn round",
        "depart": "Set out to the {detail}",
        "roundabout": "At the roundabout take exit {detail}",
    },
}
_ON = {"de": " auf {street}", "en": " onto {street}"}
_ARRIVED = {
    "de": {"left": "Ziel auf der linken Seite", "right": "Ziel auf der rechten Seite", "": "Ziel"},
    "en": {"left": "Destination on the left", "right": "Destination on the right", "": "Destination"},
}
_COMPASS = {
    "de": {
        "n": "Norden",
        "ne": "Nordosten",
        "e": "Osten",
        "se": "Südosten",
        "s": "Süden",
        "sw": "Südwesten",
        "w": "Westen",
        "nw": "Nordwesten",
    },
    "en": {
        "n": "north",
        "ne": "north-east",
        "e": "east",
        "se": "south-east",
        "s": "south",
        "sw": "south-west",
        "w": "west",
        "nw": "north-west",
    },
}


def sentence(language: str, kind: str, street: str, detail: str, distance_m: float) -> str:
    """One step as a sentence without a full stop: `Links abbiegen auf Hauptstraße, 350 m`."""
    if kind == "arrive":
        return _ARRIVED[language][detail] + (f", {street}" if street else "")
    if kind == "roundabout" and not detail:
        return {"de": "In den Kreisverkehr fahren", "en": "Enter the roundabout"}[language]
    said = _TURNS[language][kind].format(detail=_COMPASS[language].get(detail, detail))
    on = _ON[language].format(street=street) if street else ""
    return f"{said}{on}, {distance(language, distance_m)}"


def distance(language: str, metres: float) -> str:
    """A distance as one says it: to 10 m below a kilometre, then to 100 m."""
    if metres < 995:
        return f"{max(10, round(metres / 10) * 10)} m"
    km = f"{metres / 1000:.1f}"
    return f"{km.replace('.', ',') if language == 'de' else km} km"
