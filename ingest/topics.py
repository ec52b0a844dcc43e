"""MQTT topics: what we subscribe to and what the simulators publish."""

NATIVE_PREFIX = "sr/1"
"""Native messages: sr/1/DEVICE/KIND."""

KINDS = ("fill", "traffic", "vehicle", "road", "energy", "status")
"""Kinds of native messages."""

MOST_CHARACTERS = 200
"""Longest name of a device or of a field; the database indexes them."""

CONTROL_PREFIX = "sr/1/_sim"
"""Steering of simulators; never a device."""

SUBSCRIPTIONS = (
    f"{NATIVE_PREFIX}/+/+",
    "v3/+/devices/+/+",
    "v3/+/devices/+/+/+",
    "application/+/device/+/event/+",
)
"""All topic filters of ingest: native, The Things Stack v3, ChirpStack v4."""


def is_name(text: str) -> bool:
    """Whether a text can be the name of a device or field: short, without control characters."""
    return 0 < len(text) <= MOST_CHARACTERS and text.isprintable()


def native(device: str, kind: str) -> str:
    """Topic of a native message."""
    return f"{NATIVE_PREFIX}/{device}/{kind}"


def things_stack(application: str, device: str, event: str = "up") -> str:
    """Topic of The Things Stack v3; application is NAME@TENANT."""
    return f"v3/{application}/devices/{device}/{event}"


def chirpstack(application: str, dev_eui: str, event: str = "up") -> str:
    """Topic of ChirpStack v4."""
    return f"application/{application}/device/{dev_eui}/event/{event}"
