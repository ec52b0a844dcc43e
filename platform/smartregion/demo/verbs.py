"""The verb `demo`."""

import argparse
import pathlib


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `demo`."""
    parser = verbs.add_parser("demo", help="a whole simulated district on this machine, in one go")
    parser.add_argument("--port", type=_port, default=8080, help="port of the pages (8080)")
    parser.add_argument(
        "--data", type=pathlib.Path, default=None, metavar="DIR", help="data folder, kept between runs"
    )
    parser.add_argument(
        "--speed", type=_positive, default=1.0, metavar="X", help="simulated seconds a second (1)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which district is simulated (1)")
    parser.add_argument(
        "--minutes", type=_positive, default=None, metavar="M", help="end after M minutes, with a summary"
    )
    parser.add_argument(
        "--history-days", type=int, default=14, metavar="D", help="days of history at the first start (14)"
    )
    parser.add_argument(
        "--broker",
        choices=("auto", "mosquitto", "iotcore"),
        default="auto",
        help="auto: mosquitto where it is installed",
    )
    parser.set_defaults(run=_demo)


def _demo(args: argparse.Namespace) -> int:
    from smartregion.demo.run import Options, run_demo
    from smartregion.settings import settings

    data = args.data if args.data is not None else settings().data_dir
    options = Options(args.port, data, args.speed, args.seed, args.minutes, args.history_days, args.broker)
    return run_demo(options, settings())


def _port(text: str) -> int:
    number = int(text) if text.isdigit() else -1
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return number


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number
