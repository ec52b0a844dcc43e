"""The verbs of this room: `route solve`, `route check`, `route explain` and `bench route`."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from routing.errors import RoutingError

if TYPE_CHECKING:
    from routing.instances import Instance
    from routing.plan import Plan
    from routing.stop import StopCondition

_SECONDS = 10.0


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs to the program."""
    route = verbs.add_parser("route", help="solve, check and explain routing problems from files")
    actions = route.add_subparsers(metavar="ACTION", required=True)
    _register_solve(actions)
    _register_check(actions)
    _register_explain(actions)
    register_bench(_bench(verbs))


def _register_solve(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    solve = actions.add_parser("solve", help="plan tours for an instance file")
    solve.add_argument(
        "file", type=Path, help="VRPLIB, Solomon, waste-kim, waste-qingdao or the project's JSON"
    )
    budget = solve.add_mutually_exclusive_group()
    budget.add_argument("--seconds", type=_at_least_zero, help=f"search time in s (default {_SECONDS:g})")
    budget.add_argument("--iterations", type=_count, help="iterations instead of seconds: repeatable")
    solve.add_argument(
        "--threads", type=_positive, default=1, help="independent searches side by side (default 1)"
    )
    solve.add_argument("--seed", type=_count, default=1, help="start of the random numbers (default 1)")
    solve.add_argument("--start", type=Path, help="solution that the search begins with (one thread)")
    solve.add_argument("--out", type=Path, help="write the solution: .sol or .json")
    solve.add_argument("--plot", type=Path, help="draw the tours into an .svg file")
    solve.add_argument("--json", action="store_true", help="print one JSON object")
    solve.add_argument("--cache", type=Path, help="folder of compiled kernels")
    solve.set_defaults(run=_solve)


def _register_check(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = actions.add_parser("check", help="check a solution independently of the search")
    check.add_argument("file", type=Path, help="instance file")
    check.add_argument("solution", type=Path, help=".sol, or the JSON that solve prints")
    check.add_argument("--json", action="store_true", help="print one JSON object")
    check.set_defaults(run=_check)


def _register_explain(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    explain = actions.add_parser("explain", help="say of each stop of a solution why it is where it is")
    explain.add_argument("file", type=Path, help="instance file")
    explain.add_argument("solution", type=Path, help=".sol, or the JSON that solve prints")
    explain.add_argument(
        "--stop", type=_positive, action="append", help="only this stop, 1 the first (may be repeated)"
    )
    explain.add_argument("--json", action="store_true", help="print one JSON object")
    explain.set_defaults(run=_explain)


def _bench(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    """The shared verb `bench`, made by whoever registers first."""
    bench = verbs.choices.get("bench")
    if bench is None:
        bench = verbs.add_parser("bench", help="measure against a peer or a limit")
        bench.subs = bench.add_subparsers(metavar="WHAT", required=True)  # type: ignore[attr-defined]
    return bench.subs  # type: ignore[attr-defined, no-any-return]


def register_bench(benches: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `route` below `bench`."""
    bench = benches.add_parser("route", help="gap to the best known solutions, beside PyVRP where installed")
    bench.add_argument(
        "--folder", type=Path, default=Path("../shared/data/routing"), help="benchmark instances"
    )
    bench.add_argument("--quick", action="store_true", help="one instance a set, within 10 minutes")
    bench.add_argument(
        "--seconds", type=_at_least_zero, default=10.0, help="CPU time an instance in s (default 10)"
    )
    bench.add_argument(
        "--results", type=Path, default=Path("bench-route.jsonl"), help="where results are kept"
    )
    bench.add_argument(
        "--part",
        choices=("sets", "limits"),
        help="only the sets, or only 10,000 stops, compiling and starting",
    )
    bench.add_argument("--json", action="store_true", help="print one JSON object")
    bench.set_defaults(run=_bench_route)


def _at_least_zero(text: str) -> float:
    value = float(text)
    if not value >= 0:
        raise argparse.ArgumentTypeError(f"{text}: expected a number >= 0")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text}: expected a whole number >= 0")
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected a whole number >= 1")
    return value


def _solve(args: argparse.Namespace) -> int:
    from routing.instances import read, to_solution, write_sol
    from routing.instances.solution import tidy
    from routing.plot import draw, refuse_undrawable
    from routing.reasons import impossible

    instance = read(args.file)
    problem = instance.problem
    if args.plot is not None:
        refuse_undrawable(problem)
    for left in impossible(problem):
        _say(f"stop {left.stop + 1} cannot be served: {left.reason}")
    course: list[tuple[float, float]] = []
    plan = _plan(args, instance, course)
    answer = to_solution(problem, plan)
    if args.out is not None:
        sol = args.out.suffix == ".sol"
        _write(args.out, write_sol(problem, plan) if sol else json.dumps(answer, indent=1) + "\n")
    if args.plot is not None:
        _write(args.plot, draw(problem, plan, course))
    if args.json:
        print(json.dumps(answer))
    else:
        print(f"{problem.name}: {tidy(plan.cost)} {problem.unit}".rstrip())
        for tour, route in zip(plan.tours, answer["routes"], strict=True):
            print(f"  vehicle {tour.vehicle}: {' '.join(map(str, route))}")
        for left in plan.unserved:
            print(f"  stop {left.stop + 1} unserved: {left.reason}")
        print(f"  {len(plan.tours)} tours, {plan.iterations} iterations in {plan.seconds:.1f} s")
    mandatory = [left for left in plan.unserved if problem.stops[left.stop].prize is None]
    if mandatory:
        first = mandatory[0]
        raise RoutingError(
            f"{problem.name}: {len(mandatory)} stops unserved, first {first.stop + 1}: {first.reason}"
        )
    return 0


def _plan(args: argparse.Namespace, instance: "Instance", course: list[tuple[float, float]]) -> "Plan":
    """Search as the arguments say; `course` gets the seconds and the best cost of each step."""
    from routing.search import solve
    from routing.stop import MaxIterations, MaxSeconds
    from routing.team import solve_in_threads
    from routing.warming import Warmth, warm_up

    def tell(warmth: Warmth) -> None:
        if warmth.state == "compiling":
            _say("preparing the kernels (up to half a minute once, then cached)")
        else:
            _say(f"kernels {'loaded' if warmth.cached else 'compiled'} in {warmth.seconds:.1f} s")

    needed = instance.problem if args.start is None else None
    warm_up(tell, folder=args.cache, say=_say, problem=needed)
    stop: StopCondition
    if args.iterations is not None:
        stop = MaxIterations(args.iterations)
    else:
        stop = MaxSeconds(_SECONDS if args.seconds is None else args.seconds)
    report = _reporter(instance.problem.unit, course)
    if args.start is not None:
        start = _read_plan(instance, args.start)
        return solve(instance.problem, stop, args.seed, report, start=start)
    return solve_in_threads(instance.problem, stop, args.seed, args.threads, report)


def _reporter(unit: str, course: list[tuple[float, float]]) -> Any:
    """Progress on stderr, about once a second, and all of it into `course`."""
    last = [-1.0]

    def report(progress: Any) -> None:
        course.append((progress.seconds, progress.cost))
        if progress.seconds - last[0] >= 1.0:
            last[0] = progress.seconds
            left = f", {progress.unserved} unserved" if progress.unserved else ""
            done = f"{100 * progress.share:3.0f} %  {progress.seconds:5.1f} s"
            _say(f"{done}  best {progress.cost:,.2f} {unit}{left}")

    return report


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RoutingError(f"{path}: {error.strerror or error}: expected a writable file") from None


def _read_plan(instance: "Instance", path: Path) -> "Plan":
    from routing.instances import read_solution, to_plan

    return to_plan(instance, read_solution(path, instance.problem, instance.depot_reloads))


def _check(args: argparse.Namespace) -> int:
    from routing.check import not_checked, violations
    from routing.instances import read
    from routing.instances.solution import tidy

    instance = read(args.file)
    plan = _read_plan(instance, args.solution)
    found = violations(instance.problem, plan)
    notes = not_checked(instance.problem)
    if args.json:
        faults = [
            {"rule": one.rule, "tour": None if one.tour is None else one.tour + 1, "text": one.text}
            for one in found
        ]
        answer = {"instance": instance.problem.name, "valid": not found, "cost": tidy(plan.cost)}
        print(json.dumps(answer | {"violations": faults, "not_checked": notes}))
    else:
        for line in (*found, *(f"note: {note}" for note in notes)):
            print(line)
    if found:
        raise RoutingError(f"{args.solution}: {len(found)} violations, first: {found[0]}")
    if not args.json:
        print(f"{args.solution}: valid, cost {tidy(plan.cost)} {instance.problem.unit}".rstrip())
    return 0


def _explain(args: argparse.Namespace) -> int:
    from routing.explain import explain
    from routing.instances import read

    instance = read(args.file)
    count = len(instance.problem.stops)
    for stop in args.stop or ():
        if stop > count:
            raise RoutingError(f"--stop: {stop}: expected 1..{count}")
    plan = _read_plan(instance, args.solution)
    wanted = None if args.stop is None else {stop - 1 for stop in args.stop}
    found = explain(instance.problem, plan, wanted)
    left = [one for one in plan.unserved if wanted is None or one.stop in wanted]
    if args.json:
        reasons = [{"stop": one.stop + 1, "reason": one.reason} for one in left]
        print(json.dumps({"stops": [one.as_json() for one in found], "unserved": reasons}))
    else:
        for line in (*found, *(f"stop {one.stop + 1}: unserved: {one.reason}" for one in left)):
            print(line)
    return 0


def _bench_route(args: argparse.Namespace) -> int:
    from routing import bench, bench_limits

    sets, limits = [], []
    if args.part != "limits":
        sets = bench.run(args.folder, args.results, seconds=args.seconds, quick=args.quick, say=_say)
    if args.part != "sets":
        limits = bench.run_limits(args.folder, args.results, _say)
    if args.json:
        print(json.dumps(sets + limits))
    else:
        tables = [bench.table(sets)] * bool(sets) + [bench_limits.table(limits)] * bool(limits)
        print("\n\n".join(tables))
    return 0
