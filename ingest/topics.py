"""MQTT topics: what we subscribe to and what the simulators publish."""

NATIVE_PREFIX = "sr/1"
"""Native messages: sr/1/DEVICE/KIND."""

KINDS = ("fill", "traffic", "vehicle", "road", "energy", "status")
"""Kinds of native messages."""

CONTROL_PREFIX = "sr/1/_sim"
"""Steering of simulators; never a device."""

SUBSCRIPTIONS = (
    f"{NATIVE_PREFIX}/+/+",
    "v3/+/devices/+/+",
    "v3/+/devices/+/+/+",
    "application/+/device/+/event/+",
)
"""All topic filters of ingest: native, The Things Stack v3, ChirpStack v4."""


def native(device: str, kind: str) -> str:
    """Topic of a native message."""
    return f"{NATIVE_PREFIX}/{device}/{kind}"


def things_stack(application: str, device: str, event: str = "up") -> str:
    """Topic of The Things Stack v3; application is NAME@TENANT."""
    return f"v3/{application}/devices/{device}/{event}"


def chirpstack(application: str, dev_eui: str, event: str = "up") -> str:
    """Topic of ChirpStack v4."""
    return f"application/{application}/device/{dev_eui}/event/{event}"
