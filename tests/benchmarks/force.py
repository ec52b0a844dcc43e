"""Proof by force at large: numbered messages, blows at random moments, and after each round the account.

`make bench` runs it; alone: `python -m tests.benchmarks.force --messages 1000000 --ingest-kills 100`.
Every round is stored when it ends; the same command goes on after the last one that was stored.
"""

import argparse
import dataclasses
import json
import pathlib
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.support.force import BROKER_WINDOW_S, Plant, Verdict

BLOWS = ("ingest_kills", "broker_restarts", "broker_kills", "database_stops", "wire_cuts")
_ROUND = 50_000
_PATIENCE_S = 600


@dataclasses.dataclass
class Account:
    """What one round left behind; `missing` were acknowledged by a broker that was killed afterwards."""

    messages: int
    seconds: float
    blows: dict[str, int]
    acknowledged: int
    stored: int
    missing: int
    missing_age_s: float
    """Longest time between the broker's acknowledgement of a missing message and the next kill."""
    duplicate_packets: int
    quarantined_packets: int
    acknowledged_not_stored: int
    unbalanced_lines: int
    clean: bool


class Round:
    """Publishes a range of numbers and strikes meanwhile."""

    def __init__(self, plant: Plant, numbers: range, chance: random.Random, per_s: float) -> None:
        self._plant, self._numbers, self._chance, self._per_s = plant, numbers, chance, per_s
        self._kills: list[float] = []
        self._lost: set[int] = set()
        self._blows: dict[str, Callable[[], None]] = {
            "ingest_kills": self._kill_ingest,
            "broker_restarts": plant.restart_broker,
            "broker_kills": self._kill_broker,
            "database_stops": self._stop_database,
            "wire_cuts": self._cut,
        }

    def run(self, blows: Sequence[str]) -> Account:
        """All blows in this order, at random moments; then the account."""
        plant, numbers = self._plant, self._numbers
        started = time.monotonic()
        gap_s = len(numbers) / self._per_s / (len(blows) + 1)
        with plant.publishing(numbers, self._per_s):
            for blow in blows:
                time.sleep(gap_s * self._chance.uniform(0.2, 1.4))
                self._blows[blow]()
                self._lost |= self._acknowledged() - plant.stored(numbers.start)
        plant.to_broker.delay_s = plant.to_database.delay_s = 0.0
        if not self._kills:
            plant.settle(_PATIENCE_S, numbers.start)
        plant.rest(3 if self._kills else 1)
        return self._account(plant.verdict(), time.monotonic() - started, blows)

    def _acknowledged(self) -> set[int]:
        return {number for number in self._plant.witness.known() if number in self._numbers}

    def _account(self, verdict: Verdict, seconds: float, blows: Sequence[str]) -> Account:
        numbers, published = self._numbers, self._plant.published
        missing = {number for number in verdict.missing if number in numbers}
        ages = [
            min((kill - published[n] for kill in self._kills if kill >= published[n]), default=-1.0)
            for n in missing
        ]
        lost = len(self._lost | verdict.acknowledged_not_stored)
        excused = all(0 <= age <= BROKER_WINDOW_S for age in ages)
        return Account(
            messages=len(numbers),
            seconds=round(seconds, 1),
            blows={name: blows.count(name) for name in BLOWS if name in blows},
            acknowledged=len(self._acknowledged()),
            stored=len(numbers) - len(missing),
            missing=len(missing),
            missing_age_s=round(max(ages, default=0.0), 1),
            duplicate_packets=verdict.duplicate,
            quarantined_packets=verdict.quarantined,
            acknowledged_not_stored=lost,
            unbalanced_lines=len(verdict.unbalanced),
            clean=lost == 0 and excused and verdict.clean(missing=True),
        )

    def _kill_ingest(self) -> None:
        self._plant.kill_ingest()
        self._lost |= self._acknowledged() - self._plant.stored(self._numbers.start)
        self._plant.start_ingest()

    def _kill_broker(self) -> None:
        """While ingest is away, so that the broker has something to lose."""
        self._plant.kill_ingest()
        time.sleep(self._chance.uniform(0.2, 2))
        self._kills.append(time.monotonic())
        self._plant.kill_broker()
        self._plant.start_broker()
        self._plant.start_ingest()

    def _stop_database(self) -> None:
        self._plant.kill_database()
        self._plant.start_database()

    def _cut(self) -> None:
        wire = self._chance.choice((self._plant.to_broker, self._plant.to_database))
        wire.delay_s = self._chance.choice((0.0, 0.002))
        wire.cut()


def main() -> int:
    """Run the rounds that are not stored yet; exit 1 when anything acknowledged is not stored once."""
    args = _arguments()
    wanted = {name: getattr(args, name) for name in BLOWS}
    setup = {"messages": args.messages, "per_s": args.per_s, "seed": args.seed, **wanted}
    rounds = _stored_rounds(args.out, setup)
    sizes = [min(_ROUND, args.messages - start) for start in range(0, args.messages, _ROUND)]
    if len(rounds) < len(sizes):
        with tempfile.TemporaryDirectory(prefix="smartregion-force-") as name:
            folder = pathlib.Path(name)
            folder.chmod(0o755)
            plant = Plant(folder, folder)
            try:
                plant.start()
                _save_session(plant)
                for index in range(len(rounds), len(sizes)):
                    chance = random.Random(f"{args.seed} {index}")
                    blows = [name for name in BLOWS for _ in range(_share(wanted[name], index, len(sizes)))]
                    chance.shuffle(blows)
                    numbers = range(index * _ROUND, index * _ROUND + sizes[index])
                    rounds.append(dataclasses.asdict(Round(plant, numbers, chance, args.per_s).run(blows)))
                    _store(args.out, setup, rounds)
                    print(f"round {index + 1} of {len(sizes)}: {rounds[-1]}", file=sys.stderr, flush=True)
            finally:
                plant.close()
    result = _total(setup, rounds)
    print(json.dumps(result, indent=2) if args.json else _table(result))
    return 0 if result["clean"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--per-s", type=float, default=4000, help="rate of publishing")
    parser.add_argument("--seed", type=int, default=7)
    for name in BLOWS:
        default = 100 if name == "ingest_kills" else 0
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("artifacts/force.json"))
    parser.add_argument("--quick", action="store_true", help="100,000 messages and a tenth of the blows")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.quick:
        args.messages = min(args.messages, 100_000)
        for name in BLOWS:
            setattr(args, name, -(-getattr(args, name) // 10))
    return args


def _save_session(plant: Plant) -> None:
    """The session of ingest is older than the window of the broker, as it is in life."""
    assert plant.broker is not None
    plant.broker.process.send_signal(signal.SIGUSR1)
    time.sleep(1)


def _share(count: int, index: int, rounds: int) -> int:
    """How many of `count` blows fall into this round, so that all rounds together have them all."""
    return count * (index + 1) // rounds - count * index // rounds


def _stored_rounds(out: pathlib.Path, setup: dict[str, Any]) -> list[dict[str, Any]]:
    if not out.exists():
        return []
    stored = json.loads(out.read_text("utf-8"))
    rounds: list[dict[str, Any]] = stored["rounds"] if stored["setup"] == setup else []
    return rounds


def _store(out: pathlib.Path, setup: dict[str, Any], rounds: list[dict[str, Any]]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_suffix(".partial")
    partial.write_text(json.dumps({"setup": setup, "rounds": rounds}, indent=2) + "\n", "utf-8")
    partial.replace(out)


def _total(setup: dict[str, Any], rounds: list[dict[str, Any]]) -> dict[str, Any]:
    added = ("messages", "seconds", "acknowledged", "stored", "missing", "acknowledged_not_stored")
    return {
        "setup": setup,
        "rounds": len(rounds),
        **{name: round(sum(one[name] for one in rounds), 1) for name in added},
        "blows": {name: sum(one["blows"].get(name, 0) for one in rounds) for name in BLOWS},
        "missing_age_s": max(one["missing_age_s"] for one in rounds),
        "window_s": BROKER_WINDOW_S,
        "unbalanced_lines": sum(one["unbalanced_lines"] for one in rounds),
        "clean": all(one["clean"] for one in rounds),
    }


def _table(result: dict[str, Any]) -> str:
    return "\n".join(f"{name:24} {value}" for name, value in result.items() if name != "setup")


if __name__ == "__main__":
    sys.exit(main())
