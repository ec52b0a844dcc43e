"""Recordings and series as messages: topics, local time in spring and autumn, classes, registry."""

import argparse
import csv
import datetime as dt
import io
import json
import pathlib
import tarfile
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingest.decode import decode
from ingest.recordings import read_recording
from ingest.replay_verb import run, write_registry
from ingest.series import Series, load_series
from ingest.series_parts import LocalClock, Message, Notes
from smartregion.errors import InvalidInput
from smartregion.readings import LaneInterval

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def rows(message: Message) -> tuple[Any, ...]:
    found = decode(message.topic, json.dumps(message.content).encode(), NOW)
    assert found.rejected is None
    return found.rows


def test_local_clock_over_both_nights() -> None:
    notes = Notes()
    clock = LocalClock(BERLIN, "%Y-%m-%d %H:%M", notes)
    assert clock.instant("2023-03-26 01:45") == dt.datetime(2023, 3, 26, 0, 45, tzinfo=dt.UTC)
    assert clock.instant("2023-03-26 02:15") is None
    assert clock.instant("2023-03-26 03:00") == dt.datetime(2023, 3, 26, 1, tzinfo=dt.UTC)
    autumn = [clock.instant(f"2023-10-29 {time}") for time in ("02:00", "02:30", "02:00", "02:30", "03:00")]
    assert [(at.hour, at.minute) for at in autumn if at] == [(0, 0), (0, 30), (1, 0), (1, 30), (2, 0)]
    assert notes.counts == {
        "times in the skipped hour of spring left out": 1,
        "times in the doubled hour of autumn taken as the first one": 2,
        "times in the doubled hour of autumn taken as the second one": 2,
    }


def archive(folder: pathlib.Path, name: str, members: dict[str, str]) -> pathlib.Path:
    file = folder / name
    with tarfile.open(file, "w:xz") as tar:
        for member, text in members.items():
            info = tarfile.TarInfo(member)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return file


def series_messages(file: pathlib.Path, packed: bool) -> tuple[list[Message], Notes]:
    notes = Notes()
    series = load_series(None, file)
    assert series is not None
    return list(series.messages(file, notes, packed)), notes


def test_columns_of_an_archive(tmp_path: pathlib.Path) -> None:
    text = (
        "Datetime,100031297 (P),101031297 (P in),102031297 (P out),100031297-status\n"
        "2023-05-01 00:00,3,1,2,0\n2023-05-01 00:15,5,,5,0\n"
    )
    file = archive(tmp_path, "muenster_bike_15min_x.tar.xz", {"./100031297/2023-05.csv": text})
    messages, notes = series_messages(file, packed=True)
    found = [row for message in messages for row in rows(message)]
    assert {(row.device, row.lane, row.time.isoformat(), row.counts["Rad"]) for row in found} == {
        ("muenster-100031297", 1, "2023-04-30T22:00:00+00:00", 1),
        ("muenster-100031297", 2, "2023-04-30T22:00:00+00:00", 2),
        ("muenster-100031297", 2, "2023-04-30T22:15:00+00:00", 5),
    }
    assert notes.counts == {"empty cells left out": 1}


def test_matrix_of_an_archive(tmp_path: pathlib.Path) -> None:
    hours = ";".join(f"{hour}:00" for hour in range(24))
    counts = ";".join(str(hour) for hour in range(24))
    text = f"Name  /  Date: 2015_03_29;{hours}\nMQ_03290_FV12_GR (MQ0);{counts};\n"
    file = archive(tmp_path, "muenster_kfz_hourly_x.tar.xz", {"data/raw/2015_03_29_24mq.csv": text})
    messages, notes = series_messages(file, packed=False)
    assert len(messages) == 23
    assert notes.counts == {"days of 23 hours": 1}
    (row,) = rows(messages[-1])
    assert row == LaneInterval(
        "muenster-MQ_03290_FV12_GR", 1, dt.datetime(2015, 3, 29, 21, tzinfo=dt.UTC), 3600, {"Kfz": 22}
    )


def test_single_vehicles_become_quarter_hours(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "moers_radar_single_vehicle_x.txt"
    file.write_text(
        "24.10.16 08:37:29;00;030;01;0 \n24.10.16 08:37:42;00;040;08;0 \n24.10.16 08:44:59;00;050;12;1 \n"
        "24.10.16 08:45:00;00;060;07;1 \n24.10.16 08:45:01;00;060;00;1 \n"
    )
    messages, notes = series_messages(file, packed=False)
    found = [row for message in messages for row in rows(message)]
    assert [(row.lane, row.time.minute, row.counts, row.speed_kmh) for row in found] == [
        (1, 30, {"short": 1, "medium": 1, "long": 0}, 35.0),
        (2, 30, {"short": 0, "medium": 0, "long": 1}, 50.0),
        (1, 45, {"short": 0, "medium": 0, "long": 0}, None),
        (2, 45, {"short": 1, "medium": 0, "long": 0}, 60.0),
    ]
    assert notes.counts == {"vehicles counted": 4, "vehicles shorter than any class left out": 1}


def test_real_series(shared_data: pathlib.Path) -> None:
    folder = shared_data / "series"
    messages, notes = series_messages(
        folder / "moers_radar_single_vehicle_roemerstrasse_2016-10.txt", packed=True
    )
    found = [row for message in messages for row in rows(message)]
    assert sum(sum(row.counts.values()) for row in found) == 14152
    messages, notes = series_messages(folder / "wyndham_smart_bins_timeseries_2021.json", packed=True)
    assert [row.value for message in messages for row in rows(message)] == [0.2] * 5
    out = io.StringIO()
    write_registry(messages, notes, out)
    table = list(csv.DictReader(io.StringIO(out.getvalue()), delimiter=";"))
    assert [row["kind"] for row in table] == ["site", "container"]
    assert float(table[0]["lat"]) == pytest.approx(-37.9018, abs=1e-3)


def test_real_counters_in_spring_and_autumn(shared_data: pathlib.Path) -> None:
    """The doubled hour occurs once a channel and year in the files, the skipped one never."""
    file = next((shared_data / "series").glob("muenster_bike*.tar.xz"))
    series = load_series(None, file)
    assert series is not None
    few = {"members": r"(?P<device>100034978)/2023-(03|10)\.csv"}
    notes = Notes()
    messages = Series(series.name, series.description | few).messages(file, notes, packed=True)
    found = [row for message in messages for row in rows(message)]
    assert len(found) == 2 * (30 * 96 - 4 + 30 * 96)
    assert len({(row.lane, row.time) for row in found}) == len(found)
    assert notes.counts["times in the doubled hour of autumn taken as the first one"] == 4
    assert notes.counts["times in the skipped hour of spring left out"] == 0


@pytest.mark.parametrize("name", ["thingsboard__ThingsStackCommunity.json", "thingsboard__ChirpStack.json"])
def test_recorded_messages_get_the_topics_of_their_servers(shared_data: pathlib.Path, name: str) -> None:
    for message in read_recording(shared_data / "envelopes" / name, None):
        found = decode(message.topic, json.dumps(message.content).encode(), NOW)
        assert found.event == "up"
        assert found.device in message.topic or found.device.upper() in message.topic.upper()


def test_lines_and_topics(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "recorded.jsonl"
    file.write_text('{"topic": "sr/1/a/fill", "payload": {"t": 1}}\n\n{"topic": "x", "payload": "raw"}\n')
    assert [(m.topic, m.content) for m in read_recording(file, None)] == [
        ("sr/1/a/fill", {"t": 1}),
        ("x", "raw"),
    ]
    file.write_text('{"t": 1, "level": 0.5}\n')
    assert read_recording(file, "sr/1/b/fill")[0].topic == "sr/1/b/fill"
    with pytest.raises(InvalidInput, match="--topic"):
        read_recording(file, None)
    file.write_text('{"t": 1}\n{broken\n')
    with pytest.raises(InvalidInput, match="line 2"):
        read_recording(file, "t")


def test_files_that_cannot_be_replayed(tmp_path: pathlib.Path) -> None:
    arguments = argparse.Namespace(
        file=str(tmp_path / "nowhere"), speed=0, topic=None, series=None, limit=None, register=True
    )
    with pytest.raises(InvalidInput, match="a file that exists"):
        run(arguments)
    broken = tmp_path / "muenster_bike_15min_x.tar.xz"
    broken.write_bytes(b"no archive")
    with pytest.raises(InvalidInput, match="a readable file"):
        series_messages(broken, packed=True)
    with pytest.raises(InvalidInput, match="one of"):
        load_series("unheard-of", broken)
