"""Whole recordings of cities through decoder and writer: every lane's totals are those of the files.

`make bench` runs it; alone: `python -m tests.benchmarks.real`. The files are read once more here, with csv
of Python and integers and nothing of ours: what differs is told lane by lane, and the exit code is 1.
"""

import argparse
import collections
import csv
import gzip
import io
import json
import pathlib
import re
import secrets
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

from smartregion.books import recount
from smartregion.demo import ports, postgres
from smartregion.store.database import connect
from smartregion.store.migrate import migrate
from tests.support.real_series import take

_FOLDER = pathlib.Path(__file__).resolve().parents[2].parent / "shared" / "data" / "series"
_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_SHOWN = 20
Totals = dict[str, list[int]]
"""By device and lane: intervals, then the sum of each class."""


def berlin(file: pathlib.Path) -> Totals:
    """Cross-sections: hours, all vehicles, cars, lorries."""
    found: Totals = {}
    columns = ("q_kfz_mq_hr", "q_pkw_mq_hr", "q_lkw_mq_hr")
    with gzip.open(file, "rt", encoding="utf-8-sig", newline="") as text:
        for row in csv.DictReader(text, delimiter=";"):
            _add(found, f"berlin-{row['mq_name']} 1", [int(row[name]) for name in columns])
    return found


def bicycles(file: pathlib.Path) -> Totals:
    """Bicycle counters: quarters with a value and bicycles of each channel, not their sum."""
    found: Totals = {}
    for name, text in _members(file):
        if not re.search(r"\d{9}/\d{4}-\d{2}\.csv$", name):
            continue
        device = name.split("/")[-2]
        for row in csv.DictReader(text):
            for head, cell in row.items():
                if head[:3] != "100" and "status" not in head and head != "Datetime" and cell:
                    _add(found, f"muenster-{device} {int(head[1:3])}", [int(cell)])
    return found


def loops(file: pathlib.Path) -> Totals:
    """Car loops: hours with a value and vehicles; the 24th of the day of 23 hours is none."""
    found: Totals = {}
    for name, text in _members(file):
        hours = 23 if "2015_03_29" in name else 24
        for line in csv.reader(text, delimiter=";"):
            if line and line[0].startswith("MQ_"):
                for cell in line[1 : hours + 1]:
                    if cell.strip():
                        _add(found, f"muenster-{line[0].split(' ')[0]} 1", [int(cell)])
    return found


PARTS: dict[str, tuple[str, Callable[[pathlib.Path], Totals], dict[str, str]]] = {
    "berlin": (
        "berlin_verkehrsdetektion_mq_hr*.csv.gz",
        berlin,
        {"kfz": "Kfz", "pkwaehnlich": "PkwAehnlich", "lkwaehnlich": "LkwAehnlich"},
    ),
    "bicycles": ("muenster_bike*.tar.xz", bicycles, {"rad": "Rad"}),
    "loops": ("muenster_kfz*.tar.xz", loops, {"kfz": "Kfz"}),
}
"""Files, their independent reader, and the columns of the table that hold the same, with their class."""


def measure(url: str, folder: pathlib.Path, name: str) -> dict[str, Any]:
    """Import a recording into an empty database and compare: what is stored and what waits in quarantine."""
    pattern, read, names_of = PARTS[name]
    columns, names = list(names_of), list(names_of.values())
    file = next(folder.glob(pattern))
    migrate(url)
    started = time.process_time(), time.perf_counter()
    with connect(url, autocommit=True) as connection:
        notes, messages = take(connection, file)
        spent = time.process_time() - started[0], time.perf_counter() - started[1]
        sums = ", ".join(f"sum({column})" for column in columns)
        query = (
            f"SELECT d.name || ' ' || t.lane, count(*), {sums} FROM sr.lane_interval t"  # noqa: S608 - our own
            " JOIN sr.device d ON d.id = t.device GROUP BY 1"
        )
        stored: Totals = {lane: list(values) for lane, *values in connection.execute(query)}
        balanced = all(line.balanced for line in recount(connection, None))
        refused = connection.execute("SELECT device, payload FROM sr.quarantine").fetchall()
        for device, payload in refused:
            for item in json.loads(payload):
                _add(stored, f"{device} {item['lane']}", [item["counts"][name] for name in names])
        lost = connection.execute("SELECT count(*) FROM sr.conflict").fetchall()[0][0]
    told = read(file)
    different = sorted(lane for lane in told.keys() | stored.keys() if told.get(lane) != stored.get(lane))
    total = [sum(values) for values in zip(*told.values(), strict=True)]
    return {
        "file": file.name,
        "lanes": len(told),
        "intervals": total[0],
        "sums": dict(zip(columns, total[1:], strict=True)),
        "messages": messages,
        "notes": dict(notes.counts),
        "values_that_lost": lost,
        "messages_in_quarantine": len(refused),
        "lanes_that_differ": len(different),
        "differing": [
            f"{lane}: file {told.get(lane)}, stored {stored.get(lane)}" for lane in different[:_SHOWN]
        ],
        "books_balanced": balanced,
        "import_client_cpu_s": round(spent[0], 1),
        "import_s": round(spent[1], 1),
    }


def _add(found: Totals, lane: str, counts: list[int]) -> None:
    before = found.get(lane, [0] * (len(counts) + 1))
    found[lane] = [old + new for old, new in zip(before, [1, *counts], strict=True)]


def _members(file: pathlib.Path) -> Iterator[tuple[str, io.TextIOWrapper]]:
    with tarfile.open(file) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name, io.TextIOWrapper(content, "utf-8-sig", newline="")


def main() -> int:
    """Run the parts that were asked for; exit 1 when a total differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=pathlib.Path, default=_FOLDER, help="where the recordings are")
    parser.add_argument("--part", action="append", choices=list(PARTS), help="only this one; can be repeated")
    parser.add_argument("--quick", action="store_true", help="only the bicycles")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if not args.folder.is_dir():
        print(f"{args.folder}: is not there, nothing to compare", file=sys.stderr)
        print("{}")
        return 0
    results: dict[str, dict[str, Any]] = collections.OrderedDict()
    for name in args.part or (["bicycles"] if args.quick else list(PARTS)):
        with tempfile.TemporaryDirectory(prefix="smartregion-real-") as folder:
            pathlib.Path(folder).chmod(0o755)
            cluster = pathlib.Path(folder) / "postgres"
            with postgres.running(cluster, ports.free_port(), secrets.token_hex(16), _UNSAFE) as server:
                results[name] = measure(server.url, args.folder, name)
        print(f"{name}: {json.dumps(results[name], ensure_ascii=False)}", file=sys.stderr, flush=True)
    if args.json:
        print(json.dumps(results, indent=2, ensure_ascii=False))
    return 1 if any(one["lanes_that_differ"] or not one["books_balanced"] for one in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
