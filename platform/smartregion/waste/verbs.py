"""Verbs of waste: `plan`, `waste`, `bench forecast` and `bench tours`."""

import argparse
import datetime as dt
import pathlib
from typing import TYPE_CHECKING, Any

from smartregion.program import shared_parser
from smartregion.waste import rules_verbs

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from smartregion.waste.plans import PlanState, TourSheet

_SECONDS = 10.0
_SHOWN = 10
_DAYS = {"today": 0, "tomorrow": 1}


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `plan`, `waste`, `bench forecast` and `bench tours`."""
    rules_verbs.register(verbs)
    parser = verbs.add_parser("plan", help="plan tours to the containers that are due on a day")
    parser.add_argument("--date", required=True, help="day to plan: YYYY-MM-DD, today or tomorrow")
    parser.add_argument(
        "--seconds", type=float, default=_SECONDS, help=f"search time, s (default {_SECONDS:g})"
    )
    parser.add_argument("--json", action="store_true", help="plan, tours and stops as JSON on stdout")
    parser.add_argument(
        "--export", metavar="DIR", help="also write problem and solution of each fraction for `route check`"
    )
    parser.set_defaults(run=_plan)
    benches = shared_parser(verbs, "bench", "measure against a peer or a limit")
    bench = benches.add_parser("forecast", help="the forecast against real lifts, last week held out")
    bench.add_argument("file", type=pathlib.Path, help="lifts as the city of Edinburgh publishes them, CSV")
    bench.add_argument("--json", action="store_true", help="figures as JSON on stdout")
    bench.set_defaults(run=_bench_forecast)
    tours = benches.add_parser("tours", help="random days, every tour checked by code apart from the search")
    tours.add_argument("--days", type=int, default=1000, help="random days (default 1000)")
    tours.add_argument("--seed", type=int, default=1, help="of the days (default 1)")
    tours.add_argument("--json", action="store_true", help="figures as JSON on stdout")
    tours.set_defaults(run=_bench_tours)


def _bench_forecast(args: argparse.Namespace) -> int:
    import json

    from smartregion.waste.backtest import back_test, read_edinburgh

    found = {name: round(value, 4) for name, value in back_test(read_edinburgh(args.file)).items()}
    if args.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:<28}{value:>10.4g}")
    return 0


def _bench_tours(args: argparse.Namespace) -> int:
    import json

    from smartregion.errors import UsageError
    from smartregion.waste.tours_bench import measure

    if args.days < 1:
        raise UsageError(f"--days: {args.days} is not a number above 0")
    found = measure(args.days, args.seed)
    if args.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:<28}{value:>10,g}")
    return 1 if found["days_with_a_violation"] else 0


def _plan(args: argparse.Namespace) -> int:
    import signal
    import sys
    import threading

    from smartregion.errors import SmartRegionError
    from smartregion.jobs.interrupted import Interrupted
    from smartregion.jobs.warming import Warming
    from smartregion.settings import settings
    from smartregion.store import database
    from smartregion.waste import plan_run, plan_store, plans
    from smartregion.waste.plan_settings import options_of

    chosen = settings()
    now = dt.datetime.now(dt.UTC)
    date = _date(args.date, now.astimezone(chosen.zone).date())
    url = database.require_url(chosen)
    with database.connect(url) as connection:
        plan_id = plans.new_plan(connection, date, args.seconds, now)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    phases: list[str] = []

    def watch(progress: dict[str, Any]) -> None:
        if progress["phase"] not in phases:
            phases.append(progress["phase"])
            print(f"plan {plan_id}: {progress['phase']}", file=sys.stderr, flush=True)

    try:
        made = plan_run.run_plan(
            url,
            plan_id,
            chosen.zone,
            lambda: dt.datetime.now(dt.UTC),
            stopping.is_set,
            Warming(chosen.kernel_cache_dir),
            options=options_of(chosen),
            watch=watch,
        )
    except Interrupted as stopped:
        with database.connect(url) as connection:
            plan_store.fail(connection, plan_id, "interrupted", dt.datetime.now(dt.UTC))
        raise SmartRegionError(f"plan {plan_id}: interrupted") from stopped
    with database.connect(url) as connection:
        state = plans.plan(connection, plan_id)
        sheets = [plans.tour_sheet(connection, tour.id) for tour in plans.tours_of_plan(connection, plan_id)]
    if args.export and made is not None:
        from smartregion.waste.plan_export import export

        for path in export(args.export, made.solved):
            print(f"plan {plan_id}: wrote {path}", file=sys.stderr)
    if args.json:
        _print_json(state, sheets)
    else:
        _print_table(state, sheets, chosen.zone)
    return 0


def _date(text: str, today: dt.date) -> dt.date:
    from smartregion.errors import UsageError

    if text in _DAYS:
        return today + dt.timedelta(days=_DAYS[text])
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--date: {text!r} is not a date like {today.isoformat()}") from error


def _print_json(state: "PlanState", sheets: "list[TourSheet]") -> None:
    import dataclasses
    import json

    tours = [
        dataclasses.asdict(sheet.tour) | {"stops": [dataclasses.asdict(stop) for stop in sheet.stops]}
        for sheet in sheets
    ]
    print(json.dumps(dataclasses.asdict(state) | {"tours": tours}, default=_rfc3339, ensure_ascii=False))


def _rfc3339(value: dt.date) -> str:
    """A date or a moment."""
    return value.isoformat()


def _print_table(state: "PlanState", sheets: "list[TourSheet]", zone: "ZoneInfo") -> None:
    found = state.summary
    if not sheets:
        print(f"plan {state.id} for {state.date}: {_why_empty(found)}")
    else:
        head = ("tour", "vehicle", "fraction", "stops", "lifts", "km", "from", "to", "load kg")
        rows = [_row(sheet, zone) for sheet in sheets]
        widths = [max(len(line[column]) for line in (head, *rows)) for column in range(len(head))]
        for line in (head, *rows):
            print("  ".join(_aligned(text, widths[column], column) for column, text in enumerate(line)))
        print(
            f"plan {state.id} for {state.date}: {found['lifts']} lifts, {found['tours']} tours, "
            f"{found['km']} km, {found['hours']} h, {found['load_kg']:.0f} kg"
        )
    fixed = found["fixed"]
    if "km" in fixed:
        print(
            f"fixed calendar that day: {fixed['lifts']} lifts, {fixed['tours']} tours, {fixed['km']} km, "
            f"{fixed['hours']} h (searched {fixed['search_s']:g} s)"
        )
    for left in found["unserved"][:_SHOWN]:
        print(
            f"not served: {left['site']} {left['site_name']}, {left['fraction']}, "
            f"{left['lifts']} lifts: {left['detail']}"
        )
    if len(found["unserved"]) > _SHOWN:
        print(f"and {len(found['unserved']) - _SHOWN} more stops not served: --json lists all")


def _why_empty(found: dict[str, Any]) -> str:
    return "nothing could be served" if found["unserved"] else "nothing is due"


def _row(sheet: "TourSheet", zone: "ZoneInfo") -> tuple[str, ...]:
    tour = sheet.tour
    stops = sum(stop.kind == "site" for stop in sheet.stops)
    times = (f"{moment.astimezone(zone):%H:%M}" for moment in (tour.start_at, tour.end_at))
    figures = (str(stops), str(tour.lifts), f"{tour.distance_m / 1000:.1f}")
    return (str(tour.number), tour.vehicle, tour.fraction, *figures, *times, f"{tour.load_kg:.0f}")


def _aligned(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column in (1, 2) else text.rjust(width)
