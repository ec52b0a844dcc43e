"""Real recordings through decoder and writer into the database: totals are those of the files, counted here
once more with nothing of ours."""

import collections
import csv
import datetime as dt
import gzip
import io
import json
import pathlib
import tarfile
from collections.abc import Iterator

import pytest

from ingest.decode import decode
from ingest.series import load_series
from ingest.series_parts import Notes
from smartregion.books import recount
from smartregion.store.database import Connection, connect
from tests.smartregion.store_region import NOW
from tests.support.real_series import take


def imported(connection: Connection, file: pathlib.Path, **changes: str) -> tuple[Notes, int]:
    """Write a described series of which nothing may be doubtful."""
    found = take(connection, file, **changes)
    assert connection.execute("SELECT count(*) FROM sr.quarantine").fetchone() == (0,)
    assert connection.execute("SELECT count(*) FROM sr.message_flag").fetchone() == (0,)
    return found


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with connect(database_url, autocommit=True) as opened:
        yield opened


@pytest.fixture
def folder(shared_data: pathlib.Path) -> pathlib.Path:
    return shared_data / "series"


def one(connection: Connection, query: str) -> tuple[object, ...]:
    return tuple(connection.execute(query).fetchall()[0])


def table(file: pathlib.Path, delimiter: str = ",") -> list[dict[str, str]]:
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=delimiter))


def test_berlin_cross_sections(connection: Connection, folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Every eighth cross-section of a month: the whole takes half a minute."""
    whole = gzip.decompress(next(folder.glob("berlin_verkehrsdetektion_mq_hr*.csv.gz")).read_bytes())
    head, *lines = whole.decode().splitlines()
    chosen = set(sorted({line.partition(";")[0] for line in lines})[::8])
    file = tmp_path / "mq_hr_2023_03.csv"
    file.write_text("\n".join([head, *(line for line in lines if line.partition(";")[0] in chosen)]))
    rows = table(file, ";")
    notes, _ = imported(connection, file)
    expected = (
        len(rows),
        *(sum(int(row[column]) for row in rows) for column in ("q_kfz_mq_hr", "q_pkw_mq_hr", "q_lkw_mq_hr")),
        sum(row["v_kfz_mq_hr"] == "-1" for row in rows),
    )
    found = (
        "count(*), sum(kfz), sum(pkwaehnlich), sum(lkwaehnlich), count(*) FILTER (WHERE speed_kmh IS NULL)"
    )
    assert one(connection, f"SELECT {found} FROM sr.lane_interval") == expected  # noqa: S608 - our own text
    hours = collections.defaultdict(set)
    for row in rows:
        hours[row["mq_name"]].add((int(row["tag"][:2]), int(row["stunde"])))
    missing = 0
    for there in hours.values():
        first, last = min(there), max(there)
        missing += (last[0] - first[0]) * 24 + last[1] - first[1] + 1 - len(there)
        missing -= first < (26, 2) < last  # the hour that spring skipped
    assert notes.counts["intervals missing between the first and the last of a lane"] == missing
    assert all(line.balanced for line in recount(connection, None))


def test_telraam_is_not_scaled_again(connection: Connection, folder: pathlib.Path) -> None:
    file = next(folder.glob("berlin_telraam_20*.csv.gz"))
    rows = table(file)
    notes, _ = imported(connection, file)
    expected = tuple(
        sum(float(row[column]) for row in rows)
        for column in ("ped_total", "bike_total", "car_total", "heavy_total")
    )
    found = one(connection, "SELECT sum(fuss), sum(rad), sum(car), sum(heavy) FROM sr.lane_interval")
    assert found == expected
    assert one(connection, "SELECT count(*), max(completeness) FROM sr.lane_interval") == (len(rows), 1.0)
    shares = one(connection, "SELECT sum(completeness::float8) FROM sr.lane_interval")
    assert shares[0] == pytest.approx(sum(min(1, float(row["uptime"])) for row in rows), abs=0.01)
    twice = len(rows) - len({(row["segment_id"], row["date_local"]) for row in rows})
    assert notes.counts["times in the doubled hour of autumn taken as the second one"] == twice == 2
    assert notes.counts["completeness above 1 taken as 1"] == sum(float(row["uptime"]) > 1 for row in rows)


def test_edinburghs_full_bin_is_four_fifths_full(connection: Connection, folder: pathlib.Path) -> None:
    file = next(folder.glob("edinburgh_litter_bins*.csv"))
    rows = table(file)
    before = next(name for name in rows[0] if name.startswith("Fill level before"))
    imported(connection, file)
    found = one(
        connection,
        """SELECT sum(value) FILTER (WHERE q.key = 'level'), max(value) FILTER (WHERE q.key = 'level'),
                  count(*) FILTER (WHERE q.key = 'level'), sum(value) FILTER (WHERE q.key = 'collected_l'),
                  sum(value) FILTER (WHERE q.key = 'collected_kg')
           FROM sr.reading r JOIN sr.series e ON e.id = r.series JOIN sr.quantity q ON q.id = e.quantity""",
    )
    litres, kilograms = (
        sum(float(row[name]) for row in rows) for name in ("Volume (litres3)", "Weight (kg)")
    )
    assert found[0] == pytest.approx(sum(float(row[before]) / 100 * 0.8 for row in rows))
    assert found[1] == 0.8
    assert found[2] == 2 * len(rows)  # before and after each emptying
    assert found[3:] == (pytest.approx(litres), pytest.approx(kilograms))


def test_load_profiles_use_a_megawatt_hour_a_year(connection: Connection, folder: pathlib.Path) -> None:
    file = next(folder.glob("municipal_load_profile_15min_*.csv"))
    values = [float(cell) for _, cell in csv.reader(file.read_text("utf-8").splitlines()[1:])]
    imported(connection, file)
    count, used, span = one(
        connection, "SELECT count(*), max(value) - min(value), max(time) - min(time) FROM sr.reading"
    )
    assert count == len(values) + 1
    assert used == pytest.approx(sum(values) / 4000, abs=1e-6)
    assert used == pytest.approx(1000, abs=0.1)
    assert str(span) == "365 days, 0:00:00"


def test_moers_counts_every_vehicle(connection: Connection, folder: pathlib.Path) -> None:
    file = next(folder.glob("moers_radar*.txt"))
    lengths = [int(line.split(";")[3]) for line in file.read_text().splitlines() if line.strip()]
    notes, _ = imported(connection, file)
    found = one(connection, "SELECT sum(short), sum(medium), sum(long) FROM sr.lane_interval")
    expected = (
        sum(1 <= length < 8 for length in lengths),
        sum(8 <= length < 12 for length in lengths),
        sum(length >= 12 for length in lengths),
    )
    assert found == expected
    assert notes.counts["vehicles counted"] == sum(expected)


def test_wyndham_and_melbourne(connection: Connection, folder: pathlib.Path) -> None:
    wyndham = next(folder.glob("wyndham*.json"))
    levels = [feature["properties"]["fill_lvl"] / 10 for feature in json.loads(wyndham.read_text())]
    imported(connection, wyndham)
    assert one(connection, "SELECT count(*), sum(value) FROM sr.reading") == (
        len(levels),
        pytest.approx(sum(levels)),
    )
    melbourne = next(folder.glob("melbourne*.csv"))
    rows = table(melbourne)
    imported(connection, melbourne)
    assert one(connection, "SELECT sum(value) FROM sr.reading")[0] == pytest.approx(
        sum(levels) + sum(float(row["fill_level_percent"]) for row in rows) / 100
    )


def test_muenster_bicycles_over_both_nights(connection: Connection, folder: pathlib.Path) -> None:
    """Two months of one station; the doubled hour is there once a channel, three hours are missing."""
    file = next(folder.glob("muenster_bike*.tar.xz"))
    wanted = ("100034978/2023-03.csv", "100034978/2023-10.csv")
    total = lines = 0
    with tarfile.open(file) as archive:
        for member in archive:
            if member.name.endswith(wanted):
                content = archive.extractfile(member)
                assert content is not None
                for row in csv.DictReader(io.TextIOWrapper(content, "utf-8-sig")):
                    lines += 1
                    total += sum(
                        int(row[name] or 0)
                        for name in row
                        if name[:3] in ("101", "102") and "status" not in name
                    )
    notes, _ = imported(connection, file, members=r"(?P<device>100034978)/2023-(03|10)\.csv")
    counted = "SELECT sum(rad), count(DISTINCT time), count(DISTINCT lane) FROM sr.lane_interval"
    assert one(connection, counted) == (total, lines, 2)
    assert notes.counts["times in the doubled hour of autumn taken as the first one"] == 4
    night = """SELECT count(*) FROM sr.lane_interval
               WHERE time >= '2023-03-26 00:45Z' AND time < '2023-03-26 01:15Z'"""
    assert one(connection, night) == (4,)  # 01:45 and 03:00 of two lanes, neighbours


def test_muenster_loops_over_the_night_of_spring(connection: Connection, folder: pathlib.Path) -> None:
    """The day of 23 hours fills 23 columns, and nothing is lost: the last is a filler."""
    file = next(folder.glob("muenster_kfz*.tar.xz"))
    total = cells = fillers = 0
    with tarfile.open(file) as archive:
        for member in archive:
            if "/2015_03_29" in member.name or "/2015_03_30" in member.name:
                content = archive.extractfile(member)
                assert content is not None
                _, *lines = csv.reader(io.TextIOWrapper(content, "utf-8-sig"), delimiter=";")
                for line in lines:
                    if line and line[0].startswith("MQ_"):
                        there = [int(value) for value in line[1:25] if value.strip()]
                        total += sum(there)
                        cells += len(there)
                        fillers += len(there) == 24 and "03_29" in member.name
    notes, _ = imported(connection, file, members=r"data/raw/2015_03_(29|30).*\.csv")
    assert one(connection, "SELECT sum(kfz), count(*) FROM sr.lane_interval") == (total, cells - fillers)
    assert notes.counts["days of 23 hours"] == 1
    assert one(connection, "SELECT max(time) FROM sr.lane_interval WHERE time < '2015-03-29 22:00Z'") == (
        dt.datetime(2015, 3, 29, 21, tzinfo=dt.UTC),
    )


def test_every_shipped_description_fits_a_file_of_its_own(folder: pathlib.Path) -> None:
    found = {series.name for file in folder.iterdir() if (series := load_series(None, file)) is not None}
    assert {"berlin-cross-sections", "berlin-telraam", "edinburgh-bins", "municipal-load-profiles"} <= found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("TE1;01.03.2023;0;1.0;5;50;4;1", {"counts": {"Kfz": 5, "PkwAehnlich": 4, "LkwAehnlich": 1}}),
        ("TE1;01.03.2023;0;0.8;0;-1;0;0", {"completeness": 0.8}),
        ("TE1;01.03.2023;0;1.0;;50;4;1", {"counts": {"PkwAehnlich": 4, "LkwAehnlich": 1}}),
    ],
)
def test_lines_of_a_table(tmp_path: pathlib.Path, line: str, expected: dict[str, object]) -> None:
    file = tmp_path / "mq_hr_2024_01.csv"
    file.write_text(
        "mq_name;tag;stunde;qualitaet;q_kfz_mq_hr;v_kfz_mq_hr;q_pkw_mq_hr;q_lkw_mq_hr\n" + line + "\n"
    )
    series = load_series(None, file)
    assert series is not None
    (message,) = series.messages(file, Notes(), packed=False)
    assert message.content | expected == message.content
    assert ("speed_kmh" in message.content) == (";-1;" not in line)
    assert decode(message.topic, json.dumps(message.content).encode(), NOW).rows
