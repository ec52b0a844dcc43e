"""Uplinks as The Things Stack v3 and ChirpStack v4 publish them, with the frame of the device inside."""

import base64
import struct
import uuid
from typing import Any

import msgspec
import numpy as np

from ingest import topics
from simulators import draws
from simulators.region.kinds import CHIRPSTACK
from simulators.speech.message import Message
from simulators.speech.stamps import rfc3339_ms

THINGS_STACK_APPLICATION = "oberspreewald@ttn"
CHIRPSTACK_APPLICATION = "7b1d1f0e-3d5c-4a3a-9f51-52d6d0a1c0de"
_TENANT = "0f3c2b6e-5a0d-4c57-8a51-9b7f1f2e6a10"
_PROFILE = "c2a7e1d4-8f0b-4f39-9c64-2f5f0f4d7b21"
_JOIN_EUI = "70B3D57ED0000000"
_GATEWAYS = (
    ("osl-gw-senftenberg", "0016C001F153A14C"), ("osl-gw-luebbenau", "0016C001F153A1B0"),
    ("osl-gw-calau", "7276FF00390316C2"), ("osl-gw-lauchhammer", "7276FF0039031791"),
)  # fmt: skip
_FREQUENCIES_HZ = (
    868_100_000,
    868_300_000,
    868_500_000,
    867_100_000,
    867_300_000,
    867_500_000,
    867_700_000,
    867_900_000,
)
_FIRST_FRAME_S = 1_735_689_600
"""Frame counters began on 2025-01-01."""


def bin_frame(distance_m: float, temp_c: float, battery_v: float) -> bytes:
    """Six bytes: distance in mm, temperature in 0.1 K, battery in mV, big endian."""
    return struct.pack(">HhH", round(distance_m * 1000), round(temp_c * 10), round(battery_v * 1000))


def lane_frame(lane: int, interval_s: int, count: int, speed_kmh: float) -> bytes:
    """Six bytes: lane, interval in s, vehicles, speed in km/h (255: nothing passed)."""
    return struct.pack(
        ">BHHB",
        lane,
        interval_s,
        min(count, 65535),
        255 if np.isnan(speed_kmh) else min(round(speed_kmh), 254),
    )


def frame_counter(time_s: int, interval_s: int) -> int:
    """Frames sent since the device joined; it only grows."""
    return max(0, (time_s - _FIRST_FRAME_S) // interval_s)


def uplink(
    seed: int,
    speech: str,
    device: str,
    time_s: int,
    port: int,
    counter: int,
    frame: bytes,
    decoded: dict[str, Any],
    rows: int,
) -> Message:
    """An uplink that the network server received at `time_s` and decoded."""
    noise = int(draws.bits(seed, device, time_s))
    gateway = _GATEWAYS[noise & 3]
    rssi, snr = -119 + (noise >> 2) % 45, round(-12 + ((noise >> 8) % 240) / 10, 1)
    spreading, frequency = 7 + (noise >> 16) % 6, _FREQUENCIES_HZ[(noise >> 20) & 7]
    time = rfc3339_ms(1000 * time_s)
    data = base64.b64encode(frame).decode()
    if speech == CHIRPSTACK:
        lora: dict[str, Any] = {"bandwidth": 125000, "spreadingFactor": spreading, "codeRate": "CR_4_5"}
        # protojson leaves out what is zero or false: adr, confirmed, a first fCnt.
        told = {
            "deduplicationId": str(uuid.UUID(int=noise << 64 | (noise ^ time_s))),
            "time": time.replace("Z", "+00:00"),
            "deviceInfo": {
                "tenantId": _TENANT,
                "tenantName": "Abfallverband",
                "applicationId": CHIRPSTACK_APPLICATION,
                "applicationName": "Region",
                "deviceProfileId": _PROFILE,
                "deviceProfileName": "Fuellstand und Zaehler",
                "deviceName": f"sensor-{device[-4:]}",
                "devEui": device,
                "tags": {"region": "osl"},
            },
            "devAddr": f"01{noise >> 40 & 0xFFFFFF:06x}",
            "adr": True,
            "dr": 12 - spreading,
            **({"fCnt": counter} if counter else {}),
            "fPort": port,
            "data": data,
            "object": decoded,
            "rxInfo": [
                {
                    "gatewayId": gateway[1].lower(),
                    "uplinkId": noise & 0xFFFFFFFF,
                    "rssi": rssi,
                    "snr": snr,
                    "context": base64.b64encode(struct.pack(">I", noise >> 32)).decode(),
                    "metadata": {"region_name": "eu868", "region_common_name": "EU868"},
                    "crcStatus": "CRC_OK",
                }
            ],
            "txInfo": {"frequency": frequency, "modulation": {"lora": lora}},
        }
        return Message(
            topics.chirpstack(CHIRPSTACK_APPLICATION, device), msgspec.json.encode(told), rows, device
        )
    lora = {"bandwidth": 125000, "spreading_factor": spreading, "coding_rate": "4/5"}
    later = rfc3339_ms(1000 * time_s + 180 + (noise >> 24) % 90)
    told = {
        "end_device_ids": {
            "device_id": device,
            "application_ids": {"application_id": THINGS_STACK_APPLICATION.split("@")[0]},
            "dev_eui": device.removeprefix("eui-").upper(),
            "join_eui": _JOIN_EUI,
            "dev_addr": f"260B{noise >> 40 & 0xFFFF:04X}",
        },
        "correlation_ids": [f"gs:uplink:{noise:016X}"],
        "received_at": later,
        "uplink_message": {
            "session_key_id": base64.b64encode(struct.pack(">Q", noise ^ 0x5A5A)).decode(),
            "f_port": port,
            **({"f_cnt": counter} if counter else {}),
            "frm_payload": data,
            "decoded_payload": decoded,
            "rx_metadata": [
                {
                    "gateway_ids": {"gateway_id": gateway[0], "eui": gateway[1]},
                    "timestamp": noise & 0xFFFFFFFF,
                    "rssi": rssi,
                    "channel_rssi": rssi,
                    "snr": snr,
                    "received_at": time,
                }
            ],
            "settings": {
                "data_rate": {"lora": lora},
                "frequency": str(frequency),
                "timestamp": noise & 0xFFFFFFFF,
            },
            "received_at": time,
            "consumed_airtime": f"{0.041 * 2 ** (spreading - 7):.6f}s",
            "network_ids": {"net_id": "000013", "tenant_id": "ttn", "cluster_id": "eu1"},
        },
    }
    return Message(
        topics.things_stack(THINGS_STACK_APPLICATION, device), msgspec.json.encode(told), rows, device
    )
