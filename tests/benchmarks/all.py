"""`make bench`: every benchmark of the program, one table after the other, all results in one JSON file."""

import argparse
import json
import pathlib
import subprocess
import sys

_BENCHES = ("ingest", "store", "route", "roads", "web", "force", "real")
_OURS = ("force", "real")
"""Those that are no verb of the program."""


def main() -> int:
    """Run the benches that were asked for; exit 1 when one fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="each ends within 10 minutes")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("artifacts/bench.json"))
    parser.add_argument("only", nargs="*", choices=[*_BENCHES, []], help="these benches, by default all")
    args = parser.parse_args()
    results: dict[str, object] = {}
    failed = 0
    for name in args.only or _BENCHES:
        print(f"== {name}", flush=True)
        program = [f"tests.benchmarks.{name}"] if name in _OURS else ["smartregion", "bench", name]
        command = [sys.executable, "-m", *program, "--json", *(["--quick"] if args.quick else [])]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            failed += 1
            continue
        results[name] = json.loads(done.stdout)
        print(json.dumps(results[name], indent=2, ensure_ascii=False), flush=True)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written: {args.out}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
